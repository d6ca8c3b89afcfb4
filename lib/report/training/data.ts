/**
 * What a report shows, as plain data: made by {@linkcode collectReport}, drawn by
 * {@linkcode renderReport}.
 *
 * All positions and values are in the units of the reader (scales of a table undone), unless
 * a field says otherwise.
 *
 * @module
 */

import type { LayerSupport } from "../../model/mod.ts";
import type { JudgingReport, PartCurves, ShownPart } from "../judging/data.ts";
import type { EpochRecord, LevelSummary } from "../../train/mod.ts";

/** One row of a result table to compare with, such as a row of the paper's Table 1. */
export interface PaperResult {
  /** What was trained: `spline, free knots, multilevel`. */
  readonly label: string;
  /** Number of trainable parameters. */
  readonly parameters: number;
  /** Mean squared error on scaled targets. */
  readonly mse: number;
}

/** One named block of the parameter vector, as the layout table prints it. */
export interface LayoutRow {
  /** `linear.weights`, `spline0.coefficients`, ... */
  readonly name: string;
  /** Index of its first entry. */
  readonly offset: number;
  /** Shape, row-major. */
  readonly shape: readonly number[];
}

/** A change of grid within the run. */
export interface RefinementMark {
  /** Work units done when the grid changed. */
  readonly work: number;
  /** Pieces per spline before. */
  readonly fromIntervals: number;
  /** Pieces per spline after. */
  readonly toIntervals: number;
}

/** A number per part of the data; a part that does not exist is absent. */
export interface PartLosses {
  /** Loss on the training rows. */
  readonly train: number;
  /** Loss on the test rows. */
  readonly test?: number;
  /** Loss on the validation rows. */
  readonly validation?: number;
}

/** Named scores (`rmse`, `r2`, `accuracy`, ...); null where there is none. */
export type NamedScores = Readonly<Record<string, number | null>>;

/** Named scores per part of the data. */
export interface PartScores {
  /** Scores on the training rows. */
  readonly train: NamedScores;
  /** Scores on the test rows. */
  readonly test?: NamedScores;
  /** Scores on the validation rows. */
  readonly validation?: NamedScores;
}

/** The scores of one of several targets, or of one class. */
export interface OwnScores {
  /** Name of the target, label of the class. */
  readonly name: string;
  /** Its scores. */
  readonly scores: PartScores;
}

/** One learned activation `phi_pq`, sampled over its domain. */
export interface ActivationCurve {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Input node `p` of the layer. */
  readonly input: number;
  /** Output node `q` of the layer. */
  readonly output: number;
  /** Normalised positions, ascending, within `domain`. */
  readonly x: readonly number[];
  /** Values at `x`. */
  readonly y: readonly number[];
  /** Knots `t_0..t_n` inside the domain, both ends included. */
  readonly knots: readonly number[];
  /** Smallest and largest normalised position of the training rows. */
  readonly dataRange: readonly [number, number];
  /** The domain `[a, b]` of the spline. */
  readonly domain: readonly [number, number];
  /** Raw (not normalised) inputs that the domain's ends stand for. */
  readonly rawRange: readonly [number, number];
  /** Name of the input node: `x1`, `z2`, `h3`. */
  readonly rawInputName: string;
  /** Name of the output node: `h1`, `y`. */
  readonly outputName: string;
}

/** Targets beside predictions of one part of the data, for one target column. */
export interface ScatterSeries {
  /** Which rows. */
  readonly part: ShownPart;
  /** Name of the target column. */
  readonly name: string;
  /** Targets; a sample of the rows where there are many. */
  readonly target: readonly number[];
  /** Predictions of the same rows. */
  readonly prediction: readonly number[];
}

/** Counts of true against predicted labels of one part of the data. */
export interface ConfusionTable {
  /** Which rows. */
  readonly part: ShownPart;
  /** Labels, in the order of the rows and columns of `counts`. */
  readonly labels: readonly string[];
  /** `counts[i][j]`: rows of label `i` that were predicted as label `j`. */
  readonly counts: readonly (readonly number[])[];
}

/** Prediction on a regular grid over two inputs, and the truth where it is known. */
export interface ErrorMap {
  /** Range of the first input (left to right). */
  readonly x: readonly [number, number];
  /** Range of the second input (bottom to top). */
  readonly y: readonly [number, number];
  /** Grid points along `x`, both ends included. */
  readonly columns: number;
  /** Grid points along `y`, both ends included. */
  readonly rows: number;
  /** Predictions, shape `[rows, columns]`, row-major, the lowest `y` first. */
  readonly prediction: readonly number[];
  /** The true function at the same points; absent where it is not known. */
  readonly target?: readonly number[];
  /** Prediction minus target; absent with `target`. */
  readonly error?: readonly number[];
  /** Names of the two inputs. */
  readonly names: readonly [string, string];
  /** Name of the target column. */
  readonly targetName: string;
}

/** A straight piece in input space: `[x0, y0, x1, y1]`. */
export type Segment = readonly [number, number, number, number];

/** Where one input node of the first spline layer passes its inner knots, in input space. */
export interface KnotLines {
  /** Node `p` of the first spline layer. */
  readonly node: number;
  /** Name of the node. */
  readonly name: string;
  /** One segment per inner knot `t_1..t_(n-1)` that meets the box of the inputs. */
  readonly lines: readonly Segment[];
}

/** Knot lines of all nodes, and the box they are drawn in. */
export interface KnotLineMap extends Pick<ErrorMap, "x" | "y" | "names"> {
  /** One entry per node of the first spline layer. */
  readonly nodes: readonly KnotLines[];
}

/** Everything that a report shows. */
export interface ReportData {
  /** Heading: the problem's name. */
  readonly title: string;
  /** One line below the heading. */
  readonly subtitle: string;
  /** How the run ended: `completed`, `converged`, `stopped`, `diverged`. */
  readonly status: string;
  /** One sentence: why the run ended so. */
  readonly reason?: string;
  /** Name of the loss on the axes: `mean squared error`. */
  readonly lossName: string;
  /** Label and value of every option, in the order of printing. */
  readonly configuration: readonly (readonly [string, string])[];
  /** The blocks of the parameter vector. */
  readonly layout: readonly LayoutRow[];
  /** One row per level, the coarsest first. */
  readonly levels: readonly LevelSummary[];
  /** Published results to compare with. */
  readonly paper?: readonly PaperResult[];
  /** Losses without regularisation, on scaled targets. */
  readonly losses: PartLosses;
  /** Scores in the target's own units. */
  readonly scores: PartScores;
  /** Scores of each target where there are several, of each class. */
  readonly ownScores?: readonly OwnScores[];
  /** The training log. */
  readonly history: readonly EpochRecord[];
  /** Where the grid changed. */
  readonly refinements: readonly RefinementMark[];
  /** Learned activations, in the order layer, input, output. */
  readonly activations: readonly ActivationCurve[];
  /** Shape `[nIn, nOut]` of every spline layer, shown or not. */
  readonly layerShapes: readonly (readonly [number, number])[];
  /** Number of edges of every spline layer, where a mask leaves some out. */
  readonly layerEdges?: readonly number[];
  /** How the training rows cover the basis of every spline layer. */
  readonly support?: readonly LayerSupport[];
  /** Targets beside predictions; empty for classification. */
  readonly scatter: readonly ScatterSeries[];
  /** Classification only. */
  readonly confusion?: readonly ConfusionTable[];
  /** Classification only: how well the classes are told apart at every threshold. */
  readonly classCurves?: readonly PartCurves[];
  /** What networks did on rows that they had not seen, where that was asked for. */
  readonly judging?: JudgingReport;
  /** Two inputs only. */
  readonly errorMap?: ErrorMap;
  /** Two inputs only. */
  readonly knotLines?: KnotLineMap;
  /** The command line that repeats the run. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
