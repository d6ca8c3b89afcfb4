/**
 * Kernels of jets: a layer forwards, along a direction of the parameters, and backwards.
 *
 * Jets of a stage lie in one buffer of rows of nodes: first the values of all points of all groups,
 * so that statistics are measured as those of a dataset, then group after group its derivatives,
 * one after the other. No atomics: every thread owns the numbers that it writes, points are
 * walked in order, and results repeat bit for bit.
 *
 * @module
 */

import { FLAT_GROUP, kernel, type KernelSource } from "../kernel.ts";
import {
  addLanes,
  MAIN_64,
  MAIN_FLAT,
  PLACE_WGSL,
  ROW_BITS_WGSL,
  TABLES_WGSL,
} from "../wgsl/common.ts";
import type { JetText } from "./jet_wgsl.ts";

/** The kernels of a group's derivatives. */
export interface GroupKernels {
  /** `y_q = sum_p phi_pq(u_p)` with all derivatives. Many groups of threads `[rows, nOut]`. */
  readonly spline: KernelSource;
  /** How outputs move where polynomials, statistics and inputs do. The same threads. */
  readonly moved: KernelSource;
  /** The gradient by inputs. Many groups of threads `[rows, nIn]`. */
  readonly slopes: KernelSource;
  /** The gradient by polynomials, by ranges of rows. Many groups of threads `[copies, nIn, nOut]`. */
  readonly moments: KernelSource;
}

/** Which row holds derivative c of the group's point r. */
const ROW_WGSL = `
fn rowOf(c: u32, r: u32) -> u32 {
  if (c == 0u) { return P.firstRow + r; }
  return P.jetRow + (c - 1u) * P.rows + r;
}
`;

/** Reads the jets of node p at point r: `u0, u1, ...` of the normalised input, and its piece. */
function readPoint({ forBehind }: JetText): string {
  return `
      let stats = statsAt(0u, p);
      let scale = tables[stats + SCALE];
      let x0 = x[rowOf(0u, r) * P.nIn + p];
      ${forBehind((c) => `let x${c} = x[rowOf(${c}u, r) * P.nIn + p];`)}
      ${forBehind((c) => `let u${c} = scale * x${c};`)}
      let found = place(0u, p, x0);
      let w = found.w;
      let rate = tables[ratesAt(0u, p) + found.piece];
      let from_ = (p * (P.intervals + 2u) + found.piece) * SIZE * P.nOut;`;
}

/** Creates the kernels for a list of derivatives. */
export function groupKernels(text: JetText): GroupKernels {
  const head = `${TABLES_WGSL}${PLACE_WGSL}${ROW_WGSL}`, { order, forAll, forBehind } = text;
  const pieces = "piecesAt(0u, 0u) + from_ + q";
  /** Thread by thread an output at a point: what all inputs add to `y0, y1, ...`. */
  const sumInputs = (add: string) =>
    `${head}
${MAIN_FLAT}
  if (i >= P.rows * P.nOut) { return; }
  let r = i / P.nOut;
  let q = i % P.nOut;
  ${forAll((c) => `var y${c} = 0.0;`)}
  for (var p = 0u; p < P.nIn; p++) {
    ${readPoint(text)}
    ${add}
  }
  ${forAll((c) => `y[rowOf(${c}u, r) * P.nOut + q] = y${c};`)}
}
`;
  return {
    spline: kernel(`jets ${text.name}`, "tables x -> y")`${
      sumInputs(`
    ${text.pieceDerivatives("f", "tables", pieces, order)}
    ${text.addValues}`)
    }`,
    moved: kernel(`movedJets ${text.name}`, "tables moved turns x xMoved -> y")`${
      sumInputs(`
    let turn = turns[2u * p];
    let shift = turns[2u * p + 1u];
    let v0 = scale * (xMoved[rowOf(0u, r) * P.nIn + p] - shift) + (x0 - tables[stats + FROM]) * turn;
    ${forBehind((c) => `let v${c} = scale * xMoved[rowOf(${c}u, r) * P.nIn + p] + x${c} * turn;`)}
    ${text.pieceDerivatives("f", "tables", pieces, order + 1)}
    ${text.pieceDerivatives("g", "moved", "from_ + q", order)}
    ${Array.from({ length: order + 1 }, (_, j) => `g${j} += f${j + 1} * v0;`).join("\n")}
    ${text.addMoved}`)
    }`,
    slopes: kernel(`jetSlopes ${text.name}`, "tables x yBar -> xBar spread")`${head}
${MAIN_FLAT}
  if (i >= P.rows * P.nIn) { return; }
  let r = i / P.nIn;
  let p = i % P.nIn;
  ${readPoint(text)}
  ${text.declareSums}
  for (var q = 0u; q < P.nOut; q++) {
    ${forAll((c) => `let bar${c} = yBar[rowOf(${c}u, r) * P.nOut + q];`)}
    ${text.pieceDerivatives("f", "tables", pieces, order + 1)}
    ${text.addSums}
  }
  ${text.pullSums}
  var shared_ = 0.0; // what derivatives add to the gradient by the scale
  ${forBehind((c) => `shared_ += b${c} * x${c};`)}
  ${forBehind((c) => `xBar[rowOf(${c}u, r) * P.nIn + p] = scale * b${c};`)}
  // where statistics are measured, the kernel pull goes on with the gradient by the normalised value
  xBar[rowOf(0u, r) * P.nIn + p] = select(scale * b0, b0, P.normalisation == 1u || P.normalisation == 2u);
  spread[(P.firstRow + r) * P.nIn + p] = shared_;
}
`,
    moments: kernel(`jetMoments ${text.name}`, "tables x yBar -> copies")`${head}
${MAIN_64}
  let thread = ${FLAT_GROUP} * 64u + local.x;
  let q = thread % P.nOut;
  let p = (thread / P.nOut) % P.nIn;
  let copy = thread / (P.nOut * P.nIn);
  if (copy >= P.chunkCopies) { return; }
  let to = (P.firstCopy + copy) * P.sumSize + q;
  for (var j = 0u; j < (P.intervals + 2u) * SIZE; j++) {
    copies[to + (p * (P.intervals + 2u) * SIZE + j) * P.nOut] = 0.0;
  }
  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);
  for (var r = begin; r < end; r++) {
    ${readPoint(text)}
    ${forAll((c) => `let bar${c} = yBar[rowOf(${c}u, r) * P.nOut + q];`)}
    ${text.gradientByOrders}
    ${scaleOrders(order)}
    // the functional on w^k: (w + shift)^k applied to (g0, g1, ...), its first entry
    for (var k = 0u; k < SIZE; k++) {
      copies[to + from_ + k * P.nOut] += g0;
      ${
      Array.from({ length: order + 1 }, (_, j) =>
        `g${j} = g${j} * w${j < order ? ` + g${j + 1}` : ""};`).join("\n")
    }
    }
  }
}
`,
  };
}

/** Turns gradients by `phi^(j)` into those by `phi^(j) / j!` by w. */
function scaleOrders(order: number): string {
  let factorial = 1;
  return Array.from({ length: order }, (_, i) => {
    factorial *= i + 1;
    return `g${i + 1} *= ${factorial}.0${" * rate".repeat(i + 1)};`;
  }).join("\n");
}

/** Kernels that do not depend on the derivatives. */
export type StageKernels = ReturnType<typeof stageKernels>;

/** Creates the kernels that all groups share. */
export function stageKernels() {
  const head = `${TABLES_WGSL}${ROW_BITS_WGSL}`;
  return {
    /** A linear map of all jets; a bias moves values alone. Many groups of threads `[rows, nOut]`. */
    linear: kernel("jetsLinear", "theta x -> y")`
${MAIN_FLAT}
  if (i >= P.rows * P.nOut) { return; }
  let r = i / P.nOut;
  let q = i % P.nOut;
  let weights = P.coefficients + q;
  var sum = 0.0;
  if (P.hasBias == 1u && r < P.totalRows) { sum = theta[weights + P.nIn * P.nOut]; }
  for (var p = 0u; p < P.nIn; p++) { sum += x[r * P.nIn + p] * theta[weights + p * P.nOut]; }
  y[i] = sum;
}
`,
    /** The gradient by weights and bias, by ranges of rows. Many groups `[copies, entries]`. */
    pullLinear: kernel("jetsPullLinear", "x yBar -> copies")`
${MAIN_64}
  let thread = ${FLAT_GROUP} * 64u + local.x;
  let entry = thread % P.sumSize;
  let copy = thread / P.sumSize;
  if (copy >= P.chunkCopies) { return; }
  let q = entry % P.nOut;
  let p = entry / P.nOut;
  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);
  var sum = 0.0;
  for (var r = begin; r < end; r++) {
    var value = select(0.0, 1.0, r < P.totalRows);
    if (p < P.nIn) { value = x[r * P.nIn + p]; }
    sum += value * yBar[r * P.nOut + q];
  }
  copies[(P.firstCopy + copy) * P.sumSize + entry] = sum;
}
`,
    /** How scale and shift of a node move where its values do. One workgroup a node. */
    turns: kernel("jetTurns", "tables x xMoved -> turns")`${head}
var<workgroup> lanes: array<vec2<f32>, 64>;

${MAIN_64}
  let p = group.x;
  let stats = statsAt(0u, p);
  let scale = tables[stats + SCALE];
  var sums = vec2<f32>(0.0);
  if (P.normalisation == 2u) {
    for (var r = local.x; r < P.totalRows; r += 64u) {
      let moved = xMoved[r * P.nIn + p];
      sums += vec2<f32>(moved, moved * (x[r * P.nIn + p] - tables[stats + FROM]));
    }
  }
  lanes[local.x] = sums;
  workgroupBarrier();
  ${addLanes("lanes")}
  if (local.x > 0u) { return; }
  var turn = 0.0;
  var shift = 0.0;
  if (P.normalisation == 2u) { // d scale = -scale^3 d variance / 2
    shift = lanes[0].x / f32(P.totalRows);
    turn = -scale * scale * scale * (lanes[0].y / f32(P.totalRows));
  } else if (P.normalisation == 1u && scale > 0.0) {
    let low = bitcast<u32>(tables[stats + LOW_ROW]) - ROW_BITS;
    let high = bitcast<u32>(tables[stats + HIGH_ROW]) - ROW_BITS;
    shift = xMoved[low * P.nIn + p];
    turn = scale * (shift - xMoved[high * P.nIn + p]) / (tables[stats + HIGH] - tables[stats + LOW]);
  }
  turns[2u * p] = turn;
  turns[2u * p + 1u] = shift;
}
`,
    /** The gradient by a node's two statistics, for the kernel pull. One workgroup a node. */
    statistics: kernel("jetStatistics", "x xBar spread -> tables")`${head}
var<workgroup> lanes: array<vec2<f32>, 64>;

${MAIN_64}
  let p = group.x;
  let stats = statsAt(0u, p);
  let scale = tables[stats + SCALE];
  let low = tables[stats + LOW];
  let high = tables[stats + HIGH];
  let lowRow = bitcast<u32>(tables[stats + LOW_ROW]);
  let highRow = bitcast<u32>(tables[stats + HIGH_ROW]);
  var sums = vec2<f32>(0.0);
  for (var r = local.x; r < P.totalRows; r += 64u) {
    let at = r * P.nIn + p;
    if (P.normalisation == 2u) {
      sums += vec2<f32>(xBar[at], (xBar[at] * (x[at] - low) + spread[at]) * scale);
    } else if (scale > 0.0) {
      sums += vec2<f32>(1.0, -1.0) * (spread[at] * scale / (high - low));
      if (ROW_BITS + r != lowRow && ROW_BITS + r != highRow) {
        let v = (x[at] - low) / (high - low);
        sums -= xBar[at] * scale * vec2<f32>(1.0 - v, v);
      }
    }
  }
  lanes[local.x] = sums;
  workgroupBarrier();
  ${addLanes("lanes")}
  if (local.x == 0u) {
    tables[stats + PULL_LOW] = lanes[0].x;
    tables[stats + PULL_HIGH] = lanes[0].y;
  }
}
`,
  };
}
