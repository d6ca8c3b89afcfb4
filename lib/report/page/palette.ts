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

/** Red, green and blue between the stops, 0 to 255, at a position from 0 to 1. */
export function shade(stops: readonly string[], position: number): number[] {
  const s = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(s), stops.length - 2);
  return [1, 3, 5].map((at) => {
    const low = parseInt(stops[i].slice(at, at + 2), 16);
    const high = parseInt(stops[i + 1].slice(at, at + 2), 16);
    return low + (s - i) * (high - low);
  });
}

/** Ordered colours that stand out from the page, at a position from 0 to 1. */
export function tone(position: number): string {
  const stops = stopsOf("sequential"), last = stops.length - 1;
  return stops[
    Math.round(last * (scheme() === "dark" ? 0.3 + 0.7 * position : 0.78 * position))
  ];
}
