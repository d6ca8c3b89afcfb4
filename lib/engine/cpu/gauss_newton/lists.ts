/**
 * Phases whose parts differ from each other, each a list of calls of its own, and the threads that
 * run them.
 *
 * @module
 */

import { BLOCK, type Call, call, phaseWords } from "../wasm/kernel_calls.ts";
import type { Arena } from "../wasm/memory.ts";
import { kernelModule, RUNNERS } from "../wasm/module.ts";
import { recordWords } from "../wasm/records.ts";
import { createTeam, type Team } from "../wasm/team.ts";

/** The calls of every part, in the order in which threads take parts. */
export type ListPhase = readonly (readonly Call[])[];

/**
 * Writes phases, makes the arena's memory and starts the threads.
 *
 * @param threads Threads, the caller included.
 * @returns The team; it runs phases by their index.
 */
export async function createListTeam(
  phases: readonly ListPhase[],
  arena: Arena,
  threads: number,
): Promise<Team> {
  function write(words: readonly number[]): number {
    return arena.float64(words.length, (values) => values.set(words)).at;
  }
  /** A phase whose one call runs, for each block, the list of the same number. */
  function encode(phase: ListPhase): number {
    const lists = phase.flatMap((calls) =>
      recordWords("CallList", { callsAt: write(calls.flat()), count: calls.length })
    );
    const start = [call.runList({ lists: write(lists), list: BLOCK })];
    return write(phaseWords({ start }, 1, 1));
  }

  const encoded = phases.map(encode);
  const most = Math.max(...phases.map(({ length }) => length));
  const ranges = arena.int32(2 * most + 1); // number of parts, and empty ranges of rows
  const module = await kernelModule(threads > 1), memory = arena.makeMemory(threads > 1);
  let parts: readonly unknown[] = [];
  const blocks = { at: ranges.at, list: () => parts };
  const team = createTeam({ memory, module, runner: RUNNERS.float64, blocks }, threads);
  return {
    run(index) {
      parts = phases[index];
      ranges.values[0] = parts.length;
      team.run(encoded[index]);
    },
    dispose: () => team.dispose(),
  };
}
