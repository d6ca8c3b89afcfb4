/**
 * A team of threads that runs phases on one memory: the caller and helpers.
 *
 * Before each phase the caller calls the helpers that are idle. Each thread has a share of the blocks,
 * the same in every phase as long as the same threads come, so that what a phase writes lies in the
 * cache of the core that reads it in the next; who has done with its share takes blocks from the ends of
 * the others'. Which thread runs a block changes nothing in its result. A helper that has not woken up
 * when all blocks are taken is not waited for.
 *
 * @module
 */

import { hireHelpers, type RunPhase } from "./helpers.ts";

/** Runs phases on as many threads as there are. */
export type Team = Pick<ReturnType<typeof createTeam>, "run" | "dispose">;

/** The memory, kernels and blocks that the threads share. */
export interface Workplace {
  /** Shared if there are helpers. */
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The module's export that runs phases. */
  readonly runner: string;
  readonly blocks: {
    readonly at: number;
    list(): readonly unknown[];
    /** The blocks that are worked on here, where others have a share: from, to below. */
    share?(): readonly [number, number];
  };
}

/**
 * Creates a team.
 *
 * @param workplace Memory, kernels and blocks.
 * @param threads Threads in all, the caller included; 1 makes no helpers.
 */
export function createTeam({ memory, module, runner, blocks }: Workplace, threads: number) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const runPhase = exports[runner] as RunPhase;
  const work = { memory, module, runner, blocksAt: blocks.at };
  const helpers = threads > 1 ? hireHelpers(work, threads - 1) : undefined;

  /**
   * Runs the phase at an address on all blocks; returns when all are done.
   *
   * @param shared Whether only on those that are worked on here.
   */
  function run(phaseAt: number, shared = false): void {
    const [begin, end] = shared && blocks.share?.() || [0, blocks.list().length];
    if (!helpers || end - begin <= 1) {
      for (let b = begin; b < end; b++) runPhase(phaseAt, blocks.at, b, 0);
      return;
    }
    helpers.call(phaseAt, begin, end);
    for (let b; (b = helpers.next()) >= 0;) runPhase(phaseAt, blocks.at, b, 0);
    helpers.join();
  }

  return {
    run,
    /** Waits for helpers that are not there yet, at most some milliseconds. */
    gather: (milliseconds: number) => helpers?.gather(milliseconds),
    /** Lets the helpers go. */
    dispose: () => helpers?.release(),
  };
}
