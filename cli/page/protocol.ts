/**
 * What the page and its worker say to each other.
 *
 * @module
 */

import type { KnotLineMap, NetworkDrawing } from "../../lib/report/inner.ts";

/** A table that was dropped, pasted or drawn. */
export interface GivenTable {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is seen of a table at a glance. */
export interface TableLook {
  /** Names of its columns; none where it cannot be read. */
  readonly columns: readonly string[];
  /** Whether a column holds words rather than numbers, by column. */
  readonly classes: readonly boolean[];
}

/** A function to be learned, as a table that the page makes. */
export interface FunctionPlan {
  /** A formula of `x`, or of `x` and `y`, ...; absent: a problem of the gallery. */
  readonly formula?: string;
  /** Name of a gallery problem. */
  readonly problem?: string;
  /** The range of every variable of a formula. */
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** Standard deviation of the noise, as a share of the function's range. */
  readonly noise: number;
  /** Seed of points and noise. */
  readonly seed: number;
}

/** A run that is asked for. */
export interface RunPlan {
  /** Flags of `freeknot train`, all but those of a table that the page makes; or of `freeknot solve`. */
  readonly words: readonly string[];
  /** A differential equation is solved: the file that `--file` names, or a problem of the gallery. */
  readonly solves?: { readonly file?: GivenTable };
  /** The table that `--data` names. */
  readonly table?: GivenTable;
  /** The function that a table is made of. */
  readonly made?: FunctionPlan;
  /** A checkpoint to go on from. */
  readonly checkpoint?: Uint8Array;
}

/** What can be had of a run as a file. */
export type FileKind =
  | "model"
  | "checkpoint"
  | "js"
  | "onnx"
  | "python"
  | "c"
  | "data"
  | "formula"
  | "report";

/** A file, and words about it that the page shows. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text?: string;
}

/** What the page asks of the worker. */
export type Ask =
  | { readonly kind: "open"; readonly id: number; readonly plan: RunPlan; readonly plays: boolean }
  /** Trains on; `epochs` and `level`: not further than that. */
  | { readonly kind: "play"; readonly until?: "epoch" | "level" }
  | { readonly kind: "pause" }
  /** Refines at once, also where the schedule is over. */
  | { readonly kind: "refine" }
  /** Goes back to the end of a stage, counted from 0; -1: to the start. */
  | { readonly kind: "undo"; readonly stage: number }
  /** Milliseconds between two epochs, at least. */
  | { readonly kind: "pace"; readonly milliseconds: number }
  | { readonly kind: "file"; readonly file: FileKind }
  /** Asks for the columns of a table; `id` tells answers apart. */
  | { readonly kind: "look"; readonly id: number; readonly table: GivenTable }
  /** The code that the worker asked for. */
  | { readonly kind: "code"; readonly text: string };

/** One point of the loss curve. */
export interface LossPoint {
  readonly epoch: number;
  readonly work: number;
  readonly loss: number;
  readonly intervals: number;
  /** Of an equation whose solution is known: the relative L2 error. */
  readonly error?: number;
  /** Of an equation, at the end of a level: the relative residual at fresh points. */
  readonly fresh?: number;
}

/** The function as it is learned. */
export type FunctionPicture =
  | {
    readonly kind: "curve";
    readonly names: readonly [string, string];
    readonly x: readonly number[];
    readonly prediction: readonly number[];
    /** The true function, where it is known. */
    readonly truth?: readonly number[];
    /** Rows of the table. */
    readonly rows: readonly (readonly [number, number])[];
    /** Where pieces of the first layer meet, as positions of `x`. */
    readonly knots: readonly number[];
  }
  | {
    readonly kind: "map";
    readonly names: readonly [string, string];
    readonly target: string;
    readonly x: readonly [number, number];
    readonly y: readonly [number, number];
    /** Points along each side; values row by row, from below. */
    readonly size: number;
    readonly prediction: readonly number[];
    readonly truth?: readonly number[];
    readonly lines?: KnotLineMap;
    /** The function solves an equation; NaN outside of its domain. */
    readonly solved?: boolean;
  }
  | {
    readonly kind: "scatter";
    readonly target: string;
    /** What the values are: numbers of rows that were held out, or of the training rows. */
    readonly of: string;
    /** Of classes: the probability of the row's class over the number of the class. */
    readonly labels?: readonly string[];
    readonly truth: readonly number[];
    readonly prediction: readonly number[];
  };

/** The solution of a differential equation: a picture for each unknown. */
export interface SolutionPicture {
  readonly kind: "solution";
  readonly panels: readonly FunctionPicture[];
  /** Where there are more than two coordinates: at which values of the others it is shown. */
  readonly slice?: string;
}

/** Knots of one node at one moment. */
export interface NodeKnots {
  readonly name: string;
  readonly positions: readonly number[];
}

/** Where training stands, with its pictures. */
export interface Snapshot {
  readonly point?: LossPoint;
  readonly picture: FunctionPicture | SolutionPicture;
  readonly knots: readonly NodeKnots[];
  readonly drawing: NetworkDrawing;
  readonly parameters: number;
  readonly intervals: number;
}

/** A level that is done, for undoing. */
export interface DoneLevel {
  /** Index of the schedule's stage. */
  readonly stage: number;
  readonly intervals: number;
  readonly epochs: number;
  readonly loss: number;
}

/** How a run ended, with the numbers that `freeknot train` prints. */
export interface RunEnd {
  readonly status: string;
  readonly reason: string;
  readonly loss: { readonly train?: number; readonly test?: number };
  /** One score with its name, of the test rows if there are any. */
  readonly score: string;
}

/** What the run is, once it is open. */
export interface OpenRun {
  /** A differential equation is solved, in one go; or rows are trained on. */
  readonly kind: "train" | "solve";
  /** What there is of it as a file. */
  readonly files: readonly FileKind[];
  readonly rows: number;
  readonly testRows: number;
  readonly nIn: number;
  readonly widths: readonly number[];
  readonly optimizer: string;
  readonly epochs: number;
  /** The command line that repeats it. */
  readonly command: string;
  /** Of a made or dropped table: its file's name. */
  readonly table?: string;
  readonly notes: readonly string[];
  /** Of a run that goes on from a checkpoint: its flags. */
  readonly flags?: readonly string[];
}

/** What the worker tells the page. */
export type Tell =
  | { readonly kind: "open"; readonly id: number; readonly run: OpenRun }
  | { readonly kind: "history"; readonly points: readonly LossPoint[] }
  | {
    readonly kind: "snapshot";
    readonly snapshot: Snapshot;
    readonly levels: readonly DoneLevel[];
  }
  | { readonly kind: "changed"; readonly command: string; readonly epochs: number }
  | { readonly kind: "state"; readonly playing: boolean; readonly busy?: string }
  | { readonly kind: "note"; readonly text: string; readonly passing: boolean }
  | { readonly kind: "end"; readonly end: RunEnd }
  | { readonly kind: "fault"; readonly id?: number; readonly text: string }
  | ({ readonly kind: "file" } & GivenFile)
  | { readonly kind: "look"; readonly id: number; readonly look: TableLook }
  /** Asks for the code that is unpacked when it is needed. */
  | { readonly kind: "code" };
