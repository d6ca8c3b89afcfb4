/**
 * The data that a page's own code draws, as JSON carries them.
 *
 * @module
 */

import type { SolutionMap } from "../solution/data.ts";
import type { RefinementMark } from "../training/data.ts";

/** A list of numbers; not finite is null. */
export type JsonNumbers = readonly (number | null)[];

/** Everything that a page carries; the page draws the parts that are there. */
export interface PageData extends Partial<PageLoss>, Partial<PageConvergence> {
  readonly profiles?: readonly PageProfile[];
  readonly scatter?: readonly PageScatter[];
  readonly maps?: readonly PageMap[];
  readonly plots?: readonly PagePlot[];
}

/** One curve or cloud of points of a {@linkcode PagePlot}. */
export interface PagePlotSeries extends Omit<PageLine, "values" | "fill"> {
  /**
   * A line, with marks at its points or without; a cloud; the steps of a histogram, from each place
   * to the next; a line that only guides the eye.
   */
  readonly kind: "line" | "marked" | "cloud" | "steps" | "guide";
  readonly x: JsonNumbers;
  readonly y: JsonNumbers;
}

/** A chart of curves and clouds. */
export interface PagePlot {
  /** Id of the canvas. */
  readonly id: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Ends of the axis. Absent: those of the data. */
  readonly x?: readonly [number, number];
  /** Ends of the axis. Absent: those of the data. */
  readonly y?: readonly [number, number];
  /** Whether the axis at the left is logarithmic. Absent: no. */
  readonly logarithmic?: boolean;
  /** Whether the axis below is logarithmic. Absent: no. */
  readonly logarithmicX?: boolean;
  readonly series: readonly PagePlotSeries[];
}

/** One line of a chart. */
export interface PageLine {
  /** Name in the legend; empty: not in the legend. */
  readonly label: string;
  /** Name of the CSS variable of the colour, or a place in the sequential colour map, 0 to 1. */
  readonly color: string | number;
  /** Lengths of dashes and gaps in pixels; empty: solid. */
  readonly dash: readonly number[];
  readonly width: number;
  readonly values: JsonNumbers;
  /** Whether the place between this line and the one before is shaded. Absent: no. */
  readonly fill?: boolean;
}

/** A published result as a level to compare with. */
export interface PageReference {
  readonly label: string;
  readonly value: number;
}

/** What a run has spent after every epoch. */
export interface PageProgress {
  readonly work: readonly number[];
  readonly evaluations: readonly number[];
  readonly seconds: readonly number[];
}

/** The training log by columns. */
export interface PageHistory extends PageProgress {
  readonly epoch: readonly number[];
  readonly intervals: readonly number[];
  readonly gradientNorm: JsonNumbers;
  readonly series: readonly PageLine[];
}

/** What the chart of the loss is drawn from. */
export interface PageLoss {
  readonly lossName: string;
  readonly history: PageHistory;
  readonly refinements: readonly RefinementMark[];
  readonly reference: PageReference | null;
}

/** What the chart of many runs' convergence is drawn from. */
export interface PageConvergence {
  readonly curves: readonly (PageLine & PageProgress)[];
  readonly reference: PageReference | null;
}

/** One chart of lines over a coordinate or over epochs. */
export interface PageProfile {
  /** Id of the canvas. */
  readonly id: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly logarithmic: boolean;
  readonly x: readonly number[];
  readonly lines: readonly PageLine[];
}

/** One cloud of points. */
export interface PageScatter {
  readonly part: string;
  readonly name: string;
  readonly target: JsonNumbers;
  readonly prediction: JsonNumbers;
  readonly residual: JsonNumbers;
}

/** One map. */
export interface PageMapPanel {
  /** The `data-map` of the canvas. */
  readonly id: string;
  /** Name of the values in the line of text below the maps. */
  readonly name: string;
  readonly values: JsonNumbers;
  /** Digits of the values in that line. */
  readonly digits: number;
  /** For values, for values on both sides of 0, for sizes of what should be 0. */
  readonly palette: "sequential" | "diverging" | "magnitude";
  /** Values at the ends of the colour bar; of a logarithmic one their decimal logarithms. */
  readonly range: readonly [number, number];
  readonly logarithmic: boolean;
  /** Whether the map shows knots and measurements. */
  readonly marked: boolean;
}

/** Maps on one grid, and the line of text below them that shows their values. */
export interface PageMap extends Pick<SolutionMap, "x" | "y" | "columns" | "rows" | "names"> {
  /** Id of that line. */
  readonly readout: string;
  /** Height of the maps as a part of their width. */
  readonly ratio: number;
  /** Whether values that are missing show the page, as outside a shape; else they are marked. */
  readonly isBlank?: boolean;
  readonly panels: readonly PageMapPanel[];
  /** Positions of knots on both axes. */
  readonly knots: readonly [readonly number[], readonly number[]];
  /** Points of measurement, `[x, y]`. */
  readonly points: readonly (readonly [number, number])[];
}
