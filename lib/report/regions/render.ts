/**
 * Linear regions as one self-contained HTML file.
 *
 * @module
 */

import { extremeVertices } from "../../convert/inner.ts";
import type { PolyhedralComplex, RegionBounds } from "../../convert/mod.ts";
import { checkRecord } from "../../numerics/inner.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber } from "../html/numbers.ts";
import { renderPage } from "../html/shell.ts";
import { tileList } from "../training/sections.ts";
import { regionsSvg } from "./svg.ts";

/** Everything that the page shows. */
export interface RegionsReport {
  /** Heading. */
  readonly title: string;
  /** One line below the heading. */
  readonly subtitle: string;
  /** The cells, in two or three dimensions. */
  readonly complex: PolyhedralComplex;
  /** Bounds of their number. */
  readonly bounds: RegionBounds;
  /** Names of the inputs that move. */
  readonly inputs: readonly string[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** The output that colours the picture, from 0. */
  readonly output: number;
  /** The command line that repeats it. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}

/** Most regions of the table. */
const MOST_LINES = 30;

/**
 * Renders the linear regions of a network as one HTML file: their picture in a plane, the largest of
 * them with their affine maps, the extremes of the outputs.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { extractPolyhedra, regionBounds } from "@freeknot/freeknot/convert";
 * import { renderRegions } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1], degree: 1 }, { seed: 1 });
 * const html = renderRegions({
 *   title: "a network", subtitle: "not trained", inputs: ["x", "y"], outputs: ["z"], output: 0,
 *   complex: extractPolyhedra(network, [[-1, 1], [-1, 1]]), bounds: regionBounds(network),
 *   reproduce: "freeknot regions", version: "0.1.0",
 * });
 * assertStringIncludes(html, 'class="cell"');
 * ```
 */
export function renderRegions(report: RegionsReport): string {
  checkRecord("render regions", "report", report, "a record such as { title, complex }", [
    "title",
    "complex",
  ]);
  const { complex, inputs, outputs, output, reproduce } = report;
  const picture = complex.dimension === 2
    ? [{
      id: "picture",
      title: "The plane",
      html:
        `<p>A cell has the colour of the mean of ${escapeHtml(outputs[output])} at its corners; ` +
        "thick lines are where the slope changes.</p>" +
        regionsSvg(complex, { output, names: [inputs[0], inputs[1]], outputName: outputs[output] }),
    }]
    : [];
  return renderPage({
    title: report.title,
    status: `${formatInteger(complex.regions)} regions`,
    good: true,
    subtitle: report.subtitle,
    sections: [
      { id: "numbers", title: "How many", html: numbers(report) },
      ...picture,
      { id: "regions", title: "The largest regions", html: largest(report) },
      { id: "extremes", title: "Extremes", html: extremes(report) },
      { id: "again", title: "Run it again", html: `<pre>${escapeHtml(reproduce)}</pre>` },
    ],
    data: {},
    version: report.version,
  });
}

function numbers({ complex, bounds }: RegionsReport): string {
  const { parameters, perNode, perEdge, relu } = bounds;
  const power = (logarithm: number) =>
    logarithm < 6
      ? formatInteger(Math.round(10 ** logarithm))
      : `10<sup>${logarithm.toFixed(1)}</sup>`;
  return tileList([
    ["cells", formatInteger(complex.cells.length)],
    ["regions", formatInteger(complex.regions)],
    ["parameters", formatInteger(parameters)],
    ["regions per parameter", formatNumber(complex.regions / parameters)],
    ["at most, in the whole space", power(perNode)],
    ...(perEdge === undefined ? [] : [["pieces to the edges", power(perEdge)] as const]),
    ...(relu === undefined
      ? []
      : [[`at most, ReLU [${relu.widths.join(", ")}]`, power(relu.perNode)] as const]),
  ]);
}

function largest({ complex, inputs, outputs, output }: RegionsReport): string {
  const { cells, dimension, regions, box } = complex;
  const sizes = new Float64Array(regions), first = new Array<number>(regions).fill(-1);
  cells.forEach(({ region, volume }, cell) => {
    sizes[region] += volume;
    if (first[region] < 0) first[region] = cell;
  });
  const whole = box.reduce((product, [a, b]) => product * (b - a), 1);
  const order = Array.from(sizes, (_, i) => i).sort((a, b) => sizes[b] - sizes[a]);
  const rows = order.slice(0, MOST_LINES).map((region, k) => {
    const { alpha, beta } = cells[first[region]];
    return [
      `${k + 1}`,
      `${(100 * sizes[region] / whole).toFixed(2)} %`,
      ...inputs.map((_, i) => formatNumber(alpha[output * dimension + i])),
      formatNumber(beta[output]),
    ];
  });
  const slopes = inputs.map((name) => `slope by ${name}`);
  const caption = `${outputs[output]} is affine on every region` +
    `${regions > MOST_LINES ? `; the largest ${MOST_LINES} of ${formatInteger(regions)}` : ""}`;
  return table(caption, numberColumns("region", "share of the box", ...slopes, "constant"), rows);
}

function extremes({ complex, inputs, outputs }: RegionsReport): string {
  const rows = extremeVertices(complex).flatMap(({ minimum, maximum }, q) =>
    ([["least", minimum], ["largest", maximum]] as const).map(([word, { value, at }]) => [
      `${word} ${outputs[q]}`,
      ...[value, ...at].map((x) => formatNumber(x)),
    ])
  );
  const caption = "A network that is affine on every cell has its extremes at vertices.";
  return table(caption, [{ heading: "" }, ...numberColumns("value", ...inputs)], rows);
}
