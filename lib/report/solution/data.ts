/**
 * What the report of a solved differential equation shows, as plain data: made by
 * {@linkcode collectSolutionReport}, drawn by {@linkcode renderSolutionReport}.
 *
 * @module
 */

import type { ErrorMap, ReportData } from "../training/data.ts";

/** The solution as functions of points of shape `[rows, coordinates]`. */
export interface SolutionFields {
  /** Coordinates and their ranges, in the order of a point's numbers; `t` is time. */
  readonly domain: Readonly<Record<string, readonly [number, number]>>;
  /** Names of the unknowns. */
  readonly unknowns: readonly string[];
  /** Names of the equations. */
  readonly equations: readonly string[];
  /** Per unknown its values, shape `[rows]`. */
  readonly solution: (points: Float64Array) => readonly ArrayLike<number>[];
  /** Values of the true solution, where it is known. */
  readonly truth?: (points: Float64Array) => readonly ArrayLike<number>[];
  /** Per equation its residuals, shape `[rows]`. */
  readonly residuals: (points: Float64Array) => readonly ArrayLike<number>[];
  /** Coordinates of a shape in the domain, outside which values are NaN; they have one unit. */
  readonly shaped?: readonly string[];
}

/** One equation or condition of the problem. */
export interface ProblemLine {
  /** Its name. */
  readonly name: string;
  /** The formula as it was written: `u_t + u*u_x = nu*u_xx`. */
  readonly formula: string;
  /** Where the formula holds: `inside`, `t = 0`. */
  readonly where: string;
}

/** One term of the loss. */
export interface TermCurve {
  /** Size of the largest summand, in the term's own units, as `trained` and `fresh`. */
  readonly size?: number;
  /** Root mean square of the residual at the points of training. */
  readonly trained?: number;
  /** The same at fresh points. */
  readonly fresh?: number;
  /** Name of the equation or condition. */
  readonly name: string;
  /** Weight of the term times its mean squared residual, at the end. */
  readonly loss: number;
  /** The same after every epoch of the report's `history`. */
  readonly history: readonly number[];
}

/** An unknown coefficient of an inverse problem. */
export interface CoefficientCurve {
  /** Its name. */
  readonly name: string;
  /** Where the search began. */
  readonly start: number;
  /** Where the search ended. */
  readonly value: number;
  /** Its value after every epoch of the report's `history`. */
  readonly history: readonly number[];
}

/** Values of one quantity at all points of a picture. */
export interface NamedValues {
  /** Name of the unknown or equation. */
  readonly name: string;
  /** One value per point. */
  readonly values: readonly number[];
}

/** An unknown at all points of a picture. */
export interface UnknownValues extends NamedValues {
  /** The true values; absent where they are not known. */
  readonly truth?: readonly number[];
}

/** Everything over one coordinate. */
export interface SolutionCurves {
  /** Name of the coordinate. */
  readonly coordinate: string;
  /** Its values, ascending. */
  readonly x: readonly number[];
  /** The unknowns. */
  readonly unknowns: readonly UnknownValues[];
  /** Residuals of the equations. */
  readonly residuals: readonly NamedValues[];
}

/** Lines through the solution at several values of one coordinate. */
export interface SolutionSlices {
  /** Name of the unknown. */
  readonly unknown: string;
  /** Name of the coordinate along the lines. */
  readonly along: string;
  /** Name of the coordinate that has one value per line. */
  readonly across: string;
  /** Values of `along`, ascending. */
  readonly x: readonly number[];
  /** Per line the value of `across`, and the unknown along the line. */
  readonly lines: readonly {
    readonly at: number;
    readonly values: readonly number[];
    readonly truth?: readonly number[];
  }[];
}

/** Everything on a grid over two coordinates; the others, if there are more, are held. */
export interface SolutionMap extends Pick<ErrorMap, "x" | "y" | "names" | "columns" | "rows"> {
  /** Whether values that are missing lie outside a shape, whose two axes have one unit. */
  readonly isShape: boolean;
  /** What is held: `z = 0.5`; empty in two dimensions. */
  readonly held: string;
  /** The unknowns, row-major, the lowest `y` first. */
  readonly unknowns: readonly UnknownValues[];
  /** Residuals of the equations, in the same order. */
  readonly residuals: readonly NamedValues[];
}

/** The knots of a network at one moment of training. */
export interface KnotSnapshot {
  /** Epochs done. */
  readonly epoch: number;
  /** Per spline layer, per input node: the knots `t_0..t_n` inside the domain. */
  readonly layers: readonly (readonly (readonly number[])[])[];
}

/** How the knots of one node moved. */
export interface KnotPath {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Name of the input node. */
  readonly node: string;
  /** Whether the node is a coordinate; then its positions are in the coordinate's units. */
  readonly isCoordinate: boolean;
  /** Range of positions: the domain of the splines. */
  readonly range: readonly [number, number];
  /** The part of `range` that the points of the problem fill. */
  readonly dataRange: readonly [number, number];
  /** Positions at each moment; their number grows where the grid was refined. */
  readonly moments: readonly { readonly epoch: number; readonly knots: readonly number[] }[];
}

/** Everything that the report of a solution shows. */
export interface SolutionReportData
  extends
    Pick<ReportData, "title" | "subtitle" | "status" | "reason" | "reproduce" | "version">,
    Pick<
      ReportData,
      "history" | "refinements" | "levels" | "activations" | "layerShapes" | "layerEdges"
    >,
    Pick<ReportData, "configuration" | "layout"> {
  /** Equations and conditions. */
  readonly problem: readonly ProblemLine[];
  /** Label and value of ranges of the coordinates, constants and the like. */
  readonly facts: readonly (readonly [string, string])[];
  /** Sentences on how the terms' losses were measured; empty where it is as in training. */
  readonly lossNote: string;
  /** Loss at the end. */
  readonly loss: number;
  /** Name and size of each distance from the true solution; empty where it is not known. */
  readonly errors: readonly (readonly [string, number])[];
  /** Shares of the loss. */
  readonly terms: readonly TermCurve[];
  /** Unknown coefficients. */
  readonly coefficients: readonly CoefficientCurve[];
  /** One coordinate only. */
  readonly curves?: SolutionCurves;
  /** Two coordinates or more: one entry per unknown. */
  readonly slices: readonly SolutionSlices[];
  /** Two coordinates or more: one map, of three coordinates several. */
  readonly maps: readonly SolutionMap[];
  /** Points of measurement on the maps, `[x, y]`. */
  readonly measurements: readonly (readonly [number, number])[];
  /** Final knots on the axes of the maps, where the first layer is splines of the coordinates. */
  readonly mapKnots: readonly [readonly number[], readonly number[]];
  /** Free knots only: one entry per input node of a spline layer. */
  readonly knotPaths: readonly KnotPath[];
}
