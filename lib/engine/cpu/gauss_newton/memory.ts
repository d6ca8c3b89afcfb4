/**
 * Memory and threads of the Gauss-Newton assembly, whose parts of a phase differ from each other:
 * each is a list of calls of its own.
 *
 * @module
 */

import { BLOCK, type Call, call, phaseWords } from "../wasm/kernel_calls.ts";
import { recordWords } from "../wasm/records.ts";
import { bindKernels, kernelModule, RUNNERS } from "../wasm/module.ts";
import { createTeam, type Team } from "../wasm/team.ts";

/** Arrays in a memory that exists already. */
export interface KernelMemory {
  /** A zeroed array. */
  float64(length: number): Float64Array;
  /** A zeroed array. */
  int32(length: number): Int32Array;
  /** Starts the threads that will run lists of calls. */
  createTeam(phases: readonly ListPhase[], threads: number): Team;
}

/** The calls of every part, in the order in which threads take parts. */
export type ListPhase = readonly (readonly Call[])[];

const PAGE = 65536;
const ALIGNMENT = 64;
/** Room for the written calls; pages that stay untouched cost nothing. */
const CALL_BYTES = 2 ** 26;

/**
 * Makes a memory.
 *
 * @param bytes An upper bound of all arrays, each rounded up to 64 bytes.
 * @param shared Whether other threads will work on it.
 */
export async function createKernelMemory(bytes: number, shared: boolean): Promise<KernelMemory> {
  const module = await kernelModule(shared);
  const pages = Math.min(PAGE, Math.ceil((bytes + CALL_BYTES) / PAGE));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: PAGE, shared });
  const buffer = memory.buffer as ArrayBuffer;
  let top = ALIGNMENT; // address 0 means "none" to the kernels

  function take(size: number): number {
    const at = top;
    top += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    if (top > buffer.byteLength) throw new Error("The kernel memory is too small");
    return at;
  }
  function float64(length: number): Float64Array {
    return new Float64Array(buffer, take(8 * length), length);
  }
  function int32(length: number): Int32Array {
    return new Int32Array(buffer, take(4 * length), length);
  }
  function write(words: readonly number[]): number {
    const values = float64(words.length);
    values.set(words);
    return values.byteOffset;
  }
  /** A phase whose one call runs, for each block, the list of the same number. */
  function encode(phase: ListPhase): number {
    const lists = phase.flatMap((calls) =>
      recordWords("CallList", { callsAt: write(calls.flat()), count: calls.length })
    );
    const start = [call.runList({ lists: write(lists), list: BLOCK })];
    return write(phaseWords({ start }, 1, 1));
  }

  return {
    float64,
    int32,
    createTeam(phases, threads) {
      const encoded = phases.map((phase) => ({ at: encode(phase), parts: phase.length }));
      const most = Math.max(...encoded.map(({ parts }) => parts));
      const numbers = int32(2 * most + 1); // parts, and empty ranges of rows
      let parts: readonly unknown[] = [];
      const blocks = { at: numbers.byteOffset, list: () => parts };
      const runner = RUNNERS.float64, runPhase = bindKernels(module, memory, "float64");
      const team = createTeam({ memory, module, runner, runPhase, blocks }, threads);
      return {
        run(index) {
          parts = phases[index];
          numbers[0] = parts.length;
          team.run(encoded[index].at);
        },
        dispose: () => team.dispose(),
      };
    },
  };
}

/** Address of a row of an array with `columns` columns. */
export function rowAddress(
  array: Float64Array | Int32Array,
  columns: number,
  row: number,
): number {
  return array.byteOffset + array.BYTES_PER_ELEMENT * columns * row;
}
