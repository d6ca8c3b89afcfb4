/**
 * A solution on lines and grids.
 *
 * @module
 */

import { between } from "../training/error_map.ts";
import type {
  NamedValues,
  SolutionCurves,
  SolutionFields,
  SolutionMap,
  SolutionSlices,
  UnknownValues,
} from "./data.ts";

/** Points along a curve. */
const CURVE_POINTS = 801;
/** Points along a slice: steep fronts want many. */
const SLICE_POINTS = 601;
const COLUMNS = 121, ROWS = 161;
/** Moments of the slices, as shares of the range of time. */
const TIMES = [0, 0.25, 0.5, 0.75, 1];
/** Places of the slices without time, as shares of a range; conditions hold at its ends. */
const PLACES = [0.1, 0.3, 0.5, 0.7, 0.9];

/** Everything over the only coordinate. */
export function solutionCurves(fields: SolutionFields): SolutionCurves {
  const [[coordinate, range]] = Object.entries(fields.domain);
  const x = spread(range, CURVE_POINTS), points = Float64Array.from(x);
  return {
    coordinate,
    x,
    unknowns: unknownValues(fields, points),
    residuals: residualValues(fields, points),
  };
}

/** Lines along the last coordinate of space at several times, or across the first coordinate. */
export function solutionSlices(fields: SolutionFields): SolutionSlices[] {
  const names = Object.keys(fields.domain), ranges = Object.values(fields.domain);
  const time = names.indexOf("t");
  const across = Math.max(time, 0);
  const along = across === names.length - 1 ? names.length - 2 : names.length - 1;
  const x = spread(ranges[along], SLICE_POINTS);
  const shares = time < 0 ? PLACES : TIMES;
  const lines = shares.map((share) => {
    const at = between(ranges[across], share);
    const points = new Float64Array(x.length * names.length);
    x.forEach((position, r) => {
      ranges.forEach((range, i) => {
        points[r * names.length + i] = i === along
          ? position
          : i === across
          ? at
          : between(range, 0.5);
      });
    });
    return { at, unknowns: unknownValues(fields, points) };
  });
  return fields.unknowns.map((unknown, k) => ({
    unknown,
    along: names[along],
    across: names[across],
    x,
    lines: lines.map(({ at, unknowns: { [k]: { name: _, ...values } } }) => ({ at, ...values })),
  }));
}

/** Maps over the last two coordinates; of three, at the start, middle and end of the first. */
export function solutionMaps(fields: SolutionFields): SolutionMap[] {
  const names = Object.keys(fields.domain), ranges = Object.values(fields.domain);
  const d = names.length;
  const shares = d === 3 ? [0, 0.5, 1] : [0.5];
  return shares.map((share) => {
    const held = ranges.slice(0, d - 2).map((range) => between(range, share));
    const [x, y] = [ranges[d - 2], ranges[d - 1]];
    const across = spread(x, COLUMNS), up = spread(y, ROWS);
    const points = new Float64Array(COLUMNS * ROWS * d);
    up.forEach((v, r) => {
      across.forEach((u, c) => points.set([...held, u, v], (r * COLUMNS + c) * d));
    });
    return {
      held: held.map((value, i) => `${names[i]} = ${Number(value.toPrecision(4))}`).join(", "),
      x,
      y,
      names: [names[d - 2], names[d - 1]],
      isShape: [d - 2, d - 1].every((i) => fields.shaped?.includes(names[i])),
      columns: COLUMNS,
      rows: ROWS,
      unknowns: unknownValues(fields, points),
      residuals: residualValues(fields, points),
    };
  });
}

function unknownValues(fields: SolutionFields, points: Float64Array): UnknownValues[] {
  const values = fields.solution(points), truth = fields.truth?.(points);
  return fields.unknowns.map((name, k) => ({
    name,
    values: Array.from(values[k]),
    ...(truth && { truth: Array.from(truth[k]) }),
  }));
}

function residualValues(fields: SolutionFields, points: Float64Array): NamedValues[] {
  const values = fields.residuals(points);
  return fields.equations.map((name, k) => ({ name, values: Array.from(values[k]) }));
}

/** So many positions at even distances, both ends exactly. */
function spread(range: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => between(range, i / (count - 1)));
}
