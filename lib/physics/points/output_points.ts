/**
 * Where a network is evaluated for formulas at points: there, and at the places that they name.
 *
 * @module
 */

import type { JetPoints } from "../../engine/mod.ts";
import type { Expression } from "../equations/expression.ts";
import { pdeInputs } from "../equations/inputs.ts";
import { type NamedOutput, type OutputPlace, outputsOf, placesOf } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { compileTape } from "../equations/tape.ts";

/** Where an output of row r is found: in a group's row `from + r`, among its derivatives. */
export interface OutputSource {
  readonly group: number;
  readonly from: number;
  readonly channel: number;
  readonly output: number;
}

/**
 * Lays out the points at which a network is needed for all outputs that are named at points of
 * shape `[rows, coordinates]`: the points themselves; then, if there are any, places elsewhere, all
 * rows' first, and so on. `source` finds one of the outputs.
 *
 * @throws {RangeError} If a place lies outside the domain.
 */
export function outputPoints(
  problem: PdeProblem,
  points: Float64Array,
  outputs: readonly NamedOutput[],
): { readonly groups: readonly JetPoints[]; source(output: NamedOutput): OutputSource } {
  const rows = points.length / Object.keys(problem.domain).length;
  const places = placesOf(outputs);
  const first = new Map(places.map((place, k) => [JSON.stringify(place), k * rows]));
  const derivativesOf = (isHere: boolean) =>
    outputs.filter(({ place }) => !place === isHere).map(({ derivative }) => derivative);
  const groups = [pdeInputs(problem, points, derivativesOf(true))];
  if (places.length > 0) {
    const all = new Float64Array(places.length * points.length);
    places.forEach((place, k) => all.set(pointsAt(problem, place, points), k * points.length));
    groups.push(pdeInputs(problem, all, derivativesOf(false)));
  }
  const channels = groups.map(({ derivatives }) => derivatives.map((each) => each.join()));
  return {
    groups,
    source({ output, derivative, place }) {
      const group = place ? 1 : 0;
      return {
        group,
        from: place ? first.get(JSON.stringify(place))! : 0,
        channel: channels[group].indexOf(derivative.join()),
        output,
      };
    },
  };
}

/** Points of a term that fit into memory with their derivatives, and places that do beside them. */
const MOST_POINTS = 40_000, MOST_PLACES = 400_000;

/** How many points equations and conditions may have, each. */
export function mostPoints(
  terms: readonly { readonly residual: Expression; readonly condition?: unknown }[],
): { readonly inside: number; readonly faces: number } {
  const most = (part: typeof terms) => {
    const places = part.map(({ residual }) => placesOf(outputsOf(residual)).length);
    return Math.floor(Math.min(MOST_POINTS, MOST_PLACES / Math.max(1, ...places)));
  };
  return {
    inside: most(terms.filter(({ condition }) => !condition)),
    faces: most(terms.filter(({ condition }) => condition)),
  };
}

/** Rounding outside the domain, as a share of it. */
const ROUNDING = 1e-12;

/** A place at every point. */
function pointsAt(problem: PdeProblem, place: OutputPlace, points: Float64Array): Float64Array {
  const coordinates = Object.keys(problem.domain), d = coordinates.length;
  const rows = points.length / d, moved = points.slice();
  place.forEach((formula, i) => {
    const name = coordinates[i], [a, b] = problem.domain[name];
    if (formula.kind === "variable" && formula.name === name) return;
    const tape = compileTape(formula, rows);
    tape.variables.forEach((variable, v) => {
      const from = coordinates.indexOf(variable);
      for (let r = 0; r < rows; r++) tape.columns[v][r] = points[r * d + from];
    });
    tape.run().forEach((value, r) => {
      if (!(value >= a - ROUNDING * (b - a) && value <= b + ROUNDING * (b - a))) {
        const here = coordinates.map((each, k) => `${each} = ${points[r * d + k]}`).join(", ");
        throw new RangeError(
          `Cannot solve: places in at(...) and integral(...) must have ${name} from ${a} to ${b}, ` +
            `current value at ${here} is ${value}; cut them off by max and min`,
        );
      }
      moved[r * d + i] = Math.min(b, Math.max(a, value));
    });
  });
  return moved;
}
