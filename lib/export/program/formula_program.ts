/**
 * From formulas to a program.
 *
 * @module
 */

import { checkArray } from "../../numerics/inner.ts";
import type { Formula } from "../../interpret/mod.ts";
import { columnsRead } from "../../interpret/inner.ts";
import type { FormulasProgram } from "./program.ts";

/** A column of a table and what formulas call it. */
export interface FormulaInput {
  /** In the header of the table. */
  readonly column: string;
  /** In formulas. */
  readonly variable: string;
}

/** A formula and the name of its target. */
export interface NamedFormula {
  /** Name of the target. */
  readonly name: string;
  /** What it is, as a formula of the columns. */
  readonly formula: Formula;
}

/**
 * Turns formulas into a program.
 *
 * @param inputs The columns; those that no formula reads are left out.
 * @param targets The formulas by the names of their targets.
 * @returns The program; its outputs are called `<target>_prediction`.
 * @throws {RangeError} If a formula reads what is no column.
 *
 * @example
 * ```ts
 * import { evaluateProgram, formulaProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const base = { kind: "variable", name: "x" } as const;
 * const formula = { kind: "power", base, exponent: { kind: "number", value: 2 } } as const;
 * const program = formulaProgram([{ column: "x [m]", variable: "x" }], [{ name: "y", formula }]);
 * assertEquals([...evaluateProgram(program, [3])], [9]);
 * ```
 */
export function formulaProgram(
  inputs: readonly FormulaInput[],
  targets: readonly NamedFormula[],
): FormulasProgram {
  checkArray("export model", "inputs", inputs, "an array of columns");
  checkArray("export model", "targets", targets, "an array of formulas");
  const read = new Set(targets.flatMap(({ formula }) => columnsRead(formula)));
  if (inputs.length === 0) {
    throw new RangeError("Cannot export model: inputs must be at least one, current value is 0");
  }
  for (const name of read) {
    if (inputs.some(({ variable }) => variable === name)) continue;
    const known = inputs.map(({ variable }) => variable).join(", ");
    throw new RangeError(
      `Cannot export model: columns of a formula must be among ${known}, current value is ${name}`,
    );
  }
  let used = inputs.filter(({ variable }) => read.has(variable));
  if (used.length === 0) used = inputs.slice(0, 1); // a constant still has one value for each row
  return {
    kind: "formulas",
    columns: used.map(({ column }) => ({ name: column })),
    variables: used.map(({ variable }) => variable),
    formulas: targets.map(({ formula }) => formula),
    result: {
      kind: "values",
      names: targets.map(({ name }) => `${name}_prediction`),
      scales: targets.map(() => undefined),
    },
  };
}
