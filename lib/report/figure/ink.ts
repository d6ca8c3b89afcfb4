/**
 * The colours of figures: for white paper, or those of the page around them.
 *
 * @module
 */

import { COLOR_MAPS, shade } from "../page/color_map.ts";
import type { FigureSeries } from "./data.ts";

/** Colours, as SVG writes them. */
export interface Ink {
  /** Text and main lines. */
  readonly ink: string;
  /** Axes and their numbers. */
  readonly axis: string;
  /** What is less important. */
  readonly muted: string;
  /** Lines behind the curves. */
  readonly grid: string;
  /** Knots. */
  readonly rug: string;
  /** Curves, in the order of `color`. */
  readonly series: readonly string[];
  /** The half of the colour maps. */
  readonly scheme: "light" | "dark";
}

/** Colours for white paper that people tell apart who see few of them, and that stay apart in print. */
export const PAPER_INK: Ink = {
  ...{ ink: "#1b1f24", axis: "#57606a", muted: "#808890", grid: "#e4e7ea", rug: "#d55e00" },
  series: ["#0072b2", "#d55e00", "#007a5a", "#b04d86", "#8a6a00"],
  scheme: "light",
};

/** The colour of a curve. */
export function seriesColor(color: FigureSeries["color"], ink: Ink): string {
  if (color === "ink") return ink.ink;
  if (color === "muted") return ink.muted;
  if (typeof color === "number") return ink.series[color % ink.series.length];
  return mapColor("sequential", 0.85 * color.share, ink);
}

/** A colour of a map. */
function mapColor(
  palette: keyof typeof COLOR_MAPS,
  share: number,
  { scheme }: Pick<Ink, "scheme">,
): string {
  const parts = shade(COLOR_MAPS[palette][scheme], share);
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
