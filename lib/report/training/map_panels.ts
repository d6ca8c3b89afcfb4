/**
 * Values on a grid as maps with colours and ranges.
 *
 * @module
 */

import { round } from "../html/html.ts";
import type { PageMapPanel } from "../page/types.ts";

/** Decades below the largest value that a logarithmic map shows. */
const DECADES = 4;

/**
 * Maps of one quantity that share their colours: around 0 where it has both signs in earnest.
 *
 * @param maps Id, name and values of each.
 * @param centred Whether 0 may be the middle of the colours.
 */
export function valuePanels(
  maps: readonly { readonly id: string; readonly name: string; readonly values: Numbers }[],
  centred: boolean,
): PageMapPanel[] {
  let low = Infinity, high = -Infinity;
  for (const { values } of maps) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!(low <= high)) [low, high] = [0, 1];
  const most = Math.max(-low, high), signed = centred && Math.min(-low, high) > 0.1 * most;
  const range: [number, number] = signed ? [-most, most] : [low, high];
  return maps.map(({ id, name, values }): PageMapPanel => ({
    id,
    name,
    values: values.map((value) => round(value, 4)),
    digits: 4,
    palette: signed ? "diverging" : "sequential",
    range,
    logarithmic: false,
    marked: false,
  }));
}

/** A map of the size of what should be 0, logarithmic: four decades below its largest value. */
export function magnitudePanel(id: string, name: string, values: Numbers): PageMapPanel {
  let worst = 0;
  for (const value of values) {
    if (Math.abs(value) < Infinity) worst = Math.max(worst, Math.abs(value));
  }
  const high = Math.log10(worst || 1);
  return {
    id,
    name,
    values: values.map((value) => round(value, 3)),
    digits: 2,
    palette: "magnitude",
    range: [high - DECADES, high],
    logarithmic: true,
    marked: false,
  };
}

type Numbers = readonly number[];
