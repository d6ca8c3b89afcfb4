/**
 * Pictures for papers, as plain data: made by {@linkcode trainingFigure} and
 * {@linkcode solutionFigure}, drawn by {@linkcode figureSvg}.
 *
 * @module
 */

import type { NetworkDrawing } from "../network/data.ts";

/** What pictures may show. */
export type PictureName =
  /** The loss over work. */
  | "loss"
  /** The network with the curves of its edges. */
  | "network"
  /** What the network says: a curve, a map, or predictions beside targets. */
  | "prediction"
  /** The solution of an equation: curves or maps. */
  | "solution"
  /** Where the prediction or the solution is wrong. */
  | "error"
  /** What is left when a solution is put into its equation. */
  | "residual"
  /** The curves of single edges, their knots below them. */
  | "edges"
  /** How knots moved in training. */
  | "knots"
  /** How single columns act. */
  | "effects";

/** One curve or cloud of a {@linkcode CurvePanel}. */
export interface FigureSeries {
  /** Name in the legend; empty: not in the legend. */
  readonly label: string;
  /** Positions; where a position or value is not finite the line is broken. */
  readonly x: readonly number[];
  /** Values. */
  readonly y: readonly number[];
  /** A line, points, a line that guides the eye, or the place between `y` and `low`. */
  readonly kind: "line" | "points" | "guide" | "band";
  /** Of a band: its lower edge. */
  readonly low?: readonly number[];
  /** Place in the list of colours, or a place in the sequential colour map as `{ share }`. */
  readonly color: number | "ink" | "muted" | { readonly share: number };
  /** Width of the line, radius of points. Default 1.75. */
  readonly width?: number;
  /** Dash and gap; absent: solid. */
  readonly dash?: string;
}

/** Curves and clouds over one axis. */
export interface CurvePanel {
  /** Tells panels apart. */
  readonly kind: "curves";
  /** Heading. */
  readonly title: string;
  /** Name of the axis below. */
  readonly xTitle: string;
  /** Name of the axis at the left. */
  readonly yTitle: string;
  /** Whether the axis at the left is logarithmic. */
  readonly logarithmic?: boolean;
  /** Curves, in the order of drawing. */
  readonly series: readonly FigureSeries[];
  /** Dashed lines across, with a word each. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[];
  /** Dashed lines upwards, with a word each at their upper end, or a shorter one where it is narrow. */
  readonly steps?: readonly {
    readonly at: number;
    readonly label: string;
    readonly short?: string;
  }[];
  /** Ticks inside the frame, at the axis below: knots. */
  readonly rug?: readonly number[];
  /** Ends of the axis below. Absent: those of the data. */
  readonly xRange?: readonly [number, number];
  /** Ends of the axis at the left; what reaches beyond is cut off. Absent: those of the data. */
  readonly yRange?: readonly [number, number];
  /** Names in place of numbers along the axis below, at 0, 1, 2, ... */
  readonly levels?: readonly string[];
}

/** Values on a grid, as colours. */
export interface MapPanel {
  /** Tells panels apart. */
  readonly kind: "map";
  /** Heading. */
  readonly title: string;
  /** Range from left to right. */
  readonly x: readonly [number, number];
  /** Range from below upwards. */
  readonly y: readonly [number, number];
  /** Names of the two axes. */
  readonly names: readonly [string, string];
  /** Grid points along `x`, both ends included. */
  readonly columns: number;
  /** Grid points along `y`. */
  readonly rows: number;
  /** Row-major, the lowest `y` first; not finite: outside, left white. */
  readonly values: readonly number[];
  /** The colour map. */
  readonly palette: "sequential" | "diverging" | "magnitude";
  /** Values, or of a logarithmic map decimal logarithms, of both ends of the colours. */
  readonly range: readonly [number, number];
  /** Whether colours follow the logarithm of the size. */
  readonly logarithmic: boolean;
  /** Whether both axes have one unit and the same length per unit. */
  readonly equal: boolean;
  /** Points that are marked, `[x, y]`. */
  readonly points?: readonly (readonly [number, number])[];
  /** Lines on it, `[x0, y0, x1, y1]`: where knots lie. */
  readonly lines?: readonly {
    readonly color: FigureSeries["color"];
    readonly segments: readonly (readonly [number, number, number, number])[];
  }[];
}

/** A network. */
export interface NetworkPanel {
  /** Tells panels apart. */
  readonly kind: "network";
  /** Heading. */
  readonly title: string;
  /** Of {@linkcode networkDrawing}. */
  readonly drawing: NetworkDrawing;
}

/** One panel of a figure. */
export type FigurePanel = CurvePanel | MapPanel | NetworkPanel;

/** Panels side by side, two in a row. */
export interface Figure {
  /** In the order of reading. */
  readonly panels: readonly FigurePanel[];
}
