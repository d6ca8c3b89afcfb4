/**
 * The backward pass over rows: slopes, moments, the normalisation's adjoint, the linear map.
 *
 * No atomics: every thread owns the numbers that it adds to, rows are walked in order, and partial
 * sums of fixed ranges of rows are added in a fixed order. Results repeat bit for bit.
 *
 * @module
 */

import { FLAT_GROUP, type KernelSource } from "../kernel.ts";
import { PLACE_WGSL, SILU_WGSL, STATE_WGSL, TABLES_WGSL } from "./common.ts";
import { COLUMNS_WGSL } from "./forward.ts";

/**
 * Places every point of the chosen slot, gives the gradient by normalised inputs, and sums what
 * they owe to the statistics. Dispatched `[groups, ceil(nIn / 64)]`.
 */
export const SLOPES: KernelSource = {
  name: "slopes",
  buffers: [
    ["state", "read"],
    ["theta", "read"],
    ["tables", "read"],
    ["x", "read"],
    ["yBar", "read"],
    ["places", "write"],
    ["xBar", "write"],
    ["partial", "write"],
  ],
  code: `${STATE_WGSL}${TABLES_WGSL}${PLACE_WGSL}${SILU_WGSL}${COLUMNS_WGSL}
var<workgroup> owed: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let begin = group.x * P.rowsPerGroup;
  let end = min(begin + P.rowsPerGroup, P.rows);
  let firstColumn = group.y * 64u;
  let columns = columnsOf(firstColumn);
  let lanes = 64u / columns;
  let lane = local.x / columns;
  let p = firstColumn + local.x % columns;
  let slot = u32(state[S_CHOSEN]);
  let table = slot * P.tableStride;
  let base = slot * P.numParameters + P.baseWeights + p * P.nOut;
  let stats = statsAt(table, p);
  let low = tables[stats + LOW];
  let high = tables[stats + HIGH];
  let scale = tables[stats + SCALE];
  let lowRow = bitcast<u32>(tables[stats + LOW_ROW]);
  let highRow = bitcast<u32>(tables[stats + HIGH_ROW]);
  var sums = vec2<f32>(0.0);
  if (lane < lanes) {
    for (var r = begin + lane; r < end; r += lanes) {
      let i = r * P.nIn + p;
      let value = x[slot * P.xStride + i];
      let found = place(table, p, value);
      places[2u * i] = found.w;
      places[2u * i + 1u] = f32(found.piece);
      if (P.hasBar == 0u) { continue; }
      let at = piecesAt(table, p) + found.piece * SIZE * P.nOut;
      let bars = slot * P.yBarStride + r * P.nOut;
      var slope = 0.0;
      for (var q = 0u; q < P.nOut; q++) {
        var own = f32(DEGREE) * tables[at + DEGREE * P.nOut + q];
        for (var k = DEGREE - 1u; k > 0u; k--) {
          own = own * found.w + f32(k) * tables[at + k * P.nOut + q];
        }
        slope += yBar[bars + q] * own;
      }
      slope *= tables[ratesAt(table, p) + found.piece];
      if (P.hasBase == 1u) {
        var sum = 0.0;
        for (var q = 0u; q < P.nOut; q++) { sum += yBar[bars + q] * theta[base + q]; }
        slope += sum * siluSlope(found.u);
      }
      xBar[i] = slope;
      if (P.normalisation == 1u) {
        let row = P.firstRow + r;
        if (row != lowRow && row != highRow && scale > 0.0) {
          let v = (value - low) / (high - low);
          sums -= slope * scale * vec2<f32>(1.0 - v, v);
        }
      } else if (P.normalisation == 2u) {
        sums += slope * vec2<f32>(1.0, (value - low) * scale);
      }
    }
  }
  owed[local.x] = sums;
  workgroupBarrier();
  if (lane == 0u && P.hasBar == 1u) {
    for (var j = 1u; j < lanes; j++) { sums += owed[local.x + j * columns]; }
    let out = 2u * ((P.firstGroup + group.x) * P.nIn + p);
    partial[out] = sums.x;
    partial[out + 1u] = sums.y;
  }
}
`,
};

/** Adds up what all groups of rows owe to one node's statistics. Dispatched `[nIn]`. */
export const FINISH_SLOPES: KernelSource = {
  name: "finishSlopes",
  buffers: [["state", "read"], ["partial", "read"], ["tables", "write"]],
  code: `${STATE_WGSL}${TABLES_WGSL}
var<workgroup> owed: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  var sums = vec2<f32>(0.0);
  for (var g = local.x; g < P.groups; g += 64u) {
    let at = 2u * (g * P.nIn + group.x);
    sums += vec2<f32>(partial[at], partial[at + 1u]);
  }
  owed[local.x] = sums;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half >>= 1u) {
    if (local.x < half) { owed[local.x] += owed[local.x + half]; }
    workgroupBarrier();
  }
  if (local.x == 0u) {
    let stats = statsAt(u32(state[S_CHOSEN]) * P.tableStride, group.x);
    tables[stats + PULL_LOW] = owed[0].x;
    tables[stats + PULL_HIGH] = owed[0].y;
  }
}
`,
};

/** Turns the gradient by normalised inputs into that by raw ones, in place. Many groups. */
export const PULL: KernelSource = {
  name: "pull",
  buffers: [["state", "read"], ["tables", "read"], ["x", "read"], ["xBar", "write"]],
  code: `${STATE_WGSL}${TABLES_WGSL}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let i = ${FLAT_GROUP} * 64u + local.x;
  if (i >= P.rows * P.nIn) { return; }
  let slot = u32(state[S_CHOSEN]);
  let stats = statsAt(slot * P.tableStride, i % P.nIn);
  let scale = tables[stats + SCALE];
  let row = P.firstRow + i / P.nIn;
  var bar = xBar[i];
  if (P.normalisation == 1u) {
    bar *= scale;
    if (scale > 0.0) {
      if (row == bitcast<u32>(tables[stats + LOW_ROW])) { bar = tables[stats + PULL_LOW]; }
      if (row == bitcast<u32>(tables[stats + HIGH_ROW])) { bar = tables[stats + PULL_HIGH]; }
    }
  } else {
    let u = (x[slot * P.xStride + i] - tables[stats + LOW]) * scale;
    let rows = f32(P.totalRows);
    bar = scale * (bar - tables[stats + PULL_LOW] / rows - u * (tables[stats + PULL_HIGH] / rows));
  }
  xBar[i] = bar;
}
`,
};

/**
 * Moments `sum over points of g w^k` of every piece, by ranges of rows: one thread owns all pieces
 * of one input and output in one range. Many groups of threads `[copies, nIn, nOut]`.
 */
export const MOMENTS: KernelSource = {
  name: "moments",
  buffers: [
    ["state", "read"],
    ["tables", "read"],
    ["x", "read"],
    ["yBar", "read"],
    ["places", "read"],
    ["copies", "write"],
  ],
  code: `${STATE_WGSL}${TABLES_WGSL}${SILU_WGSL}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let thread = ${FLAT_GROUP} * 64u + local.x;
  let q = thread % P.nOut;
  let p = (thread / P.nOut) % P.nIn;
  let copy = thread / (P.nOut * P.nIn);
  if (copy >= P.ownCopies) { return; }
  let slot = u32(state[S_CHOSEN]);
  let stats = statsAt(slot * P.tableStride, p);
  let numbers = (P.intervals + 2u) * SIZE;
  let own = (P.firstCopy + copy) * P.sumSize + p * (numbers + P.hasBase) * P.nOut + q;
  for (var i = 0u; i < numbers; i++) { copies[own + i * P.nOut] = 0.0; }
  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);
  var base = 0.0;
  for (var r = begin; r < end; r++) {
    let i = r * P.nIn + p;
    let w = places[2u * i];
    let at = own + u32(places[2u * i + 1u]) * SIZE * P.nOut;
    let g = yBar[slot * P.yBarStride + r * P.nOut + q];
    var power = g;
    copies[at] += power;
    for (var k = 1u; k <= DEGREE; k++) {
      power *= w;
      copies[at + k * P.nOut] += power;
    }
    if (P.hasBase == 1u) {
      let u = tables[stats + ORIGIN] +
        (x[slot * P.xStride + i] - tables[stats + FROM]) * tables[stats + SCALE];
      base += g * silu(u);
    }
  }
  if (P.hasBase == 1u) { copies[own + numbers * P.nOut] = base; }
}
`,
};

/**
 * Gradient by weights and bias, by ranges of rows: one thread owns one of them in one range.
 * Many groups of threads `[copies, nIn + 1, nOut]`.
 */
export const PULL_LINEAR: KernelSource = {
  name: "pullLinear",
  buffers: [["state", "read"], ["x", "read"], ["yBar", "read"], ["copies", "write"]],
  code: `${STATE_WGSL}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let thread = ${FLAT_GROUP} * 64u + local.x;
  let own = thread % P.sumSize;
  let copy = thread / P.sumSize;
  if (copy >= P.ownCopies) { return; }
  let slot = u32(state[S_CHOSEN]);
  let q = own % P.nOut;
  let p = own / P.nOut;
  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);
  var sum = 0.0;
  for (var r = begin; r < end; r++) {
    var value = 1.0;
    if (p < P.nIn) { value = x[slot * P.xStride + r * P.nIn + p]; }
    sum += value * yBar[slot * P.yBarStride + r * P.nOut + q];
  }
  copies[(P.firstCopy + copy) * P.sumSize + own] = sum;
}
`,
};

/** Adds the copies up, 16 numbers and 16 lanes of copies per workgroup. Many groups. */
export const SUM_COPIES: KernelSource = {
  name: "sumCopies",
  buffers: [["state", "read"], ["copies", "read"], ["theta", "read"], ["sums", "write"]],
  code: `${STATE_WGSL}
var<workgroup> lanes: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let i = ${FLAT_GROUP} * 16u + local.x % 16u;
  var sum = 0.0;
  if (i < P.sumSize) {
    for (var c = local.x / 16u; c < P.copies; c += 16u) { sum += copies[c * P.sumSize + i]; }
  }
  lanes[local.x] = sum;
  workgroupBarrier();
  for (var half = 128u; half >= 16u; half >>= 1u) {
    if (local.x < half) { lanes[local.x] += lanes[local.x + half]; }
    workgroupBarrier();
  }
  if (local.x < 16u && i < P.sumSize) {
    var result = lanes[local.x];
    if (P.sumDecay > 0.0) {
      result += P.sumDecay * theta[u32(state[S_CHOSEN]) * P.numParameters + P.sumTarget + i];
    }
    sums[P.sumTarget + i] = result;
  }
}
`,
};
