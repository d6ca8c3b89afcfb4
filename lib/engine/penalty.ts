/**
 * A penalty on the edges of spline layers: networks with few active edges.
 *
 * With the norm of an edge, `A_pq = mean over the rows of |phi_pq(x_p)|`, and its share of the
 * layer, `p_pq = A_pq / sum A`, a layer costs `l1 sum A + entropy S`, `S = -sum p ln p` with
 * `0 ln 0 = 0` (Liu et al. 2024, eq. 2.17 to 2.20, with l1 = lambda mu_1 and entropy =
 * lambda mu_2). Rows count alike, whatever their weights.
 *
 * Where the next layer takes scale and origin of its inputs away (min-max and batch normalisation),
 * all edges into a node can shrink together, or shift against each other, and nothing changes: a sum
 * of norms has no minimum there but 0, and one edge has all of its node as soon as it takes a large
 * constant. In units `node` the norm of an edge of such a layer is its standard deviation over the
 * rows, in the scale in which the norms into every node add up to 1: their sum is a constant and left
 * out, and the entropy is, up to a constant, the mean over the nodes of the entropies of the shares
 * `A_pq / sum_p A_pq`.
 *
 * @module
 */

import { checkNotNegative, checkOptions, log } from "../numerics/inner.ts";
import { splineStages } from "../model/inner.ts";
import type { NetworkConfig } from "../model/mod.ts";

/** What the edges of spline layers cost, as data. */
export interface EdgePenalty {
  /** Weight of the sum of the edges' norms, `lambda mu_1`. Default 0. */
  readonly l1?: number;
  /** Weight of the entropy of their shares, `lambda mu_2`. Default 0. */
  readonly entropy?: number;
  /**
   * Units of layers whose scale the next one takes away: `node`, standard deviations in the scale in
   * which those into every node add up to 1, or `raw`, means of `|phi|` as in all other layers.
   * Default `node`.
   */
  readonly units?: "node" | "raw";
}

/** What a network's edges cost. */
export interface PenaltyValue {
  /** The penalty. */
  readonly value: number;
  /** Its derivatives by the norms of every layer's edges, `[nIn, nOut]` each. */
  readonly slopes: readonly Float64Array[];
}

/** Whether a penalty asks for the norms of edges. */
export function hasEdgePenalty(penalty: EdgePenalty | undefined): penalty is EdgePenalty {
  return penalty !== undefined && ((penalty.l1 ?? 0) > 0 || (penalty.entropy ?? 0) > 0);
}

/**
 * Checks a penalty.
 *
 * @throws {TypeError} If a field is not known.
 * @throws {RangeError} If a number is negative or not finite, or there are no such units.
 */
export function checkEdgePenalty(penalty: EdgePenalty | undefined): void {
  if (penalty === undefined) return;
  checkOptions("compile network", penalty, "l1 entropy units");
  const { l1 = 0, entropy = 0, units = "node" } = penalty;
  for (const [name, value] of Object.entries({ l1, entropy })) {
    checkNotNegative("compile network", name, value);
  }
  if (units === "node" || units === "raw") return;
  throw new RangeError(
    `Cannot compile network: units must be node or raw, current value is ${units}`,
  );
}

/** How the norms of a layer's edges are measured. */
export type EdgeMeasure = "absolute" | "deviation";

/** The measure of every spline layer. */
export function edgeMeasures(
  { units = "node" }: EdgePenalty,
  config: NetworkConfig,
): EdgeMeasure[] {
  const stages = splineStages(config);
  return stages.map(({ layer, normalisation }) =>
    units === "node" && normalisation !== "none" && layer + 1 < stages.length
      ? "deviation"
      : "absolute"
  );
}

/**
 * `|phi|`, rounded off at 0 where `epsilon` is not 0: `sqrt(phi^2 + epsilon^2)`. Its slope is
 * `phi / |phi|`, 0 at 0.
 */
export function edgeMagnitude(phi: number, epsilon: number): number {
  return epsilon === 0 ? Math.abs(phi) : Math.sqrt(phi * phi + epsilon * epsilon);
}

/**
 * What edges with given norms cost, and the derivatives by the norms.
 *
 * @param penalty The weights.
 * @param config Gives the layers.
 * @param norms Per spline layer the norms of its edges, `[nIn, nOut]`.
 */
export function penaltyOf(
  penalty: EdgePenalty,
  config: NetworkConfig,
  norms: readonly Float64Array[],
): PenaltyValue {
  const { l1 = 0, entropy = 0 } = penalty, measures = edgeMeasures(penalty, config);
  let value = 0;
  const slopes = splineStages(config).map(({ layer, nIn, nOut, edges }) => {
    const slope = new Float64Array(nIn * nOut);
    const all = edges ? norms[layer].map((x, e) => edges.numbers[e] < 0 ? 0 : x) : norms[layer];
    if (measures[layer] === "absolute") {
      const sum = all.reduce((a, b) => a + b, 0);
      value += l1 * sum + entropy * addEntropySlopes(all, 0, 1, sum, entropy, slope);
      for (let e = 0; e < slope.length; e++) slope[e] += l1;
      return slope;
    }
    for (let q = 0; q < nOut; q++) {
      let sum = 0;
      for (let e = q; e < all.length; e += nOut) sum += all[e];
      value += entropy / nOut * addEntropySlopes(all, q, nOut, sum, entropy / nOut, slope);
    }
    return slope;
  });
  return { value, slopes };
}

/** Shares below this count as this where their logarithm is taken: slopes stay finite. */
const LEAST_SHARE = 1e-30;

/**
 * The entropy of the shares of every `step`-th norm from `first` on; adds `weight` times its
 * derivatives `-(ln p + S) / sum`.
 */
function addEntropySlopes(
  norms: Float64Array,
  first: number,
  step: number,
  sum: number,
  weight: number,
  slope: Float64Array,
): number {
  if (!(sum > 0) || weight === 0) return 0;
  let entropy = 0;
  for (let e = first; e < norms.length; e += step) {
    const share = norms[e] / sum;
    if (share > 0) entropy -= share * log(share);
  }
  for (let e = first; e < norms.length; e += step) {
    slope[e] -= weight * (log(Math.max(norms[e] / sum, LEAST_SHARE)) + entropy) / sum;
  }
  return entropy;
}
