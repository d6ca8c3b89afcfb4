/**
 * Knots from logits and pieces from coefficients; one workgroup per node and trial.
 *
 * Every lane of a workgroup takes a range of a node's intervals. Softmax sums run serially inside
 * a range and then over the ranges, so that knots never decrease.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import { MAIN_64, TABLES_WGSL } from "./common.ts";

/** Knots of the free vectors, `t_i = from + (to - from) sum_{j <= i} softmax(s)_j`. */
const KNOTS = `
var<workgroup> shares: array<f32, 64>;

/** The largest of a group of logits; every lane returns it. */
fn largestLogit(first: u32, count: u32, lane: u32) -> f32 {
  var largest = -3.0e38;
  for (var j = lane; j < count; j += 64u) { largest = max(largest, theta[first + j]); }
  shares[lane] = largest;
  workgroupBarrier();
  for (var j = 0u; j < 64u; j++) { largest = max(largest, shares[j]); }
  workgroupBarrier();
  return largest;
}

fn partitionKnots(first: u32, count: u32, start: f32, end: f32, target_: u32, lane: u32) {
  let largest = largestLogit(first, count, lane);
  let span = (count + 63u) / 64u;
  let begin = min(lane * span, count);
  let stop = min(begin + span, count);
  var sum = 0.0;
  for (var j = begin; j < stop; j++) { sum += exp(theta[first + j] - largest); }
  shares[lane] = sum;
  workgroupBarrier();
  var before = 0.0;
  var after = 0.0;
  var total = 0.0;
  for (var j = 0u; j < 64u; j++) {
    if (j == lane) { before = total; }
    total += shares[j];
    if (j == lane) { after = total; }
  }
  var reached = before;
  for (var j = begin; j < stop; j++) {
    reached = min(reached + exp(theta[first + j] - largest), after);
    var knot = min(start + (end - start) * (reached / total), end);
    if (j + 1u == count) { knot = end; }
    tables[target_ + j + 1u] = knot;
  }
  if (lane == 0u) { tables[target_] = start; }
  workgroupBarrier();
}
`;

/**
 * The local recursion on polynomials in w: row i of a base is `B_{m+i}`, column k of `w^k`.
 *
 * @param level Where in `kept` the rows of step j begin that are divided by spans; default: the start.
 */
export function recursion(level?: string): string {
  const at = level ? "level + " : "";
  return `for (var j = 1u; j <= DEGREE; j++) {
    ${level ? `let level = ${level};` : ""}
    for (var r = 0u; r < j; r++) {
      let inverse = 1.0 / (tables[mu + r + 1u] - tables[mu + 1u + r - j]);
      for (var k = 0u; k < j; k++) { kept[${at}r * SIZE + k] = rows[r * SIZE + k] * inverse; }
    }
    for (var r = 0u; r <= j; r++) {
      for (var k = 0u; k <= j; k++) { rows[r * SIZE + k] = 0.0; }
      if (r < j) {
        let right = tables[mu + r + 1u] - knot;
        for (var k = 0u; k < j; k++) {
          rows[r * SIZE + k] += right * kept[${at}r * SIZE + k];
          rows[r * SIZE + k + 1u] -= h * kept[${at}r * SIZE + k];
        }
      }
      if (r > 0u) {
        let left = knot - tables[mu + r - j];
        for (var k = 0u; k < j; k++) {
          rows[r * SIZE + k] += left * kept[${at}(r - 1u) * SIZE + k];
          rows[r * SIZE + k + 1u] += h * kept[${at}(r - 1u) * SIZE + k];
        }
      }
    }
  }`;
}

const BASES = `
fn buildBase(knots: u32, m: u32, at: u32) {
  let mu = knots + DEGREE + m;
  let knot = tables[mu];
  let h = tables[mu + 1u] - knot;
  var rows: array<f32, SIZE * SIZE>;
  var kept: array<f32, SIZE * SIZE>;
  for (var i = 0u; i < SIZE * SIZE; i++) { rows[i] = 0.0; }
  if (h > 0.0) {
    rows[0] = 1.0;
    ${recursion()}
  }
  for (var i = 0u; i < SIZE * SIZE; i++) { tables[at + i] = rows[i]; }
}
`;

/** Binomial coefficients of the degree. */
export const CHOOSE_WGSL = `fn choose(k: u32) -> f32 {
  var result = 1.0;
  for (var j = 0u; j < k; j++) { result = result * f32(DEGREE - j) / f32(j + 1u); }
  return result;
}
`;

/** Adds `term` to `sum`; what rounding takes goes to `lost`. */
export const ADD_TERM_WGSL = `    let next = sum + term;
    if (abs(sum) >= abs(term)) { lost += (sum - next) + term; } else { lost += (term - next) + sum; }
    sum = next;`;

/** Pieces of ReLU powers: `a_k = h^k C(d, k) sum_{i <= m + d} W_i (t_m - t_i)^(d - k)`. */
const RELU = `
${CHOOSE_WGSL}
fn reluPiece(knots: u32, weights: u32, m: u32, k: u32) -> f32 {
  let knot = tables[knots + DEGREE + m];
  let h = tables[knots + DEGREE + m + 1u] - knot;
  var sum = 0.0;
  var lost = 0.0; // of the sum, by rounding
  for (var i = 0u; i <= m + DEGREE; i++) {
    var term = theta[weights + i * P.nOut];
    let y = knot - tables[knots + i];
    for (var j = k; j < DEGREE; j++) { term *= y; }
${ADD_TERM_WGSL}
  }
  var result = (sum + lost) * choose(k);
  for (var j = 0u; j < k; j++) { result *= h; }
  return result;
}
`;

/** Knots, rates, end pieces, bases and pieces of one node. Dispatched `[nIn, 1, trials]`. */
export const BUILD = kernel("build", "theta -> tables")`${TABLES_WGSL}${KNOTS}${BASES}${RELU}
var<workgroup> firsts: array<u32, 64>;
var<workgroup> lasts: array<u32, 64>;

${MAIN_64}
  let p = group.x;
  let lane = local.x;
  let table = group.z * P.tableStride;
  let parameters = group.z * P.numParameters;
  let knots = knotsAt(table, p);
  let n = P.intervals;
  let a = P.domainFrom;
  let b = P.domainTo;
  if (P.free == 1u) {
    let logits = n + 2u * DEGREE * P.freeOuter;
    let first = parameters + P.knotLogits + select(p, 0u, P.vectors == 1u) * logits;
    if (P.freeOuter == 1u) {
      partitionKnots(first, DEGREE, a - (b - a), a, knots, lane);
      partitionKnots(first + DEGREE, n, a, b, knots + DEGREE, lane);
      partitionKnots(first + DEGREE + n, DEGREE, b, b + (b - a), knots + DEGREE + n, lane);
    } else {
      partitionKnots(first, n, a, b, knots + DEGREE, lane);
      let spacing = select((b - a) / f32(n), 0.0, P.clampedOuter == 1u);
      if (lane < DEGREE) {
        tables[knots + lane] = a - f32(DEGREE - lane) * spacing;
        tables[knots + DEGREE + n + 1u + lane] = b + f32(lane + 1u) * spacing;
      }
    }
  }
  storageBarrier();
  workgroupBarrier();

  let rates = ratesAt(table, p);
  var first = n + 1u;
  var last = 1u;
  for (var m = lane; m < n; m += 64u) {
    let h = tables[knots + DEGREE + m + 1u] - tables[knots + DEGREE + m];
    tables[rates + m + 1u] = select(0.0, 1.0 / h, h > 0.0);
    if (h > 0.0) {
      first = min(first, m + 1u);
      last = m + 1u;
    }
    if (P.relu == 0u) { buildBase(knots, m, basesAt(table, p, m)); }
  }
  firsts[lane] = first;
  lasts[lane] = last;
  storageBarrier();
  workgroupBarrier();
  for (var j = 0u; j < 64u; j++) {
    first = min(first, firsts[j]);
    last = max(last, lasts[j]);
  }
  if (lane == 0u) {
    tables[rates] = 1.0;
    tables[rates + n + 1u] = 1.0;
    tables[endsAt(table, p)] = f32(first);
    tables[endsAt(table, p) + 1u] = f32(last);
  }

  let pieces = piecesAt(table, p);
  let weights = parameters + P.coefficients + p * P.numBasis * P.nOut;
  for (var i = lane; i < n * SIZE * P.nOut; i += 64u) {
    let q = i % P.nOut;
    let k = (i / P.nOut) % SIZE;
    let m = i / (P.nOut * SIZE);
    var sum = 0.0;
    if (P.relu == 1u) {
      sum = reluPiece(knots, weights + q, m, k);
    } else {
      let base = basesAt(table, p, m) + k;
      for (var j = 0u; j < SIZE; j++) {
        sum += theta[weights + (m + j) * P.nOut + q] * tables[base + j * SIZE];
      }
    }
    tables[pieces + SIZE * P.nOut + i] = sum;
  }
  storageBarrier();
  workgroupBarrier();

  // The lines beyond the ends.
  let step = SIZE * P.nOut;
  let from_ = pieces + first * step;
  let to = pieces + last * step;
  let right = pieces + (n + 1u) * step;
  let line = select(0.0, 1.0, P.extrapolation == 0u);
  for (var q = lane; q < P.nOut; q += 64u) {
    var value = 0.0;
    var slope = 0.0;
    for (var k = 0u; k < SIZE; k++) {
      let c = tables[to + k * P.nOut + q];
      value += c;
      slope += f32(k) * c;
      tables[pieces + k * P.nOut + q] = 0.0;
      tables[right + k * P.nOut + q] = 0.0;
    }
    tables[pieces + q] = tables[from_ + q];
    tables[pieces + P.nOut + q] = line * tables[from_ + P.nOut + q] * tables[rates + first];
    tables[right + q] = value;
    tables[right + P.nOut + q] = line * slope * tables[rates + last];
  }
}
`;
