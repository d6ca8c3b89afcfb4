/**
 * Pictures of the function: a curve, maps of two inputs, or predictions beside the truth.
 *
 * @module
 */

import {
  compactNumber,
  type CurvePanel,
  type FigureSeries,
  finiteRange,
  type MapPanel,
} from "../../../../lib/report/inner.ts";
import type { FunctionPicture } from "../../protocol.ts";

/** A panel, and what it shows in words. */
export interface WordedPanel {
  readonly panel: CurvePanel | MapPanel;
  readonly label: string;
}

type Curve = Extract<FunctionPicture, { kind: "curve" }>;
type FunctionMap = Extract<FunctionPicture, { kind: "map" }>;
type Scatter = Extract<FunctionPicture, { kind: "scatter" }>;

/** The function: one panel, of maps up to three. */
export function functionPanels(picture: FunctionPicture): WordedPanel[] {
  if (picture.kind === "curve") return [curvePanel(picture)];
  return picture.kind === "map" ? mapPanels(picture) : [scatterPanel(picture)];
}

function padded([low, high]: readonly [number, number], share = 0.06): [number, number] {
  const more = share * (high - low || Math.abs(high) || 1);
  return [low - more, high + more];
}

const ROWS = { kind: "points", color: 1, width: 2 } as const;
const TRUTH = { kind: "line", color: "ink", width: 1.2, dash: "5 4" } as const;

function curvePanel({ names, x, prediction, truth, rows, knots }: Curve): WordedPanel {
  const isSolution = rows.length === 0;
  const values = [...rows.map(([, y]) => y), ...truth ?? (isSolution ? prediction : [])];
  const error = truth && Math.max(...truth.map((value, k) => Math.abs(value - prediction[k])));
  const label = `${names[1]} over ${names[0]}: ` +
    (isSolution ? "" : `${rows.length} rows as dots, `) + "the network as a line" +
    (truth ? `; largest distance to the true function ${compactNumber(error!)}` : "") +
    `; ${knots.length} knots`;
  const solved = `${names[1]}, solved${truth ? `, over the true ${names[1]}` : ""}`;
  const learned = truth ? "Learned, over the true function" : "Learned, over the rows";
  const series: FigureSeries[] = [
    {
      ...ROWS,
      label: isSolution ? "" : "rows",
      x: rows.map(([at]) => at),
      y: rows.map(([, y]) => y),
    },
    ...(truth ? [{ ...TRUTH, label: "true", x, y: truth }] : []),
    { label: "network", kind: "line", color: 0, width: 2, x, y: prediction },
  ];
  const panel: CurvePanel = {
    kind: "curves",
    title: isSolution ? solved : learned,
    ...{ xTitle: names[0], yTitle: names[1], series, rug: knots },
    ...{ xRange: [x[0], x[x.length - 1]], yRange: padded(finiteRange(values) ?? [0, 1]) },
  };
  return { label, panel };
}

/** What tells the maps of one picture apart. */
type MapParts = Pick<MapPanel, "title" | "values" | "palette" | "range" | "lines">;

function mapPanels(picture: FunctionMap): WordedPanel[] {
  const { prediction, truth, target, names, solved = false } = picture;
  const range = finiteRange(truth ?? prediction) ?? [0, 1];
  const shown = finiteRange(prediction) ?? range;
  const lines = (picture.lines?.nodes ?? []).map(({ lines: segments }, color) => ({
    color,
    segments,
  }));
  const count = lines.reduce((sum, { segments }) => sum + segments.length, 0);
  const map = (panel: MapParts): MapPanel => ({
    kind: "map",
    ...{ x: picture.x, y: picture.y, names, logarithmic: false, equal: false },
    ...{ columns: picture.size, rows: picture.size, ...panel },
  });
  const learned = truth ? "Learned" : `Learned: ${target}`;
  const found: WordedPanel = {
    label: `${target} over ${names[0]} and ${names[1]} as the network has ` +
      `${solved ? "found" : "learned"} it, from ${compactNumber(shown[0])} to ` +
      compactNumber(shown[1]) + (count ? `; ${count} lines on which knots lie` : ""),
    panel: map({
      ...{ values: prediction, range, lines },
      palette: "sequential",
      title: solved
        ? `${target}, solved`
        : count > 0
        ? `${learned}, with the lines of its knots`
        : learned,
    }),
  };
  if (!truth) return [found];
  const error = prediction.map((value, k) => value - truth[k]);
  const size = error.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  const end = size || 1e-300; // the colours of a difference of nothing are those of 0
  return [
    found,
    {
      label: `The true ${target}, from ${compactNumber(range[0])} to ${compactNumber(range[1])}`,
      panel: map({
        ...{ values: truth, range },
        palette: "sequential",
        title: solved ? `The true ${target}` : "The true function",
      }),
    },
    {
      label: `${solved ? "Solved" : "Learned"} minus true, at most ${compactNumber(size)} in size`,
      panel: map({
        values: error,
        palette: "diverging",
        range: [-end, end],
        title: `Difference, up to ±${compactNumber(size, 2)}`,
      }),
    },
  ];
}

function scatterPanel({ target, of, labels, truth, prediction }: Scatter): WordedPanel {
  if (labels) {
    const right = prediction.filter((p) => p > 0.5).length;
    return {
      label: `Probability of the right class, ${truth.length} ${of} by their class ` +
        `(${labels.join(", ")}): ${right} above one half`,
      panel: {
        kind: "curves",
        ...{ title: `Probability of the right class, of ${of}`, levels: labels },
        ...{ xTitle: "class", yTitle: "probability" },
        yRange: [-0.02, 1.02],
        marks: [{ at: 0.5, label: "one half" }],
        series: [{ ...ROWS, label: "", x: truth.map((at, k) => at + jitter(k)), y: prediction }],
      },
    };
  }
  const range = padded(finiteRange(truth) ?? [0, 1]);
  const distance = Math.max(...prediction.map((value, k) => Math.abs(value - truth[k])));
  return {
    label: `Prediction over ${target} of ${truth.length} ${of}; on the diagonal both are equal; ` +
      `largest distance ${compactNumber(distance)}`,
    panel: {
      kind: "curves",
      ...{ title: `Prediction over truth, of ${of}`, xTitle: target },
      ...{ yTitle: "prediction", xRange: range, yRange: range },
      series: [
        { ...TRUTH, label: "no error", x: range, y: range },
        { ...ROWS, label: of, x: truth, y: prediction },
      ],
    },
  };
}

/** A shift that tells rows of a class apart, the same at every drawing. */
function jitter(k: number): number {
  return 0.6 * ((k * 0.6180339887) % 1) - 0.3;
}
