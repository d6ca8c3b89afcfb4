/**
 * Heat maps of experiments as SVG.
 *
 * @module
 */

import type { FindingMap } from "../../reproduce/mod.ts";
import { escapeHtml } from "../html/html.ts";

const WIDTH = 640, LEFT = 44, BELOW = 34, ROW = 16;
/** Numbers below the map. */
const LABELS = 8;

/** Draws a map with a square per value: from 0, the page's panel, to 1, the full colour. */
export function heatMap({ title, text, xTitle, yTitle, x, y, values }: FindingMap): string {
  const width = (WIDTH - LEFT) / x.length, height = ROW * y.length;
  const row = (i: number) => height - (i + 1) * ROW;
  const squares = values.flatMap((line, i) =>
    line.map((value, j) => {
      const share = Number.isFinite(value) ? Math.min(Math.max(value, 0), 1) : 0;
      return `<rect x="${(LEFT + j * width).toFixed(1)}" y="${row(i)}" width="${
        (width + 0.3).toFixed(1)
      }" height="${ROW}" fill="var(--train)" fill-opacity="${share.toFixed(2)}"/>`;
    })
  );
  const every = Math.ceil(x.length / LABELS);
  const below = x.flatMap((label, j) =>
    j % every
      ? []
      : [words((LEFT + (j + 0.5) * width).toFixed(1), height + 14, "middle", String(label))]
  );
  const beside = y.map((label, i) => words(LEFT - 6, row(i) + 12, "end", String(label)));
  return `<figure><h4>${escapeHtml(title)}</h4><svg role="img" aria-label="${
    escapeHtml(text)
  }" viewBox="0 0 ${WIDTH} ${
    height + BELOW
  }" style="display:block;width:100%;max-width:${WIDTH}px;font-size:11px">${squares.join("")}` +
    `${below.join("")}${beside.join("")}${
      words(WIDTH / 2, height + BELOW - 4, "middle", xTitle)
    }</svg><figcaption>${escapeHtml(`${text} At the left: ${yTitle}.`)}</figcaption></figure>`;
}

function words(x: number | string, y: number, anchor: "middle" | "end", text: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="currentColor">${
    escapeHtml(text)
  }</text>`;
}
