/**
 * Recipes in words.
 *
 * @module
 */

import type { ColumnRecipe, NumberStyle } from "./recipe.ts";

/** Most levels that are named. */
const MOST_NAMED = 6;

/** Whether a column of numbers is read as it is: there is nothing to say about it. */
export function isPlainRecipe({ kind, style, missing }: ColumnRecipe): boolean {
  return kind === "number" && style === undefined && missing === undefined;
}

/** What becomes of a column, in a few words. */
export function describeRecipe(recipe: ColumnRecipe): string {
  const { kind, reason, features, missing = 0 } = recipe;
  if (kind === "dropped") return reason ?? "";
  const marked = features.some((feature) => feature.kind === "missing");
  return [
    ...whatItHolds(recipe),
    ...(missing === 0
      ? []
      : [`${missing} missing, imputed${marked ? " and an effect of their own" : ""}`]),
  ].join("; ");
}

function whatItHolds(recipe: ColumnRecipe): string[] {
  const { kind, style, levels = [], rare = [], features, order } = recipe;
  if (kind === "number") return style === undefined ? [] : [styleText(style)];
  if (kind === "boolean") return [`${levels[1]} is 1, ${levels[0]} is 0`];
  if (kind === "ordered") return [named(levels, " < ")];
  if (kind === "date") {
    const orders = {
      ymd: "year-month-day",
      dmy: "day-month-year",
      mdy: "month-day-year",
      time: "time of day",
    };
    return [
      orders[order ?? "ymd"],
      features.filter((feature) => feature.kind !== "missing" && feature.part !== "weekday")
        .map(({ name }) => name).join(", ") +
      (features.some(({ part }) => part === "weekday") ? ", weekday" : ""),
    ];
  }
  const grouped = features.some((feature) =>
    feature.kind === "level" && feature.level === undefined
  );
  return [
    named(levels, ", "),
    ...(rare.length === 0 ? [] : [
      `${rare.length} rare ${rare.length === 1 ? "level" : "levels"} ` +
      (grouped ? "together" : "taken for the mean"),
    ]),
  ];
}

function named(levels: readonly string[], between: string): string {
  const shown = levels.slice(0, MOST_NAMED).join(between);
  return levels.length > MOST_NAMED ? `${shown}${between}... (${levels.length})` : shown;
}

function styleText({ decimal, thousands }: NumberStyle): string {
  if (thousands === undefined) return "with a decimal comma";
  const mark = { ",": "commas", ".": "points", " ": "spaces", "'": "apostrophes" }[thousands];
  return `with ${mark} for thousands${decimal === "," ? " and a decimal comma" : ""}`;
}
