/**
 * A trained network as the solution of a problem: values, derivatives, errors.
 *
 * @module
 */

import { checkNetwork } from "../../model/inner.ts";
import { checkPde, type PdeProblem } from "../equations/pde.ts";
import { checkArray, pow } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import { evaluateFormulas } from "../equations/evaluate.ts";
import { differentiate, number } from "../equations/expression.ts";
import { parseExpression } from "../equations/parse_expression.ts";
import { resolvePde } from "../equations/resolve.ts";
import { withoutJumps } from "../points/corners.ts";
import { domainPoints } from "../points/domain.ts";
import { evenSampler } from "../points/sampling.ts";
import { compileTape } from "../equations/tape.ts";

/**
 * Evaluates formulas of a solution: `u`, `u_x`, `u_t + u*u_x - nu*u_xx`, ...
 *
 * @param problem The problem.
 * @param network Its network.
 * @param points Shape `[rows, coordinates]`.
 * @param formulas Formulas of coordinates, unknowns and their derivatives. Default: the unknowns.
 * @param coefficients Values of the problem's unknown coefficients. Default: where they began.
 * @returns Per formula an array of shape `[rows]`.
 * @throws {RangeError} If a formula names something else.
 *
 * @example
 * ```ts
 * import { createNetwork, evaluateSolution, findPde } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 4, 1] }, { seed: 1 });
 * const [u, slope] = evaluateSolution(findPde("heat"), network, new Float64Array(4), ["u", "u_x"]);
 * assertEquals([u.length, slope.length], [2, 2]);
 * ```
 */
export function evaluateSolution(
  problem: PdeProblem,
  network: Network,
  points: Float64Array,
  formulas?: readonly string[],
  coefficients?: Readonly<Record<string, number>>,
): Float64Array[] {
  checkPde("evaluate solution", problem);
  checkNetwork("evaluate solution", network);
  checkArray("evaluate solution", "points", points, "an array of numbers");
  const resolved = resolvePde(problem), texts = formulas ?? problem.unknowns ?? ["u"];
  return evaluateFormulas(problem, network, points, texts.map(resolved.formula), {
    coefficients: coefficients ?? problem.coefficients ?? {},
  });
}

/** How far a solution is from the true one. */
export interface SolutionError {
  /** `|u - u*| / |u*|` in the mean square over the test points. */
  readonly relativeL2: number;
  /** The same for values and first derivatives together, where the solution is a formula. */
  readonly relativeH1?: number;
  /** `mean (u - u*)^2`. */
  readonly squared: number;
  /** Largest difference. */
  readonly largest: number;
}

/**
 * The true solution, `[rows, unknowns]`; undefined where the problem does not know it.
 *
 * @example
 * ```ts
 * import { findPde } from "@freeknot/freeknot";
 * import { trueSolution } from "@freeknot/freeknot/physics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(trueSolution(findPde("poisson"), new Float64Array([0, 0.5]))?.length, 1);
 * ```
 */
export function trueSolution(problem: PdeProblem, points: Float64Array): Float64Array | undefined {
  checkPde("evaluate solution", problem);
  const coordinates = Object.keys(problem.domain), d = coordinates.length;
  const rows = points.length / d;
  const { exact, unknowns = ["u"] } = problem;
  if (!exact) return problem.reference?.(points);
  const all = new Float64Array(rows * unknowns.length);
  unknowns.forEach((unknown, k) => {
    const values = exactValues(problem, exact[unknown], points, -1);
    for (let r = 0; r < rows; r++) all[r * unknowns.length + k] = values[r];
  });
  return all;
}

/** A formula of coordinates and constants, or its derivative by coordinate `by`. */
function exactValues(
  problem: PdeProblem,
  text: string,
  points: Float64Array,
  by: number,
): Float64Array {
  const coordinates = Object.keys(problem.domain), d = coordinates.length;
  const formula = parseExpression(text);
  const expression = by < 0
    ? formula
    : differentiate(formula, (name) => name === coordinates[by] ? number(1) : undefined);
  const tape = compileTape(expression, points.length / d);
  tape.variables.forEach((name, v) => {
    const i = coordinates.indexOf(name);
    const value = i < 0 ? problem.constants?.[name] ?? NaN : 0;
    tape.columns[v].forEach((_, r) => tape.columns[v][r] = i < 0 ? value : points[r * d + i]);
  });
  return tape.run().slice();
}

/** Some hundred even points of the domain, for questions about functions as a whole. */
export function solutionPoints(problem: PdeProblem): Float64Array {
  const d = Object.keys(problem.domain).length;
  return domainPoints(problem, evenSampler(d, SOME_POINTS, 3));
}

const SOME_POINTS = 600;

/**
 * Test points: a grid of about 10,000 points that holds the ends, without those at which conditions jump or
 * contradict each other: a solution has no value there.
 */
export function testPoints(problem: PdeProblem): Float64Array {
  return withoutJumps(resolvePde(problem), gridPoints(problem));
}

/** `|one - other| / |other|` in the mean square of all columns, each the values at the same points. */
export function relativeDistance(
  one: readonly Float64Array[],
  other: readonly Float64Array[],
): number {
  let change = 0, size = 0;
  other.forEach((values, k) =>
    values.forEach((value, r) => {
      change += (one[k][r] - value) ** 2;
      size += value ** 2;
    })
  );
  return Math.sqrt(change / size);
}

/** A grid of about 10,000 points of the domain that holds the ends. */
export function gridPoints(problem: PdeProblem): Float64Array {
  const ranges = Object.values(problem.domain), d = ranges.length;
  const side = Math.max(2, Math.round(pow(10_000, 1 / d)) + 1);
  const counts = ranges.map(() => d === 1 ? 1001 : side);
  return domainPoints(problem, { kind: "grid", counts });
}

/**
 * Compares a solution with the true one, `exact` or `reference`, at test points of shape
 * `[rows, coordinates]`, by default a grid of about 10,000; undefined where it is not known. Points
 * at which the true solution is not finite, as `sin(x)/x` at 0, are left out.
 */
export function solutionError(
  problem: PdeProblem,
  network: Network,
  points: Float64Array = testPoints(problem),
): SolutionError | undefined {
  const truth = trueSolution(problem, points);
  if (!truth) return undefined;
  const { unknowns = ["u"], exact } = problem, coordinates = Object.keys(problem.domain);
  const names = unknowns.flatMap((u) => [u, ...exact ? coordinates.map((c) => `${u}_${c}`) : []]);
  const values = evaluateSolution(problem, network, points, names);
  const rows = points.length / coordinates.length;
  let square = 0, size = 0, slopeSquare = 0, slopeSize = 0, largest = 0, compared = 0;
  names.forEach((_, i) => {
    const each = exact ? coordinates.length + 1 : 1;
    const k = Math.floor(i / each), by = i % each - 1;
    const slopes = by < 0 ? undefined : exactValues(problem, exact![unknowns[k]], points, by);
    for (let r = 0; r < rows; r++) {
      const target = slopes ? slopes[r] : truth[r * unknowns.length + k];
      if (!Number.isFinite(target)) continue;
      const error = values[i][r] - target;
      if (slopes) {
        slopeSquare += error * error;
        slopeSize += target * target;
      } else {
        square += error * error;
        size += target * target;
        largest = Math.max(largest, Math.abs(error));
        compared++;
      }
    }
  });
  return {
    relativeL2: Math.sqrt(square / size),
    ...(exact ? { relativeH1: Math.sqrt((square + slopeSquare) / (size + slopeSize)) } : {}),
    squared: square / compared,
    largest,
  };
}
