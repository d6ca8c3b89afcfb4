/**
 * Penalties that no row enters: groups of edges, and the bending of splines.
 *
 * - Whole inputs: `inputs sum_p sqrt(sum_q V_pq)` over the first map, `V_pq` the variance of the
 *   spline over its domain or, of a linear map, `W_pq^2`: group lasso (Yuan and Lin 2006), under
 *   which inputs vanish as a whole.
 * - Whole nodes: `nodes sum_p sqrt(sum_q V_pq)` over each spline layer behind another map: what
 *   leaves a hidden node.
 * - Bending: `smoothness sum_pq integral phi_pq''(u)^2 du`.
 *
 * Where the next layer takes the scale of its inputs away, V and the integral are divided by
 * `sum_p V_pq` of their node q, so that a node's scale does not count (units `node`, see penalty.ts).
 * A base branch adds `b^2` times the variance of silu to V, and nothing to the bending.
 *
 * @module
 */

import { checkNotNegative, checkOptions, gaussLegendre } from "../../numerics/inner.ts";
import {
  addMissingEdges,
  blockValues,
  findBlock,
  type LinearStage,
  silu,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { edgeMeasures } from "../penalty.ts";
import type { EdgeCurvature } from "../edge_curvature.ts";
import { curvaturesOfEdges, valueOfEdges } from "../with_all_edges.ts";
import { createEdgeIntegrals, type EdgeIntegrals } from "./edge_integrals.ts";

/** Weights of the penalties that no row enters; all may be left out. */
export interface StructurePenalty {
  /** Weight of the norms of whole inputs. Default 0. */
  readonly inputs?: number;
  /** Weight of the norms of whole hidden nodes. Default 0. */
  readonly nodes?: number;
  /** Weight of the bending. Default 0. */
  readonly smoothness?: number;
  /** As of `EdgePenalty`. Default `node`. */
  readonly units?: "node" | "raw";
}

/** One map's share of the penalties. */
interface StructureTerm {
  /** The penalty; its gradient is added. */
  value(parameters: Float64Array, gradient?: Float64Array): number;
  /** A positive semidefinite matrix for each group of parameters. */
  curvatures(parameters: Float64Array): EdgeCurvature[];
}

/** Norms are rounded off at 0: `sqrt(V + ROUNDING^2)`. */
const ROUNDING = 1e-4;
/** What a node's variance is at least, where it divides. */
const LEAST_VARIANCE = 1e-12;

/** Whether a penalty asks for anything. */
export function hasStructure(
  penalty: StructurePenalty | undefined,
): penalty is StructurePenalty {
  const { inputs = 0, nodes = 0, smoothness = 0 } = penalty ?? {};
  return inputs > 0 || nodes > 0 || smoothness > 0;
}

/**
 * Lays out the penalties of a network.
 *
 * @throws {TypeError} If a field is not known.
 * @throws {RangeError} If a number is negative or not finite.
 */
export function createStructureTerms(network: Network, penalty: StructurePenalty): StructureTerm {
  checkOptions("penalise network", penalty, "inputs nodes smoothness units");
  const { inputs = 0, nodes = 0, smoothness = 0, units = "node" } = penalty;
  for (const [name, value] of Object.entries({ inputs, nodes, smoothness })) {
    checkNotNegative("penalise network", name, value);
  }
  const terms = termsOf(addMissingEdges(network), { inputs, nodes, smoothness, units });
  return {
    value: valueOfEdges(
      network,
      (parameters, gradient) =>
        terms.reduce((sum, term) => sum + term.value(parameters, gradient), 0),
    ),
    curvatures: (parameters) =>
      curvaturesOfEdges(
        { ...network, parameters },
        (all) => terms.flatMap((term) => term.curvatures(all.parameters)),
      ),
  };
}

/** The terms of a network with all edges. */
function termsOf(
  network: Network,
  { inputs, nodes, smoothness, units }: Required<StructurePenalty>,
): StructureTerm[] {
  const measures = edgeMeasures({ units }, network.config);
  const scaleless = units === "node" && network.config.normalisation !== "none";
  return stagesOf(network.config).flatMap((stage, k) => {
    if (stage.kind === "spline") {
      const relative = measures[stage.layer] === "deviation";
      const weights = { group: k === 0 ? inputs : nodes, bending: smoothness };
      return weights.group > 0 || smoothness > 0
        ? [splineTerm(network, stage, weights, relative)]
        : [];
    }
    return stage.kind === "linear" && k === 0 && inputs > 0
      ? [linearTerm(network, stage, inputs, scaleless && network.config.activation === "spline")]
      : [];
  });
}

function linearTerm(
  network: Network,
  { name, nIn, nOut }: LinearStage,
  weight: number,
  relative: boolean,
): StructureTerm {
  const { offset } = findBlock(network.layout, `${name}.weights`)!;

  function measure(parameters: Float64Array) {
    const w = parameters.subarray(offset, offset + nIn * nOut);
    const totals = new Float64Array(nOut).fill(relative ? LEAST_VARIANCE : 1);
    if (relative) w.forEach((x, e) => totals[e % nOut] += x * x);
    const norms = Float64Array.from({ length: nIn }, (_, p) => {
      let sum = ROUNDING ** 2;
      for (let q = 0; q < nOut; q++) sum += w[p * nOut + q] ** 2 / totals[q];
      return Math.sqrt(sum);
    });
    return { w, totals, norms };
  }

  return {
    value(parameters, gradient) {
      const { w, totals, norms } = measure(parameters);
      if (gradient) {
        const totalsBar = new Float64Array(nOut);
        w.forEach((x, e) => {
          const share = weight / norms[Math.floor(e / nOut)], total = totals[e % nOut];
          gradient[offset + e] += share * x / total;
          totalsBar[e % nOut] -= share / 2 * (x / total) ** 2;
        });
        if (relative) w.forEach((x, e) => gradient[offset + e] += 2 * x * totalsBar[e % nOut]);
      }
      return weight * norms.reduce((sum, norm) => sum + norm, 0);
    },
    curvatures(parameters) {
      const { w, totals, norms } = measure(parameters);
      return Array.from(w, (_, e): EdgeCurvature => ({
        places: Int32Array.of(offset + e),
        matrix: Float64Array.of(weight / (norms[Math.floor(e / nOut)] * totals[e % nOut])),
      }));
    },
  };
}

function splineTerm(
  network: Network,
  stage: SplineStage,
  weights: { readonly group: number; readonly bending: number },
  relative: boolean,
): StructureTerm {
  const { layer, nIn, nOut, numBasis } = stage;
  const integrals = createEdgeIntegrals(network, stage);
  const coefficients = `spline${layer}.coefficients`, baseWeights = `spline${layer}.baseWeights`;
  const of = (parameters: Float64Array, name: string) =>
    blockValues({ ...network, parameters }, name);
  const based = stage.base === "silu", siluVariance = based ? varianceOfSilu(stage) : 0;

  function measure(parameters: Float64Array) {
    const { variance, bending } = integrals.measure(parameters, of(parameters, coefficients));
    const base = of(parameters, baseWeights);
    if (based) base.forEach((b, e) => variance[e] += b * b * siluVariance);
    const totals = new Float64Array(nOut).fill(relative ? LEAST_VARIANCE : 1);
    if (relative) variance.forEach((v, e) => totals[e % nOut] += v);
    const norms = Float64Array.from({ length: nIn }, (_, p) => {
      let sum = ROUNDING ** 2;
      for (let q = 0; q < nOut; q++) sum += variance[p * nOut + q] / totals[q];
      return Math.sqrt(Math.max(ROUNDING ** 2, sum)); // rounding may leave variances below 0
    });
    return { variance, bending, totals, norms, base };
  }

  return {
    value(parameters, gradient) {
      const measured = measure(parameters), { bending, totals, norms, base } = measured;
      const bent = bending.reduce((sum, c, e) => sum + c / totals[e % nOut], 0);
      const grouped = norms.reduce((sum, norm) => sum + norm, 0);
      if (gradient) {
        const bars = barsOf(measured, weights, relative);
        integrals.pull(
          parameters,
          bars,
          of(gradient, coefficients),
          gradient,
        );
        const baseBar = of(gradient, baseWeights);
        if (based) base.forEach((b, e) => baseBar[e] += 2 * b * siluVariance * bars.variance[e]);
      }
      return weights.group * grouped + weights.bending * bent;
    },
    curvatures(parameters) {
      const { totals, norms } = measure(parameters), forms = integrals.forms(parameters);
      const { offset } = findBlock(network.layout, coefficients)!;
      return forms.flatMap(({ variance, bending }, p) =>
        Array.from({ length: nOut }, (_, q): EdgeCurvature => {
          const byVariance = weights.group / (norms[p] * totals[q]);
          const byBending = 2 * weights.bending / totals[q];
          return {
            places: Int32Array.from(
              { length: numBasis },
              (_, i) => offset + (p * numBasis + i) * nOut + q,
            ),
            matrix: variance.map((v, i) => byVariance * v + byBending * bending[i]),
          };
        })
      );
    },
  };
}

/** What a layer's terms are made of at some parameters. */
interface Measured extends EdgeIntegrals {
  /** What divides, per output, and the norms of the groups, per input. */
  readonly totals: Float64Array;
  readonly norms: Float64Array;
}

/** The gradient by the integrals, through the totals that divide them. */
function barsOf(
  { variance, bending, totals, norms }: Measured,
  weights: { readonly group: number; readonly bending: number },
  relative: boolean,
): EdgeIntegrals {
  const nOut = totals.length, totalsBar = new Float64Array(nOut);
  const byVariance = variance.map((v, e) => {
    const q = e % nOut, share = weights.group / (2 * norms[Math.floor(e / nOut)]);
    totalsBar[q] -= (share * v + weights.bending * bending[e]) / totals[q] ** 2;
    return share / totals[q];
  });
  return {
    variance: relative ? byVariance.map((bar, e) => bar + totalsBar[e % nOut]) : byVariance,
    bending: bending.map((_, e) => weights.bending / totals[e % nOut]),
  };
}

/** The variance of silu over a layer's domain. */
function varianceOfSilu({ space: { domain: [a, b] } }: SplineStage): number {
  const { nodes, weights } = gaussLegendre(40);
  let mean = 0, square = 0;
  nodes.forEach((x, i) => {
    const value = silu((a + b + (b - a) * x) / 2);
    mean += weights[i] / 2 * value;
    square += weights[i] / 2 * value ** 2;
  });
  return square - mean ** 2;
}
