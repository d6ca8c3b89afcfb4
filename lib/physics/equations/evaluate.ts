/**
 * Formulas of a network's outputs and their derivatives, at points.
 *
 * @module
 */

import { compileJets } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Expression } from "./expression.ts";
import { outputPoints } from "../points/output_points.ts";
import type { PdeProblem } from "./pde.ts";
import { outputsOf, readOutputName } from "./outputs.ts";
import { compileTape } from "./tape.ts";

/**
 * Evaluates resolved formulas under the network's kept statistics at points of shape
 * `[rows, coordinates]`: per formula an array of shape `[rows]`. They may name coefficients and
 * columns; `unknowns` are factors of the network's outputs.
 */
export function evaluateFormulas(
  problem: PdeProblem,
  network: Network,
  points: Float64Array,
  expressions: readonly Expression[],
  { coefficients = {}, columns = {}, unknowns }: {
    readonly coefficients?: Readonly<Record<string, number>>;
    readonly columns?: Readonly<Record<string, ArrayLike<number>>>;
    readonly unknowns?: readonly number[];
  } = {},
): Float64Array[] {
  const coordinates = Object.keys(problem.domain), d = coordinates.length;
  const rows = points.length / d;
  const { groups, source } = outputPoints(problem, points, expressions.flatMap(outputsOf));
  const program = compileJets(network, groups, { statistics: network.statistics });
  const jets = program.forward(network.parameters), nOut = network.config.widths.at(-1)!;
  program.dispose();
  return expressions.map((expression) => {
    const tape = compileTape(expression, rows);
    tape.variables.forEach((name, v) => {
      const column = tape.columns[v], named = readOutputName(name), i = coordinates.indexOf(name);
      if (named) {
        const { group, from, channel, output } = source(named), factor = unknowns?.[output] ?? 1;
        const stride = groups[group].derivatives.length * nOut, first = channel * nOut + output;
        for (let r = 0; r < rows; r++) {
          column[r] = factor * jets[group][(from + r) * stride + first];
        }
        return;
      }
      for (let r = 0; r < rows; r++) {
        column[r] = i >= 0 ? points[r * d + i] : columns[name]?.[r] ?? coefficients[name];
      }
    });
    return tape.run().slice();
  });
}
