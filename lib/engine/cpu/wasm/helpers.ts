/**
 * Helper threads in workers, shared by all teams of a program: a worker takes milliseconds to start,
 * and several evaluators follow each other or stand side by side.
 *
 * A helper knows the memories of all teams. It waits for a call, a message or the end; when it has
 * been idle for a while it leaves, so that a program that forgets to dispose still ends, and for the
 * next phase it is started again. The last team that is released sends all helpers away.
 *
 * @module
 */

import { startThread, type Thread } from "./threads.ts";

/** What a team's helpers need. */
interface SharedWork {
  /** Shared by all threads. */
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The module's export that runs phases. */
  readonly runner: string;
  /** Address of the blocks. */
  readonly blocksAt: number;
}

/** Runs the phase at an address on one of the blocks at an address; `thread` is 0 of the caller. */
export type RunPhase = (phaseAt: number, blocksAt: number, block: number, thread: number) => void;

/** States of a helper. Absent: it is starting, or reads messages. */
const STATE = {
  ...{ absent: 0, idle: 1, claimed: 2, called: 3, busy: 4, stop: 5, failed: 6, left: 7 },
} as const;

/**
 * A helper's numbers, one cache line each: its state; a count of what happened, on which it waits;
 * messages sent; the latest team that it knows; the team and phase it is called for; whether it
 * sleeps (1); which of how many threads it is.
 */
const LINE = 16;
const FIELD = {
  ...{
    state: 0,
    signal: 1,
    sent: 2,
    latest: 3,
    team: 4,
    phase: 5,
    sleeps: 6,
    thread: 7,
    threads: 8,
  },
} as const;

const IDLE_MS = 1000;
/** Looks at a number before a thread sleeps: about as long as waking takes. */
const SPINS = 50_000;
const MOST_HELPERS = 255;
/** The blocks that each thread has left, a cache line each: the first, and 2^16 times the end. */
const SHARES = LINE * MOST_HELPERS;
const CONSTANTS = { STATE, FIELD, LINE, IDLE_MS, SPINS, SHARES };

/** Browsers forbid waiting on the main thread: there the caller spins. */
export const canWait: boolean = !("document" in globalThis);

let control: Int32Array | undefined;
const workers: (Thread | undefined)[] = [];
const teams = new Map<number, SharedWork>();
let latest = 0, keepers = 0;

interface Message {
  /** In the first message: the numbers of all helpers, and which one this is. */
  readonly control?: Int32Array;
  readonly h?: number;
  readonly add: readonly (readonly [number, SharedWork])[];
  readonly forget: readonly number[];
}

/** The numbers of all helpers; behind them the shares of all threads, the caller's first. */
function numbers(): Int32Array {
  return control ??= new Int32Array(new SharedArrayBuffer(4 * LINE * (2 * MOST_HELPERS + 1)));
}

/** Takes a block: the next of a thread's share, or the last of another's; -1: none is left. */
function takeBlock(
  control: Int32Array,
  { SHARES, LINE }: Pick<typeof CONSTANTS, "SHARES" | "LINE">,
  thread: number,
  threads: number,
): number {
  for (let k = 0; k < threads; k++) {
    const at = SHARES + LINE * ((thread + k) % threads);
    for (;;) {
      const share = Atomics.load(control, at), next = share & 0xffff, end = share >>> 16;
      if (next >= end) break;
      const left = k === 0 ? share + 1 : share - 0x10000;
      if (Atomics.compareExchange(control, at, share, left) !== share) continue;
      return k === 0 ? next : end - 1;
    }
  }
  return -1;
}

function signal(h: number): void {
  const at = h * LINE + FIELD.signal;
  Atomics.add(numbers(), at, 1);
  if (Atomics.load(numbers(), h * LINE + FIELD.sleeps) === 1) Atomics.notify(numbers(), at);
}

function start(h: number): void {
  const line = numbers().subarray(h * LINE, (h + 1) * LINE).fill(0);
  line[FIELD.sent] = 1;
  const worker = startThread(`(${program})(${JSON.stringify(CONSTANTS)}, ${takeBlock});`);
  workers[h] = worker;
  worker.postMessage({ control: numbers(), h, add: [...teams], forget: [] } satisfies Message);
}

/** Starts a helper that is not there. */
function callBack(h: number): void {
  const state = Atomics.load(numbers(), h * LINE + FIELD.state);
  if (!workers[h] || state === STATE.left || state === STATE.failed) start(h);
}

function send(h: number, message: Message): void {
  if (!workers[h]) return;
  workers[h].postMessage(message);
  Atomics.add(numbers(), h * LINE + FIELD.sent, 1);
  signal(h);
}

function endAll(): void {
  if (teams.size > 0 || keepers > 0) return;
  workers.splice(0).forEach((worker, h) => {
    Atomics.store(numbers(), h * LINE + FIELD.state, STATE.stop);
    signal(h);
    worker?.terminate();
  });
  control = undefined; // one that has not ended yet must not take part in what comes
}

/**
 * Keeps helpers between teams that follow each other.
 *
 * @returns Lets them go.
 */
export function keepHelpers(): () => void {
  keepers++;
  let kept = true;
  return () => {
    if (kept) keepers--;
    kept = false;
    endAll();
  };
}

/**
 * Makes helpers know a team's memory.
 *
 * @param count Helpers, at least 1.
 */
export function hireHelpers(work: SharedWork, count: number) {
  const id = ++latest, most = Math.min(count, MOST_HELPERS);
  const line = numbers(); // stays: as long as there is a team, helpers are kept
  teams.set(id, work);
  for (let h = 0; h < most; h++) {
    if (workers[h]) send(h, { add: [[id, work]], forget: [] });
    callBack(h);
  }
  const claimed: number[] = [];

  function isReady(h: number): boolean {
    return Atomics.load(line, h * LINE + FIELD.latest) >= id;
  }

  /** Calls helpers for the phase at an address, on blocks from `begin` to below `end`. */
  function call(phaseAt: number, begin: number, end: number): void {
    claimed.length = 0;
    const wanted = end - begin - 1;
    for (let h = 0; h < most && claimed.length < wanted; h++) {
      const at = h * LINE + FIELD.state;
      if (!isReady(h)) callBack(h);
      else if (Atomics.compareExchange(line, at, STATE.idle, STATE.claimed) === STATE.idle) {
        claimed.push(h);
      } else callBack(h);
    }
    const threads = claimed.length + 1;
    const firstOf = (t: number) => begin + Math.floor(t * (end - begin) / threads);
    for (let t = 0; t < threads; t++) {
      Atomics.store(line, SHARES + LINE * t, firstOf(t) + 0x10000 * firstOf(t + 1));
    }
    claimed.forEach((h, k) => {
      const fields = { team: id, phase: phaseAt, thread: k + 1, threads };
      for (const name of ["team", "phase", "thread", "threads"] as const) {
        line[h * LINE + FIELD[name]] = fields[name];
      }
      Atomics.store(line, h * LINE + FIELD.state, STATE.called);
      signal(h);
    });
  }

  /** Waits for a helper's last block; calls one off that has not begun. */
  function join(h: number): void {
    const at = h * LINE + FIELD.state;
    if (Atomics.compareExchange(line, at, STATE.called, STATE.idle) === STATE.called) return;
    for (let spin = 0; Atomics.load(line, at) === STATE.busy; spin++) {
      if (spin > SPINS && canWait) Atomics.wait(line, at, STATE.busy);
    }
    if (Atomics.load(line, at) === STATE.failed) {
      throw new Error("A helper thread of the CPU engine failed");
    }
  }

  return {
    call,
    /** The number of a block that nobody has taken; -1: there is none. */
    next: () => takeBlock(line, CONSTANTS, 0, claimed.length + 1),
    /** Waits for the helpers that were called. */
    join() {
      for (const h of claimed) join(h);
    },
    /** Waits for helpers that are not there yet, at most some milliseconds. */
    gather(milliseconds: number) {
      const end = performance.now() + milliseconds;
      for (let h = 0; h < most; h++) {
        callBack(h);
        while (!isReady(h) && performance.now() < end);
      }
    },
    /** Makes helpers forget the memory. */
    release() {
      if (!teams.delete(id)) return;
      for (let h = 0; h < workers.length; h++) send(h, { add: [], forget: [id] });
      endAll();
    },
  };
}

/** Runs in the worker: only its text travels, so it must not use anything of this module. */
function program(constants: typeof CONSTANTS, take: typeof takeBlock): void {
  const { STATE, FIELD, LINE, IDLE_MS, SPINS } = constants;
  const scope = globalThis as unknown as {
    onmessage: (event: { data: Message }) => void;
    close(): void;
  };
  const known = new Map<number, SharedWork & { run?: RunPhase }>();
  let control: Int32Array = new Int32Array(0), line = 0, handled = 0;

  scope.onmessage = ({ data }) => {
    if (data.control) [control, line] = [data.control, data.h! * LINE];
    for (const [id, work] of data.add) known.set(id, { ...work });
    for (const id of data.forget) known.delete(id);
    handled++;
    if (handled < Atomics.load(control, line + FIELD.sent)) return; // the next one comes at once
    for (const [id] of known) Atomics.store(control, line + FIELD.latest, id);
    wait();
  };

  /** Works until a message comes, or for good. */
  function wait(): void {
    const at = line + FIELD.state;
    if (Atomics.compareExchange(control, at, STATE.absent, STATE.idle) !== STATE.absent) {
      return scope.close();
    }
    for (;;) {
      const signal = Atomics.load(control, line + FIELD.signal), state = Atomics.load(control, at);
      if (state === STATE.called) {
        if (!work(at)) return scope.close();
      } else if (state === STATE.idle) {
        if (handled !== Atomics.load(control, line + FIELD.sent)) {
          if (Atomics.compareExchange(control, at, STATE.idle, STATE.absent) === STATE.idle) return;
        } else if (!sleep(at, signal)) return scope.close();
      } else if (state !== STATE.claimed) return scope.close();
    }
  }

  /** Waits for a signal; tells whether it has not come for long, and this helper may leave. */
  function sleep(at: number, signal: number): boolean {
    const place = line + FIELD.signal;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(control, place) !== signal) return true;
    }
    Atomics.store(control, line + FIELD.sleeps, 1);
    const woken = Atomics.wait(control, place, signal, IDLE_MS);
    Atomics.store(control, line + FIELD.sleeps, 0);
    return woken !== "timed-out" ||
      handled !== Atomics.load(control, line + FIELD.sent) ||
      Atomics.compareExchange(control, at, STATE.idle, STATE.left) !== STATE.idle;
  }

  /** Takes blocks of the phase it is called for; tells whether all went well. */
  function work(at: number): boolean {
    if (Atomics.compareExchange(control, at, STATE.called, STATE.busy) !== STATE.called) {
      return true;
    }
    let after: number = STATE.idle;
    try {
      const team = known.get(control[line + FIELD.team])!, { memory, module, runner } = team;
      team.run ??= new WebAssembly.Instance(module, { env: { memory } })
        .exports[runner] as RunPhase;
      const phaseAt = control[line + FIELD.phase], { blocksAt } = team;
      const thread = control[line + FIELD.thread], threads = control[line + FIELD.threads];
      for (let b; (b = take(control, constants, thread, threads)) >= 0;) {
        team.run(phaseAt, blocksAt, b, thread);
      }
    } catch {
      after = STATE.failed;
    }
    Atomics.compareExchange(control, at, STATE.busy, after);
    Atomics.notify(control, at);
    return after === STATE.idle;
  }
}
