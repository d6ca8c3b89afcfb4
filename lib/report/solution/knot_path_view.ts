/**
 * Pictures of moving knots, as inline SVG with labels in HTML.
 *
 * @module
 */

import { escapeHtml } from "../html/html.ts";
import { formatInteger, formatRange } from "../html/numbers.ts";
import type { KnotPath } from "./data.ts";

const WIDTH = 200, HEIGHT = 170;
const MOST_CARDS = 30;

/** One row of cards per layer. */
export function knotPathFigures(paths: readonly KnotPath[]): string {
  const layers = [...new Set(paths.map(({ layer }) => layer))];
  const shown = paths.slice(0, MOST_CARDS);
  const figures = layers.map((layer) => {
    const nodes = shown.filter((path) => path.layer === layer);
    if (nodes.length === 0) return "";
    const scale = nodes[0].isCoordinate
      ? "in the units of the coordinate"
      : "as positions in the domain";
    return `<figure><h3>Spline layer ${layer + 1}, ${scale}</h3>` +
      `<div class="cards slim">${nodes.map(card).join("")}</div></figure>`;
  });
  const leftOut = paths.length - shown.length;
  return figures.join("") +
    (leftOut > 0
      ? `<p class="caption">${formatInteger(leftOut)} more nodes are left out.</p>`
      : "");
}

function card(path: KnotPath): string {
  const { node, range, moments } = path;
  const [low, high] = formatRange(range);
  const epochs = moments[moments.length - 1].epoch;
  const label = `Knots of ${node} from ${low} to ${high} over ${epochs} epochs: ` +
    `${moments[moments.length - 1].knots.length - 2} inner knots at the end.`;
  return `<div class="card"><header><h4>${escapeHtml(node)}</h4>` +
    `<span class="range">${low} … ${high}</span></header>` +
    `<div class="plot paths">${picture(path, label)}</div>` +
    `<div class="axis"><span>${formatInteger(moments[0].epoch)}</span>` +
    `<span class="name">epochs</span><span>${formatInteger(epochs)}</span></div></div>`;
}

/** Polylines of the inner knots, level by level; a knot that refinement adds begins there. */
function picture({ range, dataRange, moments }: KnotPath, label: string): string {
  const first = moments[0].epoch, last = moments[moments.length - 1].epoch;
  const column = (epoch: number) => fixed(WIDTH * (epoch - first) / Math.max(1, last - first));
  const row = (knot: number) => fixed(HEIGHT * (range[1] - knot) / (range[1] - range[0]));
  const clip = (position: number) => Math.min(Math.max(position, range[0]), range[1]);
  const top = Number(row(clip(dataRange[1]))), bottom = Number(row(clip(dataRange[0])));
  let lines = "", marks = "";
  for (let from = 0; from < moments.length;) {
    const count = moments[from].knots.length;
    let to = from;
    while (to + 1 < moments.length && moments[to + 1].knots.length === count) to++;
    if (from > 0) marks += `M${column(moments[from].epoch)} 0v${HEIGHT}`;
    for (let i = 1; i < count - 1; i++) {
      const points = moments.slice(from, to + 1)
        .filter(({ knots }) => Number.isFinite(knots[i]))
        .map(({ epoch, knots }) => `${column(epoch)} ${row(knots[i])}`);
      if (points.length === 0) continue;
      lines += `M${points[0]}${points.length === 1 ? "h0" : ""}` +
        points.slice(1).map((point) => `L${point}`).join("");
    }
    from = to + 1;
  }
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" ` +
    `aria-label="${escapeHtml(label)}"><rect class="range" x="0" y="${top}" width="${WIDTH}" ` +
    `height="${fixed(Math.max(0, bottom - top))}"/>${
      marks === "" ? "" : `<path class="level" d="${marks}"/>`
    }` +
    `<path class="path" d="${lines}"/></svg>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
