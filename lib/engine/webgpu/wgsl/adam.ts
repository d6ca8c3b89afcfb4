/**
 * Adam and AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019), and the mini-batches that they
 * take.
 *
 * @module
 */

import { FLAT_GROUP, kernel } from "../kernel.ts";
import { MAIN_256, MAIN_FLAT, ROW_BITS_WGSL, STATE_WGSL } from "./common.ts";

/** Numbers at the start of the settings buffer, by index. */
export const ADAM_SETTINGS = {
  beta1: 0,
  beta2: 1,
  epsilon: 2,
  weightDecay: 3,
  /** 3e38: none. */
  clipNorm: 4,
  /** Then per step: rate, share of the rows. */
  steps: 8,
} as const;

/** Numbers per step: rate, share of the rows, and the corrections of both moments after it. */
export const ADAM_STEP_LENGTH = 4;

/** Copies the rows `firstRow ... firstRow + rows - 1` of an order. Many groups. */
export const GATHER = kernel("gather", "order allInputs allTargets -> inputs targets")`
${ROW_BITS_WGSL}
${MAIN_FLAT}
  if (i >= P.rows) { return; }
  let row = bitcast<u32>(order[P.firstRow + i]) - ROW_BITS;
  for (var p = 0u; p < P.nIn; p++) { inputs[i * P.nIn + p] = allInputs[row * P.nIn + p]; }
  for (var q = 0u; q < P.nOut; q++) { targets[i * P.nOut + q] = allTargets[row * P.nOut + q]; }
}
`;

/**
 * Step number `firstGroup` of a pass: every workgroup sums the gradient's norm, then moves 256
 * parameters. A gradient that is not finite moves nothing; `counts` holds the steps done before each
 * step. Dispatched in many groups.
 */
export const ADAM = kernel(
  "adam",
  "state settings gradient -> point mean square gradientSum counts",
)`${STATE_WGSL}
const STEPS: u32 = ${ADAM_SETTINGS.steps}u;
const STEP: u32 = ${ADAM_STEP_LENGTH}u;
var<workgroup> sums: array<f32, 256>;

${MAIN_256}
  let n = P.numParameters;
  let step = P.firstGroup;
  var total = 0.0;
  var unusable = 0.0;
  for (var i = local.x; i < n; i += 256u) {
    let g = gradient[i];
    if (finite(g)) { total += g * g; } else { unusable = 1.0; }
  }
  sums[local.x] = select(total, -1.0, unusable > 0.0);
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (local.x < half) {
      let one = sums[local.x];
      let other = sums[local.x + half];
      sums[local.x] = select(one + other, -1.0, one < 0.0 || other < 0.0);
    }
    workgroupBarrier();
  }
  let squares = sums[0];
  let done = counts[step];
  let usable = squares >= 0.0 && finite(squares) && finite(state[S_OBJECTIVE]);
  let number = ${FLAT_GROUP};
  if (number == 0u && local.x == 0u) { counts[step + 1u] = done + select(0.0, 1.0, usable); }
  let i = number * 256u + local.x;
  if (i >= n || !usable) { return; }
  let rate = settings[STEPS + step * STEP];
  let share = settings[STEPS + step * STEP + 1u];
  let corrections = STEPS + u32(done) * STEP + 2u;
  let clip = min(1.0, settings[${ADAM_SETTINGS.clipNorm}u] / (sqrt(squares) + 1.0e-6));
  let beta1 = settings[${ADAM_SETTINGS.beta1}u];
  let beta2 = settings[${ADAM_SETTINGS.beta2}u];
  let g = clip * gradient[i];
  gradientSum[i] += share * gradient[i];
  let m = beta1 * mean[i] + (1.0 - beta1) * g;
  let v = beta2 * square[i] + (1.0 - beta2) * g * g;
  mean[i] = m;
  square[i] = v;
  let kept = 1.0 - rate * settings[${ADAM_SETTINGS.weightDecay}u];
  let length = rate / settings[corrections] * m /
    (sqrt(v / settings[corrections + 1u]) + settings[${ADAM_SETTINGS.epsilon}u]);
  point[i] = kept * point[i] - length;
}
`;
