/**
 * Which scale a column gets: its range, or a scale that outliers and tails do not spoil.
 *
 * The pieces of a spline are evenly spread at first. Where nearly all rows lie in one of them, the
 * spline is a single polynomial to these rows.
 *
 * @module
 */

import { type ColumnScale, fitScale, type ScaleMap } from "./scaling.ts";
import { log } from "../numerics/inner.ts";

/**
 * How input columns are scaled; `auto` is by the range unless that crowds the rows, `robust` by the
 * range without outliers.
 */
export type InputScale = "auto" | "range" | "robust" | "quantile" | "log";

/** How targets are scaled: by their range, by the range without outliers, or by logarithms. */
export type TargetScale = "range" | "robust" | "log";

/** Why a column has no logarithmic scale: the `cause` of the error of {@linkcode chooseScale}. */
export interface NoLogarithm {
  /** Smallest value of the column. */
  readonly notAboveZero: number;
}

/** Cells of the range in which values are counted. */
const CELLS = 64;

/** A scale on which values fill fewer cells than this, effectively, crowds them. */
const CROWDED = 4;

/** Fewer different values than this are categories: no scale spreads them. */
const LEAST_VALUES = 16;

/** Pieces of a scale by quantiles. */
const MOST_PIECES = 32;

/** Different values of one piece, at least. */
const VALUES_PER_PIECE = 8;

/** A gap that is this share of its piece is a piece of its own. */
const LARGE_GAP = 2 / 3;

/**
 * Finds the scale of an input column, whose values are finite, by the rows that count (default:
 * all).
 *
 * `auto` keeps the range where the different values of the column fill the equivalent of 4 or more
 * of its 64 equal cells (`1 / sum p^2`, the inverse of Simpson's index of concentration, `p` the
 * share of the values in a cell), or are fewer than 16. Otherwise it takes the logarithm, if all
 * values are positive and their logarithms fill as many cells, and else the quantiles: the
 * piecewise linear map that sends the `k`-th of `n` different values to about `k / (n - 1)`.
 *
 * Of more than 200,000 values evenly spaced ones decide, and the two ends.
 *
 * `robust` maps the range of the values within 2 interquartile ranges of the median (of evenly
 * spread quartiles Tukey's inner fences) onto [0, 1]; places beyond go on like a logarithm. Without
 * values there, or where half the values are the same, it is the range.
 *
 * @throws {RangeError} As `fitScale`; also for a logarithm of values that are not all positive.
 */
export function chooseScale(
  name: string,
  values: ArrayLike<number>,
  rows?: ArrayLike<number>,
  kind: InputScale = "auto",
): ColumnScale {
  const range = fitScale(name, values, rows);
  const { minimum, maximum } = range;
  if (kind === "log") checkLogarithm(range);
  if (kind === "range" || minimum === maximum) return range;
  if (kind === "robust") return robustScale(range, pick(values, rows).sort());
  const sorted = differentValues(spacedValues(range, values, rows));
  const spread = (place: (value: number) => number): number => filledCells(sorted.map(place));
  const linear = (value: number): number => (value - minimum) / (maximum - minimum);
  if (kind === "auto") {
    if (sorted.length < LEAST_VALUES || spread(linear) >= CROWDED) return range;
  }
  const logarithm = minimum > 0 && kind !== "quantile" && Number.isFinite(maximum / minimum);
  const length = log(maximum / minimum);
  if (logarithm && (kind === "log" || spread((x) => log(x / minimum) / length) >= CROWDED)) {
    return { ...range, map: { kind: "log" } };
  }
  return { ...range, map: quantileMap(sorted) };
}

/** A word for the map of a scale: `log`, `quantile`, or `robust` where it leaves outliers beyond. */
export function mapWord(map: ScaleMap, outliers?: number): string {
  return map.kind === "quantile" && outliers !== undefined ? "robust" : map.kind;
}

/** Outliers of inputs lie this many interquartile ranges from the median. */
const FENCE = 2;

/** The line through the ends of the values that are no outliers, which slows down beyond them. */
function robustScale(range: ColumnScale, sorted: Float64Array): ColumnScale {
  const at = (share: number): number => {
    const place = share * (sorted.length - 1), low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  const middle = at(0.5), reach = FENCE * (at(0.75) - at(0.25));
  const inside = sorted.filter((value) => Math.abs(value - middle) <= reach);
  const outliers = sorted.length - inside.length;
  if (outliers === 0 || !(inside[inside.length - 1] > inside[0])) return range;
  const values = [inside[0], inside[inside.length - 1]];
  return { ...range, outliers, map: { kind: "quantile", values, positions: [0, 1] } };
}

function checkLogarithm({ name, minimum }: ColumnScale): void {
  if (minimum > 0) return;
  throw new RangeError(
    `Cannot fit scale: values of ${name} must be above 0 for a logarithm, current value is ` +
      `${minimum}`,
    { cause: { notAboveZero: minimum } satisfies NoLogarithm },
  );
}

/** Far out, as Tukey has it: so many interquartile ranges from the quartiles. */
const FAR_OUT = 3;

/** Values more than this many ranges beyond the others are gross: they measure something else. */
const GROSS = 3;

/**
 * Finds the scale of a target column, whose values are finite, by the rows that count (default:
 * all).
 *
 * The robust scale is the range of the values that are not far out: within 3 interquartile ranges
 * from the quartiles (J. W. Tukey, Exploratory Data Analysis, 1977, section 2D). The threshold of a
 * Huber loss is then a share of the range of most rows. Values far out are scaled to beyond [0, 1];
 * without any, the scale is the range.
 *
 * A Huber loss bounds the gradient of a row, but not how far the network follows it in the end: a
 * flexible network still learns a single row that lies a thousand ranges away. Rows with a value
 * more than three ranges beyond the others therefore have weight 0 in the loss, see `limits`.
 *
 * @throws {RangeError} As `fitScale`; also for a logarithm of values that are not all positive.
 */
export function chooseTargetScale(
  name: string,
  values: ArrayLike<number>,
  rows?: ArrayLike<number>,
  kind: TargetScale = "range",
): ColumnScale {
  const range = fitScale(name, values, rows);
  if (kind === "range") return range;
  if (kind === "log") {
    checkLogarithm(range);
    return range.minimum === range.maximum ? range : { ...range, map: { kind: "log" } };
  }
  const sorted = pick(values, rows).sort();
  const quartile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  const low = quartile(0.25), high = quartile(0.75), reach = FAR_OUT * (high - low);
  const inside = sorted.filter((value) => value >= low - reach && value <= high + reach);
  const minimum = inside[0],
    maximum = inside[inside.length - 1],
    outliers = sorted.length - inside.length;
  if (outliers === 0 || minimum === maximum) return range;
  const beyond = GROSS * (maximum - minimum);
  const limits = [minimum - beyond, maximum + beyond] as const;
  const gross = sorted[0] < limits[0] || sorted[sorted.length - 1] > limits[1];
  return { ...range, minimum, maximum, outliers, ...(gross ? { limits } : {}) };
}

/** Effective number of the {@linkcode CELLS} equal cells of [0, 1] that the values fill. */
function filledCells(places: Float64Array): number {
  const counts = new Float64Array(CELLS);
  for (const place of places) {
    counts[Math.max(0, Math.min(CELLS - 1, Math.floor(place * CELLS)))]++;
  }
  let sum = 0;
  for (const count of counts) sum += (count / places.length) ** 2;
  return 1 / sum;
}

/** Pieces with equally many values; a gap that fills most of a piece becomes a piece of its own. */
function quantileMap(sorted: Float64Array): ScaleMap {
  const last = sorted.length - 1;
  const pieces = Math.max(
    1,
    Math.min(MOST_PIECES, Math.floor(sorted.length / VALUES_PER_PIECE)),
  );
  const breaks = new Set<number>([0, last]);
  const todo: [number, number][] = [];
  for (let j = 0; j < pieces; j++) {
    const from = Math.round(j * last / pieces), to = Math.round((j + 1) * last / pieces);
    breaks.add(from);
    todo.push([from, to]);
  }
  for (let piece = todo.pop(); piece !== undefined; piece = todo.pop()) {
    const [from, to] = piece;
    if (to - from < 2) continue;
    let widest = from;
    for (let i = from; i < to; i++) {
      if (sorted[i + 1] - sorted[i] > sorted[widest + 1] - sorted[widest]) widest = i;
    }
    if (sorted[widest + 1] - sorted[widest] < LARGE_GAP * (sorted[to] - sorted[from])) continue;
    breaks.add(widest).add(widest + 1);
    todo.push([from, widest], [widest + 1, to]);
  }
  const indices = [...breaks].sort((a, b) => a - b);
  return {
    kind: "quantile",
    values: indices.map((i) => sorted[i]),
    positions: indices.map((i) => i / last),
  };
}

/** More values than this are known well enough by so many of them. */
const MOST_VALUES = 200_000;

/** All values, or evenly spaced ones of very many and the ends. */
function spacedValues(
  { minimum, maximum }: ColumnScale,
  values: ArrayLike<number>,
  rows?: ArrayLike<number>,
): Float64Array {
  const count = rows?.length ?? values.length;
  if (count <= MOST_VALUES) return pick(values, rows);
  const picked = new Float64Array(MOST_VALUES + 2);
  for (let i = 0; i < MOST_VALUES; i++) {
    const at = Math.floor(i * count / MOST_VALUES);
    picked[i] = values[rows === undefined ? at : rows[at]];
  }
  picked[MOST_VALUES] = minimum;
  picked[MOST_VALUES + 1] = maximum;
  return picked;
}

/** Each value once, in ascending order; sorts them in place. */
function differentValues(values: Float64Array): Float64Array {
  const sorted = values.sort();
  let count = 0;
  for (const value of sorted) {
    if (count === 0 || value !== sorted[count - 1]) sorted[count++] = value;
  }
  return sorted.subarray(0, count);
}

function pick(values: ArrayLike<number>, rows?: ArrayLike<number>): Float64Array {
  if (rows === undefined) return new Float64Array(values);
  const picked = new Float64Array(rows.length);
  for (let r = 0; r < rows.length; r++) picked[r] = values[rows[r]];
  return picked;
}
