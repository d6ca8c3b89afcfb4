/**
 * Losses: their sum by groups of rows, and their derivative by the outputs.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import { addLanes, MAIN_ROWS, STATE_WGSL } from "./common.ts";

/** Loss and `yBar` of every row. Dispatched `[groups, 1, trials]`. */
export const LOSS = kernel("loss", "y targets weights -> yBar lossPartial")`
var<workgroup> sums: array<f32, 64>;

fn rowLoss(at: u32, to: u32, scale: f32) -> f32 {
  var sum = 0.0;
  if (P.lossKind <= 1u) {
    for (var q = 0u; q < P.nOut; q++) {
      let e = y[at + q] - targets[to + q];
      if (P.lossKind == 0u) {
        sum += e * e;
        yBar[at + q] = 2.0 * scale * e;
      } else {
        let size = abs(e);
        sum += select(P.delta * (size - 0.5 * P.delta), 0.5 * e * e, size <= P.delta);
        yBar[at + q] = scale * clamp(e, -P.delta, P.delta);
      }
    }
  } else if (P.lossKind != 3u) {
    for (var q = 0u; q < P.nOut; q++) {
      let found = pointLoss(y[at + q], targets[to + q]);
      sum += found.x;
      yBar[at + q] = scale * found.y;
    }
  } else {
    var top = y[at];
    for (var q = 1u; q < P.nOut; q++) { top = max(top, y[at + q]); }
    var exps = 0.0;
    var mass = 0.0;
    var product = 0.0;
    for (var q = 0u; q < P.nOut; q++) {
      exps += exp(y[at + q] - top);
      mass += targets[to + q];
      product += targets[to + q] * (y[at + q] - top);
    }
    sum = mass * log(exps) - product;
    for (var q = 0u; q < P.nOut; q++) {
      yBar[at + q] = scale * (mass * (exp(y[at + q] - top) / exps) - targets[to + q]);
    }
  }
  return sum;
}

/** Value and derivative by the output of a loss of one output, as in point_losses.ts. */
fn pointLoss(value: f32, t: f32) -> vec2<f32> {
  if (P.lossKind == 4u) {
    let e = t - value;
    let size = abs(e);
    let inside = size <= P.delta;
    let rounded = select(size, 0.5 * (e * e / P.delta + P.delta), inside);
    let turn = select(sign(e), e / P.delta, inside);
    return vec2(0.5 * rounded + (P.lossNumber - 0.5) * e, 0.5 - P.lossNumber - 0.5 * turn);
  }
  if (P.lossKind == 5u) {
    let mean = exp(value);
    if (t == 0.0) { return vec2(mean, mean); }
    let z = value - log(t);
    return vec2(t * expLessLine(z), mean - t);
  }
  if (P.lossKind == 6u) {
    let z = log(t) - value;
    return vec2(expLessLine(z), 1.0 - exp(z));
  }
  if (P.lossKind == 7u) {
    let a = 1.0 - P.lossNumber;
    let b = 2.0 - P.lossNumber;
    let mean = exp(b * value);
    if (t == 0.0) { return vec2(mean / b, mean); }
    let tail = t * exp(a * value);
    return vec2(max(0.0, exp(b * log(t)) / (a * b) - tail / a + mean / b), mean - tail);
  }
  let small = exp(-abs(value));
  let slope = select(small, 1.0, value >= 0.0) / (1.0 + small) - t;
  let cross = max(value, 0.0) - value * t + logOnePlus(small);
  if (P.lossKind == 2u) { return vec2(cross, slope); }
  return vec2(max(0.0, cross + entropyTerm(t) + entropyTerm(1.0 - t)), slope);
}

/** exp(z) - 1 - z without losing small z. */
fn expLessLine(z: f32) -> f32 {
  if (abs(z) < 0.3) {
    return z * z * (0.5 + z * (1.0 / 6.0 + z * (1.0 / 24.0 + z * (1.0 / 120.0 + z / 720.0))));
  }
  return exp(z) - 1.0 - z;
}

fn entropyTerm(x: f32) -> f32 {
  if (x <= 0.0) { return 0.0; }
  return x * log(x);
}

/** log(1 + x) for 0 <= x <= 1 without losing small x. */
fn logOnePlus(x: f32) -> f32 {
  if (x < 0.01) { return x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25))); }
  return log(1.0 + x);
}

${MAIN_ROWS}
  var sum = 0.0;
  for (var r = begin + local.x; r < end; r += 64u) {
    var weight = 1.0;
    if (P.hasWeights == 1u) { weight = weights[r]; }
    sum += weight * rowLoss(group.z * P.yStride + r * P.nOut, r * P.nOut, P.lossScale * weight);
  }
  sums[local.x] = sum;
  workgroupBarrier();
  ${addLanes("sums")}
  if (local.x == 0u) { lossPartial[group.z * P.groups + P.firstGroup + group.x] = sums[0]; }
}
`;

/** Loss and objective of every trial; lane 0 has them in `state` after the last barrier. */
export const SUM_LOSS_WGSL = `
var<workgroup> sums: array<f32, 256>;

fn total(value: f32, lane: u32) -> f32 {
  sums[lane] = value;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let result = sums[0];
  workgroupBarrier();
  return result;
}

fn sumLosses(trials: u32, lane: u32) {
  for (var trial = 0u; trial < trials; trial++) {
    var part = 0.0;
    for (var g = lane; g < P.groups; g += 256u) { part += lossPartial[trial * P.groups + g]; }
    let loss = total(part, lane) * P.lossScale;
    var squares = 0.0;
    if (P.decay > 0.0) {
      for (var i = lane; i < P.numParameters; i += 256u) {
        let value = theta[trial * P.numParameters + i];
        squares += value * value;
      }
    }
    let square = total(squares, lane);
    if (lane == 0u) {
      state[S_LOSSES + trial] = loss;
      state[S_VALUES + trial] = loss + 0.5 * P.decay * square;
    }
  }
}
`;

/** Loss of one trial, for evaluations driven call by call. Dispatched `[1, 1, trials]`. */
export const EVALUATE = kernel("evaluate", "lossPartial theta -> state")`
${STATE_WGSL}${SUM_LOSS_WGSL}
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) local: vec3<u32>) {
  sumLosses(1u, local.x);
  if (local.x == 0u) {
    state[S_CHOSEN] = 0.0;
    state[S_ACCEPTED] = 0.0;
    state[S_OBJECTIVE] = state[S_VALUES];
    state[S_LOSS] = state[S_LOSSES];
  }
}
`;
