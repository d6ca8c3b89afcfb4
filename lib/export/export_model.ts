/**
 * A program written for one target.
 *
 * @module
 */

import { checkOptions, checkRecord, defined } from "../numerics/inner.ts";
import { roundedProgram } from "./program/network_program.ts";
import { countNumbers, type ModelProgram, outputNames, refuseRule } from "./program/program.ts";
import { denseProgram } from "./program/wiring.ts";
import { writeTables } from "./lut/lut.ts";
import { type ReducedProgram, reduceProgram } from "./reduce/reduce_program.ts";
import { writeOnnx } from "./onnx/onnx.ts";
import { writeC } from "./writers/c.ts";
import { writeJavaScript } from "./writers/javascript.ts";
import { writePython } from "./writers/python.ts";
import { writeSql } from "./writers/sql.ts";
import type { NumberFormat, WriterOptions } from "./writers/text.ts";

/** What a model can be written as. */
export const EXPORT_TARGETS = ["onnx", "js", "c", "python", "sql", "lut"] as const;

/** What a model can be written as: `"c"`, `"js"`, ... */
export type ExportTarget = typeof EXPORT_TARGETS[number];

/** How a model is written. */
export interface ExportOptions {
  /** The target. */
  readonly to: ExportTarget;
  /** Number format. Default `"float64"`. */
  readonly dtype?: NumberFormat;
  /** What the model is called in the code, a name such as `houses`. Default `"model"`. */
  readonly name?: string;
  /** Of `c` and `lut`: name of the header without its ending. Default: `name`. */
  readonly header?: string;
  /** Of `sql`: the table that is read. Default `"data"`. */
  readonly table?: string;
  /**
   * The largest error that is proven for every row inside the ranges of the columns, in the target's
   * units, of classes of the probabilities (of `lut`: of logits). Knots are removed, degrees lowered,
   * digits left out and float32 taken as far as it allows. Default: nothing is changed; of `lut` a
   * thousandth of the target's range, of logits 0.1.
   */
  readonly error?: number;
}

/** One of the files that a model is written to. */
export interface ExportedFile {
  /** What its name ends with: `.c`, `.h`. */
  readonly extension: string;
  /** What is in it. */
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** A model as it was written. */
export interface ExportedModel {
  /** The main file first. */
  readonly files: readonly ExportedFile[];
  /** Names of the numbers that come out. */
  readonly outputs: readonly string[];
  /** With an error, and of `lut`: the proven error, in the target's units. */
  readonly error?: number;
  /**
   * With an error: the number format that was taken, and how many numbers there are and were, those
   * of missing edges included.
   */
  readonly reduced?: {
    readonly dtype: NumberFormat;
    readonly numbers: number;
    readonly numbersBefore: number;
  };
}

/** Most numbers of a model, by target: more would be files that compilers choke on. */
const MOST_NUMBERS: Readonly<Record<ExportTarget, number>> = {
  js: 4_000_000,
  c: 4_000_000,
  python: 4_000_000,
  onnx: 200_000_000, // a file of Protocol Buffers has at most 2 GiB
  sql: 250_000, // SQLite compares every number with all others before it: 20 s for so many
  lut: 1_000_000,
};

/** Widest layer: in C nodes lie on the stack, in SQL each is a few columns, of which there are 2000. */
const WIDEST: Readonly<Partial<Record<ExportTarget, number>>> = { c: 16_384, sql: 500 };

/**
 * Writes a model for another runtime.
 *
 * - `onnx`: standard operators of opset 17. Input `columns` `[rows, columns]`, output `outputs`
 *   `[rows, outputs]`; of classes `probabilities` `[rows, classes]` and `label` `[rows]`.
 * - `js`: a module of JavaScript without imports, and its types. `predict(columns)`.
 * - `c`: C99 with a header; no allocation, nothing beyond math.h. `NAME_predict(columns, outputs)`.
 * - `python`: one file on numpy. `predict(columns)` of all rows.
 * - `sql`: one SELECT, tested in SQLite: the columns and the predictions of every row of a table.
 * - `lut`: C with integers only, for what has no floating-point numbers: positions in the ranges of
 *   columns in, logits of classes instead of probabilities out, with a proven error.
 *
 * Raw columns go in, predictions in the target's units come out; of classes the probabilities and,
 * by another function, the label.
 *
 * @param program The model; `networkProgram` and `formulaProgram` make one.
 * @param options Target, number format and name.
 * @returns The files, and what comes out of them.
 * @throws {RangeError} If the target cannot hold the model.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { exportModel, networkProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const program = networkProgram(createNetwork({ widths: [2, 5, 1] }, { seed: 1 }));
 * const { files } = exportModel(program, { to: "c", name: "small" });
 * assertEquals(files.map(({ extension }) => extension), [".c", ".h"]);
 * ```
 */
export function exportModel(program: ModelProgram, options: ExportOptions): ExportedModel {
  checkRecord("export model", "program", program, "a program", ["kind", "columns", "result"]);
  checkOptions("export model", options, "to dtype name header table error");
  const { to, name = "model", header = name } = options;
  if (!EXPORT_TARGETS.includes(to)) refuse("to", `one of ${EXPORT_TARGETS.join(", ")}`, to);
  if (!["float32", "float64"].includes(options.dtype ?? "float64")) {
    refuse("dtype", "float32 or float64", options.dtype);
  }
  if (!/^[A-Za-z]\w{0,62}$/.test(name)) refuse("name", "letters, digits and _", name);
  if (/["\\\r\n]/.test(header)) refuse("header", "a name without quotes", header);
  if (to === "sql" && options.dtype === "float32") refuse("dtype", "float64 for sql", "float32");
  checkOffsets(program, options.dtype ?? "float64");
  if (program.kind === "network" && to === "lut") refuseRule(program, "as tables of integers");
  else if (program.kind === "network" && options.error !== undefined) {
    refuseRule(program, "with an error");
  }
  const smaller = to === "lut" || options.error === undefined
    ? undefined
    : reducedProgram(withAll(program), options, options.error);
  const { dtype = options.dtype ?? "float64" } = smaller ?? {}, taken = smaller?.program ?? program;
  checkSize(taken, to);
  const rounded = dtype === "float32" && taken.kind === "network";
  const ready = rounded ? roundedProgram(taken) : taken;
  const written = write(ready, options, { name, dtype, header });
  if (smaller === undefined) return { outputs: outputNames(program), ...written };
  const reduced = {
    ...{ dtype, numbers: countNumbers(taken), numbersBefore: countNumbers(withAll(program)) },
  };
  return { outputs: outputNames(program), ...written, error: smaller.error, reduced };
}

/** The program made smaller. */
function reducedProgram(
  program: ModelProgram,
  { to, dtype }: ExportOptions,
  error: number,
): ReducedProgram {
  if (!(error > 0 && error < Infinity)) refuse("error", "a number above 0", error);
  if (program.kind === "formulas") {
    return refuse("model", "a network to be written with an error", "formulas");
  }
  const single = to !== "sql" && program.columns.every(({ offset }) => offset === undefined);
  const format = dtype ?? (single ? undefined : "float64");
  return reduceProgram(program, {
    error,
    single,
    digits: to !== "onnx",
    ...defined({ dtype: format }),
  });
}

/** The program with all edges, which what bounds errors reads. */
function withAll(program: ModelProgram): ModelProgram {
  return program.kind === "network" ? denseProgram(program) : program;
}

function write(
  program: ModelProgram,
  options: ExportOptions,
  settings: WriterOptions,
): Omit<ExportedModel, "outputs"> & Partial<ExportedModel> {
  switch (options.to) {
    case "js": {
      const { module, types } = writeJavaScript(program, settings);
      const files = [{ extension: ".js", content: module }, { extension: ".d.ts", content: types }];
      return { files };
    }
    case "c": {
      const { code, header } = writeC(program, settings);
      return {
        files: [{ extension: ".c", content: code }, { extension: ".h", content: header }],
      };
    }
    case "onnx":
      return { files: [{ extension: ".onnx", content: writeOnnx(program, settings) }] };
    case "sql":
      return {
        files: [{ extension: ".sql", content: writeSql(program, options.table ?? "data") }],
      };
    case "lut":
      return writeLut(withAll(program), settings, options);
    case "python":
      return { files: [{ extension: ".py", content: writePython(program, settings) }] };
  }
}

function writeLut(
  program: ModelProgram,
  settings: WriterOptions,
  { error: wanted }: ExportOptions,
): ExportedModel {
  if (wanted !== undefined && !(wanted > 0 && wanted < Infinity)) {
    refuse("error", "a number above 0", wanted);
  }
  const { code, header, error, outputs } = writeTables(program, settings, wanted);
  const files = [{ extension: ".c", content: code }, { extension: ".h", content: header }];
  return { files, error, outputs };
}

function refuse(name: string, rule: string, value: unknown): never {
  throw new RangeError(`Cannot export model: ${name} must be ${rule}, current value is ${value}`);
}

function checkSize(program: ModelProgram, to: ExportTarget): void {
  const count = countNumbers(program, to === "sql", to === "onnx" || to === "python"),
    most = MOST_NUMBERS[to];
  if (count > most) {
    refuse("model", `of at most ${most} numbers to be written as ${to}`, `${count} numbers`);
  }
  const limit = WIDEST[to];
  if (program.kind === "formulas" || limit === undefined) return;
  const steps = program.members.flat();
  const widest = Math.max(...steps.map(({ nIn, nOut }) => Math.max(nIn, nOut)));
  if (widest <= limit) return;
  refuse("model", `of at most ${limit} nodes in a layer to be written as ${to}`, widest);
}

/** Float32 has no digits left where most of a number is subtracted. */
function checkOffsets({ columns }: ModelProgram, dtype: NumberFormat): void {
  const column = columns.find(({ offset }) => offset !== undefined);
  if (dtype === "float64" || column === undefined) return;
  refuse("dtype", `float64 for columns with an offset (${column.name})`, dtype);
}
