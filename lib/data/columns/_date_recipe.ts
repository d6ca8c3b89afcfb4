/**
 * What becomes of a column of dates.
 *
 * @module
 */

import type { Column } from "../_column.ts";
import { dropped } from "./_category_recipe.ts";
import { datePart, dateText, parseDate, weekday, WEEKDAYS } from "./_dates.ts";
import { rareBelow } from "./_levels.ts";
import { missingFeature } from "./read_column.ts";
import type { ColumnRecipe, DateOrder, DatePart, FeatureRecipe } from "./recipe.ts";

/** Training rows that span fewer days do not tell a season from the time that passed. */
const LEAST_SEASONS = 300;

/** Fewer different days than this tell nothing of weekdays. */
const LEAST_DAYS = 14;

/**
 * The time that passed in days; the season, as sine and cosine of the year's phase, where the rows
 * span most of a year; the time of day, likewise, where it varies; the weekday, one feature for
 * each, where there are several.
 */
export function dateRecipe(
  { name, rows, order }: {
    readonly name: string;
    readonly rows: Uint32Array;
    readonly order: DateOrder;
  },
  { labels: { texts, codes } }: Column,
): ColumnRecipe {
  const dates = texts.map((text) => parseDate(text, order) ?? NaN);
  const days = Float64Array.from(rows, (row) => dates[codes[row]]).filter((day) =>
    !Number.isNaN(day)
  );
  if (days.length === 0) return dropped(name, "every cell is missing");
  const sorted = days.toSorted(), first = sorted[0], last = sorted[sorted.length - 1];
  if (first === last && days.length === rows.length) return dropped(name, "always the same date");
  const middle = sorted[sorted.length >> 1], missing = rows.length - days.length;
  const features: FeatureRecipe[] = [];
  const mean = (part: DatePart): number =>
    days.reduce((sum, day) => sum + datePart(day, part), 0) / days.length;
  const phase = (title: string, sin: DatePart, cos: DatePart): void => {
    features.push(
      { name: `${name} ${title} sin`, kind: "periodic", imputed: mean(sin), part: sin },
      { name: `${name} ${title} cos`, kind: "periodic", imputed: mean(cos), part: cos },
    );
  };
  if (order === "time") phase("time of day", "daySin", "dayCos");
  else {
    features.push({ name: `${name} (days)`, kind: "number", imputed: middle, part: "days" });
    if (last - first >= LEAST_SEASONS) phase("season", "seasonSin", "seasonCos");
    if (days.some((day) => day !== Math.floor(day))) {
      phase("time of day", "daySin", "dayCos");
    }
    features.push(...weekdays(name, days, rows.length));
  }
  features.push(...missingFeature(name, missing, rows.length));
  return { name, kind: "date", order, ...(missing === 0 ? {} : { missing }), features };
}

/** A feature for every weekday, if there are several and all have enough rows. */
function weekdays(name: string, days: Float64Array, rows: number): FeatureRecipe[] {
  if (new Set(Array.from(days, Math.floor)).size < LEAST_DAYS) return [];
  if (days.every((day) => dateText(day).endsWith("-01"))) return []; // months
  const counts = new Int32Array(7);
  for (const day of days) counts[weekday(day)]++;
  const found = [1, 2, 3, 4, 5, 6, 0].filter((day) => counts[day] >= rareBelow(rows));
  if (found.length < 3) return [];
  return found.map((day) => ({
    name: `${name} weekday=${WEEKDAYS[day]}`,
    kind: "level",
    imputed: counts[day] / days.length,
    level: WEEKDAYS[day],
    part: "weekday",
  }));
}
