/**
 * What becomes of a column of categories, and of columns that say nothing.
 *
 * @module
 */

import { MOST_LEVELS, rareBelow, sortLevels } from "./_levels.ts";
import { missingFeature } from "./read_column.ts";
import type { ColumnRecipe, FeatureRecipe } from "./recipe.ts";

/** A column that is no input. */
export function dropped(name: string, reason: string): ColumnRecipe {
  return { name, kind: "dropped", reason, features: [] };
}

/**
 * One feature for each frequent level, at most {@linkcode MOST_LEVELS}, and one for all rare levels
 * together; of two of these the second alone, which says both.
 *
 * A column whose frequent levels make up less than half of its cells is text, and dropped.
 *
 * @param question The column, its training rows, and the type that was asked for.
 * @param counts Its levels and how often each occurs.
 * @param missing Number of missing cells.
 */
export function categoryRecipe(
  { name, rows, type }: {
    readonly name: string;
    readonly rows: Uint32Array;
    readonly type?: string | undefined;
  },
  counts: ReadonlyMap<string, number>,
  missing: number,
): ColumnRecipe {
  const present = rows.length - missing, least = rareBelow(rows.length);
  const sum = (levels: readonly string[]): number =>
    levels.reduce((total, level) => total + counts.get(level)!, 0);
  const enough = [...counts.keys()].filter((text) => counts.get(text)! >= least);
  if (type === undefined && sum(enough) < present / 2 && counts.size > 2) {
    return dropped(
      name,
      counts.size === present
        ? `text or an identifier: ${present} cells, all different`
        : `text: ${counts.size} different texts in ${present} cells`,
    );
  }
  const texts = sortLevels([...counts.keys()]);
  const frequent = texts.filter((text) => counts.get(text)! >= least);
  const largest = frequent.toSorted((a, b) => counts.get(b)! - counts.get(a)!);
  const chosen = new Set(largest.slice(0, MOST_LEVELS));
  const levels = texts.filter((text) => chosen.has(text));
  const rare = texts.filter((text) => !chosen.has(text));
  const others = sum(rare), together = others >= least;
  const features: FeatureRecipe[] = levels.map((level) => ({
    name: `${name}=${level}`,
    kind: "level",
    imputed: counts.get(level)! / present,
    level,
  }));
  if (together) {
    features.push({ name: `${name}=(other)`, kind: "level", imputed: others / present });
  }
  const kept = features.length === 2 ? features.slice(1) : features.length === 1 ? [] : features;
  const all = [...kept, ...missingFeature(name, missing, rows.length)];
  if (all.length === 0) {
    const [most] = largest;
    return dropped(
      name,
      texts.length === 1
        ? missing === 0 ? `always ${texts[0]}` : `${texts[0]} wherever it is not missing`
        : most === undefined
        ? `no level has ${least} rows`
        : `${most} in ${counts.get(most)} of ${present} rows`,
    );
  }
  return {
    name,
    kind: "category",
    levels,
    ...(rare.length === 0 ? {} : { rare }),
    ...(missing === 0 ? {} : { missing }),
    features: all,
  };
}
