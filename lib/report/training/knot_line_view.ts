/**
 * Pictures of the knot lines in input space, as inline SVG with labels in HTML.
 *
 * @module
 */

import type { KnotLineMap, KnotLines } from "./data.ts";
import { escapeHtml } from "../html/html.ts";
import { formatRange } from "../html/numbers.ts";

const SIDE = 200;
const MOST_PANELS = 24;
const COLOURS = 5; // classes s0..s4 of the style sheet

/** A panel with all nodes, then one per node. */
export function knotLinePanels(map: KnotLineMap): string {
  const panels = map.nodes.slice(0, MOST_PANELS).map((node, i) => panel(map, [node], i));
  const all = map.nodes.length > 1 ? [panel(map, map.nodes, 0)] : [];
  const leftOut = map.nodes.length - panels.length;
  const range = (ends: readonly [number, number]) => formatRange(ends).join(" to ");
  return `<div class="planes">${[...all, ...panels].join("")}</div><p class="caption">` +
    `Left to right: ${escapeHtml(map.names[0])} from ${range(map.x)}. Bottom to top: ` +
    `${escapeHtml(map.names[1])} from ${range(map.y)}.` +
    (leftOut > 0 ? ` ${leftOut} more nodes are left out.` : "") + `</p>`;
}

function panel(map: KnotLineMap, nodes: readonly KnotLines[], firstColour: number): string {
  const title = nodes.length > 1
    ? nodes.length === 2 ? "Both nodes" : `All ${nodes.length} nodes`
    : `Node ${nodes[0].name}`;
  const count = nodes.reduce((sum, { lines }) => sum + lines.length, 0);
  const paths = nodes.map(({ lines }, i) => {
    const d = lines.map(([x0, y0, x1, y1]) =>
      `M${place(x0, map.x)} ${place(y0, map.y, true)}L${place(x1, map.x)} ${place(y1, map.y, true)}`
    ).join("");
    return `<path class="s${(firstColour + i) % COLOURS}" d="${d}"/>`;
  });
  const label = `${title}: ${count} ${count === 1 ? "line" : "lines"} over ${map.names[0]} and ` +
    map.names[1];
  return `<figure class="plane"><h4>${escapeHtml(title)}</h4>` +
    `<svg${
      nodes.length > 1 ? ' class="all"' : ""
    } viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${escapeHtml(label)}">` +
    `${paths.join("")}</svg></figure>`;
}

function place(value: number, range: readonly [number, number], upwards = false): string {
  const share = (value - range[0]) / (range[1] - range[0]);
  return String(Math.round(100 * SIDE * (upwards ? 1 - share : share)) / 100);
}
