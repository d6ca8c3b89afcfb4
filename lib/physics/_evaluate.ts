/**
 * Formulas of a network's outputs and their derivatives, at points.
 *
 * @module
 */

import { compileJets } from "../engine/mod.ts";
import type { Network } from "../model/mod.ts";
import type { Expression } from "./expression.ts";
import { pdeInputs } from "./inputs.ts";
import type { PdeProblem } from "./pde.ts";
import { outputsOf, readOutputName } from "./_resolve.ts";
import { compileTape } from "./tape.ts";

/** What formulas may name besides coordinates and outputs. */
export interface FormulaValues {
  /** Numbers. */
  readonly coefficients?: Readonly<Record<string, number>>;
  /** Columns of shape `[rows]`. */
  readonly columns?: Readonly<Record<string, ArrayLike<number>>>;
  /** Factors of the network's outputs. Default 1 each. */
  readonly unknowns?: readonly number[];
}

/**
 * Evaluates formulas under the network's kept statistics.
 *
 * @param points Shape `[rows, coordinates]`.
 * @param expressions Resolved formulas.
 * @returns Per formula an array of shape `[rows]`.
 */
export function evaluateFormulas(
  problem: PdeProblem,
  network: Network,
  points: Float64Array,
  expressions: readonly Expression[],
  { coefficients = {}, columns = {}, unknowns }: FormulaValues = {},
): Float64Array[] {
  const coordinates = Object.keys(problem.domain), d = coordinates.length;
  const derivatives = expressions.flatMap(outputsOf).map(({ derivative }) => derivative);
  const group = pdeInputs(problem, points, derivatives);
  const program = compileJets(network, [group], { statistics: network.statistics });
  const [jets] = program.forward(network.parameters), nOut = network.config.widths.at(-1)!;
  program.dispose();
  const keys = group.derivatives.map((derivative) => derivative.join());
  return expressions.map((expression) => {
    const tape = compileTape(expression, group.rows);
    tape.variables.forEach((name, v) => {
      const output = readOutputName(name), i = coordinates.indexOf(name);
      const channel = output ? keys.indexOf(output.derivative.join()) : 0;
      const factor = output ? unknowns?.[output.output] ?? 1 : 1;
      for (let r = 0; r < group.rows; r++) {
        tape.columns[v][r] = output
          ? factor * jets[(r * keys.length + channel) * nOut + output.output]
          : i >= 0
          ? points[r * d + i]
          : columns[name]?.[r] ?? coefficients[name];
      }
    });
    return tape.run().slice();
  });
}
