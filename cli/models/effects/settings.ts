/**
 * What a column of a table is set to, for pictures of its effect: values, or levels.
 *
 * @module
 */

import {
  type ColumnRecipe,
  type Dataset,
  type FeatureRecipe,
  scaleValue,
  type TableEncoding,
  unscaleColumns,
} from "../../../lib/data/mod.ts";

/** What one column is set to. */
export interface ColumnSettings {
  readonly column: string;
  /** Places of its features among the inputs. */
  readonly inputs: readonly number[];
  /** Values or levels. */
  readonly at: number[] | string[];
  /** Features at each, scaled, `[at.length, inputs.length]`. */
  readonly features: readonly (readonly number[])[];
  /** Training rows at each, or their share. */
  readonly rows: number[];
}

/** Values of a number that are looked at; with both ends of its range. */
const VALUES = 24;
/** Days of a year. */
const YEAR = 365.2425;

/** The settings of every column that has features, in the order of the inputs. */
export function columnSettings(encoding: TableEncoding, train: Dataset): ColumnSettings[] {
  const { inputs, columns } = encoding;
  const recipes = columns?.filter(({ features }) => features.length > 0) ??
    inputs.map(({ name }): ColumnRecipe => ({
      ...{ name, kind: "number" },
      features: [{ name, kind: "number", imputed: 0 }],
    }));
  const place = new Map(inputs.map(({ name }, p) => [name, p]));
  return recipes.flatMap((recipe) => {
    const features = recipe.features.filter(({ name }) => place.has(name));
    if (features.length === 0) return [];
    const places = features.map(({ name }) => place.get(name)!);
    const settings = recipe.kind === "number" || recipe.kind === "date"
      ? values(recipe, features, places, encoding, train)
      : levels(recipe, features, places, encoding, train);
    return settings.at.length < 2 ? [] : [{ column: recipe.name, inputs: places, ...settings }];
  });
}

type Settings = Pick<ColumnSettings, "at" | "features" | "rows">;

/** Rows at evenly spaced quantiles of the first feature, and those at both ends. */
function values(
  { kind, missing = 0 }: ColumnRecipe,
  features: readonly FeatureRecipe[],
  places: readonly number[],
  { inputs }: TableEncoding,
  { nIn, rows, inputs: all }: Dataset,
): Settings {
  const marked = features.findIndex((feature) => feature.kind === "missing");
  const known = Array.from({ length: rows }, (_, row) => row).filter((row) =>
    marked < 0 || missing === 0 ||
    all[row * nIn + places[marked]] <= scaleValue(inputs[places[marked]], 0) + 1e-9
  );
  const scaled = known.map((row) => all[row * nIn + places[0]]);
  const order = known.map((_, i) => i).sort((a, b) => scaled[a] - scaled[b]);
  const found = new Map<number, { row: number; count: number }>();
  const put = (at: number, count: number) => {
    const row = known[order[at]], value = all[row * nIn + places[0]];
    const seen = found.get(value);
    if (seen === undefined) found.set(value, { row, count });
    else seen.count += count;
  };
  if (order.length === 0) return { at: [], features: [], rows: [] };
  put(0, 0);
  for (let k = 0; k < VALUES; k++) {
    put(Math.floor((k + 0.5) * order.length / VALUES), order.length / VALUES);
  }
  put(order.length - 1, 0);
  const sorted = [...found].sort(([a], [b]) => a - b);
  const raw = unscaleColumns(sorted.map(([value]) => value), [inputs[places[0]]]);
  return {
    at: [...raw].map((value) => kind === "date" ? 1970 + value / YEAR : value),
    features: sorted.map(([, { row }]) => places.map((p) => all[row * nIn + p])),
    rows: sorted.map(([, { count }]) => count),
  };
}

/** The levels of a category, of an order, or no and yes. */
function levels(
  { kind, levels = [], missing = 0 }: ColumnRecipe,
  features: readonly FeatureRecipe[],
  places: readonly number[],
  { inputs }: TableEncoding,
  { nIn, rows, inputs: all }: Dataset,
): Settings {
  const scaled = (raw: (feature: FeatureRecipe) => number) =>
    features.map((feature, f) => scaleValue(inputs[places[f]], raw(feature)));
  const all01: [string, number[]][] = levels.map((level, k) => [
    level,
    scaled((feature) =>
      feature.kind === "missing" ? 0 : kind === "category" ? Number(feature.level === level) : k
    ),
  ]);
  if (features.some((feature) => feature.kind === "level" && feature.level === undefined)) {
    all01.push([
      "(rare levels)",
      scaled((each) => Number(each.kind === "level" && each.level === undefined)),
    ]);
  }
  if (missing > 0 && features.some((feature) => feature.kind === "missing")) {
    all01.push([
      "(missing)",
      scaled(({ kind, imputed }) => kind === "missing" ? 1 : imputed),
    ]);
  }
  const counts = all01.map(() => 0);
  for (let row = 0; row < rows; row++) {
    const at = all01.findIndex(([, wanted]) =>
      wanted.every((value, f) => Math.abs(all[row * nIn + places[f]] - value) < 1e-9)
    );
    if (at >= 0) counts[at]++;
  }
  const kept = all01.map((_, i) => i).filter((i) => counts[i] > 0);
  return {
    at: kept.map((i) => all01[i][0]),
    features: kept.map((i) => all01[i][1]),
    rows: kept.map((i) => counts[i]),
  };
}

/** Rows that stand for all, evenly chosen. */
export function rowsAmong(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor(i * rows / count));
}

/** The values of a column in some rows, in its own unit; undefined of categories. */
export function columnValues(
  column: ColumnSettings,
  { inputs: scales }: TableEncoding,
  { nIn, inputs }: Dataset,
  rows: readonly number[],
): number[] | undefined {
  if (typeof column.at[0] === "string") return undefined;
  const [p] = column.inputs,
    first = column.at[0],
    [raw] = unscaleColumns(
      [column.features[0][0]],
      [scales[p]],
    );
  const date = first !== raw; // years, not days
  return [...unscaleColumns(rows.map((row) => inputs[row * nIn + p]), [scales[p]])]
    .map((value) => date ? 1970 + value / YEAR : value);
}
