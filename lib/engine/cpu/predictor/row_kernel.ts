/**
 * The kernel that runs all stages on one row.
 *
 * @module
 */

import { PLAIN_ROW_KERNELS, RELAXED_ROW_KERNELS } from "../wasm/_row_kernels.ts";
import { decodeBest } from "../wasm/kernel_text.ts";
import type { Slot } from "../wasm/memory.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import type { RowStage } from "./row_tables.ts";

let module: WebAssembly.Module | undefined | null;

/** The kernel's module; `undefined` where it cannot be compiled at once, or has no SIMD. */
export function rowModule(): WebAssembly.Module | undefined {
  if (module === undefined) {
    try {
      module = new WebAssembly.Module(decodeBest(RELAXED_ROW_KERNELS, PLAIN_ROW_KERNELS));
    } catch {
      module = null;
    }
  }
  return module ?? undefined;
}

/** How many numbers the records of some stages take. */
export function recordWordsOf(stages: number): number {
  return stages * recordLength("RowStage");
}

/**
 * Binds the kernel to a memory.
 *
 * @returns Runs all stages on the row in the memory; gives 0, or the number (from 1) of the stage
 * that refuses an input.
 */
export function bindRowKernel(
  compiled: WebAssembly.Module,
  memory: WebAssembly.Memory,
  stages: readonly RowStage[],
  records: Slot<Int32Array>,
): () => number {
  records.values.set(stages.flatMap(({ record }) => recordWords("RowStage", record)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const predictRow = exports.predictRow as (stages: number, count: number) => number;
  const { at } = records, count = stages.length;
  return () => predictRow(at, count);
}
