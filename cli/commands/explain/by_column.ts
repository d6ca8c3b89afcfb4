/**
 * What matters by column, where a column has several features: the sums over them.
 *
 * @module
 */

import { encodingFeatures } from "../../../lib/data/mod.ts";
import type { InputImportance, OutputExplanation } from "../../../lib/interpret/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { DataEncoding } from "../train/data.ts";

/** The features of a column together. */
export interface ColumnImportance {
  readonly column: string;
  /** Names of its features. */
  readonly features: readonly string[];
  /** Sums over its features of what `InputImportance` has. */
  readonly total: number;
  readonly main: number;
  readonly attribution?: number;
  /** Its share of the prediction of one row: the sum of the features' Shapley values. */
  readonly row?: number;
}

/** One entry per column; undefined where every column has one feature. */
export function importanceByColumn(
  encoding: DataEncoding,
  { inputs, row }: OutputExplanation,
): ColumnImportance[] | undefined {
  if (encoding.kind !== "table") return undefined;
  const columnOf = new Map(encodingFeatures(encoding).map(({ name, column }) => [name, column]));
  const groups = Map.groupBy(inputs, ({ name }) => columnOf.get(name) ?? name);
  if (groups.size === inputs.length) return undefined;
  const values = new Map(row?.inputs.map(({ name, value }) => [name, value]));
  return [...groups].map(([column, features]) => {
    const sum = (value: (feature: InputImportance) => number) =>
      features.reduce((total, feature) => total + value(feature), 0);
    const scored = features.every(({ attribution }) => attribution !== undefined);
    return {
      column,
      features: features.map(({ name }) => name),
      total: sum(({ total }) => total),
      main: sum(({ main }) => main),
      ...defined({
        attribution: scored ? sum(({ attribution }) => attribution!) : undefined,
        row: row === undefined ? undefined : sum(({ name }) => values.get(name) ?? 0),
      }),
    };
  });
}
