/**
 * From moments to gradients by coefficients, base weights, knots and logits.
 *
 * Everything is gathered: each number of the gradient is computed by one thread.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import { ADD_TERM_WGSL, CHOOSE_WGSL, recursion } from "./build.ts";
import { MAIN_64, STATE_WGSL, TABLES_WGSL } from "./common.ts";

/** How one interval's basis polynomials move with its `2 degree` knots: the recursion's adjoint. */
const PULL_BASE = `
var<private> barRows: array<f32, SIZE * SIZE>;
var<private> shares: array<f32, 2u * SIZE>;

/** Adds to shares[j] the gradient by knot m + j, given barRows = gradient by the base's rows. */
fn pullBase(knots: u32, m: u32) {
  let mu = knots + DEGREE + m;
  let knot = tables[mu];
  let h = tables[mu + 1u] - knot;
  var kept: array<f32, DEGREE * SIZE * SIZE>; // T of every level
  var rows: array<f32, SIZE * SIZE>;
  for (var i = 0u; i < SIZE * SIZE; i++) { rows[i] = 0.0; }
  rows[0] = 1.0;
  ${recursion("(j - 1u) * SIZE * SIZE")}
  var hBar = 0.0;
  for (var j = DEGREE; j > 0u; j--) {
    let level = (j - 1u) * SIZE * SIZE;
    for (var r = 0u; r < j; r++) {
      let up = r * SIZE;
      let down = up + SIZE;
      let first = DEGREE + 1u + r - j; // of the knots m ... m + 2 degree + 1
      let last = DEGREE + r + 1u;
      let right = tables[mu + r + 1u] - knot;
      let left = knot - tables[mu + 1u + r - j];
      let inverse = 1.0 / (tables[mu + r + 1u] - tables[mu + 1u + r - j]);
      var rightBar = 0.0;
      var leftBar = 0.0;
      var spanBar = 0.0;
      for (var k = 0u; k < j; k++) {
        let value = kept[level + r * SIZE + k];
        rightBar += value * barRows[up + k];
        leftBar += value * barRows[down + k];
        hBar += value * (barRows[down + k + 1u] - barRows[up + k + 1u]);
        let valueBar = right * barRows[up + k] - h * barRows[up + k + 1u] +
          left * barRows[down + k] + h * barRows[down + k + 1u];
        spanBar -= value * valueBar * inverse;
        barRows[up + k] = valueBar * inverse;
      }
      for (var k = j; k < SIZE; k++) { barRows[up + k] = 0.0; }
      shares[last] += rightBar + spanBar;
      shares[first] -= leftBar + spanBar;
      shares[DEGREE] += leftBar - rightBar;
    }
  }
  shares[DEGREE + 1u] += hBar;
  shares[DEGREE] -= hBar;
}
`;

/** ReLU powers: gradients by weights and knots, gathered from all pieces. */
const PULL_RELU = `
fn power(x: f32, n: u32) -> f32 {
  var result = 1.0;
  for (var j = 0u; j < n; j++) { result *= x; }
  return result;
}

${CHOOSE_WGSL}
/** Gradient by W_i, divided by one power of (t_m - t_i) where \`less\` is 1 (then d a / d t_m). */
fn pullWeight(knots: u32, bar: u32, i: u32, less: u32) -> f32 {
  let knot = tables[knots + i];
  var sum = 0.0;
  var lost = 0.0;
  for (var m = max(i, DEGREE) - DEGREE; m < P.intervals; m++) {
    let y = tables[knots + DEGREE + m] - knot;
    let h = tables[knots + DEGREE + m + 1u] - tables[knots + DEGREE + m];
    var term = 0.0;
    for (var k = 0u; k + less <= DEGREE; k++) {
      var factor = choose(k) * power(h, k) * power(y, DEGREE - k - less);
      if (less == 1u) { factor *= f32(DEGREE - k); }
      term += factor * sums[bar + ((m + 1u) * SIZE + k) * P.nOut];
    }
${ADD_TERM_WGSL}
  }
  return sum + lost;
}

/** Gradient by the knot t_j of the pieces that begin or end there, through W and h. */
fn pullReluKnot(knots: u32, weights: u32, bar: u32, pieces: u32, j: u32) -> f32 {
  var sum = 0.0;
  // t_j as the corner of W_j.
  if (j < P.numBasis) { sum -= theta[weights + j * P.nOut] * pullWeight(knots, bar, j, 1u); }
  if (j < DEGREE || j > DEGREE + P.intervals) { return sum; }
  // t_j as the left end of piece m, where Taylor coefficients are taken.
  let m = j - DEGREE;
  if (m < P.intervals) {
    let h = tables[knots + j + 1u] - tables[knots + j];
    for (var i = 0u; i <= j; i++) {
      let y = tables[knots + j] - tables[knots + i];
      for (var k = 0u; k < DEGREE; k++) {
        sum += theta[weights + i * P.nOut] * choose(k) * power(h, k) * f32(DEGREE - k) *
          power(y, DEGREE - k - 1u) * sums[bar + ((m + 1u) * SIZE + k) * P.nOut];
      }
    }
  }
  // h of the pieces at both sides: d a_k / d h = k a_k / h.
  for (var side = 0u; side < 2u; side++) {
    if (side == 0u && m >= P.intervals) { continue; }
    if (side == 1u && m == 0u) { continue; }
    let piece = m + 1u - side;
    let h = tables[knots + DEGREE + piece] - tables[knots + DEGREE + piece - 1u];
    if (!(h > 0.0)) { continue; }
    var change = 0.0;
    for (var k = 1u; k < SIZE; k++) {
      let at = (piece * SIZE + k) * P.nOut;
      change += f32(k) * tables[pieces + at] * sums[bar + at];
    }
    sum += select(-change, change, side == 1u) / h;
  }
  return sum;
}
`;

/**
 * Gradients of one node: its coefficients, base weights, and its share of the gradient by knots
 * (`knotBars`, shape `[nIn, knots]`). Dispatched `[nIn]`.
 */
export const COLLECT = kernel("collect", "state theta tables -> sums gradient knotBars knotShares")`
${STATE_WGSL}${TABLES_WGSL}${PULL_BASE}${PULL_RELU}
const BATCH: u32 = 16u; // intervals that the lanes share at a time
const LANES: u32 = 4u;  // lanes per interval
var<workgroup> slopes: array<vec2<f32>, 64>;
var<workgroup> bars: array<f32, BATCH * SIZE * SIZE>; // gradient by the rows of the bases

${MAIN_64}
  let p = group.x;
  let lane = local.x;
  let trial = u32(state[S_CHOSEN]);
  let table = trial * P.tableStride;
  let parameters = trial * P.numParameters;
  let knots = knotsAt(table, p);
  let rates = ratesAt(table, p);
  let pieces = piecesAt(table, p);
  let n = P.intervals;
  let moments = P.sumTarget + p * ((n + 2u) * SIZE + P.hasBase) * P.nOut;
  let coefficients = P.coefficients + p * P.numBasis * P.nOut;
  let first = u32(tables[endsAt(table, p)]);
  let last = u32(tables[endsAt(table, p) + 1u]);
  let step = SIZE * P.nOut;
  let line = select(0.0, 1.0, P.extrapolation == 0u);
  let window = 2u * SIZE;
  let sharesAt = p * n * window;

  // Contributions of the points' local coordinates w = (u - t_m) / h to the gradient by both knots.
  if (P.free == 1u) {
    for (var begin = 0u; begin < n; begin += BATCH) {
      var pulls = vec2<f32>(0.0); // by w, and times w
      let m = begin + lane / LANES;
      if (m < n) {
        for (var q = lane % LANES; q < P.nOut; q += LANES) {
          for (var k = 1u; k < SIZE; k++) {
            let at = (m + 1u) * step + k * P.nOut + q;
            pulls += f32(k) * tables[pieces + at] *
              vec2<f32>(sums[moments + at - P.nOut], sums[moments + at]);
          }
        }
      }
      slopes[lane] = pulls;
      workgroupBarrier();
      for (var j = 1u; j < LANES; j++) { pulls += slopes[min(lane + j, 63u)]; }
      workgroupBarrier();
      if (m < n && lane % LANES == 0u) {
        for (var j = 0u; j < window; j++) { shares[j] = 0.0; }
        let rate = tables[rates + m + 1u];
        let slope = pulls.x;
        let slopeTimesW = pulls.y;
        shares[DEGREE] = -rate * (slope - slopeTimesW);
        shares[DEGREE + 1u] = -rate * slopeTimesW;
        // The slopes of the lines beyond the ends.
        if (m + 1u == first || m + 1u == last) {
          var bar = 0.0;
          for (var q = 0u; q < P.nOut; q++) {
            let atLeft = moments + P.nOut + q;
            let atRight = moments + (n + 1u) * step + P.nOut + q;
            if (m + 1u == first) {
              bar -= line * sums[atLeft] * tables[pieces + first * step + P.nOut + q] * rate * rate;
            }
            if (m + 1u == last) {
              for (var k = 1u; k < SIZE; k++) {
                bar -= line * sums[atRight] * f32(k) *
                  tables[pieces + last * step + k * P.nOut + q] * rate * rate;
              }
            }
          }
          shares[DEGREE] -= bar;
          shares[DEGREE + 1u] += bar;
        }
        for (var j = 0u; j < window; j++) { knotShares[sharesAt + m * window + j] = shares[j]; }
      }
    }
  }
  storageBarrier();
  workgroupBarrier();

  // The lines' own moments belong to the end intervals.
  for (var q = lane; q < P.nOut; q += 64u) {
    let left = moments + q;
    let right = moments + (n + 1u) * step + q;
    sums[moments + first * step + q] += sums[left];
    sums[moments + first * step + P.nOut + q] += line * sums[left + P.nOut] * tables[rates + first];
    for (var k = 0u; k < SIZE; k++) {
      sums[moments + last * step + k * P.nOut + q] += sums[right] +
        f32(k) * line * sums[right + P.nOut] * tables[rates + last];
    }
  }
  storageBarrier();
  workgroupBarrier();

  for (var i = lane; i < P.numBasis * P.nOut; i += 64u) {
    let q = i % P.nOut;
    let b = i / P.nOut;
    var sum = 0.0;
    if (P.relu == 1u) {
      sum = pullWeight(knots, moments + q, b, 0u);
    } else {
      for (var j = 0u; j < SIZE; j++) {
        let m = b - j; // wraps below 0
        if (m >= n) { continue; }
        let base = basesAt(table, p, m) + j * SIZE;
        let at = moments + (m + 1u) * step + q;
        for (var k = 0u; k < SIZE; k++) { sum += tables[base + k] * sums[at + k * P.nOut]; }
      }
    }
    gradient[coefficients + i] = sum + P.decay * theta[parameters + coefficients + i];
  }
  if (P.hasBase == 1u) {
    for (var q = lane; q < P.nOut; q += 64u) {
      let at = P.baseWeights + p * P.nOut + q;
      gradient[at] = sums[moments + (n + 2u) * step + q] + P.decay * theta[parameters + at];
    }
  }
  if (P.free == 0u) { return; }

  if (P.relu == 0u) {
    for (var begin = 0u; begin < n; begin += BATCH) {
      let count = min(BATCH, n - begin);
      workgroupBarrier();
      for (var j = lane; j < count * SIZE * SIZE; j += 64u) {
        let m = begin + j / (SIZE * SIZE);
        let i = (j / SIZE) % SIZE;
        let k = j % SIZE;
        var bar = 0.0;
        for (var q = 0u; q < P.nOut; q++) {
          bar += theta[parameters + coefficients + (m + i) * P.nOut + q] *
            sums[moments + (m + 1u) * step + k * P.nOut + q];
        }
        bars[j] = bar;
      }
      workgroupBarrier();
      let m = begin + lane;
      if (lane < count && tables[rates + min(m, n - 1u) + 1u] > 0.0) {
        for (var j = 0u; j < window; j++) { shares[j] = 0.0; }
        for (var j = 0u; j < SIZE * SIZE; j++) { barRows[j] = bars[lane * SIZE * SIZE + j]; }
        pullBase(knots, m);
        for (var j = 0u; j < window; j++) { knotShares[sharesAt + m * window + j] += shares[j]; }
      }
    }
  }
  storageBarrier();
  workgroupBarrier();

  let count = knotCount();
  for (var j = lane; j < count; j += 64u) {
    var sum = 0.0;
    for (var s = 0u; s < window; s++) {
      let m = j - s; // wraps below 0
      if (m < n) { sum += knotShares[sharesAt + m * window + s]; }
    }
    if (P.relu == 1u) {
      for (var q = 0u; q < P.nOut; q++) {
        sum += pullReluKnot(knots, parameters + coefficients + q, moments + q, pieces + q, j);
      }
    }
    knotBars[p * count + j] = sum;
  }
}
`;

/**
 * Gradient by the logits of one knot vector:
 * `dL/ds_k = (b - a) p_k (sum_{i >= k} g_i - sum_i g_i S_i)`. Dispatched `[vectors]`.
 */
export const LOGITS = kernel("logits", "state theta knotBars -> gradient")`${STATE_WGSL}
var<workgroup> maxima: array<f32, 64>;
var<workgroup> weights: array<f32, 64>;
var<workgroup> bars: array<f32, 64>;
var<workgroup> products: array<f32, 64>;

/** Gradient by one knot, summed over the nodes that share its vector. */
fn knotBar(vector: u32, j: u32) -> f32 {
  let count = P.intervals + 1u + 2u * DEGREE;
  if (P.vectors > 1u || P.nIn == 1u) { return knotBars[vector * count + j]; }
  var sum = 0.0;
  for (var p = 0u; p < P.nIn; p++) { sum += knotBars[p * count + j]; }
  return sum;
}

/** One group of logits; \`knot\` is the index of its first knot, at \`at\` in the parameters. */
fn pullGroup(vector: u32, theta0: u32, at: u32, count: u32, knot: u32, lane: u32) {
  let first = theta0 + at;
  let span = (count + 63u) / 64u;
  let begin = min(lane * span, count);
  let stop = min(begin + span, count);
  var largest = -3.0e38;
  for (var j = begin; j < stop; j++) { largest = max(largest, theta[first + j]); }
  maxima[lane] = largest;
  workgroupBarrier();
  for (var j = 0u; j < 64u; j++) { largest = max(largest, maxima[j]); }
  var weight = 0.0;
  var bar = 0.0;
  for (var j = begin; j < stop; j++) {
    weight += exp(theta[first + j] - largest);
    if (j + 1u < count) { bar += knotBar(vector, knot + j + 1u); }
  }
  weights[lane] = weight;
  bars[lane] = bar;
  workgroupBarrier();
  var before = 0.0;
  var total = 0.0;
  var suffix = 0.0;
  for (var j = 0u; j < 64u; j++) {
    if (j < lane) { before += weights[j]; }
    total += weights[j];
    if (j >= lane) { suffix += bars[j]; }
  }
  var product = 0.0;
  var reached = before;
  for (var j = begin; j < stop; j++) {
    reached += exp(theta[first + j] - largest);
    if (j + 1u < count) { product += knotBar(vector, knot + j + 1u) * (reached / total); }
  }
  products[lane] = product;
  workgroupBarrier();
  var weighted = 0.0;
  for (var j = 0u; j < 64u; j++) { weighted += products[j]; }
  let width = P.domainTo - P.domainFrom;
  for (var j = begin; j < stop; j++) {
    let share = exp(theta[first + j] - largest) / total;
    var value = 0.0;
    if (count > 1u) { value = width * share * (suffix - weighted); }
    gradient[at + j] = value + P.decay * theta[first + j];
    if (j + 1u < count) { suffix -= knotBar(vector, knot + j + 1u); }
  }
  workgroupBarrier();
}

${MAIN_64}
  let vector = group.x;
  let n = P.intervals;
  let theta0 = u32(state[S_CHOSEN]) * P.numParameters;
  let first = P.knotLogits + vector * (n + 2u * DEGREE * P.freeOuter);
  if (P.freeOuter == 1u) {
    pullGroup(vector, theta0, first, DEGREE, 0u, local.x);
    pullGroup(vector, theta0, first + DEGREE, n, DEGREE, local.x);
    pullGroup(vector, theta0, first + DEGREE + n, DEGREE, DEGREE + n, local.x);
  } else {
    pullGroup(vector, theta0, first, n, DEGREE, local.x);
  }
}
`;
