/**
 * What a problem of partial differential equations is: data, with equations as text.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import type { NetworkOptions } from "../../model/mod.ts";
import type { Renewal } from "../points/renewal.ts";
import type { PdeShape } from "./shape.ts";

/** An equation that holds in the whole domain. */
export interface PdeEquation {
  /** What the loss history calls it. Default `equation 1`, ... */
  readonly name?: string;
  /** Such as `u_t + u*u_x = nu*u_xx`: coordinates, unknowns with derivatives, constants. */
  readonly equation: string;
  /** Factor of its mean squared residual. Default 1. */
  readonly weight?: number;
}

/** One position, several, or a part of a range; a list of numbers is one of the latter two. */
export type PdePlace =
  | number
  | readonly number[]
  | { readonly points: readonly number[] }
  | { readonly range: readonly [number, number] };

/** A condition on faces of the box, on the boundary of a shape, or at given points. */
export interface PdeCondition {
  /** What the loss history calls it. Default `condition 1`, ... */
  readonly name?: string;
  /**
   * Faces by coordinate: `{ t: 0 }`, or `{ x: [-1, 1] }` for both ends. Beside a coordinate that is
   * fixed two numbers are a part of the face: `{ x: 0, y: [0, 0.5] }` is its lower half.
   */
  readonly at?: Readonly<Record<string, PdePlace>>;
  /**
   * A part of the boundary of the problem's shape instead of faces: a name in it, `domain` (its part
   * on the box) or `boundary` (all of it). Its equation may name the normal out of the shape, `n_x`,
   * `n_y`, and derivatives along it, `u_n`.
   */
  readonly on?: string;
  /** Measurements instead of faces: columns of equal length, all coordinates among them. */
  readonly data?: Readonly<Record<string, ArrayLike<number>>>;
  /** Such as `u = -sin(pi*x)` or `u_x = 0`; columns of `data` may occur. */
  readonly equation: string;
  /** Factor of its mean squared residual. Default 1. */
  readonly weight?: number;
  /** Points per face. Default 64. */
  readonly points?: number;
}

/** A problem: find functions on a box that fulfil equations and conditions. */
export interface PdeProblem {
  /** What the command line calls it. */
  readonly name: string;
  /** One line for a list. */
  readonly title: string;
  /** Coordinates and their ranges, in the order of the network's inputs; `t` is time. */
  readonly domain: Readonly<Record<string, readonly [number, number]>>;
  /** A shape in the box, in which equations hold; without it they hold in the whole box. */
  readonly shape?: PdeShape;
  /** The functions that are sought. Default `["u"]`. */
  readonly unknowns?: readonly string[];
  /** Numbers that equations may name. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Numbers that are sought, too, and where the search begins: an inverse problem. */
  readonly coefficients?: Readonly<Record<string, number>>;
  /**
   * Unknowns that measurements alone determine, such as a conductivity in space: of all that agree
   * with these the smoothest is taken, how strictly is chosen from the data.
   */
  readonly smooth?: readonly string[];
  /** Coefficients that are positive: sought by their logarithm, from a positive beginning. */
  readonly positive?: readonly string[];
  /**
   * A number in the equations for which they have solutions that are not 0: an eigenvalue problem,
   * for `solveEigenvalues`.
   */
  readonly eigenvalue?: string;
  /** What holds inside. */
  readonly equations: readonly PdeEquation[];
  /** What holds on faces and at points of measurement. */
  readonly conditions: readonly PdeCondition[];
  /**
   * Hard conditions: an unknown as a formula of the coordinates and the network's output `N`, such
   * as `u: "-sin(pi*x) + t*(1-x^2)*N"`. Conditions that it always fulfils leave the loss.
   */
  readonly ansatz?: Readonly<Record<string, string>>;
  /** Coordinates in which every function is periodic by construction: inputs cos and sin. */
  readonly periodic?: readonly string[];
  /**
   * Whether the network sees the coordinates as they are, instead of on [-1, 1]: where a published
   * network is repeated. Default false.
   */
  readonly rawCoordinates?: boolean;
  /** Whether a condition may be missing. Default false. */
  readonly incomplete?: boolean;
  /** The solution as formulas, if it is known. */
  readonly exact?: Readonly<Record<string, string>>;
  /**
   * The solution by another program, if there is one.
   *
   * @param points Shape `[rows, coordinates]`.
   * @returns Shape `[rows, unknowns]`.
   */
  readonly reference?: (points: Float64Array) => Float64Array;
  /** Points inside, per coordinate, of a grid. Default 32 each in two dimensions. */
  readonly grid?: readonly number[];
  /** What is renewed on the way: points that follow the solution, weights, constants. */
  readonly renewal?: Renewal;
  /** The network that solves it well; `widths` without inputs and outputs. */
  readonly network?: Omit<NetworkOptions, "widths"> & { readonly hidden: readonly number[] };
  /** Epochs per level that solve it well. */
  readonly epochs?: readonly number[];
  /** Where it comes from. */
  readonly source?: string;
}

/** Throws a `TypeError` unless an argument is a problem. */
export function checkPde(verb: string, problem: unknown): void {
  const rule = "a problem { domain, equations, conditions }";
  checkRecord(verb, "problem", problem, rule, ["domain", "equations", "conditions"]);
}
