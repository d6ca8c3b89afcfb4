/**
 * The forward pass: linear map, statistics, spline layer.
 *
 * Every kernel over rows gives each workgroup a fixed range of rows, `rowsPerGroup` long: what it
 * sums and in which order never changes.
 *
 * @module
 */

import { kernel } from "../kernel.ts";
import { MAIN_64, MAIN_ROWS, PLACE_WGSL, ROW_BITS_WGSL, SILU_WGSL, TABLES_WGSL } from "./common.ts";

/** `y = x W + b`, in an MLP `max(0, x W + b)`. Dispatched `[groups, 1, trials]`. */
export const LINEAR = kernel("linear", "theta x -> y")`
${MAIN_ROWS}
  let weights = group.z * P.numParameters + P.coefficients;
  let out = group.z * P.yStride;
  for (var i = begin * P.nOut + local.x; i < end * P.nOut; i += 64u) {
    let r = i / P.nOut;
    let q = i % P.nOut;
    var sum = 0.0;
    if (P.hasBias == 1u) { sum = theta[weights + P.nIn * P.nOut + q]; }
    for (var p = 0u; p < P.nIn; p++) {
      sum += x[group.z * P.xStride + r * P.nIn + p] * theta[weights + p * P.nOut + q];
    }
    if (P.rectifies == 1u) { sum = select(sum, 0.0, sum < 0.0); }
    y[out + i] = sum;
  }
}
`;

/** The lanes of a workgroup that share a column, for kernels that walk rows column by column. */
export const COLUMNS_WGSL = `
/** Columns of this workgroup, and lanes per column. */
fn columnsOf(first: u32) -> u32 { return min(P.nIn - first, 64u); }
`;

/** What each group of rows measures. Dispatched `[groups, ceil(nIn / 64), trials]`. */
export const MEASURE = kernel("measure", "x -> partial")`${COLUMNS_WGSL}${ROW_BITS_WGSL}
var<workgroup> records: array<vec4<f32>, 64>;

${MAIN_ROWS}
  let firstColumn = group.y * 64u;
  let columns = columnsOf(firstColumn);
  let lanes = 64u / columns;
  let lane = local.x / columns;
  let p = firstColumn + local.x % columns;
  let from_ = group.z * P.xStride + p;
  var record = vec4<f32>(0.0);
  if (lane < lanes) {
    if (P.normalisation == 1u) {
      var lowRow = begin;
      var highRow = begin;
      var low = x[from_ + begin * P.nIn];
      var high = low;
      for (var r = begin + lane; r < end; r += lanes) {
        let value = x[from_ + r * P.nIn];
        if (value < low) { low = value; lowRow = r; }
        if (value > high) { high = value; highRow = r; }
      }
      record = vec4<f32>(
        low,
        high,
        bitcast<f32>(ROW_BITS + P.firstRow + lowRow),
        bitcast<f32>(ROW_BITS + P.firstRow + highRow),
      );
    } else { // count, mean, sum of squared deviations (Welford)
      for (var r = begin + lane; r < end; r += lanes) {
        let value = x[from_ + r * P.nIn];
        let before = value - record.y;
        record.x += 1.0;
        record.y += before / record.x;
        record.z += before * (value - record.y);
      }
    }
  }
  records[local.x] = record;
  workgroupBarrier();
  if (lane == 0u) {
    for (var j = 1u; j < lanes; j++) { record = merge(record, records[local.x + j * columns]); }
    let out = 4u * (((group.z * P.groups) + P.firstGroup + group.x) * P.nIn + p);
    partial[out] = record.x;
    partial[out + 1u] = record.y;
    partial[out + 2u] = record.z;
    partial[out + 3u] = record.w;
  }
}
${merge()}`;

/** Joins the records of two sets of rows; ties of extremes go to the lowest row. */
function merge(): string {
  return `
fn merge(one: vec4<f32>, other: vec4<f32>) -> vec4<f32> {
  var result = one;
  if (P.normalisation == 1u) {
    if (other.x < one.x || (other.x == one.x && bitcast<u32>(other.z) < bitcast<u32>(one.z))) {
      result.x = other.x;
      result.z = other.z;
    }
    if (other.y > one.y || (other.y == one.y && bitcast<u32>(other.w) < bitcast<u32>(one.w))) {
      result.y = other.y;
      result.w = other.w;
    }
    return result;
  }
  if (other.x == 0.0) { return one; }
  if (one.x == 0.0) { return other; }
  let count = one.x + other.x;
  let step = other.y - one.y;
  result.x = count;
  result.y = one.y + step * (other.x / count);
  result.z = one.z + other.z + step * step * (one.x * (other.x / count));
  return result;
}
`;
}

/** Statistics of the whole batch from the groups' records. Dispatched `[nIn, 1, trials]`. */
export const FINISH_MEASURE = kernel("finishMeasure", "partial -> tables")`${TABLES_WGSL}
var<workgroup> records: array<vec4<f32>, 64>;

fn recordOf(trial: u32, g: u32, p: u32) -> vec4<f32> {
  let at = 4u * ((trial * P.groups + g) * P.nIn + p);
  return vec4<f32>(partial[at], partial[at + 1u], partial[at + 2u], partial[at + 3u]);
}

${MAIN_64}
  let p = group.x;
  var record = recordOf(group.z, min(local.x, P.groups - 1u), p);
  if (local.x >= P.groups && P.normalisation == 2u) { record = vec4<f32>(0.0); }
  for (var g = local.x + 64u; g < P.groups; g += 64u) {
    record = merge(record, recordOf(group.z, g, p));
  }
  records[local.x] = record;
  workgroupBarrier();
  if (local.x == 0u) {
    for (var j = 1u; j < 64u; j++) { record = merge(record, records[j]); }
    let out = statsAt(group.z * P.tableStride, p);
    if (P.normalisation == 1u) {
      let range = record.y - record.x;
      // The float32 form of CONSTANT_RANGE: nothing but equal values.
      let constant = !(range > 0.0);
      tables[out + FROM] = record.x;
      tables[out + SCALE] = select((P.domainTo - P.domainFrom) / range, 0.0, constant);
      tables[out + ORIGIN] = select(P.domainFrom, 0.5 * (P.domainFrom + P.domainTo), constant);
      tables[out + LOW] = record.x;
      tables[out + HIGH] = record.y;
      tables[out + LOW_ROW] = record.z;
      tables[out + HIGH_ROW] = record.w;
    } else {
      let variance = record.z / record.x;
      tables[out + FROM] = record.y;
      tables[out + SCALE] = inverseSqrt(variance + 1.0e-5);
      tables[out + ORIGIN] = 0.0;
      tables[out + LOW] = record.y;
      tables[out + HIGH] = variance;
    }
  }
}
${merge()}`;

/** Most places that a tile holds in workgroup memory: with more, fewer workgroups run at once. */
export const TILE = 512;

/** `y_q = sum_p phi_pq(u_p)`, tile by tile of rows. Dispatched `[groups, 1, trials]`. */
export const SPLINE = kernel("spline", "theta tables x -> y")`
${TABLES_WGSL}${PLACE_WGSL}${SILU_WGSL}
var<workgroup> placeW: array<f32, ${TILE}>;
var<workgroup> placeAt: array<u32, ${TILE}>;
var<workgroup> placeBase: array<f32, ${TILE}>;

${MAIN_ROWS}
  let table = group.z * P.tableStride;
  let base = group.z * P.numParameters + P.baseWeights;
  let out = group.z * P.yStride;
  for (var row = begin; row < end; row += P.tileRows) {
    let rows = min(P.tileRows, end - row);
    for (var first = 0u; first < P.nIn; first += P.tileInputs) {
      let inputs = min(P.tileInputs, P.nIn - first);
      workgroupBarrier();
      for (var i = local.x; i < rows * inputs; i += 64u) {
        let p = first + i % inputs;
        let found = place(table, p, x[group.z * P.xStride + (row + i / inputs) * P.nIn + p]);
        placeW[i] = found.w;
        placeAt[i] = piecesAt(table, p) + found.piece * SIZE * P.nOut;
        if (P.hasBase == 1u) { placeBase[i] = silu(found.u); }
      }
      workgroupBarrier();
      for (var i = local.x; i < rows * P.nOut; i += 64u) {
        let q = i % P.nOut;
        let places = (i / P.nOut) * inputs;
        var sum = 0.0;
        for (var p = 0u; p < inputs; p++) {
          let w = placeW[places + p];
          let at = placeAt[places + p] + q;
          var value = tables[at + DEGREE * P.nOut];
          for (var k = DEGREE; k > 0u; k--) { value = value * w + tables[at + (k - 1u) * P.nOut]; }
          if (P.hasBase == 1u) {
            value += placeBase[places + p] * theta[base + (first + p) * P.nOut + q];
          }
          sum += value;
        }
        let at = out + row * P.nOut + i;
        if (first > 0u) { sum += y[at]; }
        y[at] = sum;
      }
    }
  }
}
`;
