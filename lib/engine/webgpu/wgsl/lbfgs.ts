/**
 * L-BFGS in Gram form: the two-loop recursion on inner products (Chen, Wang and Zhou 2014, "vector-
 * free L-BFGS"), its step lengths tried side by side.
 *
 * The direction is a combination of the stored steps s, gradient differences y and the gradient g;
 * its coefficients follow from their inner products alone. One dispatch updates the products, one
 * runs the recursion, one forms the direction and the next trials. Products and recursion are in
 * double float32: the recursion subtracts nearly equal numbers.
 *
 * Places in the ring: s_i at i, y_i at RING + i, g at 2 RING; one is always free for the next pair.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import { MAIN_64, MAIN_FLAT, STATE_WGSL } from "./common.ts";
import { DOUBLE_WGSL } from "./double.ts";
import { SUM_LOSS_WGSL } from "./loss.ts";

/** Most pairs that the recursion's workgroup memory holds. */
export const MAX_MEMORY = 255;

/** Numbers of the settings buffer, by index. */
export const LBFGS_SETTINGS = {
  trials: 0,
  /** Places in the ring: memory + 1. */
  ring: 1,
  /** 1: step lengths are chosen; 0: the first trial is always taken. */
  searches: 2,
  gradientTolerance: 3,
  changeTolerance: 4,
  /** Least y.s of a pair: this, plus the next times y.y. */
  leastProduct: 5,
  leastCurvature: 6,
  /** Factors of the unit step, one per trial; then factors of a first step. */
  ladder: 8,
  firstLadder: 16,
} as const;

/** Numbers of the settings buffer. */
export const LBFGS_SETTINGS_LENGTH = 24;

const SETTINGS_WGSL = Object.entries(LBFGS_SETTINGS).map(([name, index]) =>
  `const L_${name.toUpperCase()}: u32 = ${index}u;`
).join("\n");

/** Sets the state at a point whose gradient is new. One thread. */
export const START = kernel("lbfgsStart", "-> state")`${STATE_WGSL}
@compute @workgroup_size(1)
fn main() {
  for (var i = S_ITERATIONS; i < S_STEPS; i++) { state[i] = 0.0; }
  state[S_ITERATIONS] = -1.0;
  state[S_EVALUATIONS] = 1.0;
  state[S_SHRINK] = 1.0;
  state[S_ACCEPTED] = 1.0;
}
`;

/** Judges the trials: the lowest is taken if it lies below the current point. One workgroup. */
export const CHOOSE = kernel("lbfgsChoose", "lossPartial theta settings -> state")`
${STATE_WGSL}${SETTINGS_WGSL}${SUM_LOSS_WGSL}
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) local: vec3<u32>) {
  let trials = u32(settings[L_TRIALS]);
  sumLosses(trials, local.x);
  if (local.x > 0u) { return; }
  state[S_ACCEPTED] = 0.0;
  state[S_CHOSEN] = 0.0;
  if (state[S_CONVERGED] + state[S_DIVERGED] > 0.0) { return; }
  state[S_EVALUATIONS] += f32(trials);
  var chosen = trials;
  var lowest = state[S_OBJECTIVE];
  for (var trial = 0u; trial < trials; trial++) {
    let value = state[S_VALUES + trial];
    if (finite(value) && (value < lowest || settings[L_SEARCHES] == 0.0)) {
      lowest = value;
      chosen = trial;
    }
  }
  if (chosen < trials) {
    state[S_ACCEPTED] = 1.0;
    state[S_CHOSEN] = f32(chosen);
    state[S_CHANGE] = state[S_OBJECTIVE] - lowest;
    state[S_OBJECTIVE] = lowest;
    state[S_LOSS] = state[S_LOSSES + chosen];
  } else if (settings[L_SEARCHES] == 0.0) {
    state[S_DIVERGED] = 1.0;
  }
}
`;

/**
 * Inner products of the new pair and gradient with all stored vectors; stores the pair.
 * Dispatched `[2 ring + 1]`.
 */
export const GRAM = kernel("lbfgsGram", "state settings theta gradient point slope -> pairs gram")`
${STATE_WGSL}${SETTINGS_WGSL}${DOUBLE_WGSL}
var<workgroup> sums: array<vec2<f32>, 64>;
var<workgroup> norms: array<vec2<f32>, 64>;

fn total(value: vec2<f32>, lane: u32) -> vec2<f32> {
  sums[lane] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (lane < half) { sums[lane] = addDouble(sums[lane], sums[lane + half]); }
    workgroupBarrier();
  }
  let result = sums[0];
  workgroupBarrier();
  return result;
}

fn store(row: u32, column: u32, value: vec2<f32>) {
  let width = 2u * u32(settings[L_RING]) + 1u;
  gram[2u * (row * width + column)] = value.x;
  gram[2u * (row * width + column) + 1u] = value.y;
}

${MAIN_64}
  if (state[S_ACCEPTED] == 0.0) { return; }
  let ring = u32(settings[L_RING]);
  let n = P.numParameters;
  let row = group.x;
  let lane = local.x;
  let head = u32(state[S_HEAD]);
  let taken = u32(state[S_CHOSEN]) * n;
  var withStep = vec2<f32>(0.0);
  var withDifference = vec2<f32>(0.0);
  var withGradient = vec2<f32>(0.0);
  var largest = 0.0;
  var size = 0.0;
  for (var i = lane; i < n; i += 64u) {
    let g = gradient[i];
    let s = theta[taken + i] - point[i];
    let y = g - slope[i];
    var b = g;
    if (row == head) {
      b = s;
      pairs[row * n + i] = s;
    } else if (row == ring + head) {
      b = y;
      pairs[row * n + i] = y;
    } else if (row < 2u * ring) {
      b = pairs[row * n + i];
    } else {
      largest = max(largest, abs(g));
      size += abs(g);
      if (!finite(g)) { largest = 3.0e38; }
    }
    withStep = addDouble(withStep, twoProduct(b, s));
    withDifference = addDouble(withDifference, twoProduct(b, y));
    withGradient = addDouble(withGradient, twoProduct(b, g));
  }
  withStep = total(withStep, lane);
  withDifference = total(withDifference, lane);
  withGradient = total(withGradient, lane);
  norms[lane] = vec2<f32>(largest, size);
  workgroupBarrier();
  if (lane > 0u) { return; }
  let columns = array<u32, 3>(head, ring + head, 2u * ring);
  let values = array<vec2<f32>, 3>(withStep, withDifference, withGradient);
  store(row, columns[0], values[0]);
  store(row, columns[1], values[1]);
  store(row, columns[2], values[2]);
  if (row != columns[0] && row != columns[1] && row != columns[2]) {
    store(columns[0], row, values[0]);
    store(columns[1], row, values[1]);
    store(columns[2], row, values[2]);
  }
  if (row == 2u * ring) {
    for (var j = 1u; j < 64u; j++) {
      largest = max(largest, norms[j].x);
      size += norms[j].y;
    }
    let width = 2u * ring + 1u;
    gram[2u * width * width] = largest;
    gram[2u * width * width + 1u] = size;
  }
}
`;

/** The two-loop recursion on coefficients, and the next step lengths. One workgroup. */
export const DIRECTION = kernel("lbfgsDirection", "settings gram -> state delta")`
${STATE_WGSL}${SETTINGS_WGSL}${DOUBLE_WGSL}
const WIDEST: u32 = ${2 * (MAX_MEMORY + 1) + 1}u;
var<workgroup> products: array<vec2<f32>, WIDEST>; // of the direction with every vector
var<workgroup> shares: array<vec2<f32>, WIDEST>;   // the direction's coefficients
var<workgroup> alphas: array<vec2<f32>, ${MAX_MEMORY + 1}>;
var<workgroup> pairCount: u32;
var<workgroup> newest: u32;

fn gramAt(row: u32, column: u32) -> vec2<f32> {
  let width = 2u * u32(settings[L_RING]) + 1u;
  let at = 2u * (row * width + column);
  return vec2<f32>(gram[at], gram[at + 1u]);
}

/** Judges the latest step: keeps its pair or not, counts failures. Lane 0. */
fn takeStock(ring: u32) {
  let width = 2u * ring + 1u;
  let head = u32(state[S_HEAD]);
  var pairs = u32(state[S_PAIRS]);
  state[S_GRADIENTMAX] = gram[2u * width * width];
  state[S_GRADIENTSUM] = gram[2u * width * width + 1u];
  if (state[S_ACCEPTED] == 1.0) {
    state[S_ITERATIONS] += 1.0;
    state[S_FAILURES] = 0.0;
    state[S_SHRINK] = 1.0;
    let sy = gramAt(head, ring + head).x;
    let yy = gramAt(ring + head, ring + head).x;
    if (finite(yy) && sy > settings[L_LEASTPRODUCT] + settings[L_LEASTCURVATURE] * yy) {
      state[S_HEAD] = f32((head + 1u) % ring);
      pairs = min(pairs + 1u, ring - 1u);
    }
    if (state[S_GRADIENTMAX] >= 3.0e38) { state[S_DIVERGED] = 1.0; }
    if (state[S_GRADIENTMAX] <= settings[L_GRADIENTTOLERANCE]) { state[S_CONVERGED] = 1.0; }
    if (state[S_ITERATIONS] > 0.0 && abs(state[S_CHANGE]) < settings[L_CHANGETOLERANCE]) {
      state[S_CONVERGED] = 1.0;
    }
  } else {
    state[S_FAILURES] += 1.0;
    state[S_SHRINK] *= 0.015625;
    if (state[S_FAILURES] == 2.0 && pairs > 0u) {
      pairs = 0u; // rounding or a kink has spoilt the pairs: start again from steepest descent
      state[S_SHRINK] = 1.0;
    } else if (state[S_FAILURES] > 5.0) {
      state[S_CONVERGED] = 1.0;
    }
  }
  state[S_PAIRS] = f32(pairs);
  pairCount = pairs;
  newest = (u32(state[S_HEAD]) + ring - 1u) % ring;
}

/** Step lengths of the next trials along a direction with the given slope. Lane 0. */
fn layOutSteps(pairs: u32) {
  let trials = u32(settings[L_TRIALS]);
  for (var trial = 0u; trial < trials; trial++) {
    var length = settings[L_LADDER + trial];
    if (pairs == 0u) {
      length = min(1.0, 1.0 / state[S_GRADIENTSUM]) * settings[L_FIRSTLADDER + trial];
    }
    length *= state[S_SHRINK];
    if (state[S_CONVERGED] + state[S_DIVERGED] > 0.0) { length = 0.0; }
    state[S_STEPS + trial] = length;
  }
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_id) local: vec3<u32>) {
  let lane = local.x;
  let ring = u32(settings[L_RING]);
  let width = 2u * ring + 1u;
  if (lane == 0u) { takeStock(ring); }
  workgroupBarrier();
  let pairs = workgroupUniformLoad(&pairCount);
  let last = workgroupUniformLoad(&newest);
  for (var i = lane; i < width; i += 256u) {
    products[i] = -gramAt(2u * ring, i);
    shares[i] = vec2<f32>(select(0.0, -1.0, i == 2u * ring), 0.0);
  }
  workgroupBarrier();
  for (var k = 0u; k < pairs; k++) { // newest first
    let i = (last + ring - k) % ring;
    let alpha = divideDouble(products[i], gramAt(i, ring + i));
    workgroupBarrier();
    for (var j = lane; j < width; j += 256u) {
      products[j] = addDouble(products[j], -multiplyDouble(alpha, gramAt(ring + i, j)));
    }
    if (lane == 0u) {
      alphas[k] = alpha;
      shares[ring + i] = addDouble(shares[ring + i], -alpha);
    }
    workgroupBarrier();
  }
  if (pairs > 0u) {
    let scale = divideDouble(gramAt(last, ring + last), gramAt(ring + last, ring + last));
    for (var j = lane; j < width; j += 256u) {
      products[j] = multiplyDouble(products[j], scale);
      shares[j] = multiplyDouble(shares[j], scale);
    }
  }
  workgroupBarrier();
  for (var k = pairs; k > 0u; k--) { // oldest first
    let i = (last + ring - (k - 1u)) % ring;
    let beta = divideDouble(products[ring + i], gramAt(i, ring + i));
    let more = addDouble(alphas[k - 1u], -beta);
    workgroupBarrier();
    for (var j = lane; j < width; j += 256u) {
      products[j] = addDouble(products[j], multiplyDouble(more, gramAt(i, j)));
    }
    if (lane == 0u) { shares[i] = addDouble(shares[i], more); }
    workgroupBarrier();
  }
  if (lane == 0u) {
    let slope = products[2u * ring].x;
    state[S_SLOPE] = slope;
    if (!finite(slope) || !(slope < 0.0)) { // rounding again
      pairCount = 0u;
      state[S_PAIRS] = 0.0;
      state[S_SLOPE] = -gramAt(2u * ring, 2u * ring).x;
    }
    if (settings[L_SEARCHES] == 0.0 && state[S_SLOPE] > -settings[L_CHANGETOLERANCE]) {
      state[S_CONVERGED] = 1.0;
    }
    // Without a search only the very first step is short, as torch's.
    layOutSteps(select(1u, pairCount, settings[L_SEARCHES] == 1.0 || state[S_ITERATIONS] <= 0.0));
  }
  let kept = workgroupUniformLoad(&pairCount);
  for (var j = lane; j < width; j += 256u) {
    var share = shares[j];
    if (kept == 0u) { share = vec2<f32>(select(0.0, -1.0, j == 2u * ring), 0.0); }
    delta[2u * j] = share.x;
    delta[2u * j + 1u] = share.y;
  }
}
`;

/** Moves to the accepted trial, forms the direction and the next trials. One thread a number, many groups. */
export const COMBINE = kernel(
  "lbfgsCombine",
  "state settings delta pairs gradient -> point slope theta",
)`${STATE_WGSL}${SETTINGS_WGSL}${DOUBLE_WGSL}
${MAIN_FLAT}
  let n = P.numParameters;
  if (i >= n) { return; }
  let ring = u32(settings[L_RING]);
  if (state[S_ACCEPTED] == 1.0) {
    point[i] = theta[u32(state[S_CHOSEN]) * n + i];
    slope[i] = gradient[i];
  }
  var sum = multiplyDouble(
    vec2<f32>(delta[4u * ring], delta[4u * ring + 1u]), vec2<f32>(slope[i], 0.0),
  );
  for (var j = 0u; j < 2u * ring; j++) {
    let share = vec2<f32>(delta[2u * j], delta[2u * j + 1u]);
    if (share.x != 0.0) {
      sum = addDouble(sum, multiplyDouble(share, vec2<f32>(pairs[j * n + i], 0.0)));
    }
  }
  let trials = u32(settings[L_TRIALS]);
  for (var trial = 0u; trial < trials; trial++) {
    theta[trial * n + i] = point[i] + state[S_STEPS + trial] * sum.x;
  }
}
`;
