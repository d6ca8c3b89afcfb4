/**
 * A first guess as a sum of products: the equations solved by tensor products of splines, written as
 * a network.
 *
 * On a rectangle `sum c_ij B_i(x) B_j(y)` is linear in its coefficients, so that a few Newton's steps
 * find the best ones, and no path has to be followed. Singular values take the sum apart into few
 * products `f(x) g(y)` (Eckart and Young 1936). A product is two nodes of one hidden layer,
 * `f g = ((f + g)^2 - (f - g)^2) / 4`, and squares are splines: the network is the same function.
 * Training goes on from there. Where many products or pieces are needed, at fronts that move, there is
 * no such guess.
 *
 * @module
 */

import { createNetwork, type Network } from "../../model/mod.ts";
import { dot, multiply, singularTriples } from "../../numerics/inner.ts";
import { designMatrix } from "../../basis/mod.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import { isLinear } from "./automatic.ts";
import { beginRun, type PdeRun } from "./piece_runs.ts";
import {
  densePositions,
  type Product,
  productNetwork,
  productParameters,
} from "./product_network.ts";
import {
  collocate,
  collocatedLoss,
  type Collocation,
  prolongTensor,
  solveCollocated,
  TENSOR_DEGREE,
  type TensorSpace,
  tensorSpace,
} from "./tensor_space.ts";

/** Pieces along both coordinates to begin with. */
const FIRST_PIECES = [4, 4] as const;
/** Coefficients of all unknowns together, at most: a triangle then takes some five seconds. */
const MOST_COEFFICIENTS = 2000;
/** The same where sheets, whose pieces follow the solution, are tried behind. */
const FEW_COEFFICIENTS = 700;
/**
 * Parameters of a guess that is taken although sheets are tried behind: they tell their error by
 * themselves, and networks of more parameters train slowly and have no estimate of theirs.
 */
const MOST_BESIDE_SHEETS = 1200;
/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 3e10;
/** A guess is none where equations hold worse than so. */
export const MOST_GUESSED_RESIDUAL = 3e-6;
/**
 * Residuals that are sought, in units of the tolerance, and of a sum that is cut off; and of a guess that
 * is taken although there may be another.
 */
const SOUGHT = 0.01, CUT = 0.1, GOOD = 0.3;
/** A sum that is cut off may have residuals so many times as large, at rounding. */
const ROUNDED = 1.5;
/** Twice as many products that leave more of the residual are not worth it: training goes on. */
const WORTH = 0.1;
/** A finer space that leaves more of the residual is none that helps. */
const HELPS = 0.5;

/** Whether a problem may have such a guess. */
export function takesTensors(problem: PdeProblem, { coefficients, ranges }: ResolvedPde): boolean {
  return ranges.length === 2 && numPdeInputs(problem) === 2 && coefficients.length === 0 &&
    !problem.rawCoordinates && !problem.incomplete;
}

/** What a guess is made with. */
export interface TensorGuessOptions {
  readonly tolerance: number;
  /** Parameters of the network, at most. */
  readonly mostParameters: number;
  /** Whether sheets are tried behind a poor guess. */
  readonly hasOther?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A run that begins with the guess; undefined where it would be no good one. */
export async function tensorGuess(
  problem: PdeProblem,
  resolved: ResolvedPde,
  options: TensorGuessOptions,
): Promise<PdeRun | undefined> {
  const run = beginRun(problem, createNetwork({ widths: [2, 1], firstLayer: "spline" }));
  const linear = isLinear(resolved), mostFailures = linear ? 4 : 2;
  const goal = SOUGHT * options.tolerance, { hasOther = false } = options;
  const most = hasOther ? FEW_COEFFICIENTS : MOST_COEFFICIENTS;
  let done = 0;
  const attempt = (pieces: readonly [number, number], before?: Attempt): Attempt => {
    const space = tensorSpace(pieces), at = collocate(resolved, run.scales, space);
    const begin = before
      ? prolongTensor(before.coefficients, before.space, space)
      : new Float64Array(run.scales.unknowns.length * space.counts[0] * space.counts[1]);
    const { coefficients, work } = solveCollocated(at, begin, {
      isLinear: linear,
      mostWork: MOST_WORK - done,
    });
    done += work;
    const check = collocate(resolved, run.scales, space, "check");
    return { space, coefficients, check, fresh: freshResidual(check, coefficients) };
  };
  let best = attempt(FIRST_PIECES), last = best, failures = 0;
  while (
    best.fresh > goal && failures < mostFailures && done < MOST_WORK && !options.signal?.aborted
  ) {
    let next: Attempt | undefined;
    for (const group of finerSpaces(last.space, run.scales.unknowns.length, most)) {
      if (next && next.fresh < HELPS * last.fresh) break;
      for (const pieces of group) {
        await new Promise((resolve) => setTimeout(resolve)); // a signal may come
        const tried = attempt(pieces, last);
        if (!next || tried.fresh < next.fresh) next = tried;
      }
    }
    if (!next) break;
    failures = next.fresh < HELPS * best.fresh ? 0 : failures + 1;
    if (next.fresh < best.fresh) best = next;
    last = next;
  }
  const enough = hasOther ? GOOD * options.tolerance : options.tolerance;
  if (!(best.fresh <= Math.max(MOST_GUESSED_RESIDUAL, enough))) return undefined;
  const network = asNetwork(best, options);
  const isLarge = network && network.parameters.length > MOST_BESIDE_SHEETS;
  if (!network || (hasOther && isLarge)) return undefined;
  run.network = network;
  return run;
}

/** Coefficients that were found, and how well equations and conditions hold elsewhere. */
interface Attempt {
  readonly space: TensorSpace;
  readonly coefficients: Float64Array;
  readonly check: Collocation;
  readonly fresh: number;
}

/** Root mean square over the terms, each in units of its size. */
function freshResidual(check: Collocation, coefficients: Float64Array): number {
  return Math.sqrt(collocatedLoss(check, coefficients) / check.system.terms.length);
}

/** Twice the pieces along either coordinate; where that does not help along both. */
function finerSpaces(
  { pieces: [a, b] }: TensorSpace,
  unknowns: number,
  most: number,
): [number, number][][] {
  const all: [number, number][][] = [[[2 * a, b], [a, 2 * b]], [[2 * a, 2 * b]]];
  return all.map((group) =>
    group.filter(([x, y]) => unknowns * (x + TENSOR_DEGREE) * (y + TENSOR_DEGREE) <= most)
  );
}

/** The fewest products that hold as well as all, as a network; undefined where they are too many. */
function asNetwork(
  found: Attempt,
  { tolerance, mostParameters }: TensorGuessOptions,
): Network | undefined {
  const { space, coefficients, check, fresh } = found;
  const common = Math.max(...space.pieces), fine = tensorSpace([common, common]);
  const { nOut } = check.system, [n] = fine.counts;
  const products = productsOf(prolongTensor(coefficients, space, fine), fine, nOut)
    .sort((a, b) => b.size - a.size);
  const coarse = productsOf(coefficients, space, nOut).sort((a, b) => b.size - a.size);
  const enough = Math.max(ROUNDED * fresh, Math.min(CUT * tolerance, MOST_GUESSED_RESIDUAL));
  const residual = (count: number) =>
    freshResidual(check, sumOf(coarse.slice(0, count), space, nOut));
  let most = 0; // products that are good enough
  for (let count = 1; count <= products.length; count++) {
    if (productParameters(count, 2, n, nOut) > mostParameters) break;
    const cut = residual(count);
    if (cut <= GOOD * tolerance) most = count;
    if (cut > MOST_GUESSED_RESIDUAL) continue;
    if (cut > enough && residual(2 * count) < WORTH * cut) continue;
    return productNetwork(products.slice(0, count), fine.knots[0], nOut);
  }
  return most > 0 ? productNetwork(products.slice(0, most), fine.knots[0], nOut) : undefined;
}

/** Points per basis function at which functions are compared. */
const SAMPLES = 2;

/** Singular functions of every unknown, at points that are dense at the ends. */
function productsOf(coefficients: Float64Array, space: TensorSpace, nOut: number): Product[] {
  const [n, m] = space.counts;
  const [bx, by] = space.knots.map((knots, k) =>
    designMatrix(knots, densePositions(SAMPLES * space.counts[k]))
  );
  return Array.from({ length: nOut }, (_, unknown) => {
    const c = coefficients.subarray(unknown * n * m, (unknown + 1) * n * m);
    // lines[i]: c_i. at the samples of y; columns of the values: one per sample of y
    const lines = Array.from({ length: n }, (_, i) => multiply(by, c.slice(i * m, (i + 1) * m)));
    const columns = Array.from(
      { length: by.rows },
      (_, s) => multiply(bx, Float64Array.from(lines, (line) => line[s])),
    );
    return singularTriples(columns).map(({ size, left, right }): Product => {
      // c B_y^T v / s and c^T B_x^T u / s are the functions' coefficients
      const first = Float64Array.from(lines, (line) => dot(line, right) / size);
      const second = new Float64Array(m);
      const weights = new Float64Array(n);
      left.forEach((value, s) => {
        for (let k = 0; k < bx.width; k++) {
          weights[bx.starts[s] + k] += bx.values[s * bx.width + k] * value;
        }
      });
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) second[j] += c[i * m + j] * weights[i] / size;
      }
      return { unknown, size, factors: [first, second] };
    });
  }).flat();
}

/** The coefficients of a sum of products. */
function sumOf(products: readonly Product[], { counts: [n, m] }: TensorSpace, nOut: number) {
  const sum = new Float64Array(nOut * n * m);
  for (const { unknown, size, factors: [f, g] } of products) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) sum[(unknown * n + i) * m + j] += size * f[i] * g[j];
    }
  }
  return sum;
}
