/**
 * How groups of points lie in the buffers of jets, and what kernels read about them.
 *
 * @module
 */

import type { JetPoints } from "../../jets.ts";
import type { SplineStage } from "../../../model/inner.ts";
import { planTables, sumSize } from "../device_stages.ts";

/** Where a group's points lie. */
export interface GroupPlace {
  readonly rows: number;
  readonly channels: number;
  /** Row of the first value, and of the first derivative of the first point. */
  readonly firstRow: number;
  readonly jetRow: number;
}

/** Where all groups lie: first the values of all points, then the derivatives by groups. */
export function placeGroups(groups: readonly JetPoints[]) {
  const points = groups.reduce((sum, { rows }) => sum + rows, 0);
  let firstRow = 0, jetRow = points;
  const places = groups.map(({ rows, derivatives: { length: channels } }): GroupPlace => {
    const place = { rows, channels, firstRow, jetRow };
    firstRow += rows;
    jetRow += (channels - 1) * rows;
    return place;
  });
  return { points, rows: jetRow, places };
}

/** All groups' places. */
export type JetPlaces = ReturnType<typeof placeGroups>;

/** Copies jets `[rows, derivatives, nodes]` of a group to their places among rows of nodes, or back. */
export function moveJets(
  { rows, channels, firstRow, jetRow }: GroupPlace,
  nodes: number,
  grouped: Float64Array,
  inner: Float32Array,
  back: boolean,
): void {
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < channels; c++) {
      const row = c === 0 ? firstRow + r : jetRow + (c - 1) * rows + r;
      for (let i = 0, place = row * nodes; i < nodes; i++, at++, place++) {
        if (back) grouped[at] = inner[place];
        else inner[place] = grouped[at];
      }
    }
  }
}

/** The tables of a layer without bases: the host has these. */
export function jetTables(stage: SplineStage) {
  return planTables({ ...stage, basis: "relu" });
}

/** Threads that keep a large device busy, rows worth a table, and numbers of all tables together. */
const WANTED_THREADS = 65_536, LEAST_ROWS = 32, MOST_NUMBERS = 4_194_304;

/** Ranges of a list of rows whose sums are taken by one thread each. */
export interface RowRanges {
  readonly rowsPerCopy: number;
  readonly count: number;
}

/** Cuts rows of several groups into ranges; sums of `size` numbers of which a thread takes a part. */
export function planRanges(
  groups: readonly { readonly rows: number }[],
  size: number,
  threadsPerCopy: number,
): RowRanges[] {
  const all = groups.reduce((sum, { rows }) => sum + rows, 0);
  const most = Math.min(WANTED_THREADS / threadsPerCopy, MOST_NUMBERS / size);
  const each = Math.max(LEAST_ROWS, Math.ceil(all / Math.max(1, most)));
  return groups.map(({ rows }) => {
    const count = Math.max(1, Math.ceil(rows / each)), rowsPerCopy = Math.ceil(rows / count);
    return { rowsPerCopy: Math.max(1, rowsPerCopy), count };
  });
}

/** Numbers of one copy of a layer's sums. */
export function polynomialSums(stage: SplineStage): number {
  return sumSize({ ...stage, base: "none" });
}

/** Groups of rows that are measured together. */
const MOST_GROUPS = 2048, LEAST_ROWS_PER_GROUP = 64;

/** Rows that one workgroup measures. */
export function rowsPerGroup(points: number): number {
  return Math.max(LEAST_ROWS_PER_GROUP, Math.ceil(points / MOST_GROUPS));
}
