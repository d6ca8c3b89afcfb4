/**
 * The colour maps as the page shows them, light or dark.
 *
 * @module
 */

import { COLOR_MAPS } from "./color_map.ts";
import { scheme } from "./screen.ts";

/** The stops `#rrggbb` of a colour map on the page as it is. */
export function stopsOf(name: keyof typeof COLOR_MAPS): readonly string[] {
  return COLOR_MAPS[name][scheme()];
}

/** Ordered colours that stand out from the page, at a position from 0 to 1. */
export function tone(position: number): string {
  const stops = stopsOf("sequential"), last = stops.length - 1;
  return stops[
    Math.round(last * (scheme() === "dark" ? 0.3 + 0.7 * position : 0.78 * position))
  ];
}
