/**
 * Prediction, truth and error on a grid over two inputs.
 *
 * @module
 */

import { type ColumnScale, type Dataset, type TargetLink, unscaleValue } from "../../data/mod.ts";
import { mapWord, predictedValue } from "../../data/inner.ts";
import { forward, type Network } from "../../model/mod.ts";
import type { ErrorMap } from "./data.ts";

/** Grid, names, scales and the truth where it is known. */
export interface ErrorMapOptions {
  /** Grid points along each side, at least 2. */
  readonly size: number;
  readonly names: readonly [string, string];
  readonly targetName: string;
  readonly truth: ((inputs: Float64Array, rows: number) => ArrayLike<number>) | undefined;
  readonly inputScales: readonly ColumnScale[] | undefined;
  readonly targetScale: ColumnScale | undefined;
  readonly link: TargetLink | undefined;
}

/** The first output over the box of the training inputs; `undefined` unless they are two. */
export function errorMap(
  network: Network,
  train: Dataset,
  options: ErrorMapOptions,
): ErrorMap | undefined {
  if (train.nIn !== 2 || train.rows === 0) return undefined;
  const { size, names, targetName, truth, inputScales } = options;
  const ranges = inputRanges(train);
  if (ranges.some(([low, high]) => !(high > low))) return undefined;
  const inputs = new Float64Array(size * size * 2);
  for (let r = 0, i = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      inputs[i++] = between(ranges[0], c / (size - 1));
      inputs[i++] = between(ranges[1], r / (size - 1));
    }
  }
  const first = (values: ArrayLike<number>, map: (value: number) => number) =>
    Array.from({ length: size * size }, (_, i) => map(values[i * train.nOut]));
  const said = predictor(options.targetScale, options.link);
  const prediction = first(forward(network, inputs, size * size), said);
  const target = truth === undefined
    ? undefined
    : first(truth(inputs, size * size), unscaler(options.targetScale));
  const axes = names.map((name, p) => mapAxis(inputScales?.[p], name));
  const [x, y] = ranges.map(([low, high], p): [number, number] => [
    axes[p].show(low),
    axes[p].show(high),
  ]);
  return {
    x,
    y,
    columns: size,
    rows: size,
    prediction,
    ...(target && { target, error: prediction.map((value, i) => value - target[i]) }),
    names: [axes[0].name, axes[1].name],
    targetName,
  };
}

/** Smallest and largest value of each input. */
export function inputRanges({ rows, nIn, inputs }: Dataset): [number, number][] {
  const ranges = Array.from({ length: nIn }, (): [number, number] => [Infinity, -Infinity]);
  for (let i = 0; i < rows * nIn; i++) {
    const range = ranges[i % nIn];
    range[0] = Math.min(range[0], inputs[i]);
    range[1] = Math.max(range[1], inputs[i]);
  }
  return ranges;
}

/**
 * The axis of a map: in the column's units where its scale is linear; else in scaled values, because
 * even steps of a curved scale have no even ticks in the column's units.
 */
export function mapAxis(scale: ColumnScale | undefined, name: string) {
  if (scale?.map === undefined) return { name, show: unscaler(scale) };
  return {
    name: `${name} (scaled by ${mapWord(scale.map, scale.outliers)})`,
    show: unscaler(undefined),
  };
}

/** Scaled values back to the column's units; the identity without a scale. */
export function unscaler(scale: ColumnScale | undefined): (value: number) => number {
  return scale === undefined ? (value) => value : (value) => unscaleValue(scale, value);
}

/** Outputs to predictions in the target's units; the identity without a scale. */
export function predictor(
  scale: ColumnScale | undefined,
  link: TargetLink | undefined,
): (output: number) => number {
  return scale === undefined ? (value) => value : (value) => predictedValue(scale, link, value);
}

/** A position at a share of the way through a range; the upper end exactly. */
export function between([low, high]: readonly [number, number], share: number): number {
  return share === 1 ? high : low + share * (high - low);
}
