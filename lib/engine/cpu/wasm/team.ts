/**
 * A team of threads that runs phases: the caller and helpers in workers, on one shared memory.
 *
 * Helpers come when they are ready and leave when they have been idle for a while, so nothing has
 * to wait for them and a program that forgets to dispose still ends; for the next phase they are
 * called again. Before each phase the caller claims the idle helpers; each thread takes the next
 * block that nobody has taken, and which thread runs a block changes nothing in its result. A helper
 * that has not woken up when all blocks are taken is not waited for.
 *
 * @module
 */

/** Runs the phase at an address on one of the blocks at an address. */
type RunPhase = (phaseAt: number, blocksAt: number, block: number) => void;

/** Runs phases on as many threads as there are. */
export type Team = ReturnType<typeof createTeam>;

/** States of a helper, which waits on this number. */
const STATE = {
  ...{ absent: 0, idle: 1, claimed: 2, called: 3, busy: 4, stop: 5, failed: 6, left: 7 },
} as const;

/** A helper's numbers in the control array, one cache line each. */
const LINE = 16;
const FIELD = { state: 0, phase: 1 } as const;

const IDLE_MS = 1000;
const SPINS = 4000;
const CONSTANTS = { STATE, FIELD, LINE, IDLE_MS, SPINS };

/** The memory, kernels and blocks that the threads share. */
export interface Workplace {
  /** Shared if there are helpers. */
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The module's export that runs phases. */
  readonly runner: string;
  readonly blocks: { readonly at: number; list(): readonly unknown[] };
}

/**
 * Creates a team.
 *
 * @param workplace Memory, kernels and blocks.
 * @param threads Threads in all, the caller included; 1 makes no helpers.
 */
export function createTeam({ memory, module, runner, blocks }: Workplace, threads: number) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const runPhase = exports[runner] as RunPhase, helpers = threads - 1;
  const control = new Int32Array(
    helpers > 0 ? new SharedArrayBuffer(4 * LINE * threads) : new ArrayBuffer(4),
  );
  const next = LINE * helpers; // the next block, behind the helpers' lines
  const workers = Array.from({ length: helpers }, (_, h) => startHelper(h));
  const claimed: number[] = [];

  function startHelper(h: number): Worker {
    const worker = new Worker(helperUrl(), { type: "module" });
    const blocksAt = blocks.at;
    worker.postMessage(
      { memory, module, runner, blocksAt, control, next, h } satisfies HelperMessage,
    );
    return worker;
  }

  /** Runs the phase at an address on all blocks; returns when all are done. */
  function run(phaseAt: number): void {
    const count = blocks.list().length;
    claimed.length = 0;
    for (let h = 0; h < helpers && claimed.length + 1 < count; h++) {
      const at = h * LINE + FIELD.state;
      if (Atomics.compareExchange(control, at, STATE.idle, STATE.claimed) === STATE.idle) {
        claimed.push(h);
      } else if (
        Atomics.compareExchange(control, at, STATE.left, STATE.absent) === STATE.left
      ) workers[h] = startHelper(h);
    }
    Atomics.store(control, next, 0);
    for (const h of claimed) {
      control[h * LINE + FIELD.phase] = phaseAt;
      Atomics.store(control, h * LINE + FIELD.state, STATE.called);
      Atomics.notify(control, h * LINE + FIELD.state);
    }
    for (let b; (b = Atomics.add(control, next, 1)) < count;) runPhase(phaseAt, blocks.at, b);
    for (const h of claimed) join(h);
  }

  /** Waits for a helper's last block; calls one off that has not begun. */
  function join(h: number): void {
    const at = h * LINE + FIELD.state;
    if (Atomics.compareExchange(control, at, STATE.called, STATE.idle) === STATE.called) return;
    for (let spin = 0; Atomics.load(control, at) === STATE.busy; spin++) {
      if (spin > SPINS && canWait) Atomics.wait(control, at, STATE.busy);
    }
    if (Atomics.load(control, at) === STATE.failed) {
      throw new Error("A helper thread of the CPU engine failed");
    }
  }

  /** Sends the helpers away. */
  function dispose(): void {
    for (let h = 0; h < helpers; h++) {
      Atomics.store(control, h * LINE + FIELD.state, STATE.stop);
      Atomics.notify(control, h * LINE + FIELD.state);
      workers[h].terminate();
    }
    workers.length = 0;
  }

  return { run, dispose };
}

/** Browsers forbid waiting on the main thread: there the caller spins. */
const canWait = !("document" in globalThis);

let url: string | undefined;

/** The helper's program as a Blob: it needs no file and no permission. */
function helperUrl(): string {
  url ??= URL.createObjectURL(
    new Blob([`(${helper})(${JSON.stringify(CONSTANTS)});`], {
      type: "text/javascript",
    }),
  );
  return url;
}

interface HelperMessage extends Omit<Workplace, "blocks"> {
  readonly blocksAt: number;
  readonly control: Int32Array;
  /** Where the number of the next block lies in `control`. */
  readonly next: number;
  readonly h: number;
}

/** Runs in the worker: only its text travels, so it must not use anything of this module. */
function helper({ STATE, FIELD, LINE, IDLE_MS, SPINS }: typeof CONSTANTS): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: HelperMessage }) => void;
    close(): void;
  };
  scope.onmessage = ({ data: { memory, module, runner, blocksAt, control, next, h } }) => {
    const runPhase = new WebAssembly.Instance(module, { env: { memory } })
      .exports[runner] as RunPhase;
    const numbers = new Int32Array(memory.buffer, blocksAt, 1);
    const at = h * LINE + FIELD.state;
    if (Atomics.compareExchange(control, at, STATE.absent, STATE.idle) !== STATE.absent) {
      return scope.close();
    }
    for (;;) {
      for (let spin = 0; spin < SPINS && Atomics.load(control, at) === STATE.idle; spin++);
      const state = Atomics.load(control, at);
      if (state === STATE.idle) {
        if (
          Atomics.wait(control, at, STATE.idle, IDLE_MS) === "timed-out" &&
          Atomics.compareExchange(control, at, STATE.idle, STATE.left) === STATE.idle
        ) return scope.close();
        continue;
      }
      if (state === STATE.claimed) continue;
      if (state !== STATE.called) return scope.close();
      if (Atomics.compareExchange(control, at, STATE.called, STATE.busy) !== STATE.called) continue;
      let after: number = STATE.idle;
      try {
        const phaseAt = control[h * LINE + FIELD.phase];
        for (let b; (b = Atomics.add(control, next, 1)) < numbers[0];) {
          runPhase(phaseAt, blocksAt, b);
        }
      } catch {
        after = STATE.failed;
      }
      Atomics.compareExchange(control, at, STATE.busy, after);
      Atomics.notify(control, at);
      if (after === STATE.failed) return scope.close();
    }
  };
}
