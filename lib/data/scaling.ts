/**
 * Scales columns to [0, 1] by the range of the training rows, and back.
 *
 * @module
 */

import {
  logScale,
  logSlope,
  logUnscale,
  piecewiseScale,
  piecewiseSlope,
  piecewiseUnscale,
} from "./_scale_maps.ts";

/** How a column that is not scaled linearly reaches [0, 1]: monotone and invertible. */
export type ScaleMap =
  /**
   * `log(x / minimum) / log(maximum / minimum)`; below `minimum` the tangent there, which slows
   * down like a logarithm.
   */
  | { readonly kind: "log" }
  /**
   * Linear between the points `(values[i], positions[i])`, both increasing; beyond them the first
   * and last piece go on and slow down like a logarithm.
   */
  | {
    readonly kind: "quantile";
    readonly values: readonly number[];
    readonly positions: readonly number[];
  };

/** The range that a column is scaled by; plain data for the model file. */
export interface ColumnScale {
  /** Name of the column. */
  readonly name: string;
  /** Becomes 0: the smallest training value; of a robust scale the smallest that is no outlier. */
  readonly minimum: number;
  /** Becomes 1: the largest, in the same sense. Equal to `minimum`: all becomes 0.5. */
  readonly maximum: number;
  /**
   * A decimal number that is subtracted from every cell, exactly, before it is read as float64;
   * `minimum` and `maximum` belong to the differences. Absent: none.
   */
  readonly offset?: string;
  /** Number of training values beyond `minimum` and `maximum`. Absent: none. */
  readonly outliers?: number;
  /** Of a target: rows with values outside these limits have weight 0 in the loss. Absent: none. */
  readonly limits?: readonly [number, number];
  /**
   * Of a target with a logarithmic map: the mean of `exp(e)` over the errors `e` of the training rows'
   * logarithms, a factor of predictions, so that these are means (Duan 1983). Absent: 1.
   */
  readonly smearing?: number;
  /** The map that replaces the straight line from `minimum` to `maximum`. Absent: the line. */
  readonly map?: ScaleMap;
}

/**
 * Finds the range of a column.
 *
 * @param name Name of the column.
 * @param values The column, finite, at least one entry.
 * @param rows The rows that count, usually the training rows. Default: all.
 * @returns The range; plain data.
 * @throws {RangeError} If there is no row, a value is not finite, or the range overflows.
 *
 * @example
 * ```ts
 * import { fitScale, scaleValue, unscaleValue } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const scale = fitScale("x", new Float64Array([3, 1, 5, 99]), [0, 1, 2]);
 * assertEquals(scale, { name: "x", minimum: 1, maximum: 5 });
 * assertEquals(scaleValue(scale, 2), 0.25);
 * assertEquals(unscaleValue(scale, 0.25), 2);
 * ```
 */
export function fitScale(
  name: string,
  values: ArrayLike<number>,
  rows?: ArrayLike<number>,
): ColumnScale {
  const count = rows === undefined ? values.length : rows.length;
  if (count === 0) {
    throw new RangeError(`Cannot fit scale: rows of ${name} must not be empty, current value is 0`);
  }
  let minimum = Infinity, maximum = -Infinity;
  for (let r = 0; r < count; r++) {
    const value = values[rows === undefined ? r : rows[r]];
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `Cannot fit scale: values of ${name} must be finite, current value is ${value}`,
      );
    }
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  if (!Number.isFinite(maximum - minimum)) {
    throw new RangeError(
      `Cannot fit scale: range of ${name} must be finite, current value is ` +
        `${minimum} to ${maximum}`,
    );
  }
  return { name, minimum: minimum + 0, maximum: maximum + 0 }; // -0 is not JSON
}

/**
 * Maps a value of a column to the scale: `(value - minimum) / (maximum - minimum)`, or as the
 * scale's map says.
 *
 * @param scale The column's range.
 * @param value In the column's units.
 * @returns 0 to 1 inside the range, beyond outside, 0.5 for a constant column.
 *
 * @example
 * ```ts
 * import { scaleValue } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const scale = { name: "mass", minimum: 1, maximum: 100 };
 * assertEquals(scaleValue(scale, 50.5), 0.5);
 * assertEquals(scaleValue({ ...scale, map: { kind: "log" } }, 10), 0.5);
 * ```
 */
export function scaleValue(scale: ColumnScale, value: number): number {
  if (scale.map !== undefined) {
    return scale.map.kind === "log"
      ? logScale(scale.minimum, scale.maximum, value)
      : piecewiseScale(scale.map.values, scale.map.positions, value);
  }
  const range = scale.maximum - scale.minimum;
  return range === 0 ? 0.5 : (value - scale.minimum) / range;
}

/**
 * Computes the slope of the scale, `d scaled / d value`.
 *
 * @param scale The column's range.
 * @param value In the column's units.
 * @returns The slope; 0 for a constant column.
 *
 * @example
 * ```ts
 * import { scaleSlope } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scaleSlope({ name: "mass", minimum: 1, maximum: 5 }, 2), 0.25);
 * ```
 */
export function scaleSlope({ minimum, maximum, map }: ColumnScale, value: number): number {
  if (map !== undefined) {
    return map.kind === "log"
      ? logSlope(minimum, maximum, value)
      : piecewiseSlope(map.values, map.positions, value);
  }
  return minimum === maximum ? 0 : 1 / (maximum - minimum);
}

/**
 * Maps a scaled value back to the column's units; 0 and 1 give the range's ends exactly.
 *
 * @param scale The column's range.
 * @param scaled The value on the scale.
 * @returns `minimum + scaled (maximum - minimum)`, the constant for a constant column; the inverse
 * of the map where there is one.
 *
 * @example
 * ```ts
 * import { scaleValue, unscaleValue } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const scale = { name: "mass", minimum: 1, maximum: 5 };
 * assertEquals(unscaleValue(scale, 0.25), 2);
 * assertEquals(unscaleValue(scale, scaleValue(scale, 7)), 7);
 * ```
 */
export function unscaleValue(scale: ColumnScale, scaled: number): number {
  const { minimum, maximum, map } = scale;
  if (map !== undefined) {
    return map.kind === "log"
      ? logUnscale(minimum, maximum, scaled)
      : piecewiseUnscale(map.values, map.positions, scaled);
  }
  if (minimum === maximum) return minimum;
  if (scaled === 1) return maximum;
  return minimum + scaled * (maximum - minimum);
}

/**
 * Scales a matrix column by column.
 *
 * @param values Shape `[rows, scales.length]`, row-major, in the columns' units.
 * @param scales One range per column.
 * @returns A new array of the same shape, on the scales.
 * @throws {TypeError} If the length is not a multiple of the number of columns.
 *
 * @example
 * ```ts
 * import { scaleColumns } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const scales = [{ name: "x", minimum: 0, maximum: 8 }, { name: "y", minimum: 1, maximum: 3 }];
 * assertEquals([...scaleColumns([2, 1, 8, 2], scales)], [0.25, 0, 1, 0.5]); // two rows
 * ```
 */
export function scaleColumns(
  values: ArrayLike<number>,
  scales: readonly ColumnScale[],
): Float64Array {
  checkShape("scale", values, scales);
  return Float64Array.from(values, (value, i) => scaleValue(scales[i % scales.length], value));
}

/**
 * Undoes {@linkcode scaleColumns}: network outputs to the targets' own units.
 *
 * @param scaled Shape `[rows, scales.length]`, row-major.
 * @param scales One range per column.
 * @returns A new array of the same shape, in the columns' units.
 * @throws {TypeError} If the length is not a multiple of the number of columns.
 *
 * @example
 * ```ts
 * import { scaleColumns, unscaleColumns } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const scales = [{ name: "x", minimum: 0, maximum: 8 }, { name: "one", minimum: 1, maximum: 1 }];
 * const scaled = scaleColumns([2, 1, 8, 1], scales);
 * assertEquals([...scaled], [0.25, 0.5, 1, 0.5]);
 * assertEquals([...unscaleColumns(scaled, scales)], [2, 1, 8, 1]);
 * ```
 */
export function unscaleColumns(
  scaled: ArrayLike<number>,
  scales: readonly ColumnScale[],
): Float64Array {
  checkShape("unscale", scaled, scales);
  return Float64Array.from(scaled, (value, i) => unscaleValue(scales[i % scales.length], value));
}

function checkShape(
  verb: string,
  values: ArrayLike<number>,
  scales: readonly ColumnScale[],
): void {
  if (scales.length === 0 || values.length % scales.length !== 0) {
    throw new TypeError(
      `Cannot ${verb} columns: length of values must be a multiple of ${scales.length}, ` +
        `current value is ${values.length}`,
    );
  }
}
