/**
 * A network and its derivatives by coordinates on a box, as Taylor models, carried from stage to
 * stage.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import {
  blockValues,
  layerBaseWeights,
  layerCoefficients,
  type LinearStage,
  type NodeMap,
  nodeMap,
  type SplineStage,
  stagesOf,
} from "../model/inner.ts";
import { layerKnots, type Network } from "../model/mod.ts";
import {
  hasSpike,
  jumpIn,
  type ModelEdges,
  type Span,
  spanOf,
  spanPolynomial,
} from "./_model_edges.ts";
import {
  addModelProduct,
  addNumber,
  addPolynomial,
  addTimes,
  type Algebra,
  clearModel,
  clipModel,
  compose,
  composeTaken,
  copyModel,
  makeModels,
  makePowers,
  type Model,
  type Powers,
  setNumber,
  settleModel,
  takePowers,
  widenModel,
} from "./_models.ts";
import { nodePieces } from "./_pieces.ts";
import { ULP } from "./_rounding.ts";
import { SERIES, type Series, SILU_SERIES } from "./_series.ts";

/** How coordinates become a network's inputs. */
export interface JetInputs {
  /** Lower and upper end of every coordinate's domain. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Coordinates that enter as cosine and sine of a turn per range. */
  readonly periodic: readonly boolean[];
  /** Whether the others enter as they are, instead of on [-1, 1]. */
  readonly raw: boolean;
}

/** Derivatives by coordinates, by the numbers of these, closed: parts of each are among them. */
export type JetChannels = readonly (readonly number[])[];

/** What the program finds besides models. */
export interface JetFindings {
  /** Whether a derivative has no value somewhere: both sides of the place are enclosed. */
  spikes: boolean;
  /** How much each direction of the box moves nodes, in domains. */
  readonly moves: Float64Array;
  /** Whether no place of the box leads into the limits. */
  empty: boolean;
  /** The knot at which a highest derivative jumps most, of those that are alone in a node's hull. */
  knot: (KnotPlace & { readonly size: number }) | undefined;
}

/** A knot of a node of a spline layer, both counted from 0, by its position in the domain. */
export interface KnotPlace {
  readonly layer: number;
  readonly node: number;
  readonly position: number;
}

/** Parts of the range of nodes' positions that are looked at, per spline layer and node. */
export type NodeLimits =
  readonly (readonly (readonly [number, number] | undefined)[] | undefined)[];

/** No findings yet, for boxes of a number of directions. */
export function noFindings(directions: number): JetFindings {
  return {
    ...{ spikes: false, moves: new Float64Array(directions), empty: false, knot: undefined },
  };
}

/** A network made ready. */
export interface JetModels {
  /**
   * Encloses outputs and their derivatives where the coordinates are models; what is returned, shape
   * `[nOut][channels]`, holds until the next call.
   */
  enclose(
    coordinates: readonly Model[],
    findings: JetFindings,
    limits?: NodeLimits,
  ): readonly (readonly Model[])[];
}

/** What all stages have in common. */
interface Frame {
  readonly network: Network;
  readonly algebra: Algebra;
  readonly channels: JetChannels;
  readonly order: number;
  /** Per channel and number of factors: sets of channels whose products are added up. */
  readonly partitions: readonly (readonly (readonly number[])[])[][];
  readonly powers: Powers;
  /** Products of derivatives, shape `[channels][order + 1]`. */
  readonly products: readonly (readonly Model[])[];
  readonly scratch: readonly Model[];
  /** Derivatives of a function of one variable. */
  readonly outer: readonly Model[];
}

type Nodes = readonly (readonly Model[])[];
type Step = (from: Nodes, to: Nodes, findings: JetFindings, limits?: NodeLimits) => void;

/** Makes a network ready to be enclosed, with some derivatives. */
export function createJetModels(
  network: Network,
  inputs: JetInputs,
  channels: JetChannels,
  algebra: Algebra,
): JetModels {
  const order = Math.max(0, ...channels.map((channel) => channel.length));
  const frame: Frame = {
    ...{ network, algebra, channels, order, powers: makePowers(algebra) },
    partitions: channels.map((channel) => partitionsOf(channel, channels)),
    products: channels.map(() => makeModels(algebra, order + 1)),
    scratch: makeModels(algebra, 3),
    outer: makeModels(algebra, order + 1),
  };
  const stages = stagesOf(network.config);
  const layers = [network.config.widths[0], ...stages.map(({ nOut }) => nOut)].map((nodes) =>
    Array.from({ length: nodes }, () => makeModels(algebra, channels.length))
  );
  const steps = stages.map((stage): Step => {
    if (stage.kind === "linear") return linearStep(frame, stage);
    if (stage.kind === "spline") return splineStep(frame, stage);
    if (stage.kind === "tanh") return nodeStep(frame, SERIES.tanh);
    throw new RangeError(
      "Cannot certify: activation must be spline or tanh for derivatives, current value is relu",
    );
  });
  const last = layers[layers.length - 1];
  return {
    enclose(coordinates, findings, limits) {
      enterCoordinates(frame, inputs, coordinates, layers[0]);
      steps.forEach((step, k) => {
        for (const node of layers[k + 1]) for (const model of node) clearModel(model);
        step(layers[k], layers[k + 1], findings, limits);
      });
      return last;
    },
  };
}

/** Ways to cut a derivative into parts, by the number of parts: numbers of their channels. */
function partitionsOf(channel: readonly number[], channels: JetChannels): number[][][] {
  const ways: number[][][] = [[]];
  function cut(rest: readonly number[], parts: readonly (readonly number[])[]): void {
    if (rest.length === 0) {
      const found = parts.map((part) => channels.findIndex((each) => each.join() === part.join()));
      (ways[parts.length] ??= []).push(found);
      return;
    }
    const [first, ...others] = rest;
    parts.forEach((part, i) => cut(others, parts.with(i, [...part, first])));
    cut(others, [...parts, [first]]);
  }
  if (channel.length > 0) cut(channel, []);
  return ways;
}

/** Writes the inputs: `2 (x - a) / (b - a) - 1`, or cosine and sine of `2 pi (x - a) / (b - a)`. */
function enterCoordinates(
  { channels, algebra, powers, scratch }: Frame,
  { ranges, periodic, raw }: JetInputs,
  coordinates: readonly Model[],
  layer: Nodes,
): void {
  let p = 0;
  coordinates.forEach((x, i) => {
    const [a, b] = ranges[i];
    const alone = (channel: readonly number[]) => channel.every((by) => by === i);
    if (!periodic[i]) {
      const node = layer[p++], slope = raw ? 1 : 2 / (b - a);
      channels.forEach((channel, k) => {
        clearModel(node[k]);
        if (channel.length === 1 && alone(channel)) {
          setNumber(node[k], slope, raw ? 0 : 2 * ULP * Math.abs(slope));
        }
      });
      if (raw) return copyModel(node[0], x);
      addTimes(node[0], slope, x);
      addNumber(node[0], -a * slope);
      addNumber(node[0], -1);
      settleModel(algebra, node[0], 4);
      const place = (end: number) => Math.max(-1, Math.min(1, 2 * ((end - a) / (b - a)) - 1));
      return clipModel(node[0], place(x.low), place(x.high));
    }
    const rate = 2 * Math.PI / (b - a), [phase, cosine, sine] = scratch;
    clearModel(phase);
    addTimes(phase, rate, x);
    addNumber(phase, -a * rate);
    settleModel(algebra, phase, 4);
    compose(algebra, cosine, phase, SERIES.cos, powers);
    compose(algebra, sine, phase, SERIES.sin, powers);
    const cos = layer[p++], sin = layer[p++];
    channels.forEach((channel, k) => {
      clearModel(cos[k]);
      clearModel(sin[k]);
      if (!alone(channel)) return;
      const turn = channel.length % 4, size = pow(rate, channel.length);
      addTimes(cos[k], turn === 1 || turn === 2 ? -size : size, turn % 2 ? sine : cosine);
      addTimes(sin[k], turn >= 2 ? -size : size, turn % 2 ? cosine : sine);
      settleModel(algebra, cos[k], 8);
      settleModel(algebra, sin[k], 8);
    });
  });
}

function linearStep(
  { network, algebra, channels }: Frame,
  { name, nIn, nOut, bias }: LinearStage,
): Step {
  const weights = blockValues(network, `${name}.weights`); // [nIn, nOut]
  const constants = blockValues(network, `${name}.bias`);
  return (from, to) => {
    for (let q = 0; q < nOut; q++) {
      if (bias) addNumber(to[q][0], constants[q]);
      channels.forEach((_, k) => {
        for (let p = 0; p < nIn; p++) addTimes(to[q][k], weights[p * nOut + q], from[p][k]);
        settleModel(algebra, to[q][k], nIn + 1);
      });
    }
  };
}

/** A smooth function of every node. */
function nodeStep(frame: Frame, series: Series): Step {
  const { algebra, order, outer, powers } = frame;
  return (from, to) => {
    from.forEach((node, p) => {
      const { low, high } = node[0];
      takePowers(algebra, powers, node[0], low, high);
      for (let k = 0; k <= order; k++) {
        composeTaken(algebra, outer[k], [low, high], series, powers, k);
      }
      takeProducts(frame, node);
      copyModel(to[p][0], outer[0]);
      chain(frame, node, to[p]);
      settleChannels(frame, to[p], 1);
    });
  };
}

/** Ends the adding of `edges` edges to a node. */
function settleChannels(
  { algebra, channels }: Frame,
  models: readonly Model[],
  edges: number,
): void {
  models.forEach((model, k) => {
    settleModel(algebra, model, edges * Math.max(1, channels[k].length * algebra.collected));
  });
}

/** The splines of one layer, made ready. */
interface SplineLayer extends SplineStage {
  readonly sheaves: readonly ModelEdges[];
  readonly maps: readonly NodeMap[];
  /** Weights of the base branch, shape `[nIn, nOut]`; undefined without one. */
  readonly weights: Float64Array | undefined;
  /** Its derivatives at a node. */
  readonly silu: readonly Model[];
  readonly polynomial: Float64Array;
}

function splineLayer({ network, algebra, order }: Frame, stage: SplineStage): SplineLayer {
  const { layer, nIn, nOut, numBasis, basis, extrapolation, space: { domain } } = stage;
  const coefficients = layerCoefficients(network, stage), size = numBasis * nOut;
  const sheaves = Array.from({ length: nIn }, (_, p): ModelEdges => {
    const part = coefficients.subarray(p * size, (p + 1) * size);
    const knots = layerKnots(network, layer, p);
    return {
      ...{ nOut, extrapolation },
      pieces: nodePieces(knots, part, nOut, basis, Math.max(2, order), false),
    };
  });
  return {
    ...stage,
    sheaves,
    maps: sheaves.map((_, p) => nodeMap(network.statistics[layer], domain, p)),
    weights: stage.base === "silu" ? layerBaseWeights(network, stage) : undefined,
    silu: makeModels(algebra, order + 1),
    polynomial: new Float64Array(algebra.degree + 1),
  };
}

/** All edges of one layer. */
function splineStep(frame: Frame, stage: SplineStage): Step {
  const { algebra, channels, order, powers } = frame, { nIn, space: { domain } } = stage;
  const layer = splineLayer(frame, stage), { sheaves, maps, weights, silu } = layer;
  const nodes = sheaves.map(() => makeModels(algebra, channels.length));
  const span: Span = { low: 0, high: 0, first: 0, last: 0 };
  return (from, to, findings, limits) => {
    nodes.forEach((node, p) => {
      const part = limits?.[stage.layer]?.[p];
      place(frame, from[p], node, maps[p], domain);
      if (part) {
        findings.empty ||= node[0].low > part[1] || node[0].high < part[0];
        clipModel(node[0], part[0], part[1]);
      }
      const { low, high, c } = node[0], count = Math.min(findings.moves.length, c.length - 1);
      for (let j = 0; j < count; j++) {
        findings.moves[j] += Math.abs(c[1 + j]) / (domain[1] - domain[0]);
      }
      if (!(high - low < Infinity)) {
        for (const models of to) for (const model of models) widenModel(model, Infinity);
        return;
      }
      spanOf(sheaves[p], low, high, span);
      for (let k = 2; k <= order; k++) findings.spikes ||= hasSpike(sheaves[p], k, span);
      takePowers(algebra, powers, node[0], low, high);
      takeProducts(frame, node);
      if (weights) {
        silu.forEach((out, k) => composeTaken(algebra, out, [low, high], SILU_SERIES, powers, k));
      }
      const jump = addEdges(frame, layer, p, span, node, to);
      const knot = jumpIn(sheaves[p], order, span);
      const size = knot === undefined ? 0 : jump * steepest(frame, node);
      // limits are those of the network here, not at places elsewhere
      if (!limits || knot === undefined || !(size > (findings.knot?.size ?? 0))) return;
      const position = sheaves[p].pieces.breaks[knot];
      findings.knot = { layer: stage.layer, node: p, position, size };
    });
    for (const models of to) settleChannels(frame, models, nIn);
  };
}

/** Adds all edges that leave node `p`. Returns how far highest derivatives are from polynomials. */
function addEdges(
  frame: Frame,
  { sheaves, weights, silu, polynomial, nOut }: SplineLayer,
  p: number,
  span: Span,
  node: readonly Model[],
  to: Nodes,
): number {
  const { algebra, order, outer, powers, scratch: [, extra] } = frame;
  let jump = 0;
  for (let q = 0; q < nOut; q++) {
    for (let k = 0; k <= order; k++) {
      const error = spanPolynomial(sheaves[p], k, q, span, algebra.degree, polynomial);
      if (k === order) jump += error;
      clearModel(outer[k]);
      addPolynomial(algebra, outer[k], powers, polynomial, error);
      if (!weights) continue;
      copyModel(extra, outer[k]);
      clearModel(outer[k]);
      addTimes(outer[k], 1, extra);
      addTimes(outer[k], weights[p * nOut + q], silu[k]);
      settleModel(algebra, outer[k], 2);
    }
    addTimes(to[q][0], 1, outer[0]);
    chain(frame, node, to[q]);
  }
  return jump;
}

/** The position of a node in the domain, and its derivatives. */
function place(
  { algebra }: Frame,
  from: readonly Model[],
  out: readonly Model[],
  { from: start, scale, origin, inside }: NodeMap,
  [a, b]: readonly [number, number],
): void {
  if (scale === 1 && start === 0 && origin === 0) from.forEach((x, k) => copyModel(out[k], x));
  else {
    from.forEach((x, k) => {
      clearModel(out[k]);
      if (scale === 0) return;
      addTimes(out[k], scale, x);
      if (k === 0) {
        addNumber(out[0], -start * scale);
        addNumber(out[0], origin);
      }
      out[k].size *= 4;
      settleModel(algebra, out[k], 4);
    });
    if (scale === 0) setNumber(out[0], origin);
  }
  const { low, high } = from[0], reach = Math.abs(inside[0]) + Math.abs(inside[1]);
  // what was measured is kept in the domain, which rounding alone may leave
  if (low >= inside[0] && high <= inside[1]) clipModel(out[0], a, b);
  else if (reach > 0 && scale !== 1) {
    widenModel(out[0], 2e-13 * reach * scale);
    settleModel(algebra, out[0], 1);
  }
}

/** What the highest derivative of a node's functions is multiplied by, at most. */
function steepest({ channels, products, order }: Frame, node: readonly Model[]): number {
  return channels.reduce((most, { length }, k) => {
    if (length < order) return most;
    const factor = order < 2 ? node[k] : products[k][order];
    return Math.max(most, factor.norm + factor.r);
  }, 0);
}

/** Products of a node's derivatives: per channel and number of factors. */
function takeProducts(
  { algebra, partitions, products, scratch: [first, second] }: Frame,
  node: readonly Model[],
) {
  partitions.forEach((ways, k) => {
    for (let parts = 2; parts < ways.length; parts++) {
      const out = products[k][parts];
      clearModel(out);
      for (const way of ways[parts]) {
        if (way.some((channel) => node[channel].rank < 0)) continue;
        let left = node[way[0]];
        for (let i = 1; i < parts - 1; i++) {
          const next = left === first ? second : first;
          clearModel(next);
          addModelProduct(algebra, next, left, node[way[i]]);
          settleModel(algebra, next, algebra.collected);
          left = next;
        }
        addModelProduct(algebra, out, left, node[way[parts - 1]]);
      }
      settleModel(algebra, out, algebra.collected * ways[parts].length);
    }
  });
}

/** The chain rule: adds `sum_k phi^(k)(u) products_k` to every derivative (Faa di Bruno). */
function chain(
  { algebra, partitions, products, outer }: Frame,
  node: readonly Model[],
  to: readonly Model[],
): void {
  partitions.forEach((ways, k) => {
    for (let parts = 1; parts < ways.length; parts++) {
      addModelProduct(algebra, to[k], outer[parts], parts === 1 ? node[k] : products[k][parts]);
    }
  });
}

/** A model of the coordinate of a box in its direction. */
export function enterBox(algebra: Algebra, out: readonly Model[], box: Float64Array): void {
  out.forEach((model, i) => {
    const low = box[2 * i], high = box[2 * i + 1];
    if (low === high) return setNumber(model, low);
    if (algebra.degree === 0) return setNumber(model, low + (high - low) / 2, (high - low) / 2);
    clearModel(model);
    const middle = low + (high - low) / 2;
    addNumber(model, middle);
    model.c[1 + i] = Math.max(high - middle, middle - low) * (1 + 2 * ULP);
    model.rank = 1;
    settleModel(algebra, model, 1);
    model.low = low;
    model.high = high;
  });
}
