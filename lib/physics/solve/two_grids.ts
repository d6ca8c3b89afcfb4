/**
 * A correction by the linearised equations on twice the pieces, for networks whose matrix there is too
 * large: conjugate gradients, preconditioned on two grids.
 *
 * Of the Gauss-Newton matrix `A = J^T J` on the fine grid only products are needed. The preconditioner
 * is `T A_c^-1 T^T + D^-1`, with the prolongation `T`, the factorised matrix `A_c = T^T A T` of the
 * network itself and the diagonal `D` of `A` (two-level additive Schwarz, Dryja and Widlund 1987; BPX,
 * Bramble, Pasciak, Xu 1990): `A_c` has the directions in which small residuals are large errors, `D`
 * those between its knots.
 *
 * @module
 */

import { createCholesky } from "../../engine/inner.ts";
import type { Curvature } from "../../engine/mod.ts";
import { createRandom, type Network } from "../../model/mod.ts";
import { prolongationTransfer } from "../../multilevel/inner.ts";
import { dot } from "../../numerics/inner.ts";
import type { PdeEvaluator } from "./pde_evaluator.ts";

/** Draws that the diagonal is estimated from, each right to a factor of about `1 +- sqrt(2)`. */
const PROBES = 24;
/** Steps of conjugate gradients at most, and the share of the preconditioned gradient that ends them. */
const MOST_STEPS = 60, SMALL = 1e-3;
/**
 * Damping of both matrices in units of their columns' lengths: the first, and the factor to the next
 * one. Directions that change the parameters and not the function need it, as equations bend.
 */
const FIRST_DAMPING = 1e-7, NEXT = 100, MOST_DAMPING = 1e-1, LEAST_DAMPING = 1e-12;

/**
 * Corrects a network on twice its pieces.
 *
 * @param coarse The network, at the points of `fine`.
 * @param fine The same function on twice the pieces.
 * @param check The same at other points: a network corrected at some points only bends between them.
 * @param parameters Those of `fine`.
 * @returns The parameters behind the correction, the loss there and before, both of `check`; undefined
 * where no correction lowers it.
 */
export async function correctOnTwoGrids(
  network: Network,
  coarse: PdeEvaluator,
  fine: PdeEvaluator,
  check: PdeEvaluator,
  parameters: Float64Array,
): Promise<
  | {
    readonly parameters: Float64Array;
    readonly objective: number;
    readonly before: number;
  }
  | undefined
> {
  const { curvature } = fine;
  if (!curvature) return undefined;
  const { objective: before } = await check.evaluate(parameters);
  if (!Number.isFinite(before) || before === 0) return undefined;
  const system = await systemOf(network, coarse, curvature, parameters);
  if (!system) return undefined;
  const rest = new Float64Array(parameters.length);
  await fine.evaluate(parameters, rest);
  for (let i = 0; i < rest.length; i++) rest[i] = -rest[i];
  let best: { parameters: Float64Array; objective: number } | undefined;
  const correct = async (damping: number): Promise<boolean> => {
    const step = await conjugateGradients(curvature, parameters, rest, system, damping);
    const moved = parameters.map((p, i) => p + step[i]);
    const { objective } = await check.evaluate(moved);
    if (!(objective < (best?.objective ?? before))) return false;
    best = { parameters: moved, objective };
    return true;
  };
  let damping = FIRST_DAMPING;
  while (!(await correct(damping))) {
    damping *= NEXT;
    if (damping > MOST_DAMPING) return undefined;
  }
  for (damping /= NEXT; damping >= LEAST_DAMPING && damping < FIRST_DAMPING; damping /= NEXT) {
    if (!(await correct(damping))) break;
  }
  return best && { ...best, before };
}

/** What the linearised equations are solved with. */
interface System {
  /** The diagonal of `J^T J` on the fine grid. */
  readonly diagonal: Float64Array;
  /** Makes the preconditioner for a damping; undefined where the matrix cannot be factorised. */
  precondition(damping: number): ((gradient: Float64Array) => Float64Array) | undefined;
}

/** Undefined where the coarse matrix cannot be had. */
async function systemOf(
  network: Network,
  coarse: PdeEvaluator,
  curvature: Curvature,
  at: Float64Array,
): Promise<System | undefined> {
  if (!coarse.curvature?.matrix) return undefined;
  const n = network.parameters.length, squares = new Float64Array(n * n);
  const value = await coarse.curvature.matrix(network.parameters, squares, new Float64Array(n));
  if (!Number.isFinite(value)) return undefined;
  const scales = Float64Array.from({ length: n }, (_, i) => inverseRoot(squares[i * n + i]));
  const { matrix, factorise, solve } = createCholesky(n);
  const { step, gradient: back } = prolongationTransfer(network, 2);
  const diagonal = await diagonalOf(curvature, at);
  return {
    diagonal,
    precondition(damping) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) matrix[i * n + j] = squares[i * n + j] * scales[i] * scales[j];
        matrix[i * n + i] = 1 + damping;
      }
      if (!factorise()) return undefined;
      return (gradient) => {
        const inner = back(gradient).map((g, i) => g * scales[i]);
        solve(inner);
        const moved = step(inner.map((x, i) => x * scales[i]));
        return moved.map((x, i) => x + (diagonal[i] > 0 ? gradient[i] / diagonal[i] : 0));
      };
    },
  };
}

/** The diagonal of `J^T J`, as the mean of `(J^T w)^2` over vectors `w` of random signs. */
async function diagonalOf(curvature: Curvature, at: Float64Array): Promise<Float64Array> {
  const random = createRandom(0, "physics/diagonal"), sum = new Float64Array(at.length);
  const { length } = await curvature.residuals(at), out = new Float64Array(at.length);
  for (let probe = 0; probe < PROBES; probe++) {
    const signs = Float64Array.from({ length }, () => random.uniform() < 0.5 ? -1 : 1);
    await curvature.vjp(at, signs, out);
    out.forEach((x, i) => sum[i] += x * x / PROBES);
  }
  return sum;
}

/** `(A + damping D) x = -g` from `x = 0` (Hestenes and Stiefel 1952). */
async function conjugateGradients(
  curvature: Curvature,
  at: Float64Array,
  downhill: Float64Array,
  { diagonal, precondition }: System,
  damping: number,
): Promise<Float64Array> {
  const n = at.length, x = new Float64Array(n), product = new Float64Array(n);
  const turn = precondition(damping);
  if (!turn) return x;
  const rest = downhill.slice();
  let turned = turn(rest), direction = turned.slice();
  let energy = dot(rest, turned);
  const enough = SMALL * SMALL * energy;
  for (let k = 0; k < MOST_STEPS && energy > enough; k++) {
    await curvature.product(at, direction, product);
    for (let i = 0; i < n; i++) product[i] += damping * diagonal[i] * direction[i];
    const slope = dot(direction, product);
    if (!(slope > 0)) break;
    const length = energy / slope;
    for (let i = 0; i < n; i++) {
      x[i] += length * direction[i];
      rest[i] -= length * product[i];
    }
    turned = turn(rest);
    const next = dot(rest, turned), share = next / energy;
    direction = direction.map((d, i) => turned[i] + share * d);
    energy = next;
  }
  return x;
}

function inverseRoot(square: number): number {
  return square > 0 ? 1 / Math.sqrt(square) : 0;
}
