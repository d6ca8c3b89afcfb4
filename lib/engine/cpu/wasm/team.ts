/**
 * A team of threads that runs phases: the caller and helpers in workers, on one shared memory.
 *
 * Helpers come when they are ready and leave when they have been idle for a while, so nothing has
 * to wait for them and a program that forgets to dispose still ends; for the next phase they are
 * called again. Before each phase the caller claims the idle helpers; blocks are dealt out among
 * caller and helpers, and which thread runs a block changes nothing in its result.
 *
 * @module
 */

/** Runs the phase at an address on one of the blocks at an address. */
type RunPhase = (phaseAt: number, blocksAt: number, block: number) => void;

/** Runs phases on as many threads as there are. */
export type Team = Pick<ReturnType<typeof createTeam>, "run" | "dispose">;

/** States of a helper, which waits on this number. */
const STATE = { absent: 0, idle: 1, claimed: 2, busy: 3, stop: 4, failed: 5, left: 6 } as const;

/** A helper's numbers in the control array, one cache line each. */
const LINE = 16;
const FIELD = { state: 0, phase: 1, rank: 2, size: 3 } as const;

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
    helpers > 0 ? new SharedArrayBuffer(4 * LINE * helpers) : new ArrayBuffer(0),
  );
  const workers = Array.from({ length: helpers }, (_, h) => startHelper(h));
  const claimed: number[] = [];

  function startHelper(h: number): Worker {
    const worker = new Worker(helperUrl(), { type: "module" });
    const blocksAt = blocks.at;
    worker.postMessage({ memory, module, runner, blocksAt, control, h } satisfies HelperMessage);
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
      } else callBack(h);
    }
    const size = claimed.length + 1;
    claimed.forEach((h, i) => {
      control[h * LINE + FIELD.phase] = phaseAt;
      control[h * LINE + FIELD.rank] = i + 1;
      control[h * LINE + FIELD.size] = size;
      Atomics.store(control, h * LINE + FIELD.state, STATE.busy);
      Atomics.notify(control, h * LINE + FIELD.state);
    });
    for (let b = 0; b < count; b += size) runPhase(phaseAt, blocks.at, b);
    for (const h of claimed) join(h);
  }

  /** Starts a helper that has left. */
  function callBack(h: number): void {
    const at = h * LINE + FIELD.state;
    if (Atomics.compareExchange(control, at, STATE.left, STATE.absent) !== STATE.left) return;
    workers[h] = startHelper(h);
  }

  /** Waits for helpers that are not there yet, at most some milliseconds. */
  function gather(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    for (let h = 0; h < helpers; h++) {
      callBack(h);
      const at = h * LINE + FIELD.state;
      while (Atomics.load(control, at) === STATE.absent && performance.now() < end);
    }
  }

  function join(h: number): void {
    const at = h * LINE + FIELD.state;
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
    }
    for (const worker of workers.splice(0)) worker.terminate();
  }

  return { run, gather, dispose };
}

/** Browsers forbid waiting on the main thread: there the caller spins. */
export const canWait: boolean = !("document" in globalThis);

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
  readonly h: number;
}

/** Runs in the worker: only its text travels, so it must not use anything of this module. */
function helper({ STATE, FIELD, LINE, IDLE_MS, SPINS }: typeof CONSTANTS): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: HelperMessage }) => void;
    close(): void;
  };
  scope.onmessage = ({ data: { memory, module, runner, blocksAt, control, h } }) => {
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
      if (state !== STATE.busy) return scope.close();
      let next: number = STATE.idle;
      try {
        const phaseAt = control[h * LINE + FIELD.phase];
        const size = control[h * LINE + FIELD.size];
        for (let b = control[h * LINE + FIELD.rank]; b < numbers[0]; b += size) {
          runPhase(phaseAt, blocksAt, b);
        }
      } catch {
        next = STATE.failed;
      }
      Atomics.compareExchange(control, at, STATE.busy, next);
      Atomics.notify(control, at);
      if (next === STATE.failed) return scope.close();
    }
  };
}
