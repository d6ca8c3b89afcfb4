/**
 * What the solution of an equation says at the points of a table.
 *
 * @module
 */

import { numericColumn, type Table, type TableColumn } from "../../../lib/data/mod.ts";
import { evaluateSolution } from "../../../lib/physics/mod.ts";
import { isInDomain } from "../../../lib/physics/inner.ts";
import { checkColumns } from "../../models/network_inputs.ts";
import type { SolutionModel } from "../../models/solution_file.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readTableParts } from "../train/data.ts";

/** Rows that lie outside the domain, counted part by part. */
export interface DomainTally {
  outside: number;
}

/** Splits a list of formulas at the commas outside brackets. */
export function formulaList(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
    depth += letter === "(" ? 1 : letter === ")" ? -1 : 0;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/**
 * Makes sure that formulas can be read.
 *
 * @throws {UsageError} With the names that formulas may have.
 */
export function checkSolutionFormulas(
  { problem, network, coefficients }: SolutionModel,
  formulas: readonly string[],
): void {
  const centre = Float64Array.from(Object.values(problem.domain), ([a, b]) => a + (b - a) / 2);
  try {
    evaluateSolution(problem, network, centre, formulas, coefficients);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const message = error.message.replace(/^Cannot [^:]+: /, "");
    throw new UsageError(`Cannot predict: ${message}`);
  }
}

/** The table in parts, each with a column per unknown and formula. */
export async function* solutionParts(
  file: string,
  { problem, network, coefficients }: SolutionModel,
  formulas: readonly string[],
  tally: DomainTally,
): AsyncGenerator<{ readonly table: Table; readonly columns: readonly TableColumn[] }, void> {
  const names = Object.keys(problem.domain), d = names.length;
  const ranges = Object.values(problem.domain);
  const asked = [...new Set([...problem.unknowns ?? ["u"], ...formulas])];
  for await (const table of readTableParts(file)) {
    checkColumns(table, names);
    const points = new Float64Array(table.rows * d);
    names.forEach((name, i) => {
      numericColumn(table, name).forEach((value, row) => points[row * d + i] = value);
    });
    for (let row = 0; row < table.rows; row++) {
      const point = points.subarray(row * d, row * d + d);
      const isInBox = ranges.every(([a, b], i) => point[i] >= a && point[i] <= b);
      if (!isInBox || !isInDomain(problem, point)) tally.outside++;
    }
    const values = evaluateSolution(problem, network, points, asked, coefficients);
    const columns = asked.map((formula, k) => ({ name: columnName(formula), values: values[k] }));
    yield { table, columns };
  }
}

/** `u_x_prediction`; a longer formula as it is. */
function columnName(formula: string): string {
  return /^\w+$/.test(formula) ? `${formula}_prediction` : formula;
}

/** How many rows lie where the equations were not asked to hold. */
export function domainNote({ problem }: SolutionModel, outside: number, rows: number): string[] {
  if (outside === 0) return [];
  const box = Object.entries(problem.domain).map(([name, [a, b]]) => `${name} from ${a} to ${b}`);
  return [
    `${outside} of ${rows} rows lie outside the domain (${box.join(", ")}${
      problem.shape ? ", in its shape" : ""
    }), where the equations were not asked to hold`,
  ];
}
