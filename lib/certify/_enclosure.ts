/**
 * A network on a box: affine forms of its outputs, their derivatives and second derivatives,
 * carried from stage to stage.
 *
 * @module
 */

import {
  blockValues,
  domainPoint,
  layerBaseWeights,
  layerCoefficients,
  type LinearStage,
  type NodeMap,
  nodeMap,
  type SplineStage,
  stagesOf,
} from "../model/inner.ts";
import { layerKnots, type Network, type NetworkConfig } from "../model/mod.ts";
import {
  type BackwardStage,
  type CertifiedStage,
  makeLines,
  type StageLines,
  upperByLines,
} from "./_backward.ts";
import { boundEdge, type NodeEdges } from "./_edges.ts";
import {
  addConstant,
  addLine,
  addMultiple,
  addProduct,
  clearForms,
  type Forms,
  isConstant,
  makeForms,
  setConstant,
  settle,
  widen,
} from "./_forms.ts";
import { type NoisyEdges, stageNoise } from "./_noise.ts";
import { nodePieces } from "./_pieces.ts";
import { ULP } from "./_rounding.ts";
import { boundRelu, boundSmooth, emptyBound, type LineBound, SIGMOID, TANH } from "./_smooth.ts";

/** What the nodes of one layer are on a box. */
export interface NodeForms {
  /** One per node. */
  readonly values: Forms;
  /** By the inputs: one per node and input, inputs fastest. */
  readonly slopes: Forms;
  /** By pairs of inputs: one per node and pair, pairs fastest. */
  readonly bends: Forms;
}

/** A network made ready to be enclosed. */
export interface Enclosure {
  readonly nIn: number;
  readonly nOut: number;
  /** Pairs of inputs whose second derivatives are enclosed. */
  readonly pairs: readonly (readonly [number, number])[];
  /** What outputs never leave, exact or computed. */
  readonly ends: readonly [number, number];
  /**
   * Encloses the outputs; what is returned holds until the next call.
   *
   * @param box Lower and upper ends, alternating, shape `[nIn, 2]`.
   * @param order Highest order of derivatives: 0, 1 or 2.
   * @param sharp Whether the hulls of edges are worth some work.
   */
  enclose(box: Float64Array, order: number, sharp?: boolean): NodeForms;
  /**
   * An upper bound of `sign * output` on the box that was enclosed last, of the exact function: by
   * lines from the output back to the inputs.
   */
  upper(output: number, sign: number): number;
  /** How far computed outputs may lie from exact ones in a box, per output. */
  noise(box: Float64Array): Float64Array;
}

/** Runs one stage: reads the layer's nodes, writes the next layer's. */
type Step = (from: NodeForms, to: NodeForms, order: number, sharp: boolean) => void;

/** What the steps of a network have in common. */
interface Frame {
  readonly network: Network;
  readonly nIn: number;
  readonly pairs: Enclosure["pairs"];
  /** A position and the derivatives of one edge there: value, slope, bend. */
  readonly edge: Forms;
  /** Products of two slopes of a node, one per pair. */
  readonly squares: Forms;
}

/**
 * Makes a network ready to be enclosed.
 *
 * @param pairs Pairs of inputs whose second derivatives are wanted.
 * @param probability Whether `1 / (1 + exp(-z))` of the outputs is enclosed.
 */
export function createEnclosure(
  network: Network,
  pairs: Enclosure["pairs"],
  probability = false,
): Enclosure {
  const { config } = network, stages = certifiedStages(config, probability);
  const nIn = config.widths[0], nOut = config.widths.at(-1)!;
  const frame = {
    network,
    nIn,
    pairs,
    edge: makeForms(3, nIn),
    squares: makeForms(pairs.length, nIn),
  };
  const layers = [nIn, ...stages.map((stage) => stage.nOut)].map((nodes): NodeForms => ({
    values: makeForms(nodes, nIn),
    slopes: makeForms(nodes * nIn, nIn),
    bends: makeForms(nodes * pairs.length, nIn),
  }));
  const splines = stages.map((stage) =>
    stage.kind === "spline" ? splineEdges(network, stage) : undefined
  );
  const lines = stages.map(makeLines);
  const steps = stages.map((stage, k): Step => {
    if (stage.kind === "linear") return linearStep(frame, stage);
    return stage.kind === "spline"
      ? splineStep(frame, stage, splines[k]!, lines[k])
      : nodeStep(frame, stage.kind, lines[k]);
  });
  const backward = stages.map((stage, k): BackwardStage => ({
    ...{ stage, lines: lines[k], layer: splines[k], values: layers[k].values },
  }));
  const last = layers[layers.length - 1];
  function enclose(box: Float64Array, order: number, sharp = false): NodeForms {
    enterBox(layers[0], box, order, nIn);
    steps.forEach((step, k) => {
      clearForms(layers[k + 1].values);
      if (order > 0) clearForms(layers[k + 1].slopes);
      if (order > 1) clearForms(layers[k + 1].bends);
      step(layers[k], layers[k + 1], order, sharp);
    });
    return last;
  }
  return {
    ...{ nIn, nOut, pairs, enclose, ends: probability ? [0, 1] : [-Infinity, Infinity] },
    upper: (output, sign) => upperByLines(network, backward, output, sign),
    noise(box) {
      enclose(box, 0);
      let noise: Float64Array = new Float64Array(nIn);
      stages.forEach((stage, k) => {
        noise = stageNoise(network, stage, splines[k], layers[k].values, noise);
      });
      return noise;
    },
  };
}

/** The stages of a network; the sigmoid of its outputs may be the last. */
function certifiedStages(config: NetworkConfig, probability: boolean): CertifiedStage[] {
  const stages = stagesOf(config), nOut = config.widths.at(-1)!;
  return probability ? [...stages, { kind: "sigmoid", nIn: nOut, nOut }] : stages;
}

/** The inputs themselves. */
function enterBox(
  { values, slopes, bends }: NodeForms,
  box: Float64Array,
  order: number,
  nIn: number,
): void {
  clearForms(values);
  for (let p = 0; p < nIn; p++) {
    const low = box[2 * p], high = box[2 * p + 1];
    if (low === high) setConstant(values, p, low);
    else {
      const middle = low + (high - low) / 2;
      const radius = Math.max(high - middle, middle - low) * (1 + 2 * ULP);
      values.data[p * values.stride] = middle;
      values.data[p * values.stride + 1 + p] = radius;
      values.low[p] = low;
      values.high[p] = high;
      values.size[p] = Math.abs(middle) + radius;
    }
    if (order > 0) {
      for (let i = 0; i < nIn; i++) setConstant(slopes, p * nIn + i, i === p ? 1 : 0);
    }
  }
  if (order > 1) clearForms(bends);
}

function linearStep(
  { network, nIn, pairs }: Frame,
  { name, nIn: nodes, nOut, bias }: LinearStage,
): Step {
  const weights = blockValues(network, `${name}.weights`); // [nodes, nOut]
  const constants = blockValues(network, `${name}.bias`);
  const terms = nodes + 1;
  function combine(out: Forms, from: Forms, width: number): void {
    for (let q = 0; q < nOut; q++) {
      for (let p = 0; p < nodes; p++) {
        const w = weights[p * nOut + q];
        for (let i = 0; i < width; i++) addMultiple(out, q * width + i, w, from, p * width + i);
      }
      for (let i = 0; i < width; i++) settle(out, q * width + i, terms);
    }
  }
  return (from, to, order) => {
    if (bias) { for (let q = 0; q < nOut; q++) addConstant(to.values, q, constants[q]); }
    combine(to.values, from.values, 1);
    if (order > 0) combine(to.slopes, from.slopes, nIn);
    if (order > 1) combine(to.bends, from.bends, pairs.length);
  };
}

/** ReLU, tanh or sigmoid of every node. */
function nodeStep(
  frame: Frame,
  kind: "relu" | "tanh" | "sigmoid",
  lines: StageLines,
): Step {
  const { edge } = frame, bound = emptyBound();
  return (from, to, order) => {
    const { values } = from;
    for (let p = 0; p < values.low.length; p++) {
      for (let k = 0; k <= order; k++) {
        if (kind === "relu") boundRelu(k, values.low[p], values.high[p], bound);
        else boundSmooth(kind === "tanh" ? TANH : SIGMOID, k, values.low[p], values.high[p], bound);
        if (k === 0) keepLine(lines, p, bound);
        const out = k === 0 ? to.values : edge, o = k === 0 ? p : k;
        if (k > 0) setConstant(edge, k, 0);
        addLine(out, o, bound, values, p);
        settle(out, o, 2);
      }
      if (order > 1) squareSlopes(frame, from, p);
      if (order > 0) chain(frame, from, p, to, p, order);
      finish(frame, to, p, order, 2);
    }
  };
}

function splineStep(
  frame: Frame,
  stage: SplineStage,
  { edges, maps, rounding }: NoisyEdges,
  lines: StageLines,
): Step {
  const { edge } = frame, { nIn: nodes, nOut, layer, space } = stage;
  const { domain } = space;
  const bound = emptyBound(), terms = 2 * nodes;
  return (from, to, order, sharp) => {
    for (let p = 0; p < nodes; p++) {
      const map = maps[p];
      lines.lapse[p] = position(frame, from, p, map, domain);
      const l = lines.from[p] = edge.low[0], h = lines.to[p] = edge.high[0];
      if (stage.extrapolation === "error" && !(l >= domain[0] && h <= domain[1])) {
        checkInside(edges[p], l < domain[0] ? l : h, layer, p);
      }
      if (order > 1) squareSlopes(frame, from, p);
      for (let q = 0; q < nOut; q++) {
        boundEdge(edges[p], 0, q, l, h, sharp, bound);
        keepLine(lines, p * nOut + q, bound);
        addLine(to.values, q, bound, edge, 0);
        for (let k = 1; k <= order; k++) {
          boundEdge(edges[p], k, q, l, h, sharp, bound);
          scaleBound(bound, k === 1 ? map.scale : map.scale ** 2);
          setConstant(edge, k, 0);
          addLine(edge, k, bound, edge, 0);
          settle(edge, k, 4);
        }
        if (order > 0) chain(frame, from, p, to, q, order);
      }
    }
    for (let q = 0; q < nOut; q++) {
      widen(to.values, q, rounding[q]);
      settle(to.values, q, terms);
      finish(frame, to, q, order, 2 * terms);
    }
  };
}

/** All edges of a layer, the maps of its nodes, and what its sums round. */
function splineEdges(network: Network, stage: SplineStage): NoisyEdges {
  const { layer, nIn, nOut, numBasis, basis, extrapolation, space } = stage;
  const coefficients = layerCoefficients(network, stage);
  const weights = layerBaseWeights(network, stage);
  const rounding = new Float64Array(nOut);
  const edges = Array.from({ length: nIn }, (_, p): NodeEdges => {
    const size = numBasis * nOut;
    const part = coefficients.subarray(p * size, (p + 1) * size);
    const pieces = nodePieces(layerKnots(network, layer, p), part, nOut, basis);
    const { errors } = pieces.orders[0], count = errors.length / nOut;
    for (let q = 0; q < nOut; q++) {
      let largest = 0;
      for (let k = 0; k < count; k++) largest = Math.max(largest, errors[k * nOut + q]);
      rounding[q] += largest * nIn / 8; // an error is at least 64 roundings of degree + 1 terms
    }
    const base = stage.base === "silu" ? weights.subarray(p * nOut, (p + 1) * nOut) : undefined;
    return { pieces, nOut, base, extrapolation };
  });
  const maps = Array.from(
    { length: nIn },
    (_, p) => nodeMap(network.statistics[layer], space.domain, p),
  );
  return { edges, maps, rounding };
}

function keepLine(lines: StageLines, i: number, { slope, low, high }: LineBound): void {
  lines.slopes[i] = slope;
  lines.low[i] = low;
  lines.high[i] = high;
}

/** The position of a node in the domain, form 0 of `edge`. Returns how far it may be off. */
function position(
  { edge }: Frame,
  { values }: NodeForms,
  p: number,
  { from, scale, origin, inside }: NodeMap,
  [a, b]: readonly [number, number],
): number {
  setConstant(edge, 0, 0);
  if (scale === 0) {
    setConstant(edge, 0, origin);
    return 0;
  }
  const constant = values.low[p] === values.high[p], x = values.low[p];
  if (constant) setConstant(edge, 0, (x - from) * scale + origin);
  else {
    addConstant(edge, 0, origin);
    addConstant(edge, 0, -from * scale);
    addMultiple(edge, 0, scale, values, p);
  }
  const size = Math.abs(origin) + (Math.abs(from) + values.size[p]) * scale;
  widen(edge, 0, 8 * ULP * size);
  settle(edge, 0, 3);
  // the forward pass keeps what leaves the measured range by rounding at the domain's end
  const reach = Math.abs(inside[0]) + Math.abs(inside[1]);
  if (!(reach > 0 && (edge.low[0] < a || edge.high[0] > b))) return 8 * ULP * size;
  widen(edge, 0, 2e-13 * reach * scale);
  settle(edge, 0, 1);
  return 8 * ULP * size + 2e-13 * reach * scale;
}

/** Throws the error of a network whose extrapolation is `error`, unless rounding alone leaves. */
function checkInside(edges: NodeEdges, u: number, layer: number, p: number): void {
  const { breaks } = edges.pieces, a = breaks[0], b = breaks[breaks.length - 1];
  const slack = 1e-9 * (b - a);
  if (u >= a - slack && u <= b + slack) return;
  try {
    domainPoint({ values: breaks, degree: 0 }, u, "error");
  } catch {
    throw new RangeError(
      `Cannot certify: box must keep node ${p} of spline layer ${layer} in the domain ` +
        `[${a}, ${b}], beyond which the network refuses (extrapolation is error), current value ` +
        `is a bound of ${u}`,
    );
  }
}

function scaleBound(bound: LineBound, factor: number): void {
  const widened = (x: number, up: number) => {
    const y = x === 0 || factor === 0 ? 0 : x * factor;
    return y + up * 4 * ULP * Math.abs(y);
  };
  bound.least = widened(bound.least, -1);
  bound.most = widened(bound.most, 1);
  bound.low = widened(bound.low, -1);
  bound.high = widened(bound.high, 1);
  bound.slope *= factor;
}

/** Products of the slopes of a node. */
function squareSlopes({ pairs, nIn, squares }: Frame, { slopes }: NodeForms, p: number): void {
  pairs.forEach(([i, j], k) => {
    setConstant(squares, k, 0);
    const a = p * nIn + i, b = p * nIn + j;
    addProduct(squares, k, slopes, a, slopes, b);
    if (i === j && squares.low[k] < 0) squares.low[k] = 0;
    settle(squares, k, 4);
  });
}

/**
 * The chain rule along one edge: `y' += phi' u'` and `y'' += phi'' u' u' + phi' u''`, the edge's
 * derivatives being forms 1 and 2 of `edge`.
 */
function chain(
  { edge, nIn, pairs, squares }: Frame,
  from: NodeForms,
  p: number,
  to: NodeForms,
  q: number,
  order: number,
): void {
  const { slopes, bends } = from;
  for (let i = 0; i < nIn; i++) {
    const at = p * nIn + i;
    if (slopes.low[at] === 0 && slopes.high[at] === 0) continue;
    addProduct(to.slopes, q * nIn + i, edge, 1, slopes, at);
  }
  if (order < 2) return;
  for (let k = 0; k < pairs.length; k++) {
    const at = p * pairs.length + k, out = q * pairs.length + k;
    if (!(isConstant(squares, k) && squares.low[k] === 0)) {
      addProduct(to.bends, out, edge, 2, squares, k);
    }
    if (!(isConstant(bends, at) && bends.low[at] === 0)) {
      addProduct(to.bends, out, edge, 1, bends, at);
    }
  }
}

/** Ends the adding of a node's derivatives. */
function finish({ nIn, pairs }: Frame, to: NodeForms, q: number, order: number, terms: number) {
  if (order > 0) { for (let i = 0; i < nIn; i++) settle(to.slopes, q * nIn + i, terms); }
  if (order > 1) {
    for (let k = 0; k < pairs.length; k++) settle(to.bends, q * pairs.length + k, terms);
  }
}
