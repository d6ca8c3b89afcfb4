/**
 * The plain forward pass: the outputs of a network for given inputs.
 *
 * @module
 */

import { checkNetwork, type Network, type NormalisationStatistics } from "./network.ts";
import { checkArray, tanh } from "../numerics/inner.ts";
import { writeBsplineBasis } from "../basis/inner.ts";
import { domainOf } from "../knots/mod.ts";
import { layerBaseWeights, layerCoefficients } from "./all_edges.ts";
import { layerKnots } from "./layer_knots.ts";
import { blockValues } from "./layout.ts";
import { localFunctions } from "./local_functions.ts";
import { applyNodeMap, measureStatistics, nodeMap } from "./normalise.ts";
import { silu } from "./edge.ts";
import { type EdgeMask, hasEdge } from "./edge_mask.ts";
import { type LinearStage, type SplineStage, stagesOf } from "./stage.ts";

/**
 * Evaluates a network under its kept statistics.
 *
 * @param network The network.
 * @param inputs Shape `[rows, nIn]`, row-major.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns Outputs, shape `[rows, nOut]`. NaN in a row's inputs gives NaN in its outputs.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 * @throws {RangeError} If a value leaves its domain and extrapolation is `error`.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * assertEquals(forward(network, new Float64Array([0.1, 0.2, 0.3, 0.4])).length, 2);
 * ```
 */
export function forward(network: Network, inputs: Float64Array, rows?: number): Float64Array {
  checkNetwork("evaluate network", network);
  checkArray("evaluate network", "inputs", inputs, "an array of numbers");
  const { widths } = network.config, nIn = widths[0], nOut = widths[widths.length - 1];
  const count = rows ?? inputs.length / nIn, block = Math.ceil(BLOCK_NUMBERS / Math.max(...widths));
  const outputsOf = (part: Float64Array, partRows?: number) =>
    walk(network, part, partRows, (_, layer) => network.statistics[layer]).outputs;
  if (!(count > block) || inputs.length !== count * nIn) return outputsOf(inputs, rows);
  const outputs = new Float64Array(count * nOut);
  for (let begin = 0; begin < count; begin += block) {
    const end = Math.min(count, begin + block);
    outputs.set(outputsOf(inputs.subarray(begin * nIn, end * nIn), end - begin), begin * nOut);
  }
  return outputs;
}

/** Most numbers of a layer in memory: more rows are evaluated block by block. */
const BLOCK_NUMBERS = 1 << 22;

/**
 * Computes the raw inputs of every spline layer, shape `[rows, nIn of the layer]`, under the kept
 * statistics, for inputs of shape `[rows, nIn]`.
 *
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 */
export function layerInputs(
  network: Network,
  inputs: Float64Array,
  rows?: number,
): Float64Array[] {
  return walk(network, inputs, rows, (_, layer) => network.statistics[layer]).layers;
}

/**
 * Computes the values that enter every stage, and the outputs, under the kept statistics:
 * `[inputs, ..., outputs]`, one array of shape `[rows, nIn of the stage]` per stage of `stagesOf`,
 * then the outputs `[rows, nOut]`. The first is `inputs` itself.
 *
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 */
export function stageValues(
  network: Network,
  inputs: Float64Array,
  rows?: number,
): Float64Array[] {
  return walk(network, inputs, rows, (_, layer) => network.statistics[layer]).values;
}

/**
 * Copies a network and measures its statistics on the given inputs.
 *
 * @param network The network.
 * @param inputs Inputs of the training set, shape `[rows, nIn]`.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns The network with measured statistics; parameters are shared.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { withStatistics } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { widths: [1, 1], firstLayer: "spline" } as const;
 * const network = createNetwork(options, { seed: 1 });
 * const { statistics } = withStatistics(network, Float64Array.of(3, 1, 2));
 * const minimum = Float64Array.of(1), maximum = Float64Array.of(3);
 * assertEquals(statistics, [{ kind: "minmax", minimum, maximum }]);
 * ```
 */
export function withStatistics(network: Network, inputs: Float64Array, rows?: number): Network {
  const { statistics } = walk(
    network,
    inputs,
    rows,
    (values, _, stage) =>
      measureStatistics(stage.normalisation, values, values.length / stage.nIn, stage.nIn),
  );
  return { ...network, statistics };
}

type StatisticsOf = (
  values: Float64Array,
  layer: number,
  stage: SplineStage,
) => NormalisationStatistics;

interface Walk {
  readonly outputs: Float64Array;
  /** What enters each stage, and the outputs. */
  readonly values: Float64Array[];
  /** What enters each spline layer. */
  readonly layers: Float64Array[];
  readonly statistics: NormalisationStatistics[];
}

function walk(
  network: Network,
  inputs: Float64Array,
  wantedRows: number | undefined,
  statisticsOf: StatisticsOf,
): Walk {
  const nIn = network.config.widths[0];
  const rows = wantedRows ?? inputs.length / nIn;
  if (!Number.isInteger(rows) || inputs.length !== rows * nIn) {
    throw new TypeError(
      `Cannot evaluate network: inputs must be rows x ${nIn} numbers, current value is ${inputs.length} numbers${
        wantedRows === undefined ? "" : ` for ${wantedRows} rows`
      }`,
    );
  }
  const layers: Float64Array[] = [], statistics: NormalisationStatistics[] = [];
  const values = [inputs];
  let outputs = inputs;
  for (const stage of stagesOf(network.config)) {
    if (stage.kind === "linear") outputs = linearForward(network, stage, outputs, rows);
    else if (stage.kind === "relu") outputs = outputs.map(relu);
    else if (stage.kind === "tanh") outputs = outputs.map(tanh);
    else {
      layers.push(outputs);
      statistics.push(statisticsOf(outputs, stage.layer, stage));
      outputs = splineForward(network, stage, statistics[stage.layer], outputs, rows);
    }
    values.push(outputs);
  }
  return { outputs, values, layers, statistics };
}

/** `max(0, x)`; NaN stays NaN. */
function relu(x: number): number {
  return Math.max(0, x);
}

function linearForward(
  network: Network,
  { name, nIn, nOut, bias }: LinearStage,
  x: Float64Array,
  rows: number,
): Float64Array {
  const w = blockValues(network, `${name}.weights`); // [nIn, nOut]
  const b = blockValues(network, `${name}.bias`); // [nOut]
  const y = new Float64Array(rows * nOut);
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++) {
      let sum = bias ? b[q] : 0;
      for (let p = 0; p < nIn; p++) sum += x[r * nIn + p] * w[p * nOut + q];
      y[r * nOut + q] = sum;
    }
  }
  return y;
}

function splineForward(
  network: Network,
  stage: SplineStage,
  statistics: NormalisationStatistics,
  x: Float64Array,
  rows: number,
): Float64Array {
  const { nIn, nOut, numBasis, space } = stage;
  if (isPiece(stage)) return pieceForward(network, stage, statistics, x, rows);
  if (stage.edges && stage.basis === "bspline") {
    return maskedForward(network, { ...stage, edges: stage.edges }, statistics, x, rows);
  }
  const c = layerCoefficients(network, stage); // [nIn, numBasis, nOut]
  const base = layerBaseWeights(network, stage); // [nIn, nOut]
  const y = new Float64Array(rows * nOut);
  const scratch = new Float64Array(space.degree + 1);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, stage.layer, p);
    const [a, b] = domainOf(knots);
    const map = nodeMap(statistics, space.domain, p);
    for (let r = 0; r < rows; r++) {
      const raw = applyNodeMap(map, space.domain, x[r * nIn + p]), u = kept(raw, a, b, stage);
      let first: number, values: Float64Array = scratch;
      if (stage.basis === "bspline" && !(u < a) && !(u > b)) {
        first = writeBsplineBasis(knots, u, scratch) - space.degree; // nothing is allocated
      } else ({ first, values } = localFunctions(knots, u, stage.basis, stage.extrapolation));
      for (let i = 0; i < values.length; i++) {
        const at = (p * numBasis + first + i) * nOut;
        for (let q = 0; q < nOut; q++) y[r * nOut + q] += values[i] * c[at + q];
      }
      if (stage.base === "silu") {
        const s = silu(raw); // the base branch goes on
        for (let q = 0; q < nOut; q++) y[r * nOut + q] += s * base[p * nOut + q];
      }
    }
  }
  return y;
}

/** A position, where ends are constant within the domain; NaN stays. */
function kept(u: number, low: number, high: number, { extrapolation }: SplineStage): number {
  return extrapolation !== "clamp" ? u : u < low ? low : u > high ? high : u;
}

/** Whether a layer's splines are straight lines between constant ends. */
function isPiece({ space, basis, knots, extrapolation, base }: SplineStage): boolean {
  return space.degree === 1 && space.intervals === 1 && basis === "bspline" &&
    knots !== "free" && extrapolation === "clamp" && base === "none";
}

/** Rows that a layer takes at a time where its work is scattered: what they add up stays near. */
const NEAR_ROWS = 128;

/** A layer some of whose edges are missing: the work is that of the edges there are. */
function maskedForward(
  network: Network,
  stage: SplineStage & { readonly edges: EdgeMask },
  statistics: NormalisationStatistics,
  x: Float64Array,
  rows: number,
): Float64Array {
  const { layer, nIn, nOut, numBasis, space, edges, extrapolation } = stage;
  const c = blockValues(network, `spline${layer}.coefficients`); // [edges, numBasis]
  const base = blockValues(network, `spline${layer}.baseWeights`); // [edges]
  const y = new Float64Array(rows * nOut), scratch = new Float64Array(space.degree + 1);
  const shared = stage.numKnotVectors === 1 || stage.knots === "uniform";
  const knots = Array.from(
    { length: shared ? 1 : nIn },
    (_, p) => layerKnots(network, layer, p),
  );
  const maps = Array.from({ length: nIn }, (_, p) => nodeMap(statistics, space.domain, p));
  const [low, high] = space.domain;
  for (let begin = 0; begin < rows; begin += NEAR_ROWS) {
    const end = Math.min(rows, begin + NEAR_ROWS);
    for (let p = 0, edge = 0; p < nIn; edge += edges.outputs[p].length, p++) {
      const outputs = edges.outputs[p], map = maps[p];
      for (let r = begin; r < end; r++) {
        const raw = applyNodeMap(map, space.domain, x[r * nIn + p]),
          u = kept(raw, low, high, stage);
        const vector = knots[shared ? 0 : p], [a, b] = domainOf(vector);
        let first: number, values: Float64Array = scratch;
        if (!(u < a) && !(u > b)) first = writeBsplineBasis(vector, u, scratch) - space.degree;
        else ({ first, values } = localFunctions(vector, u, "bspline", extrapolation));
        const s = stage.base === "silu" ? silu(raw) : 0;
        for (let e = 0; e < outputs.length; e++) {
          const at = (edge + e) * numBasis + first;
          const to = r * nOut + outputs[e]; // added in the order of a layer with all edges
          for (let i = 0; i < values.length; i++) y[to] += values[i] * c[at + i];
          if (stage.base === "silu") y[to] += s * base[edge + e];
        }
      }
    }
  }
  return y;
}

/** Ends of edges with one linear piece that are not 0, by input. */
interface PieceEnds {
  /** Where those of every input begin, and the end. */
  readonly starts: Int32Array;
  readonly outputs: Int32Array;
  readonly values: Float64Array;
}

/** The ends at the left (0) or at the right (1) of the domain. */
function pieceEnds(network: Network, stage: SplineStage, end: 0 | 1): PieceEnds {
  const { layer, nIn, nOut, edges } = stage;
  const c = blockValues(network, `spline${layer}.coefficients`); // [edges, 2] or [nIn, 2, nOut]
  const starts = new Int32Array(nIn + 1), outputs: number[] = [], values: number[] = [];
  for (let p = 0, edge = 0; p < nIn; p++) {
    const count = edges ? edges.outputs[p].length : nOut;
    for (let e = 0; e < count; e++, edge++) {
      const value = edges ? c[2 * edge + end] : c[(2 * p + end) * nOut + e];
      if (value === 0) continue;
      outputs.push(edges ? edges.outputs[p][e] : e);
      values.push(value);
    }
    starts[p + 1] = outputs.length;
  }
  return { starts, outputs: Int32Array.from(outputs), values: Float64Array.from(values) };
}

/** A layer of straight lines between constant ends: at an end, what is 0 there costs nothing. */
function pieceForward(
  network: Network,
  stage: SplineStage,
  statistics: NormalisationStatistics,
  x: Float64Array,
  rows: number,
): Float64Array {
  const { nIn, nOut, space: { domain } } = stage, [a, b] = domain;
  const left = pieceEnds(network, stage, 0), right = pieceEnds(network, stage, 1);
  const maps = Array.from({ length: nIn }, (_, p) => nodeMap(statistics, domain, p));
  const y = new Float64Array(rows * nOut), length = b - a;
  for (let begin = 0; begin < rows; begin += NEAR_ROWS) {
    const end = Math.min(rows, begin + NEAR_ROWS);
    for (let p = 0; p < nIn; p++) {
      const { from, scale, origin } = maps[p];
      const [l0, l1] = [left.starts[p], left.starts[p + 1]];
      const [r0, r1] = [right.starts[p], right.starts[p + 1]];
      for (let r = begin, at = begin * nOut; r < end; r++, at += nOut) {
        const t = (origin + (x[r * nIn + p] - from) * scale - a) / length;
        if (t <= 0) {
          for (let e = l0; e < l1; e++) y[at + left.outputs[e]] += left.values[e];
        } else if (t >= 1) {
          for (let e = r0; e < r1; e++) y[at + right.outputs[e]] += right.values[e];
        } else if (t === t) {
          for (let e = l0; e < l1; e++) y[at + left.outputs[e]] += (1 - t) * left.values[e];
          for (let e = r0; e < r1; e++) y[at + right.outputs[e]] += t * right.values[e];
        } else {
          for (let q = 0; q < nOut; q++) { // NaN stays
            if (hasEdge(stage, p, q)) y[at + q] = NaN;
          }
        }
      }
    }
  }
  return y;
}
