/**
 * The largest value of a formula of a network and its derivatives on a box, by branch and bound on
 * Taylor models.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { layerKnots } from "../model/mod.ts";
import { nodeMap, stagesOf } from "../model/inner.ts";
import { createFormulaModels, type FormulaModels, type NetworkFormula } from "./_formula_models.ts";
import { largestFirst } from "./_heap.ts";
import { type KnotPlace, type NodeLimits, noFindings } from "./_jet_models.ts";
import { type Algebra, createAlgebra, likelyPlace, type Model } from "./_models.ts";
import { above, ULP } from "./_rounding.ts";

export type { FormulaVariable, JetFormula, NetworkFormula } from "./_formula_models.ts";
export type { JetInputs } from "./_jet_models.ts";

/** What is bounded: the absolute value, the value, or minus the value. */
export type FormulaSide = "size" | "upper" | "lower";

/** How far a search goes. */
export interface FormulaLimits {
  /** It ends when the bound exceeds the best point by this share of it. */
  readonly tolerance: number;
  /** The same as a number, where the best point is smaller. */
  readonly least?: number;
  /** Most boxes that are looked at. */
  readonly boxes: number;
}

/** A bound that holds everywhere in the boxes, and how close it is. */
export interface FormulaBound {
  /** Nothing is larger. */
  readonly bound: number;
  /** A value that is reached, from below. */
  readonly reached: number;
  /** Where it is reached. */
  readonly at: readonly number[];
  /** The names' numbers there. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Boxes that were looked at. */
  readonly boxes: number;
  readonly status: "tight" | "budget";
  /**
   * Whether derivatives may have no value at knots or at ends of domains: the bound holds on both
   * sides of these.
   */
  readonly spikes: boolean;
}

/** A part of the space of coordinates, and the numbers that a formula names there. */
export interface FormulaBox {
  /** Lower and upper ends, shape `[coordinates, 2]`. */
  readonly ends: Float64Array;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A formula made ready for searches. */
export interface JetSearch {
  /** Finds the largest value on some boxes. */
  largest(boxes: readonly FormulaBox[], side: FormulaSide, limits: FormulaLimits): FormulaBound;
  /** Encloses it at a point. */
  at(point: ArrayLike<number>, numbers?: Readonly<Record<string, number>>): [number, number];
}

/** Degrees of the models by the number of coordinates: more terms cost more, fewer bound less well. */
const DEGREES = [0, 7, 6, 4, 3];

/** Makes a formula ready. */
export function createJetSearch(about: NetworkFormula, degree?: number): JetSearch {
  const d = about.inputs.ranges.length;
  const algebra = createAlgebra(d, degree ?? DEGREES[d] ?? 2);
  const models = createFormulaModels(about, algebra);
  const points = createFormulaModels(about, createAlgebra(d, 0));
  const frame: Frame = {
    d,
    algebra,
    models,
    points,
    cuts: firstKnots(about),
    ranges: about.inputs.ranges,
  };
  return {
    largest: (boxes, side, limits) => search(frame, boxes, side, limits),
    at(point, numbers = {}) {
      const { low, high } = enclosePoint(frame, point, numbers);
      return [low, high];
    },
  };
}

interface Frame {
  readonly d: number;
  readonly algebra: Algebra;
  readonly models: FormulaModels;
  readonly points: FormulaModels;
  readonly cuts: readonly Cut[][];
  readonly ranges: NetworkFormula["inputs"]["ranges"];
}

/** A knot of the first layer: the coordinate there, nearly, and the position in the node's domain. */
interface Cut {
  readonly coordinate: number;
  readonly position: number;
  /** The node of the first layer. */
  readonly node: number;
}

/** Where the first layer's knots lie among the coordinates; none behind a linear map. */
function firstKnots({ network, inputs: { ranges, periodic, raw } }: NetworkFormula): Cut[][] {
  const [first] = stagesOf(network.config);
  let node = 0;
  return ranges.map(([a, b], i): Cut[] => {
    const p = node;
    node += periodic[i] ? 2 : 1;
    if (first.kind !== "spline" || periodic[i]) return [];
    const { values, degree } = layerKnots(network, 0, p);
    const { from, scale, origin } = nodeMap(network.statistics[0], first.space.domain, p);
    if (scale === 0) return [];
    const inner = new Set(values.slice(degree, values.length - degree));
    return [...inner].map((position) => {
      const x = from + (position - origin) / scale;
      return { position, node: p, coordinate: raw ? x : a + (x + 1) / 2 * (b - a) };
    }).filter(({ coordinate }) => {
      const slack = 1e-9 * (b - a);
      return coordinate > a + slack && coordinate < b - slack;
    }).sort((one, other) => one.position - other.position);
  });
}

function enclosePoint(
  { points, d }: Frame,
  point: ArrayLike<number>,
  numbers: Readonly<Record<string, number>>,
): Model {
  const box = Float64Array.from({ length: 2 * d }, (_, k) => point[k >> 1]);
  return points.enclose(box, noFindings(0), numbers);
}

/** A part that is to be split. */
interface Part extends FormulaBox {
  readonly key: number;
  readonly limits: NodeLimits;
  /** The direction to split; -1: none is left. */
  readonly split: number;
  /** A knot of a node of a layer, at whose two sides the part is looked at instead. */
  readonly knot: KnotPlace | undefined;
  /** The point at which the formula is likely to be large. */
  readonly place: Float64Array;
}

/** Most cells of the first layer's knots that searches begin with. */
const MOST_CELLS = 2000;

/** Cuts a box at the knots of the first layer; positions in each cell stay on its side of them. */
function cellsOf({ cuts, d, ranges }: Frame, { ends, numbers }: FormulaBox, most: number) {
  let cells: { ends: Float64Array; limits: [number, number][] }[] = [{ ends, limits: [] }];
  let nodes = 0;
  for (let i = 0; i < d; i++) {
    const low = ends[2 * i], high = ends[2 * i + 1], [a, b] = ranges[i];
    const slack = 16 * ULP * (Math.abs(a) + Math.abs(b)) + 1e-13 * (b - a);
    const inside = cuts[i].filter(({ coordinate }) =>
      coordinate > low + slack && coordinate < high - slack
    );
    nodes = Math.max(nodes, ...cuts[i].map(({ node }) => node + 1), 0);
    if (inside.length === 0 || cells.length * (inside.length + 1) > most) continue;
    cells = cells.flatMap((cell) =>
      [...inside, undefined].map((cut, k) => {
        const before = inside[k - 1], limits = [...cell.limits];
        limits[inside[0].node] = [before?.position ?? -Infinity, cut?.position ?? Infinity];
        const part = cell.ends.slice();
        if (before) part[2 * i] = before.coordinate - slack;
        if (cut) part[2 * i + 1] = cut.coordinate + slack;
        return { ends: part, limits };
      })
    );
  }
  return cells.map((cell) => ({ ...cell, numbers }));
}

/** Boxes after which a bound that is still infinite will not become finite: there is a pole. */
const HOPELESS = 2000;

/** Points that are tried at first, per box; climbs. */
const TRIALS = 64, MOST_CLIMBS = 12;

/** The best point that was met, and how better ones are looked for. */
interface Best {
  reached: number;
  at: Float64Array;
  numbers: FormulaBox["numbers"];
  /** Takes a point if it is better. */
  offer(point: Float64Array, numbers: FormulaBox["numbers"]): boolean;
  /** Looks for better points near one, by steps along the axes of a box. */
  climb(from: Float64Array, box: FormulaBox): void;
}

function createBest(frame: Frame, side: FormulaSide, { ends, numbers }: FormulaBox): Best {
  const best: Best = {
    ...{ reached: side === "size" ? 0 : -Infinity, at: middleOf(ends), numbers },
    offer(point, numbers) {
      const value = sureValue(enclosePoint(frame, point, numbers), side);
      if (!(value > best.reached)) return false;
      Object.assign(best, { reached: value, at: point.slice(), numbers });
      return true;
    },
    climb(from, { ends, numbers }) {
      const point = from.slice(), d = point.length;
      let left = 60 * d;
      for (let share = 0.05; share > 1e-6 && left > 0; share /= 3) {
        for (let moved = true; moved && left > 0;) {
          moved = false;
          for (let k = 0; k < 2 * d && left > 0; k++) {
            const i = k >> 1, low = ends[2 * i], high = ends[2 * i + 1], here = point[i];
            if (!(high > low)) continue;
            const step = (k % 2 ? -share : share) * (high - low);
            point[i] = Math.max(low, Math.min(high, here + step));
            left--;
            if (best.offer(point, numbers)) moved = true;
            else point[i] = here;
          }
        }
      }
    },
  };
  return best;
}

function search(
  frame: Frame,
  boxes: readonly FormulaBox[],
  side: FormulaSide,
  { tolerance, least = 0, boxes: most }: FormulaLimits,
): FormulaBound {
  const { d, algebra, models } = frame, best = createBest(frame, side, boxes[0]);
  const findings = noFindings(d), queue = largestFirst<Part>();
  let settled = -Infinity, count = 0, climbs = 0;
  const good = () => Math.max(tolerance * best.reached, least);
  /** Encloses a part and keeps it, if it may hold more than is known. */
  function look({ ends, numbers }: FormulaBox, limits: NodeLimits, limit: number): void {
    count++;
    findings.moves.fill(0);
    findings.empty = false;
    findings.knot = undefined;
    const model = models.enclose(ends, findings, numbers, limits);
    if (findings.empty) return;
    const key = Math.min(limit, upperOf(model, side));
    if (key <= best.reached + 0.5 * good()) {
      settled = Math.max(settled, key);
      return;
    }
    const smooth = bentOf(algebra, model), rough = !(model.r < smooth.size);
    const split = direction(rough ? findings.moves : smooth.bent, ends);
    const place = likely(algebra, model, side, ends), knot = rough ? findings.knot : undefined;
    queue.push({ key, ends, numbers, limits, split, knot, place });
  }

  for (const box of boxes) tryPoints(box, best.offer);
  for (const box of boxes) if (box.numbers === best.numbers) best.climb(best.at, box);
  const share = Math.max(1, Math.min(MOST_CELLS, Math.floor(most / 4 / boxes.length)));
  for (const box of boxes) {
    for (const { limits, ...cell } of cellsOf(frame, box, share)) look(cell, [limits], Infinity);
  }
  const begun = count;
  for (;;) {
    const next = queue.pop(), { reached, at, numbers } = best;
    const bound = above(Math.max(next?.key ?? -Infinity, settled, reached));
    const found = { bound, reached, at: [...at], numbers, boxes: count, spikes: findings.spikes };
    if (next === undefined || bound <= reached + good()) return { ...found, status: "tight" };
    const hopeless = bound === Infinity && count > begun + HOPELESS;
    if (count >= most || hopeless) return { ...found, status: "budget" };
    if (best.offer(next.place, next.numbers) && climbs++ < MOST_CLIMBS) best.climb(best.at, next);
    if (next.knot) {
      for (const limits of bothSides(next.limits, next.knot)) look(next, limits, next.key);
      continue;
    }
    const j = next.split, middle = j < 0 ? NaN : middleOf(next.ends)[j];
    if (!(middle > next.ends[2 * j] && middle < next.ends[2 * j + 1])) {
      settled = Math.max(settled, next.key); // floating point knows no smaller box
      continue;
    }
    const left = next.ends.slice(), right = next.ends.slice(); // both sides of a knot share ends
    left[2 * j + 1] = right[2 * j] = middle;
    look({ ends: left, numbers: next.numbers }, next.limits, next.key);
    look({ ends: right, numbers: next.numbers }, next.limits, next.key);
  }
}

function upperOf({ low, high }: Model, side: FormulaSide): number {
  const bound = side === "upper" ? high : side === "lower" ? -low : Math.max(-low, high);
  return Number.isNaN(bound) ? Infinity : bound;
}

/** A value that is reached for certain. */
function sureValue({ low, high }: Model, side: FormulaSide): number {
  const sure = side === "upper" ? low : side === "lower" ? -high : Math.max(low, -high);
  return Number.isNaN(sure) ? -Infinity : sure;
}

function middleOf(ends: Float64Array): Float64Array {
  return Float64Array.from(
    { length: ends.length / 2 },
    (_, i) => ends[2 * i] + (ends[2 * i + 1] - ends[2 * i]) / 2,
  );
}

/** Even points of a box, its corners and faces among them. */
function tryPoints(
  { ends, numbers }: FormulaBox,
  offer: (point: Float64Array, numbers: FormulaBox["numbers"]) => boolean,
): void {
  const d = ends.length / 2, free = middleOf(ends).filter((_, i) => ends[2 * i + 1] > ends[2 * i]);
  const side = Math.max(
    2,
    Math.round(pow(TRIALS * Math.max(1, free.length), 1 / Math.max(1, free.length))),
  );
  const total = pow(side, free.length);
  for (let k = 0; k < total; k++) {
    let rest = k;
    const point = Float64Array.from({ length: d }, (_, i) => {
      const low = ends[2 * i], high = ends[2 * i + 1];
      if (!(high > low)) return low;
      const step = rest % side;
      rest = Math.floor(rest / side);
      return Math.min(high, low + (high - low) * step / (side - 1));
    });
    offer(point, numbers);
  }
}

/** The point at which a model's polynomial is likely to be largest. */
function likely(
  algebra: Algebra,
  model: Model,
  side: FormulaSide,
  ends: Float64Array,
): Float64Array {
  const sign = side === "upper" ? 1 : side === "lower" ? -1 : model.high >= -model.low ? 1 : -1;
  return middleOf(ends).map((middle, j) => {
    const low = ends[2 * j], high = ends[2 * j + 1];
    return Math.max(
      low,
      Math.min(high, middle + likelyPlace(algebra, model, sign, j) * (high - low) / 2),
    );
  });
}

/** The sizes of the terms of degree 2 and more, in all and by direction. */
function bentOf({ exponents, directions, degrees }: Algebra, { c }: Model) {
  const bent = new Float64Array(directions);
  let size = 0;
  for (let k = 1 + directions; k < c.length; k++) {
    size += Math.abs(c[k]);
    for (let j = 0; j < directions; j++) {
      bent[j] += Math.abs(c[k]) * exponents[k * directions + j] / degrees[k];
    }
  }
  return { bent, size };
}

/** The direction of the largest score that has a width: -1 if the box is a point. */
function direction(scores: Float64Array, ends: Float64Array): number {
  let best = -1, most = -1;
  for (let j = 0; j < scores.length; j++) {
    const width = ends[2 * j + 1] - ends[2 * j];
    if (!(width > 0)) continue;
    const score = scores[j] + 1e-12 * width;
    if (score > most) {
      most = score;
      best = j;
    }
  }
  return best;
}

/** Limits with a node's position on one side of a knot, and on the other. */
function bothSides(limits: NodeLimits, { layer, node, position }: KnotPlace): NodeLimits[] {
  const [low, high] = limits[layer]?.[node] ?? [-Infinity, Infinity];
  return [[low, position], [position, high]].map(([from, to]) => {
    const layers = [...limits], nodes = [...layers[layer] ?? []];
    nodes[node] = [from, to];
    layers[layer] = nodes;
    return layers;
  });
}
