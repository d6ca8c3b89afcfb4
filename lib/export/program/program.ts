/**
 * The form between a model and its copies in other languages: columns and their scales, then maps,
 * then outputs. Every writer reads it, none reads a network.
 *
 * @module
 */

import type { ScaleMap } from "../../data/mod.ts";
import type { Formula } from "../../interpret/mod.ts";

/** A column of raw numbers that a model reads. */
export interface ProgramColumn {
  /** Its name in the table. */
  readonly name: string;
  /** Subtracted before the scale. Absent: nothing. */
  readonly offset?: number;
  /** How it reaches the network. Absent: as it is. */
  readonly scale?: ProgramScale;
  /** Smallest and largest value, after the offset, of the rows of training. Absent: not known. */
  readonly range?: readonly [number, number];
}

/** What becomes 0 and 1, and the map between them: the line unless there is another. */
export interface ProgramScale {
  /** Becomes 0. */
  readonly minimum: number;
  /** Becomes 1; equal to `minimum`: all becomes 0.5. */
  readonly maximum: number;
  /** Absent: the line. */
  readonly map?: ScaleMap;
}

/** How outputs become predictions: a scale that is undone, or the inverse of a link. */
export interface OutputScale extends Omit<ProgramScale, "map"> {
  /** Absent: the line. */
  readonly map?: ScaleMap | OutputMap;
}

/** What becomes of an output whose loss has a link; columns have no such maps. */
export type OutputMap =
  /** `maximum exp(rate y)`. */
  | { readonly kind: "exp"; readonly rate: number }
  /** `1 / (1 + exp(-y))`. */
  | { readonly kind: "sigmoid" };

/** `y = x W + b`. */
export interface LinearStep {
  /** Tells the kinds of steps apart. */
  readonly kind: "linear";
  /** Numbers that go in. */
  readonly nIn: number;
  /** Numbers that come out. */
  readonly nOut: number;
  /** Shape `[nIn, nOut]`. */
  readonly weights: Float64Array;
  /** Shape `[nOut]`. Absent: zeros. */
  readonly bias?: Float64Array;
}

/** `y = W x + b`, the matrix in compressed rows as a sparse ReLU network has it. */
export interface SparseStep {
  /** Tells the kinds of steps apart. */
  readonly kind: "sparse";
  /** Numbers that go in. */
  readonly nIn: number;
  /** Numbers that come out. */
  readonly nOut: number;
  /** Where the entries of each row begin, and where the last end, shape `[nOut + 1]`. */
  readonly starts: Int32Array;
  /** Which input each entry multiplies. */
  readonly columns: Int32Array;
  /** The entries. */
  readonly values: Float64Array;
  /** Shape `[nOut]`. */
  readonly bias: Float64Array;
  /** `linear`: a full matrix most of whose entries are 0. Absent: a sparse network has it so. */
  readonly origin?: "linear";
}

/** A function of every number, `max(0, x)`, a power of it, or `tanh(x)`. */
export type NodeStep =
  | { readonly kind: "relu"; readonly nIn: number; readonly nOut: number; readonly power?: number }
  | { readonly kind: "tanh"; readonly nIn: number; readonly nOut: number };

/**
 * Where the pieces of the splines of one input lie. Piece 0 lies below the first knot, piece `j` from
 * knot `j - 1` on, the last from the last knot on: the piece of `u` is the number of knots `<= u`.
 */
export interface PieceGrid {
  /** Shape `[intervals + 1]`, not decreasing. */
  readonly knots: Float64Array;
  /** Whether the knots are evenly spread. */
  readonly uniform: boolean;
  /** Where the local coordinate `w = (u - origin) * inverse` of each piece is 0, shape `[pieces]`. */
  readonly origins: Float64Array;
  /** Shape `[pieces]`. */
  readonly inverses: Float64Array;
}

/**
 * A layer of splines. Input `p` becomes `u = (x - from) scale + origin`, `u` a piece `j` and a local
 * coordinate `w`, these `degree + 1` factors `f_i`, and `y_q` is the sum over inputs of
 * `sum_i f_i table[p][first_j + i][q]`. The factors are the powers `w^i`, where the table holds the
 * polynomials of all edges, or, with `basis`, B-splines, where it holds coefficients.
 */
export interface SplineStep {
  /** Tells the kinds of steps apart. */
  readonly kind: "splines";
  /** Numbers that go in. */
  readonly nIn: number;
  /** Numbers that come out. */
  readonly nOut: number;
  /** Polynomial degree. */
  readonly degree: number;
  /** Pieces of every spline, the two beyond the domain included. */
  readonly pieces: number;
  /** One for each input, or one for all. */
  readonly grids: readonly PieceGrid[];
  /** `from`, `scale`, `origin` of every input, shape `[nIn, 3]`. */
  readonly maps: Float64Array;
  /** Raw numbers that the layer accepts, shape `[nIn, 2]`; beyond, all is NaN. Absent: all. */
  readonly limits?: Float64Array;
  /** Shape `[nIn, rows, nOut]`; with wiring, input by input, `[rows, edges of the input]`. */
  readonly table: Float64Array;
  /** Rows of the table for each input. */
  readonly rows: number;
  /** Absent: the table holds polynomials. */
  readonly basis?: BasisPieces;
  /** Weights of `silu(u)`, shape `[nIn, nOut]`; with wiring `[edges]`. Absent: none. */
  readonly silu?: Float64Array;
  /** Which edges there are. Absent: all. */
  readonly wiring?: ProgramWiring;
}

/** The edges of a layer some of which are missing, numbered input by input. */
export interface ProgramWiring {
  /** Where the edges of each input begin, and where the last end, shape `[nIn + 1]`. */
  readonly starts: Int32Array;
  /** Output of every edge, ascending for each input. */
  readonly outputs: Int32Array;
}

/** B-splines as polynomials of the local coordinate. */
export interface BasisPieces {
  /** Shape `[grids, pieces, degree + 1 powers, degree + 1 functions]`. */
  readonly polynomials: Float64Array;
  /** The first function that is not 0, shape `[grids, pieces]`. */
  readonly first: Int32Array;
}

/** One map of the chain. */
export type ProgramStep = LinearStep | SparseStep | NodeStep | SplineStep;

/** Numbers that come out, in their units. */
export interface ValuesResult {
  /** Tells numbers from classes. */
  readonly kind: "values";
  /** Names of the outputs. */
  readonly names: readonly string[];
  /** What is undone at the end. */
  readonly scales: readonly (OutputScale | undefined)[];
  /** Per output the least and the largest value before its scale is undone. Absent: any. */
  readonly bounds?: readonly (readonly [number, number])[];
}

/** Classes: probabilities come out, and the label of the most probable class. */
export interface ClassesResult {
  /** Tells classes from numbers. */
  readonly kind: "classes";
  /** Name of the target column. */
  readonly target: string;
  /** Labels; two share one logit, that of the second. */
  readonly labels: readonly string[];
  /** What is averaged over several members. Absent: probabilities. */
  readonly average?: "logits";
}

/** A trained network, or several whose mean counts. */
export interface NetworkProgram {
  /** Tells networks from formulas. */
  readonly kind: "network";
  /** What it reads. */
  readonly columns: readonly ProgramColumn[];
  /** The chains of steps: one, or the members of an ensemble. */
  readonly members: readonly (readonly ProgramStep[])[];
  /** What comes out. */
  readonly result: ValuesResult | ClassesResult;
}

/** Formulas of columns. */
export interface FormulasProgram {
  /** Tells formulas from networks. */
  readonly kind: "formulas";
  /** What they read; without scales. */
  readonly columns: readonly ProgramColumn[];
  /** What formulas call the columns. */
  readonly variables: readonly string[];
  /** One for each output. */
  readonly formulas: readonly Formula[];
  /** What comes out. */
  readonly result: ValuesResult;
}

/** A model as columns, maps and outputs: plain data that every target is written from. */
export type ModelProgram = NetworkProgram | FormulasProgram;

/** How many numbers come out of a program: a probability for each class. */
export function countOutputs({ result }: ModelProgram): number {
  return result.kind === "classes" ? result.labels.length : result.names.length;
}

/** Names of what comes out of a program. */
export function outputNames({ result }: ModelProgram): string[] {
  return result.kind === "classes"
    ? result.labels.map((label) => `${result.target}_probability_${label}`)
    : [...result.names];
}

/** Whether the mean over several members is taken of classes' probabilities, not of their logits. */
export function averagesProbabilities({ result }: NetworkProgram): boolean {
  return result.kind === "classes" && result.average === undefined;
}

/** Throws a `RangeError` where a model answers by a rule that what is written cannot hold. */
export function refuseRule({ members, result }: NetworkProgram, what: string): void {
  const many = members.length > 1;
  const rule = result.kind === "values"
    ? result.bounds && "outputs within bounds"
    : many && result.average && "a mean of logits";
  if (!rule) return;
  throw new RangeError(
    `Cannot export model: model must be one network without bounds to be written ${what}, current ` +
      `value is a model with ${rule}, as a search finds it; train with --form network`,
  );
}

/** Whether every row of a sparse map has a single entry, as units at knots have. */
export function isSelection({ nOut, starts }: SparseStep): boolean {
  return starts.every((start, q) => start === q) && starts.length === nOut + 1;
}

/** The matrix of a sparse map in full, shape `[nIn, nOut]`. */
export function fullMatrix({ nIn, nOut, starts, columns, values }: SparseStep): Float64Array {
  const weights = new Float64Array(nIn * nOut);
  for (let q = 0; q < nOut; q++) {
    for (let k = starts[q]; k < starts[q + 1]; k++) weights[columns[k] * nOut + q] = values[k];
  }
  return weights;
}

/**
 * How many numbers the tables of a program hold; `expanded`: with a polynomial for every edge;
 * `full`: with all entries of sparse matrices.
 */
export function countNumbers(program: ModelProgram, expanded = false, full = false): number {
  if (program.kind === "formulas") return 0;
  let count = 0;
  for (const step of program.members.flat()) {
    if (step.kind === "linear") count += step.weights.length + (step.bias?.length ?? 0);
    if (step.kind === "sparse") {
      count += (full ? step.nIn * step.nOut : step.values.length) + step.bias.length;
    }
    if (step.kind !== "splines") continue;
    if (expanded) {
      const edges = step.wiring?.outputs.length ?? step.nIn * step.nOut;
      count += edges * step.pieces * (step.degree + 1);
      continue;
    }
    count += step.table.length + (step.basis?.polynomials.length ?? 0) + (step.silu?.length ?? 0);
    for (const grid of step.grids) count += grid.knots.length + 2 * grid.origins.length;
  }
  return count;
}
