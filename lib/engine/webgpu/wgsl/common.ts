/**
 * WGSL that several kernels share: the layout of tables and state, and how a point is placed.
 *
 * The same text runs in Deno (naga) and Chromium (Tint): at most 8 storage buffers, no subgroups,
 * loops left as loops, infinities and NaN looked for by their bits.
 *
 * @module
 */

import { FLAT_GROUP } from "../kernel.ts";

/** Numbers of the state buffer, by index; see `STATE_WGSL`. */
export const STATE = {
  /** The trial that was taken. */
  chosen: 0,
  /** 1 if the trial is better than the point before. */
  accepted: 1,
  /** Objective at the current point. */
  objective: 2,
  /** Loss at the current point, without weight decay. */
  loss: 3,
  /** Iterations so far. */
  iterations: 4,
  /** Stored pairs. */
  pairs: 5,
  /** Place in the ring that the next pair takes. */
  head: 6,
  /** 1 once nothing more can be gained. */
  converged: 7,
  /** 1 once a number was not finite. */
  diverged: 8,
  /** Factor on all step lengths after failed searches. */
  shrink: 9,
  /** Failed searches in a row. */
  failures: 10,
  /** Slope along the direction. */
  slope: 11,
  /** Largest entry of the gradient. */
  gradientMax: 12,
  /** `sum |g_i|`. */
  gradientSum: 13,
  /** Trials evaluated so far. */
  evaluations: 14,
  /** How much the latest step brought. */
  change: 15,
  /** Step length, objective and loss of each trial. */
  steps: 16,
  values: 24,
  losses: 32,
} as const;

/** Numbers of the state buffer. */
export const STATE_LENGTH = 64;

/** The indices as WGSL constants, and a test for numbers that are not finite. */
export const STATE_WGSL =
  Object.entries(STATE).map(([name, index]) => `const S_${name.toUpperCase()}: u32 = ${index}u;`)
    .join("\n") + `
fn finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
`;

/**
 * Added to a row number before its bits are kept as a float: small integers would be subnormal
 * numbers, which a device may flush to 0.
 */
export const ROW_BITS = 0x40000000;

/** The constant in WGSL. */
export const ROW_BITS_WGSL = `const ROW_BITS: u32 = ${ROW_BITS}u;\n`;

/** Numbers kept per node of a normalised layer. */
export const STATS_LENGTH = 10;

/**
 * Index arithmetic of a layer's tables. Per trial: knots `[nIn, intervals + 1 + 2 degree]`, rates
 * `[nIn, intervals + 2]` (`dw/du`), ends `[nIn, 2]` (first and last piece that is not empty), bases
 * `[nIn, intervals, degree + 1, degree + 1]` (row i: `B_{m+i}` as a polynomial in w), pieces
 * `[nIn, intervals + 2, degree + 1, nOut]`, statistics `[nIn, 10]`.
 */
export const TABLES_WGSL = `
const SIZE: u32 = DEGREE + 1u;
const STATS: u32 = ${STATS_LENGTH}u;
const FROM: u32 = 0u;
const SCALE: u32 = 1u;
const ORIGIN: u32 = 2u;
const LOW: u32 = 3u;       // min-max: minimum; batch: mean
const HIGH: u32 = 4u;      // min-max: maximum; batch: variance
const LOW_ROW: u32 = 5u;   // bits of a row number plus ROW_BITS
const HIGH_ROW: u32 = 6u;
const PULL_LOW: u32 = 7u;  // gradient by minimum and maximum, or mean and variance
const PULL_HIGH: u32 = 8u;
fn knotCount() -> u32 { return P.intervals + 1u + 2u * DEGREE; }
fn knotsAt(table: u32, p: u32) -> u32 { return table + p * knotCount(); }
fn ratesAt(table: u32, p: u32) -> u32 { return table + P.tRates + p * (P.intervals + 2u); }
fn endsAt(table: u32, p: u32) -> u32 { return table + P.tEnds + 2u * p; }
fn basesAt(table: u32, p: u32, m: u32) -> u32 {
  return table + P.tBases + (p * P.intervals + m) * SIZE * SIZE;
}
fn piecesAt(table: u32, p: u32) -> u32 {
  return table + P.tPieces + p * (P.intervals + 2u) * SIZE * P.nOut;
}
fn statsAt(table: u32, p: u32) -> u32 { return table + P.tStats + p * STATS; }
`;

/** `place` and `position`: a raw input's piece and local coordinate, and its place in the domain. */
export const PLACE_WGSL = `
struct Place { w: f32, piece: u32, u: f32 }

/** The last knot at or left of u among the pieces first..last of a node. */
fn findPiece(knots: u32, first: u32, last: u32, u: f32) -> u32 {
  var low = first;
  var high = last;
  while (low < high) {
    let middle = (low + high + 1u) >> 1u;
    if (u >= tables[knots + DEGREE + middle - 1u]) { low = middle; } else { high = middle - 1u; }
  }
  return low;
}

fn place(table: u32, p: u32, x: f32) -> Place {
  let stats = statsAt(table, p);
  var u = tables[stats + ORIGIN] + (x - tables[stats + FROM]) * tables[stats + SCALE];
  let inside = clamp(u, P.domainFrom, P.domainTo);
  // given extremes: what rounding has moved beyond them
  let isRounded = P.normalisation == 3u && abs(u - inside) <= 1.0e-6 * (P.domainTo - P.domainFrom);
  if (P.normalisation == 1u || isRounded) { u = inside; }
  let knots = knotsAt(table, p);
  let ends = endsAt(table, p);
  var piece = 0u;
  var origin = P.domainFrom;
  if (u > P.domainTo) {
    piece = P.intervals + 1u;
    origin = P.domainTo;
  } else if (u >= P.domainFrom) {
    piece = findPiece(knots, u32(tables[ends]), u32(tables[ends + 1u]), u);
    origin = tables[knots + DEGREE + piece - 1u];
  }
  var w = (u - origin) * tables[ratesAt(table, p) + piece];
  if (P.extrapolation == 2u && (u > P.domainTo || u < P.domainFrom)) { w = P.notANumber; }
  return Place(w, piece, u);
}
`;

/** `silu` and its derivative. */
export const SILU_WGSL = `
fn logistic(u: f32) -> f32 {
  let small = exp(-abs(u));
  return select(small, 1.0, u >= 0.0) / (1.0 + small);
}
fn silu(u: f32) -> f32 { return u * logistic(u); }
fn siluSlope(u: f32) -> f32 {
  let s = logistic(u);
  return s * (1.0 + u * (1.0 - s));
}
`;

function mainOf(lanes: number): string {
  return `@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {`;
}

/** The head of a kernel of 64 or 256 lanes: `group` and `local` number its workgroup and lane. */
export const MAIN_64 = mainOf(64), MAIN_256 = mainOf(256);

/** Adds the numbers of 64 lanes behind a barrier: the first of the list has their sum. */
export function addLanes(list: string): string {
  return `for (var half = 32u; half > 0u; half >>= 1u) {
    if (local.x < half) { ${list}[local.x] += ${list}[local.x + half]; }
    workgroupBarrier();
  }`;
}

/** The same where every workgroup has its rows, `begin <= r < end`. */
export const MAIN_ROWS = `${MAIN_64}
  let begin = group.x * P.rowsPerGroup;
  let end = min(begin + P.rowsPerGroup, P.rows);`;

/** The same for thread i of many groups. */
export const MAIN_FLAT = `${MAIN_64}
  let i = ${FLAT_GROUP} * 64u + local.x;`;
