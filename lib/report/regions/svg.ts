/**
 * The linear regions of a network in a plane, as SVG.
 *
 * @module
 */

import type { PolyhedralComplex } from "../../convert/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { escapeHtml } from "../html/html.ts";
import { formatNumber, hundredths } from "../html/numbers.ts";
import { COLOR_MAPS, shade } from "../page/color_map.ts";
import { roundTicks } from "../page/ticks.ts";

/** Options of {@linkcode regionsSvg}. */
export interface RegionsSvgOptions {
  /** Output whose values colour the cells, from 0. Default 0. */
  readonly output?: number | undefined;
  /** Names of both inputs. Default x, y. */
  readonly names?: readonly [string, string] | undefined;
  /** Name of the output. */
  readonly outputName?: string | undefined;
}

const SIZE = 560, LEFT = 56, TOP = 34, BELOW = 44;

/**
 * Draws the cells of a network in a plane, each in the colour of its mean value; lines between them
 * are where the slope changes, thin ones between cells of one region.
 *
 * @param complex Of `extractPolyhedra`, two-dimensional.
 * @param options Output and names.
 * @returns An `svg` element that is a file of its own.
 * @throws {RangeError} If the complex has not two dimensions.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { extractPolyhedra } from "@freeknot/freeknot/convert";
 * import { regionsSvg } from "@freeknot/freeknot/report";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1], degree: 1 }, { seed: 1 });
 * const complex = extractPolyhedra(network, [[-1, 1], [-1, 1]]);
 * assertEquals(regionsSvg(complex).split('class="cell"').length - 1, complex.cells.length);
 * ```
 */
export function regionsSvg(complex: PolyhedralComplex, options: RegionsSvgOptions = {}): string {
  checkOptions("draw regions", options, "output names outputName");
  const { dimension, box, cells, vertices, outputs, facets, regions } = complex;
  if (dimension !== 2) {
    throw new RangeError(
      `Cannot draw regions: complex must have 2 dimensions, current value is ${dimension}`,
    );
  }
  const nOut = cells[0].beta.length, { output = 0, names = ["x", "y"], outputName } = options;
  if (!Number.isInteger(output) || output < 0 || output >= nOut) {
    throw new RangeError(
      `Cannot draw regions: output must be an integer from 0 to ${nOut - 1}, current value is ` +
        `${output}`,
    );
  }
  let low = Infinity, high = -Infinity;
  for (let i = output; i < outputs.length; i += nOut) {
    low = Math.min(low, outputs[i]);
    high = Math.max(high, outputs[i]);
  }
  const place = (k: 0 | 1, value: number) => {
    const share = (value - box[k][0]) / (box[k][1] - box[k][0]);
    return k === 0 ? LEFT + share * SIZE : TOP + (1 - share) * SIZE;
  };
  const at = (v: number) =>
    `${hundredths(place(0, vertices[2 * v]))},${hundredths(place(1, vertices[2 * v + 1]))}`;
  const { light: stops } = COLOR_MAPS.sequential;
  const polygons = cells.map(({ vertices: list }) => {
    const mean = list.reduce((sum, v) => sum + outputs[v * nOut + output] / list.length, 0);
    const fill = colorAt(stops, high > low ? (mean - low) / (high - low) : 0.5);
    return `<polygon class="cell" fill="${fill}" points="${list.map(at).join(" ")}"/>`;
  });
  const lines = (same: boolean) =>
    facets.filter(({ cells: [a, b] }) => b >= 0 && cells[a].region === cells[b].region === same)
      .map(({ vertices: [v, w] }) => `M${at(v)}L${at(w)}`).join("");
  const title = `${cells.length} cells, ${regions} regions` +
    `${outputName === undefined ? "" : ` of ${outputName}`}, from ${formatNumber(low)} (dark) to ` +
    `${formatNumber(high)} (light)`;
  const width = LEFT + SIZE + 16, height = TOP + SIZE + BELOW;
  const stroke = cells.length > 5000 ? 0.25 : 0.6;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="regions" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeHtml(title)}">` +
    "<style>.regions text{font:12px system-ui,sans-serif;fill:#1b1f24}.regions .cell{stroke:none}" +
    `.regions .kink{fill:none;stroke:#fff;stroke-width:${stroke}}.regions .same{fill:none;stroke:#fff;` +
    `stroke-width:${stroke / 3}}</style><rect width="100%" height="100%" fill="#fff"/>` +
    `<text x="${LEFT}" y="20">${escapeHtml(title)}</text><g shape-rendering="crispEdges">` +
    `${polygons.join("")}</g><path class="same" d="${lines(true)}"/>` +
    `<path class="kink" d="${lines(false)}"/>${axes(box, place, names)}</svg>`;
}

function axes(
  box: readonly (readonly [number, number])[],
  place: (k: 0 | 1, value: number) => number,
  names: readonly [string, string],
): string {
  const bottom = TOP + SIZE;
  const across = roundTicks(box[0][0], box[0][1], 6).map((value) =>
    `<text x="${hundredths(place(0, value))}" y="${bottom + 16}" text-anchor="middle">${
      formatNumber(value)
    }</text>`
  );
  const up = roundTicks(box[1][0], box[1][1], 6).map((value) =>
    `<text x="${LEFT - 6}" y="${hundredths(place(1, value) + 4)}" text-anchor="end">${
      formatNumber(value)
    }</text>`
  );
  return [
    ...across,
    ...up,
    `<text x="${LEFT + SIZE / 2}" y="${bottom + 36}" text-anchor="middle">${
      escapeHtml(names[0])
    }</text>`,
    `<text transform="translate(13 ${TOP + SIZE / 2}) rotate(-90)" text-anchor="middle">${
      escapeHtml(names[1])
    }</text>`,
  ].join("");
}

/** A colour between the stops. */
function colorAt(stops: readonly string[], share: number): string {
  const parts = shade(stops, share).map((part) => Math.round(part).toString(16).padStart(2, "0"));
  return `#${parts.join("")}`;
}
