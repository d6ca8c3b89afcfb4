/**
 * A network made ready to predict rows, one by one.
 *
 * @module
 */

import { addMissingEdges, checkNetwork } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import { createArena } from "../wasm/memory.ts";
import { createPlainStage } from "./plain_row.ts";
import { bindRowKernel, recordWordsOf, rowModule } from "./row_kernel.ts";
import { createRowTables, MAP_LENGTH, type RowStage } from "./row_tables.ts";

/** A network that predicts row by row and allocates nothing for it. */
export interface Predictor {
  /** Numbers in a row of inputs. */
  readonly numInputs: number;
  /** Numbers in a row of outputs. */
  readonly numOutputs: number;
  /** Bytes of tables and scratch. */
  readonly bytes: number;
  /**
   * Predicts one row.
   *
   * @param row The inputs, `numInputs` numbers.
   * @param out Receives the outputs, at its beginning. Default: a new array.
   * @returns `out`.
   * @throws {TypeError} If `row` has another length or `out` is too short.
   * @throws {RangeError} If a number is not finite, or leaves its domain and extrapolation is
   * `error`.
   */
  predict(row: ArrayLike<number>, out?: Float64Array): Float64Array;
  /**
   * Predicts rows that lie in one array, shape `[rows, numInputs]`.
   *
   * @param rows The inputs, row by row.
   * @param out Receives the outputs, shape `[rows, numOutputs]`, at its beginning. Default: a new
   * array.
   * @returns `out`.
   * @throws {TypeError} If `rows` is not whole rows or `out` is too short.
   * @throws {RangeError} As for one row; the rows before are in `out`.
   */
  predictRows(rows: ArrayLike<number>, out?: Float64Array): Float64Array;
}

/**
 * Makes a network ready to predict rows, again and again: everything that does not depend on the
 * row is worked out once, and a row allocates nothing. For servers, animations, anything that gets
 * its rows one by one; a table at once is `predict`'s or `forward`'s.
 *
 * The network is copied: later changes of its parameters change nothing. Outputs are those of
 * `forward`, up to rounding.
 *
 * @param network The network.
 * @returns The predictor. It holds no threads and nothing to dispose of.
 *
 * @example
 * ```ts
 * import { compilePredictor, createNetwork, predict } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] });
 * const predictor = compilePredictor(network), out = new Float64Array(1);
 * for (const row of [[0.1, 0.2], [0.3, 0.4]]) {
 *   predictor.predict(row, out); // the same array for every row
 *   assertAlmostEquals(out[0], predict(network, [row])[0][0], 1e-14);
 * }
 * ```
 */
export function compilePredictor(network: Network): Predictor {
  checkNetwork("compile predictor", network);
  return createPredictor(network, rowModule());
}

/**
 * Makes a predictor.
 *
 * @param kernel The kernel's module; without it plain code runs.
 */
export function createPredictor(
  network: Network,
  kernel: WebAssembly.Module | undefined,
): Predictor {
  const { widths } = network.config, numInputs = widths[0], numOutputs = widths[widths.length - 1];
  const arena = createArena("float64"),
    tables = createRowTables(addMissingEdges(network), arena, network.config.edges),
    { stages } = tables;
  const records = arena.int32(kernel ? recordWordsOf(stages.length) : 0);
  const memory = kernel ? arena.makeMemory(false) : undefined;
  const bytes = memory ? memory.buffer.byteLength : arena.makeBuffer();
  tables.fill();
  const run = kernel && memory ? bindRowKernel(kernel, memory, stages, records) : runPlain(stages);
  const inputs = tables.inputs.values, outputs = tables.outputs.values;

  /** Takes the row that begins at `from`; of one kind of array, which no other slows down. */
  function readFloat64(rows: Float64Array, from: number): void {
    for (let p = 0; p < numInputs; p++) {
      const value = rows[from + p];
      if (!Number.isFinite(value)) refuseNumber(rows, from + p, numInputs);
      inputs[p] = value;
    }
  }

  function readNumbers(rows: ArrayLike<number>, from: number): void {
    for (let p = 0; p < numInputs; p++) {
      const value = rows[from + p];
      if (!Number.isFinite(value)) refuseNumber(rows, from + p, numInputs);
      inputs[p] = value;
    }
  }

  /** Predicts the row that begins at `from`, to what begins at `to`. */
  function predictAt(rows: ArrayLike<number>, from: number, out: Float64Array, to: number): void {
    if (rows instanceof Float64Array) readFloat64(rows, from);
    else readNumbers(rows, from);
    const refused = run();
    if (refused !== 0) refuseInput(stages[refused - 1]);
    for (let q = 0; q < numOutputs; q++) out[to + q] = outputs[q];
  }

  return {
    numInputs,
    numOutputs,
    bytes,
    predict(row, out = new Float64Array(numOutputs)) {
      if (row?.length !== numInputs) refuseLength("row", `${numInputs} numbers`, row);
      if (!(out.length >= numOutputs)) refuseLength("out", `${numOutputs} numbers or more`, out);
      predictAt(row, 0, out, 0);
      return out;
    },
    predictRows(rows, out) {
      const count = rows?.length / numInputs;
      if (!Number.isInteger(count)) refuseLength("rows", `rows x ${numInputs} numbers`, rows);
      const to = out ?? new Float64Array(count * numOutputs);
      if (!(to.length >= count * numOutputs)) {
        refuseLength("out", `${count * numOutputs} numbers or more`, to);
      }
      for (let r = 0; r < count; r++) predictAt(rows, r * numInputs, to, r * numOutputs);
      return to;
    },
  };
}

/** All stages in plain code; gives what the kernel gives. */
function runPlain(stages: readonly RowStage[]): () => number {
  const runs = stages.map(createPlainStage);
  return () => {
    for (let s = 0; s < runs.length; s++) if (!runs[s]()) return s + 1;
    return 0;
  };
}

function refuseLength(name: string, rule: string, value: ArrayLike<number> | undefined): never {
  const current = typeof value?.length === "number" ? `${value.length} numbers` : String(value);
  throw new TypeError(`Cannot predict: ${name} must be ${rule}, current value is ${current}`);
}

function refuseNumber(rows: ArrayLike<number>, i: number, numInputs: number): never {
  const input = i % numInputs,
    where = rows.length > numInputs ? ` of row ${(i - input) / numInputs + 1}` : "";
  throw new RangeError(
    `Cannot predict: input ${input + 1}${where} must be a finite number, current value is ${
      rows[i]
    }`,
  );
}

/** Names the first input of a layer that lies outside its domain. */
function refuseInput({ x, spline }: RowStage): never {
  const { stage, maps: { values: maps } } = spline!, [a, b] = stage.space.domain;
  for (let p = 0; p < stage.nIn; p++) {
    const at = MAP_LENGTH * p, value = x.values[p];
    const u = maps[at + 2] + (value - maps[at]) * maps[at + 1];
    if (!(u < a || u > b) || value >= maps[at + 3] && value <= maps[at + 4]) continue;
    throw new RangeError(
      `Cannot predict: input ${p + 1} of spline layer ${stage.layer} must be in ` +
        `[${a}, ${b}] after normalisation (extrapolation is error), current value is ${u} ` +
        `(${value} before)`,
    );
  }
  throw new Error("A layer refuses inputs that lie in its domain");
}
