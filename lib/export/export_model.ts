/**
 * A program written for one target.
 *
 * @module
 */

import { checkOptions, checkRecord } from "../numerics/inner.ts";
import { countNumbers, type ModelProgram } from "./program/program.ts";
import { writeC } from "./writers/c.ts";
import { writeJavaScript } from "./writers/javascript.ts";
import { writePython } from "./writers/python.ts";
import type { NumberFormat } from "./writers/text.ts";

/** What a model can be written as. */
export const EXPORT_TARGETS = ["js", "c", "python"] as const;

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
}

/** One of the files that a model is written to. */
export interface ExportedFile {
  /** What its name ends with: `.c`, `.h`. */
  readonly extension: string;
  /** What is in it. */
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** Most numbers of a model, by target: more would be files that compilers choke on. */
const MOST_NUMBERS: Readonly<Record<ExportTarget, number>> = {
  js: 4_000_000,
  c: 4_000_000,
  python: 4_000_000,
};

/** Widest layer in C, where the nodes lie on the stack. */
const WIDEST_C = 16_384;

/**
 * Writes a model for another runtime.
 *
 * - `js`: a module of JavaScript without imports, and its types. `predict(columns)`.
 * - `c`: C99 with a header; no allocation, nothing beyond math.h. `NAME_predict(columns, outputs)`.
 * - `python`: one file on numpy. `predict(columns)` of all rows.
 *
 * Raw columns go in, predictions in the target's units come out; of classes the probabilities and,
 * by another function, the label.
 *
 * @param program The model; `networkProgram` and `formulaProgram` make one.
 * @param options Target, number format and name.
 * @returns The files, the main one first.
 * @throws {RangeError} If the target cannot hold the model.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { exportModel, networkProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const program = networkProgram(createNetwork({ widths: [2, 5, 1] }, { seed: 1 }));
 * const files = exportModel(program, { to: "c", name: "small" });
 * assertEquals(files.map(({ extension }) => extension), [".c", ".h"]);
 * ```
 */
export function exportModel(program: ModelProgram, options: ExportOptions): ExportedFile[] {
  checkRecord("export model", "program", program, "a program", ["kind", "columns", "result"]);
  checkOptions("export model", options, "to dtype name");
  const { to, dtype = "float64", name = "model" } = options;
  if (!EXPORT_TARGETS.includes(to)) refuse("to", `one of ${EXPORT_TARGETS.join(", ")}`, to);
  if (dtype !== "float32" && dtype !== "float64") refuse("dtype", "float32 or float64", dtype);
  if (!/^[A-Za-z]\w{0,62}$/.test(name)) refuse("name", "letters, digits and _", name);
  checkSize(program, to);
  checkOffsets(program, dtype);
  const settings = { name, dtype };
  switch (to) {
    case "js": {
      const { module, types } = writeJavaScript(program, settings);
      return [{ extension: ".js", content: module }, { extension: ".d.ts", content: types }];
    }
    case "c": {
      const { code, header } = writeC(program, settings);
      return [{ extension: ".c", content: code }, { extension: ".h", content: header }];
    }
    case "python":
      return [{ extension: ".py", content: writePython(program, settings) }];
  }
}

function refuse(name: string, rule: string, value: unknown): never {
  throw new RangeError(`Cannot export model: ${name} must be ${rule}, current value is ${value}`);
}

function checkSize(program: ModelProgram, to: ExportTarget): void {
  const count = countNumbers(program), most = MOST_NUMBERS[to];
  if (count > most) {
    refuse("model", `of at most ${most} numbers to be written as ${to}`, `${count} numbers`);
  }
  if (program.kind === "formulas" || to !== "c") return;
  const widest = Math.max(...program.members.flat().map(({ nOut }) => nOut));
  if (widest <= WIDEST_C) return;
  refuse("model", `of at most ${WIDEST_C} nodes in a layer to be written as c`, widest);
}

/** Float32 has no digits left where most of a number is subtracted. */
function checkOffsets({ columns }: ModelProgram, dtype: NumberFormat): void {
  const column = columns.find(({ offset }) => offset !== undefined);
  if (dtype === "float64" || column === undefined) return;
  refuse("dtype", `float64 for columns with an offset (${column.name})`, dtype);
}
