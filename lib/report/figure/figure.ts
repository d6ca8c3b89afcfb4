/**
 * A figure as SVG.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { escapeHtml } from "../html/html.ts";
import { hundredths } from "../html/numbers.ts";
import { NETWORK_STYLE } from "../network/style.ts";
import { networkSvg } from "../network/svg.ts";
import { curvesSvg, legend } from "./curves.ts";
import type { Figure, FigurePanel } from "./data.ts";
import { PAPER_INK } from "./ink.ts";
import { mapSvg } from "./map.ts";
import { fitted, FONT, textElement } from "./text.ts";

/** Size of a panel, its heading and axes included, and the space between two. */
const WIDTH = 460, HEIGHT = 330, GAP = 18;
/** Room of the axes at the left and below, and of the heading. */
const LEFT = 68, BELOW = 46, ABOVE = 30, RIGHT = 14;

/** A panel that knows its size. */
interface Sized {
  readonly width: number;
  readonly height: number;
  /** Draws it with its upper left corner at a place. */
  readonly draw: (x: number, y: number) => string;
}

/**
 * Draws a figure: vector graphics on white paper, in fonts of the system; maps are pictures within
 * it. It needs no browser, and is the same text for the same figure.
 *
 * @param figure Of {@linkcode trainingFigure} or {@linkcode solutionFigure}, or your own.
 * @returns An `svg` element that is a file of its own.
 * @throws {TypeError} If the figure has no list of panels.
 *
 * @example
 * ```ts
 * import { figureSvg } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const x = [0, 1, 2, 3];
 * const svg = figureSvg({
 *   panels: [{
 *     kind: "curves",
 *     title: "growth",
 *     xTitle: "day",
 *     yTitle: "mass",
 *     series: [{ label: "", x, y: x.map(Math.exp), kind: "line", color: 0 }],
 *   }],
 * });
 * assertStringIncludes(svg, "growth");
 * ```
 */
export function figureSvg(figure: Figure): string {
  checkRecord("draw figure", "figure", figure, "what trainingFigure() gives", ["panels"]);
  const panels = figure.panels.map(sized), rows: Sized[][] = [];
  for (const panel of panels) {
    const last = rows.at(-1);
    const alone = (each: Sized) => each.width > WIDTH;
    if (last?.length === 1 && !alone(last[0]) && !alone(panel)) last.push(panel);
    else rows.push([panel]);
  }
  const width = Math.max(
    WIDTH,
    ...rows.map((row) => row.reduce((sum, each) => sum + each.width, GAP * (row.length - 1))),
  );
  let y = 8, body = "";
  for (const row of rows) {
    let x = 0;
    for (const panel of row) {
      body += `<g>${panel.draw(x, y)}</g>`;
      x += panel.width + GAP;
    }
    y += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const height = hundredths(y), label = figure.panels.map(({ title }) => title).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeHtml(label)}" font-family="${FONT}" ` +
    `class="freeknot-figure">${
      figure.panels.some(({ kind }) => kind === "network") ? `<style>${SCOPED}</style>` : ""
    }<rect width="100%" height="100%" fill="#fff"/>${body}</svg>`;

  function sized(panel: FigurePanel, k: number): Sized {
    if (panel.kind === "network") return networkPanel(panel);
    const room = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - ABOVE - BELOW };
    const title = (x: number, y: number) =>
      textElement(fitted(panel.title, WIDTH - LEFT, 13), {
        ...{ x: x + LEFT, y: y + 14, size: 13, bold: true, color: PAPER_INK.ink },
      });
    if (panel.kind === "map") {
      return {
        ...{ width: WIDTH, height: HEIGHT },
        draw: (x, y) =>
          title(x, y) + mapSvg(panel, { x: x + LEFT, y: y + ABOVE, ...room }, PAPER_INK),
      };
    }
    const { lines, svg } = legend(panel, room.width, PAPER_INK), top = ABOVE + 16 * lines;
    const box = { ...room, height: HEIGHT - ABOVE - BELOW };
    return {
      ...{ width: WIDTH, height: HEIGHT + 16 * lines },
      draw: (x, y) =>
        title(x, y) + svg(x + LEFT, y + ABOVE - 2) +
        curvesSvg(panel, { ...box, x: x + LEFT, y: y + top }, `plot${k}`, PAPER_INK),
    };
  }
}

/** The network's style, within its own element: the figure's text has fonts of its own. */
const SCOPED = NETWORK_STYLE.replace(/text\{[^}]*\}/, "").replaceAll("\n", "") +
  `.network text{font-size:12px;fill:#1b1f24}`;

function networkPanel({ title, drawing }: Extract<FigurePanel, { kind: "network" }>): Sized {
  const svg = networkSvg(drawing, { embedded: true });
  const [, w, h] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const width = Math.max(WIDTH, w), left = (width - w) / 2;
  return {
    width,
    height: h + ABOVE,
    draw: (x, y) =>
      textElement(title, { x: x + 14, y: y + 14, size: 13, bold: true, color: PAPER_INK.ink }) +
      svg.replace("<svg ", `<svg x="${hundredths(x + left)}" y="${hundredths(y + ABOVE - 8)}" `),
  };
}
