/**
 * Pictures of the function: a curve, maps of two inputs, or predictions beside the truth.
 *
 * @module
 */

import { COLOR_MAPS, compactNumber, finiteRange } from "../../../../lib/report/inner.ts";
import type { FunctionPicture } from "../../protocol.ts";
import { framed, linePath } from "./frame.ts";

/** A picture with its heading. */
export interface Panel {
  readonly title: string;
  readonly svg: string;
}

/** How pictures are drawn. */
export interface PanelStyle {
  readonly width: number;
  readonly scheme: "light" | "dark";
  /** Makes an image of values row by row, from below: its address. */
  image(
    values: readonly number[],
    size: number,
    color: (value: number) => readonly number[],
  ): string;
}

type Curve = Extract<FunctionPicture, { kind: "curve" }>;
type FunctionMap = Extract<FunctionPicture, { kind: "map" }>;
type Scatter = Extract<FunctionPicture, { kind: "scatter" }>;

/** Draws the function: one panel, of maps up to three. */
export function functionPanels(picture: FunctionPicture, style: PanelStyle): Panel[] {
  if (picture.kind === "curve") return [curvePanel(picture, style)];
  return picture.kind === "map" ? mapPanels(picture, style) : [scatterPanel(picture, style)];
}

function padded([low, high]: readonly [number, number], share = 0.06): [number, number] {
  const more = share * (high - low || Math.abs(high) || 1);
  return [low - more, high + more];
}

function curvePanel(
  { names, x, prediction, truth, rows, knots }: Curve,
  { width }: PanelStyle,
): Panel {
  const isSolution = rows.length === 0;
  const values = [...rows.map(([, y]) => y), ...truth ?? (isSolution ? prediction : [])];
  const range = padded(finiteRange(values) ?? [0, 1]),
    height = Math.round(Math.min(340, width * 0.75));
  const error = truth && Math.max(...truth.map((value, k) => Math.abs(value - prediction[k])));
  const label = `${names[1]} over ${names[0]}: ` +
    (isSolution ? "" : `${rows.length} rows as dots, `) + "the network as a line" +
    (truth ? `; largest distance to the true function ${compactNumber(error!)}` : "") +
    `; ${knots.length} knots`;
  const svg = framed({
    ...{ width, height, label, margin: 56 },
    x: { range: [x[0], x[x.length - 1]], name: names[0] },
    y: { range, name: names[1] },
  }, (plot) => {
    const line = (y: readonly number[]) =>
      linePath(x.map((at, k) => [plot.x(at), plot.y(y[k])] as const));
    const base = plot.top + plot.height;
    return `<path class="rows" d="${
      rows.map(([at, y]) => `M${plot.x(at)} ${plot.y(y)}h0`).join("")
    }"/>` +
      (truth ? `<path class="truth" d="${line(truth)}"/>` : "") +
      `<path class="curve" d="${line(prediction)}"/>` +
      `<path class="knots" d="${knots.map((at) => `M${plot.x(at)} ${base}v-9`).join("")}"/>`;
  });
  const solved = `${names[1]}, solved${truth ? `, over the true ${names[1]}` : ""}`;
  const learned = truth ? "Learned, over the true function" : "Learned, over the rows";
  return { title: isSolution ? solved : learned, svg };
}

function mapPanels(picture: FunctionMap, style: PanelStyle): Panel[] {
  const { prediction, truth, target, names, lines, solved = false } = picture;
  const range = finiteRange(truth ?? prediction) ?? [0, 1];
  const error = truth && prediction.map((value, k) => value - truth[k]);
  const shown = finiteRange(prediction) ?? range,
    count = lines?.nodes.reduce(
      (sum, node) => sum + node.lines.length,
      0,
    );
  const label =
    `${target} over ${names[0]} and ${names[1]} as the network has ${
      solved ? "found" : "learned"
    } it, from ` +
    `${compactNumber(shown[0])} to ${compactNumber(shown[1])}` +
    (count ? `; ${count} lines on which knots lie` : "");
  const panels = [{
    title: solved ? `${target}, solved` : "Learned, with the lines of its knots",
    svg: mapSvg(picture, prediction, sequential(style, range), { label, lines: true }, style),
  }];
  if (!truth || !error) {
    return [{ ...panels[0], title: lines || solved ? panels[0].title : "Learned" }];
  }
  const size = error.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 1e-300);
  return [
    panels[0],
    {
      title: solved ? `The true ${target}` : "The true function",
      svg: mapSvg(picture, truth, sequential(style, range), {
        label: `The true ${target}, from ${compactNumber(range[0])} to ${compactNumber(range[1])}`,
      }, style),
    },
    {
      title: `Difference, up to ±${compactNumber(size, 2)}`,
      svg: mapSvg(picture, error, diverging(style, size), {
        label: `${solved ? "Solved" : "Learned"} minus true, at most ${
          compactNumber(size)
        } in size`,
      }, style),
    },
  ];
}

/** Colours of values within a range. */
function sequential({ scheme }: PanelStyle, [low, high]: readonly [number, number]) {
  const stops = COLOR_MAPS.sequential[scheme];
  return { stops, share: (value: number) => (value - low) / (high - low || 1) };
}

/** Colours of values on both sides of 0. */
function diverging({ scheme }: PanelStyle, size: number) {
  return {
    stops: COLOR_MAPS.diverging[scheme],
    share: (value: number) => 0.5 + value / (2 * size),
  };
}

function mapSvg(
  { x, y, names, size, lines }: FunctionMap,
  values: readonly number[],
  { stops, share }: ReturnType<typeof sequential>,
  { label, lines: drawn = false }: { readonly label: string; readonly lines?: boolean },
  { width, image }: PanelStyle,
): string {
  const table = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  const color = (value: number) => {
    const s = Math.min(Math.max(share(value), 0), 1) * (table.length - 1);
    const i = Math.min(Math.floor(s), table.length - 2);
    return table[i].map((from, c) => from + (s - i) * (table[i + 1][c] - from));
  };
  const height = width - 12;
  return framed({
    ...{ width, height, label },
    x: { range: x, name: names[0] },
    y: { range: y, name: names[1] },
  }, (plot) => {
    const count = lines?.nodes.reduce((sum, node) => sum + node.lines.length, 0) ?? 0;
    const opacity = Math.min(0.85, Math.max(0.3, 18 / count)).toFixed(2);
    const paths = !drawn || !lines
      ? ""
      : lines.nodes.map(({ lines: segments }, k) =>
        `<path class="line s${k % 5}" stroke-opacity="${opacity}" d="${
          segments.map(([x0, y0, x1, y1]) =>
            `M${plot.x(x0)} ${plot.y(y0)}L${plot.x(x1)} ${plot.y(y1)}`
          ).join("")
        }"/>`
      ).join("");
    return `<image x="${plot.left}" y="${plot.top}" width="${plot.width}" height="${plot.height}" ` +
      `preserveAspectRatio="none" href="${image(values, size, color)}"/>${paths}`;
  });
}

function scatterPanel(picture: Scatter, { width }: PanelStyle): Panel {
  const { target, of, labels, truth, prediction } = picture;
  const height = Math.round(Math.min(340, width * 0.75));
  if (labels) {
    const right = prediction.filter((p) => p > 0.5).length;
    const label = `Probability of the right class, ${truth.length} ${of} by their class ` +
      `(${labels.join(", ")}): ${right} above one half`;
    const svg = framed(
      {
        ...{ width, height, label },
        x: { range: [-0.5, labels.length - 0.5], name: `class: ${labels.join(", ")}`, bare: false },
        y: { range: [-0.02, 1.02], name: "probability" },
      },
      (plot) =>
        `<path class="truth" d="M${plot.left} ${
          plot.y(0.5)
        }h${plot.width}"/><path class="rows" d="${
          prediction.map((p, k) => `M${plot.x(truth[k] + jitter(k))} ${plot.y(p)}h0`).join("")
        }"/>`,
    );
    return { title: `Probability of the right class, of ${of}`, svg };
  }
  const range = padded(finiteRange(truth) ?? [0, 1]);
  const distance = Math.max(...prediction.map((value, k) => Math.abs(value - truth[k])));
  const label =
    `Prediction over ${target} of ${truth.length} ${of}; on the diagonal both are equal; ` +
    `largest distance ${compactNumber(distance)}`;
  const svg = framed(
    {
      ...{ width, height, label, margin: 56 },
      x: { range, name: target },
      y: { range, name: "prediction" },
    },
    (plot) =>
      `<path class="truth" d="M${plot.x(range[0])} ${plot.y(range[0])}L${plot.x(range[1])} ${
        plot.y(range[1])
      }"/><path class="rows" d="${
        truth.map((value, k) => `M${plot.x(value)} ${plot.y(prediction[k])}h0`).join("")
      }"/>`,
  );
  return { title: `Prediction over truth, of ${of}`, svg };
}

/** A shift that tells rows of a class apart, the same at every drawing. */
function jitter(k: number): number {
  return 0.6 * ((k * 0.6180339887) % 1) - 0.3;
}
