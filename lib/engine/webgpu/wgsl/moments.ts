/**
 * Moments of the gradient by pieces: the gradients by coefficients, base weights and knots follow
 * from them.
 *
 * No atomics: every lane owns the numbers that it adds to, rows are walked in order.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { FLAT_GROUP, kernel, type KernelSource } from "../kernel.ts";
import { MAIN_64, SILU_WGSL, STATE_WGSL, TABLES_WGSL } from "./common.ts";

const MOMENT_BUFFERS = "state tables x yBar places -> copies";

/** A workgroup's node `p`, copy and block of 64 columns: one coefficient k of one output q each. */
const PLACE_WGSL = `  let all = (SIZE + P.hasBase) * P.nOut;
  let blocks = (all + 63u) / 64u;
  let number = ${FLAT_GROUP};
  let p = (number / blocks) % P.nIn;
  let copy = number / (blocks * P.nIn);
`;

// Shared by all: what a node, a range of rows, a sum and a point are.
const HEAD = `${STATE_WGSL}${TABLES_WGSL}${SILU_WGSL}`;
const NODE = `  let pieces = P.intervals + 2u;
  let trial = u32(state[S_CHOSEN]);
  let stats = statsAt(trial * P.tableStride, p);`;
const COPY_ROWS = `  let begin = copy * P.rowsPerCopy;
  let end = min(begin + P.rowsPerCopy, P.rows);`;
const COPY_AT = `  let copyAt = (P.firstCopy + copy) * P.sumSize +
    p * (pieces * SIZE + P.hasBase) * P.nOut + q;`;
const POINT = `let i = r * P.nIn + p;
      var g = yBar[trial * P.yBarStride + r * P.nOut + q];`;
const NORMALISED = `let u = tables[stats + ORIGIN] +
          (x[trial * P.xStride + i] - tables[stats + FROM]) * tables[stats + SCALE];`;

/** Pieces that fit workgroup memory, in steps: more workgroups run at once with smaller tables. */
const MOMENT_TABLES = [8, 24, 62];

/**
 * Moments `sum over points of g w^k` of every piece, by ranges of rows.
 *
 * A workgroup has one node and up to 64 of its columns `(k, q)`; lanes that are left over take
 * other rows. Each lane owns a column of a table in workgroup memory, so that adding costs no
 * traffic and no lane waits. With a base branch `sum g silu(u)` is one more k. Dispatched in many
 * groups `[copies, nIn, ceil(columns / 64)]`.
 */
const momentsInWorkgroup = (pieces: number) =>
  kernel(`moments${pieces}`, MOMENT_BUFFERS)`${HEAD}
var<workgroup> moments: array<f32, ${64 * pieces}>;

${MAIN_64}
${PLACE_WGSL}  let first = (number % blocks) * 64u;
  let columns = min(64u, all - first);
  let slices = 64u / columns;
  let slice = local.x / columns;
  let k = (first + local.x % columns) / P.nOut;
  let q = (first + local.x % columns) % P.nOut;
${NODE}
  for (var i = 0u; i < pieces; i++) { moments[i * 64u + local.x] = 0.0; }
${COPY_ROWS}
  if (slice < slices && copy < P.chunkCopies) {
    for (var r = begin + slice; r < end; r += slices) {
      ${POINT}
      if (k < SIZE) {
        let w = places[2u * i];
        for (var j = 0u; j < k; j++) { g *= w; }
        moments[u32(places[2u * i + 1u]) * 64u + local.x] += g;
      } else {
        ${NORMALISED}
        moments[local.x] += g * silu(u);
      }
    }
  }
  workgroupBarrier();
  if (slice > 0u || copy >= P.chunkCopies) { return; }
${COPY_AT}
  for (var i = 0u; i < pieces; i++) {
    var sum = 0.0;
    for (var s = 0u; s < slices; s++) { sum += moments[i * 64u + local.x + s * columns]; }
    if (k < SIZE) { copies[copyAt + (i * SIZE + k) * P.nOut] = sum; }
    else if (i == 0u) { copies[copyAt + pieces * SIZE * P.nOut] = sum; }
  }
}
`;

/** Numbers of a table in workgroup memory that every device has. */
const MOST_WORKGROUP_NUMBERS = 4096;

/** Outputs from which on a lane takes all powers of its output. */
const WIDE_OUTPUTS = 16;

/** Tables of wide layers by their pieces. */
const WIDE_TABLES = [8, 12];

/**
 * The same for layers with many outputs: a lane owns an output and all its powers, so that
 * gradients and places are read once and not once a power. Dispatched in many groups
 * `[copies, nIn, ceil(nOut / 64)]`.
 */
const wideMoments = (pieces: number) =>
  kernel(`wideMoments${pieces}`, MOMENT_BUFFERS)`${HEAD}
var<workgroup> moments: array<f32, ${64 * pieces}u * SIZE>;
var<workgroup> bases: array<f32, 64>;

${MAIN_64}
  let blocks = (P.nOut + 63u) / 64u;
  let number = ${FLAT_GROUP};
  let p = (number / blocks) % P.nIn;
  let copy = number / (blocks * P.nIn);
  let first = (number % blocks) * 64u;
  let columns = min(64u, P.nOut - first);
  let slices = 64u / columns;
  let slice = local.x / columns;
  let q = first + local.x % columns;
${NODE}
  for (var i = 0u; i < pieces * SIZE; i++) { moments[i * 64u + local.x] = 0.0; }
${COPY_ROWS}
  var base = 0.0;
  if (slice < slices && copy < P.chunkCopies) {
    for (var r = begin + slice; r < end; r += slices) {
      ${POINT}
      if (P.hasBase == 1u) {
        ${NORMALISED}
        base += g * silu(u);
      }
      let w = places[2u * i];
      let at = u32(places[2u * i + 1u]) * SIZE * 64u + local.x;
      for (var k = 0u; k < SIZE; k++) {
        moments[at + k * 64u] += g;
        g *= w;
      }
    }
  }
  bases[local.x] = base;
  workgroupBarrier();
  if (slice > 0u || copy >= P.chunkCopies) { return; }
${COPY_AT}
  for (var i = 0u; i < pieces * SIZE; i++) {
    var sum = 0.0;
    for (var s = 0u; s < slices; s++) { sum += moments[i * 64u + local.x + s * columns]; }
    copies[copyAt + i * P.nOut] = sum;
  }
  if (P.hasBase == 1u) {
    for (var s = 1u; s < slices; s++) { base += bases[local.x + s * columns]; }
    copies[copyAt + pieces * SIZE * P.nOut] = base;
  }
}
`;

/** The same where tables do not fit: in the buffer itself. Same groups; one thread has a column. */
const MOMENTS_IN_BUFFER = kernel("moments", MOMENT_BUFFERS)`${HEAD}
${MAIN_64}
${PLACE_WGSL}  let column = (number % blocks) * 64u + local.x;
  if (column >= all || copy >= P.chunkCopies) { return; }
  let k = column / P.nOut;
  let q = column % P.nOut;
${NODE}
${COPY_AT}
  if (k < SIZE) {
    for (var i = 0u; i < pieces; i++) { copies[copyAt + (i * SIZE + k) * P.nOut] = 0.0; }
  }
${COPY_ROWS}
  var base = 0.0;
  for (var r = begin; r < end; r++) {
    ${POINT}
    if (k < SIZE) {
      let w = places[2u * i];
      for (var j = 0u; j < k; j++) { g *= w; }
      copies[copyAt + (u32(places[2u * i + 1u]) * SIZE + k) * P.nOut] += g;
    } else {
      ${NORMALISED}
      base += g * silu(u);
    }
  }
  if (k == SIZE) { copies[copyAt + pieces * SIZE * P.nOut] = base; }
}
`;

/** The kernel of a layer's moments, and its workgroups per copy. */
export function momentsKernel(
  { nIn, nOut, base, space: { degree, intervals } }: SplineStage,
): { readonly source: KernelSource; readonly groups: number } {
  const size = degree + 1, pieces = intervals + 2;
  const wide = WIDE_TABLES.find((most) => pieces <= most);
  if (nOut >= WIDE_OUTPUTS && wide && 64 * (wide * size + 1) <= MOST_WORKGROUP_NUMBERS) {
    return { source: wideMoments(wide), groups: nIn * Math.ceil(nOut / 64) };
  }
  const table = MOMENT_TABLES.find((most) => pieces <= most);
  const columns = (size + (base === "silu" ? 1 : 0)) * nOut;
  return {
    source: table === undefined ? MOMENTS_IN_BUFFER : momentsInWorkgroup(table),
    groups: nIn * Math.ceil(columns / 64),
  };
}
