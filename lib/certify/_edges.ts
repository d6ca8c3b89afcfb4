/**
 * Bounds of one edge on an interval: of its values, slopes and bends.
 *
 * @module
 */

import type { NetworkConfig } from "../model/mod.ts";
import { minimumOf, restrictPiece } from "./_bernstein.ts";
import type { NodePieces, PieceTable } from "./_pieces.ts";
import { ULP } from "./_rounding.ts";
import { boundSmooth, emptyBound, flat, type LineBound, SILU } from "./_smooth.ts";

/** All edges that leave one node of a spline layer. */
export interface NodeEdges {
  readonly pieces: NodePieces;
  readonly nOut: number;
  /** Weights of the base branch, shape `[nOut]`; undefined without one. */
  readonly base: Float64Array | undefined;
  readonly extrapolation: NetworkConfig["extrapolation"];
}

const part = new Float64Array(8), base = emptyBound();

/**
 * Bounds the derivative of order 0 to 2 of the edge to output `q` for positions in `[l, h]`.
 *
 * @param sharp Whether the hull of the values is worth some work.
 */
export function boundEdge(
  edges: NodeEdges,
  order: number,
  q: number,
  l: number,
  h: number,
  sharp: boolean,
  out: LineBound,
): void {
  const { pieces: { orders, breaks, jumps }, nOut } = edges;
  const table = orders[order], last = breaks.length - 2;
  out.least = out.low = Infinity;
  out.most = out.high = -Infinity;
  out.slope = chord(edges, order, q, l, h);
  const a = breaks[0], b = breaks[last + 1];
  if (l < a) boundOutside(edges, order, q, l, Math.min(h, a), a, 0, out);
  if (h > b) boundOutside(edges, order, q, Math.max(l, b), h, b, last, out);
  for (let k = firstPiece(breaks, l); k <= last && breaks[k] <= h; k++) {
    if (breaks[k + 1] < l) continue;
    boundPiece(table, breaks, k, nOut, q, Math.max(l, breaks[k]), Math.min(h, breaks[k + 1]), {
      ...{ sharp, out },
    });
  }
  if (order > 0) {
    for (let k = 0; k <= last + 1; k++) {
      if (breaks[k] < l || breaks[k] > h) continue;
      const jump = k === 0 || k === last + 1
        ? edgeJump(edges, order, k, q, l, h)
        : jumps[order - 1][k];
      if (jump > 0) addJump(edges, jump, k, q, out);
    }
  }
  if (edges.base) addBase(edges.base[q], order, l, h, out);
  if (!(out.high - out.low < Infinity)) flat(out);
}

/** The last piece that begins at or before `x`, one earlier where it begins there; at least 0. */
function firstPiece(breaks: Float64Array, x: number): number {
  let low = 0, high = breaks.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (breaks[middle] < x) low = middle;
    else high = middle;
  }
  return low;
}

/** A slope that the edge has on the whole of `[l, h]`; any number would be right. */
function chord(
  edges: NodeEdges,
  order: number,
  q: number,
  l: number,
  h: number,
): number {
  const width = h - l;
  if (!(width > 1e-9 * (1 + Math.abs(l))) || width > 1e9) return 0;
  if (edges.pieces.orders[order].degree === 0) return 0;
  return (valueAt(edges, order, q, h) - valueAt(edges, order, q, l)) / width;
}

/** The spline at `x`, extrapolated, to rounding. */
function valueAt({ pieces, nOut, extrapolation }: NodeEdges, order: number, q: number, x: number) {
  const { breaks, orders } = pieces, { degree, coefficients } = orders[order];
  const last = breaks.length - 2;
  const at = Math.max(breaks[0], Math.min(breaks[last + 1], x));
  const k = Math.min(last, firstPiece(breaks, at));
  const s = (at - breaks[k]) / (breaks[k + 1] - breaks[k]), cell = (k * nOut + q) * (degree + 1);
  for (let j = 0; j <= degree; j++) part[j] = coefficients[cell + j];
  for (let r = 1; r <= degree; r++) {
    for (let j = 0; j <= degree - r; j++) part[j] += s * (part[j + 1] - part[j]);
  }
  const value = part[0];
  if (at === x || extrapolation === "clamp") return value;
  if (order > 0) return order === 1 ? value : 0;
  const slopes = orders[1], end = x < at ? 0 : slopes.degree;
  return value + slopes.coefficients[(k * nOut + q) * (slopes.degree + 1) + end] * (x - at);
}

function boundPiece(
  table: PieceTable,
  breaks: Float64Array,
  k: number,
  nOut: number,
  q: number,
  xa: number,
  xb: number,
  { sharp, out }: { readonly sharp: boolean; readonly out: LineBound },
): void {
  const { degree, coefficients } = table, cell = k * nOut + q;
  const left = breaks[k], right = breaks[k + 1], width = right - left;
  const from = xa === left ? 0 : (xa - left) / width, to = xb === right ? 1 : (xb - left) / width;
  restrictPiece(coefficients, cell * (degree + 1), degree, from, to, part);
  const error = table.errors[cell];
  let least = Infinity, most = -Infinity, low = Infinity, high = -Infinity;
  const step = degree === 0 ? 0 : (xb - xa) / degree;
  for (let j = 0; j <= degree; j++) {
    const value = part[j], rest = value - out.slope * (xa + step * j);
    if (value < least) least = value;
    if (value > most) most = value;
    if (rest < low) low = rest;
    if (rest > high) high = rest;
  }
  if (sharp && degree > 1) {
    const tolerance = 1e-6 * (most - least);
    least = Math.max(least, minimumOf(part, degree, tolerance));
    for (let j = 0; j <= degree; j++) part[j] = -part[j];
    most = Math.min(most, -minimumOf(part, degree, tolerance));
  }
  const slack = error + 16 * ULP * Math.abs(out.slope) * (Math.abs(xa) + Math.abs(xb) + width);
  least = Math.max(least - error, table.low[cell]);
  most = Math.min(most + error, table.high[cell]);
  if (least < out.least) out.least = least;
  if (most > out.most) out.most = most;
  if (low - slack < out.low) out.low = low - slack;
  if (high + slack > out.high) out.high = high + slack;
}

/** Beyond the end `e` of the domain, on `[xa, xb]`: a line or a constant. */
function boundOutside(
  { pieces: { breaks, orders }, nOut, extrapolation }: NodeEdges,
  order: number,
  q: number,
  xa: number,
  xb: number,
  e: number,
  piece: number,
  out: LineBound,
): void {
  const cell = piece * nOut + q, [values, slopes] = orders;
  const at = ({ degree, coefficients }: PieceTable) =>
    coefficients[cell * (degree + 1) + (piece === 0 && xb <= e ? 0 : degree)];
  const line = extrapolation === "linear";
  let ends: readonly [number, number] = [0, 0], error = 0;
  let least = -Infinity, most = Infinity; // what is known of the sign
  if (order === 0) {
    const value = at(values), slope = line ? at(slopes) : 0;
    ends = [value + slope * (xa - e), value + slope * (xb - e)];
    const reach = Math.max(Math.abs(xa - e), Math.abs(xb - e));
    error = values.errors[cell] + 8 * ULP * (Math.abs(value) + Math.abs(slope) * reach);
    // the forward pass adds up slopes of basis functions, which are as steep as a piece is narrow
    const width = breaks[piece + 1] - breaks[piece];
    if (line) error += (slopes.errors[cell] + 8 * values.errors[cell] / width) * reach;
    least = Math.min(...ends) - error;
    most = Math.max(...ends) + error;
  } else if (order === 1 && line) {
    const slope = at(slopes);
    error = slopes.errors[cell];
    ends = [slope, slope];
    least = Math.max(slope - error, slopes.low[cell]);
    most = Math.min(slope + error, slopes.high[cell]);
  } else least = most = 0;
  const slack = error + 16 * ULP * Math.abs(out.slope) * (Math.abs(xa) + Math.abs(xb));
  const rests = [ends[0] - out.slope * xa, ends[1] - out.slope * xb];
  if (ends[0] === ends[1]) rests.push(ends[0] - out.slope * xb, ends[1] - out.slope * xa);
  out.least = Math.min(out.least, least);
  out.most = Math.max(out.most, most);
  out.low = Math.min(out.low, ...rests.map((rest) => rest - slack));
  out.high = Math.max(out.high, ...rests.map((rest) => rest + slack));
}

/** Whether the bend has a spike at an end of the domain, beyond which a spline is clamped. */
function edgeJump(
  { pieces: { breaks, orders }, nOut, extrapolation }: NodeEdges,
  order: number,
  k: number,
  q: number,
  l: number,
  h: number,
): number {
  if (order !== 2 || extrapolation !== "clamp" || !(k === 0 ? l < breaks[0] : h > breaks[k])) {
    return 0;
  }
  const cell = Math.min(k, breaks.length - 2) * nOut + q;
  return orders[1].low[cell] === 0 && orders[1].high[cell] === 0 ? 0 : 2;
}

/** A spike of a derivative at a break: up, down, or not known. */
function addJump(
  { pieces: { orders }, nOut }: NodeEdges,
  jump: number,
  k: number,
  q: number,
  out: LineBound,
): void {
  const { degree, coefficients, errors } = orders[1];
  let up = true, down = true;
  if (jump === 1) {
    const before = (k - 1) * nOut + q, after = k * nOut + q;
    const step = coefficients[after * (degree + 1)] -
      coefficients[before * (degree + 1) + degree];
    const slack = errors[before] + errors[after];
    up = !(step < -slack);
    down = !(step > slack);
  }
  if (up) out.most = out.high = Infinity;
  if (down) out.least = out.low = -Infinity;
}

function addBase(weight: number, order: number, l: number, h: number, out: LineBound): void {
  if (weight === 0) return;
  boundSmooth(SILU, order, l, h, base);
  const size = Math.abs(weight);
  const slack = 4 * ULP * size * (Math.abs(base.low) + Math.abs(base.high)) +
    4 * ULP * (Math.abs(out.low) + Math.abs(out.high));
  const [low, high] = weight > 0 ? [base.low, base.high] : [-base.high, -base.low];
  const [least, most] = weight > 0 ? [base.least, base.most] : [-base.most, -base.least];
  const range = 4 * ULP * (size * (Math.abs(least) + Math.abs(most)) + 1e-300);
  out.slope += weight * base.slope;
  out.low += size * low - slack -
    4 * ULP * size * Math.abs(base.slope) * (Math.abs(l) + Math.abs(h));
  out.high += size * high + slack +
    4 * ULP * size * Math.abs(base.slope) * (Math.abs(l) + Math.abs(h));
  out.least += size * least - range - 4 * ULP * Math.abs(out.least);
  out.most += size * most + range + 4 * ULP * Math.abs(out.most);
}
