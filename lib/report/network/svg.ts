/**
 * A drawing as SVG.
 *
 * @module
 */

import { checkOptions, checkRecord } from "../../numerics/inner.ts";
import { escapeHtml } from "../html/html.ts";
import { finiteRange, hundredths } from "../html/numbers.ts";
import type { DrawnEdge, DrawnLayer, NetworkDrawing } from "./data.ts";
import { NETWORK_STYLE } from "./style.ts";

/** Options of {@linkcode networkSvg}. */
export interface NetworkSvgOptions {
  /** Whether the colours are those of the page around it. Default: its own, for light paper. */
  readonly embedded?: boolean | undefined;
}

const LEAST_WIDTH = 320, MOST_WIDTH = 1000;
const MARGIN = 18, NODE = 4;
/** Height of a linear map, of a spline layer. */
const LINEAR = 74, SPLINE = 128;
const LEAST_BOX = 14, MOST_BOX = 44;
/** Sizes of the names of functions. */
const LEAST_SYMBOL = 7, MOST_SYMBOL = 12;
/** Widest inputs whose names stand level. */
const LEVEL_NAMES = 64;

/**
 * Draws a network: inputs below, outputs above, between them the edges; a spline's box holds its
 * curve, each on its own scale. The fainter, the less an edge matters: opacity is `tanh(3 s)` of its
 * score `s`, as in pykan. A curve that is a function with a name has the other colour, and the name
 * below it. Of linear maps, colours tell positive weights from negative ones.
 *
 * @param drawing Of {@linkcode networkDrawing}.
 * @param options Whether a page around it has the colours.
 * @returns An `svg` element that is a file of its own.
 *
 * @example
 * ```ts
 * import { networkSvg } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const svg = networkSvg({
 *   layers: [{ kind: "linear", nIn: 1, nOut: 1, edges: [{ input: 0, output: 0, score: 1 }] }],
 *   inputs: ["age"], outputs: ["height"], nodes: [[1], [1]],
 * });
 * assertStringIncludes(svg, "height");
 * ```
 */
export function networkSvg(drawing: NetworkDrawing, options: NetworkSvgOptions = {}): string {
  checkRecord("draw network", "drawing", drawing, "what networkDrawing() gives", ["layers"]);
  checkOptions("draw network", options, "embedded");
  const { layers, inputs, outputs } = drawing;
  const width = widthOf(drawing);
  const level = inputs.every((name) => name.length * 7 < (width - 2 * MARGIN) / inputs.length) &&
    inputs.every((name) => name.length * 7 < LEVEL_NAMES * 2);
  const below = level ? 24 : 14 + 7.2 * Math.max(...inputs.map((name) => clipped(name).length));
  const top = 34;
  const heights = layers.map(({ kind }) => kind === "linear" ? LINEAR : SPLINE);
  const total = heights.reduce((sum, height) => sum + height, 0), height = top + total + below;
  /** Height of the nodes of every width, inputs first. */
  const rows = [top + total];
  for (const each of heights) rows.push(rows[rows.length - 1] - each);
  const parts = layers.map((layer, k) => layerSvg(layer, width, rows[k], rows[k + 1]));
  const nodes = drawing.nodes.map((scores, k) =>
    scores.map((score, i) =>
      `<circle class="net-node" cx="${hundredths(across(i, scores.length, width))}" cy="${
        hundredths(rows[k])
      }" r="${NODE}" opacity="${opacity(score)}"/>`
    ).join("")
  );
  const label = `Network with inputs ${inputs.slice(0, 12).join(", ")}${
    inputs.length > 12 ? ", ..." : ""
  } and outputs ${outputs.slice(0, 12).join(", ")}${outputs.length > 12 ? ", ..." : ""}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="network" viewBox="0 0 ${width} ${
    hundredths(height)
  }" width="${width}" height="${hundredths(height)}" role="img" aria-label="${
    escapeHtml(label)
  }">` +
    (options.embedded ? "" : `<style>${NETWORK_STYLE}</style>`) +
    parts.join("") + nodes.join("") +
    names(inputs, drawing.nodes[0], width, rows[0], level) +
    names(outputs, drawing.nodes.at(-1)!, width, rows[rows.length - 1] - 26, true) + `</svg>`;
}

function widthOf({ layers, nodes, inputs, outputs }: NetworkDrawing): number {
  const boxes = layers.map(({ kind, edges }) => kind === "spline" ? edges.length * 40 : 0);
  const most = Math.max(...nodes.map((each) => each.length * 26), ...boxes);
  const named = Math.max(...inputs.map((name) => name.length)) * 7 * inputs.length;
  const above = Math.max(...outputs.map((name) => name.length)) * 7 * outputs.length;
  const wanted = Math.max(most, Math.min(named, 640), above) + 2 * MARGIN;
  return Math.round(Math.min(Math.max(wanted, LEAST_WIDTH), MOST_WIDTH));
}

/** The place of one of several things in a row. */
function across(i: number, count: number, width: number): number {
  return MARGIN + (width - 2 * MARGIN) * (i + 0.5) / count;
}

function layerSvg(
  { kind, nIn, nOut, edges }: DrawnLayer,
  width: number,
  from: number,
  to: number,
): string {
  if (kind === "linear") {
    return edges.toSorted((a, b) => a.score - b.score).map(({ input, output, score, sign = 0 }) =>
      `<path class="${sign < 0 ? "net-minus" : "net-plus"}" opacity="${opacity(score)}" d="M${
        hundredths(across(input, nIn, width))
      } ${hundredths(from)}L${hundredths(across(output, nOut, width))} ${hundredths(to)}"/>`
    ).join("");
  }
  const room = (width - 2 * MARGIN) / edges.length;
  const side = Math.min(Math.max(room - 4, LEAST_BOX), MOST_BOX);
  return edges.map((edge, i) => {
    const x = across(i, edges.length, width), y = (from + to) / 2;
    const start = across(edge.input, nIn, width), end = across(edge.output, nOut, width);
    const locked = edge.symbol === undefined ? "" : ' class="net-locked"';
    return `<g opacity="${opacity(edge.score)}"${locked}><path class="net-line" d="M${
      hundredths(start)
    } ${hundredths(from)}L${hundredths(x)} ${hundredths(y + side / 2)}M${hundredths(x)} ${
      hundredths(y - side / 2)
    }L${hundredths(end)} ${hundredths(to)}"/>${box(edge, x, y, side)}</g>${
      symbolName(edge, x, y + side / 2, room)
    }`;
  }).join("");
}

/** The name of an edge's function below its box, as large as there is room. */
function symbolName({ symbol }: DrawnEdge, x: number, bottom: number, room: number): string {
  if (symbol === undefined) return "";
  const size = Math.min(MOST_SYMBOL, Math.max(LEAST_SYMBOL, room / (0.6 * symbol.length)));
  return `<text class="net-symbol" x="${hundredths(x)}" y="${
    hundredths(bottom + size)
  }" text-anchor="middle" style="font-size:${hundredths(size)}px">${escapeHtml(symbol)}</text>`;
}

/** The box of an edge, with its curve or its formula. */
function box({ curve, formula }: DrawnEdge, x: number, y: number, side: number): string {
  const left = x - side / 2, top = y - side / 2;
  const frame = `<rect class="net-box" x="${hundredths(left)}" y="${hundredths(top)}" width="${
    hundredths(side)
  }" height="${hundredths(side)}" rx="2"/>`;
  if (formula !== undefined) {
    return `${frame}<text x="${hundredths(x)}" y="${hundredths(y + 4)}" text-anchor="middle">${
      escapeHtml(formula)
    }</text>`;
  }
  const ends = finiteRange(curve?.y ?? []);
  if (curve === undefined || ends === undefined) return frame;
  const [low, high] = ends, [a, b] = [curve.x[0], curve.x[curve.x.length - 1]];
  const pad = side / 10, inner = side - 2 * pad, flat = !(high - low > 1e-12 * Math.abs(high));
  const path = curve.x.map((u, k) => {
    const share = flat ? 0.5 : (curve.y[k] - low) / (high - low);
    return `${k === 0 ? "M" : "L"}${hundredths(left + pad + inner * (u - a) / (b - a))} ${
      hundredths(top + side - pad - inner * share)
    }`;
  });
  return `${frame}<path class="net-curve" d="${path.join("")}"/>`;
}

/** Names below or above nodes; of many inputs only of those that matter most. */
function names(
  texts: readonly string[],
  scores: readonly number[],
  width: number,
  y: number,
  level: boolean,
): string {
  const room = (width - 2 * MARGIN) / texts.length, most = Math.floor((width - 2 * MARGIN) / 13);
  const shown = new Set(
    texts.map((_, i) => i).sort((i, j) => scores[j] - scores[i]).slice(0, Math.max(most, 1)),
  );
  return texts.map((text, i) => {
    if (!shown.has(i) || (room < 13 && scores[i] < 0.05)) return "";
    const x = hundredths(across(i, texts.length, width)), at = hundredths(y + (level ? 16 : 10));
    const name = `<title>${escapeHtml(text)}</title>${escapeHtml(clipped(text))}`;
    return level
      ? `<text class="net-name" x="${x}" y="${at}" text-anchor="middle">${name}</text>`
      : `<text class="net-name" text-anchor="end" dominant-baseline="middle" transform="translate(${x} ${at}) rotate(-90)">${name}</text>`;
  }).join("");
}

function clipped(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}

/** As pykan's: `tanh(3 s)`; what hardly matters can still be seen. */
function opacity(score: number): string {
  return hundredths(Math.max(0.08, Math.tanh(3 * score)));
}
