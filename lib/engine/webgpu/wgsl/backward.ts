/**
 * The backward pass over rows: slopes, the normalisation's adjoint, the linear map.
 *
 * No atomics: every thread owns the numbers that it adds to, rows are walked in order, and partial
 * sums of fixed ranges of rows are added in a fixed order. Results repeat bit for bit.
 *
 * @module
 */

import { FLAT_GROUP, kernel } from "../kernel.ts";
import {
  addLanes,
  MAIN_256,
  MAIN_64,
  MAIN_FLAT,
  MAIN_ROWS,
  PLACE_WGSL,
  ROW_BITS_WGSL,
  SILU_WGSL,
  STATE_WGSL,
  TABLES_WGSL,
} from "./common.ts";
import { COLUMNS_WGSL } from "./forward.ts";

/** Most lanes that share a point's outputs: together they read a sector of memory, 32 bytes. */
const MOST_SHARERS = 8;

/** Points of a tile, times the lanes that share a point's outputs: at least one row of 64 columns. */
const SLOPE_TILE = 64 * MOST_SHARERS;

/** Lanes that share a point's outputs: a power of 2. */
export function sharersOf(nOut: number): number {
  let sharers = 1;
  while (sharers < MOST_SHARERS && 2 * sharers <= nOut) sharers *= 2;
  return sharers;
}

/**
 * Places every point of the chosen trial, gives the gradient by normalised inputs, and sums its
 * contributions to the gradient by the statistics. Tile by tile: points are placed, then several
 * lanes share the outputs of a point, then every lane sums up points of one column. Dispatched
 * `[groups, ceil(nIn / 64)]`.
 */
export const SLOPES = kernel("slopes", "state theta tables x yBar -> places xBar partial")`
${STATE_WGSL}${TABLES_WGSL}${PLACE_WGSL}${SILU_WGSL}${COLUMNS_WGSL}${ROW_BITS_WGSL}
var<workgroup> pointW: array<f32, ${SLOPE_TILE}>;
var<workgroup> pointAt: array<u32, ${SLOPE_TILE}>;   // its piece's coefficients
var<workgroup> pointRate: array<f32, ${SLOPE_TILE}>;
var<workgroup> pointBase: array<f32, ${SLOPE_TILE}>; // slope of the base branch
var<workgroup> parts: array<f32, ${SLOPE_TILE}>;
var<workgroup> statsBars: array<vec2<f32>, 64>;

${MAIN_ROWS}
  let firstColumn = group.y * 64u;
  let columns = columnsOf(firstColumn);
  let lanes = 64u / columns;
  let lane = local.x / columns;
  let column = local.x % columns;
  let trial = u32(state[S_CHOSEN]);
  let table = trial * P.tableStride;
  let stats = statsAt(table, firstColumn + column);
  let low = tables[stats + LOW];
  let high = tables[stats + HIGH];
  let scale = tables[stats + SCALE];
  let lowRow = bitcast<u32>(tables[stats + LOW_ROW]);
  let highRow = bitcast<u32>(tables[stats + HIGH_ROW]);
  let tile = max(1u, ${SLOPE_TILE}u / (P.sharers * columns));
  var sums = vec2<f32>(0.0);
  for (var row = begin; row < end; row += tile) {
    let rows = min(tile, end - row);
    for (var i = local.x; i < rows * columns; i += 64u) {
      let p = firstColumn + i % columns;
      let at = (row + i / columns) * P.nIn + p;
      let found = place(table, p, x[trial * P.xStride + at]);
      places[2u * at] = found.w;
      places[2u * at + 1u] = f32(found.piece);
      pointW[i] = found.w;
      pointAt[i] = piecesAt(table, p) + found.piece * SIZE * P.nOut;
      pointRate[i] = tables[ratesAt(table, p) + found.piece];
      if (P.hasBase == 1u) { pointBase[i] = siluSlope(found.u); }
    }
    if (P.hasBar == 0u) { continue; }
    workgroupBarrier();
    for (var j = local.x; j < rows * columns * P.sharers; j += 64u) {
      let i = j / P.sharers;
      let w = pointW[i];
      let at = pointAt[i];
      let bars = trial * P.yBarStride + (row + i / columns) * P.nOut;
      let base = trial * P.numParameters + P.baseWeights + (firstColumn + i % columns) * P.nOut;
      var spline = 0.0;
      var branch = 0.0;
      for (var q = j % P.sharers; q < P.nOut; q += P.sharers) {
        var derivative = f32(DEGREE) * tables[at + DEGREE * P.nOut + q];
        for (var k = DEGREE - 1u; k > 0u; k--) {
          derivative = derivative * w + f32(k) * tables[at + k * P.nOut + q];
        }
        let g = yBar[bars + q];
        spline += g * derivative;
        if (P.hasBase == 1u) { branch += g * theta[base + q]; }
      }
      parts[j] = spline * pointRate[i] + select(0.0, branch * pointBase[i], P.hasBase == 1u);
    }
    workgroupBarrier();
    if (lane < lanes) {
      for (var r = lane; r < rows; r += lanes) {
        let from_ = (r * columns + column) * P.sharers;
        var slope = 0.0;
        for (var j = 0u; j < P.sharers; j++) { slope += parts[from_ + j]; }
        let at = (row + r) * P.nIn + firstColumn + column;
        xBar[at] = slope;
        let value = x[trial * P.xStride + at];
        if (P.normalisation == 1u) {
          let globalRow = ROW_BITS + P.firstRow + row + r;
          if (globalRow != lowRow && globalRow != highRow && scale > 0.0) {
            let v = (value - low) / (high - low);
            sums -= slope * scale * vec2<f32>(1.0 - v, v);
          }
        } else if (P.normalisation == 2u) {
          sums += slope * vec2<f32>(1.0, (value - low) * scale);
        }
      }
    }
    workgroupBarrier();
  }
  statsBars[local.x] = sums;
  workgroupBarrier();
  if (lane == 0u && P.hasBar == 1u) {
    for (var j = 1u; j < lanes; j++) { sums += statsBars[local.x + j * columns]; }
    let out = 2u * ((P.firstGroup + group.x) * P.nIn + firstColumn + column);
    partial[out] = sums.x;
    partial[out + 1u] = sums.y;
  }
}
`;

/** Adds the groups' contributions to the gradient by one node's statistics. Dispatched `[nIn]`. */
export const FINISH_SLOPES = kernel("finishSlopes", "state partial -> tables")`
${STATE_WGSL}${TABLES_WGSL}
var<workgroup> statsBars: array<vec2<f32>, 64>;

${MAIN_64}
  var sums = vec2<f32>(0.0);
  for (var g = local.x; g < P.groups; g += 64u) {
    let at = 2u * (g * P.nIn + group.x);
    sums += vec2<f32>(partial[at], partial[at + 1u]);
  }
  statsBars[local.x] = sums;
  workgroupBarrier();
  ${addLanes("statsBars")}
  if (local.x == 0u) {
    let stats = statsAt(u32(state[S_CHOSEN]) * P.tableStride, group.x);
    tables[stats + PULL_LOW] = statsBars[0].x;
    tables[stats + PULL_HIGH] = statsBars[0].y;
  }
}
`;

/** Turns the gradient by normalised inputs into the gradient by raw ones, in place. Many groups. */
export const PULL = kernel("pull", "state tables x -> xBar")`
${STATE_WGSL}${TABLES_WGSL}${ROW_BITS_WGSL}
${MAIN_FLAT}
  if (i >= P.rows * P.nIn) { return; }
  let trial = u32(state[S_CHOSEN]);
  let stats = statsAt(trial * P.tableStride, i % P.nIn);
  let scale = tables[stats + SCALE];
  let row = ROW_BITS + P.firstRow + i / P.nIn;
  var bar = xBar[i];
  if (P.normalisation == 1u) {
    bar *= scale;
    if (scale > 0.0) {
      if (row == bitcast<u32>(tables[stats + LOW_ROW])) { bar = tables[stats + PULL_LOW]; }
      if (row == bitcast<u32>(tables[stats + HIGH_ROW])) { bar = tables[stats + PULL_HIGH]; }
    }
  } else {
    let u = (x[trial * P.xStride + i] - tables[stats + LOW]) * scale;
    let rows = f32(P.totalRows);
    bar = scale * (bar - tables[stats + PULL_LOW] / rows - u * (tables[stats + PULL_HIGH] / rows));
  }
  xBar[i] = bar;
}
`;

/**
 * Gradient by weights and bias, by ranges of rows: one thread owns one of them in one range.
 * Many groups of threads `[copies, nIn + 1, nOut]`.
 */
export const PULL_LINEAR = kernel("pullLinear", "state x yBar -> copies")`${STATE_WGSL}
${MAIN_64}
  let thread = ${FLAT_GROUP} * 64u + local.x;
  let entry = thread % P.sumSize;
  let copy = thread / P.sumSize;
  if (copy >= P.chunkCopies) { return; }
  let trial = u32(state[S_CHOSEN]);
  let q = entry % P.nOut;
  let p = entry / P.nOut;
  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);
  var sum = 0.0;
  for (var r = begin; r < end; r++) {
    var value = 1.0;
    if (p < P.nIn) { value = x[trial * P.xStride + r * P.nIn + p]; }
    sum += value * yBar[trial * P.yBarStride + r * P.nOut + q];
  }
  copies[(P.firstCopy + copy) * P.sumSize + entry] = sum;
}
`;

/**
 * The gradient by a linear map's inputs, `xBar = yBar W^T`; 0 where a ReLU has cut the input off.
 * One thread a number, many groups.
 */
export const PULL_INPUTS = kernel("pullInputs", "state theta x yBar -> xBar")`${STATE_WGSL}
${MAIN_FLAT}
  if (i >= P.rows * P.nIn) { return; }
  let trial = u32(state[S_CHOSEN]);
  let bars = trial * P.yBarStride + (i / P.nIn) * P.nOut;
  let weights = trial * P.numParameters + P.coefficients + (i % P.nIn) * P.nOut;
  var sum = 0.0;
  if (P.rectified == 0u || x[trial * P.xStride + i] > 0.0) {
    for (var q = 0u; q < P.nOut; q++) { sum += yBar[bars + q] * theta[weights + q]; }
  }
  xBar[i] = sum;
}
`;

/** Adds the copies up, 16 numbers and 16 lanes of copies per workgroup. Many groups. */
export const SUM_COPIES = kernel("sumCopies", "state copies theta -> sums")`${STATE_WGSL}
var<workgroup> lanes: array<f32, 256>;

${MAIN_256}
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
`;
