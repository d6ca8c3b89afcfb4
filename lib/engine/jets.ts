/**
 * Jets: a network's values together with chosen derivatives by its inputs.
 *
 * A derivative is a sorted list of input indices: `[]` is the value, `[0]` the slope in input 0,
 * `[1, 1]` the second derivative in input 1, `[0, 1]` the mixed one. Set partitions give the chain
 * rule of any order (Faa di Bruno): for `y = phi(u)`
 * `y_xy = phi' u_xy + phi'' u_x u_y`, `y_xxx = phi' u_xxx + 3 phi'' u_x u_xx + phi''' u_x^3`.
 *
 * @module
 */

import type { Network, NormalisationStatistics } from "../model/mod.ts";
import type { Peers } from "./peers.ts";

/** Inputs by which is differentiated, in rising order; `[]` is the value itself. */
export type Derivative = readonly number[];

/** Highest order of a derivative: a spline's degree, at most 9, has to be higher. */
export const MAX_DERIVATIVE_ORDER = 6;

/** Points at which the same derivatives are wanted. */
export interface JetPoints {
  /** Number of points. */
  readonly rows: number;
  /** Derivatives that are computed, the value first; closed: with `[0, 1]` come `[0]` and `[1]`. */
  readonly derivatives: readonly Derivative[];
  /**
   * The network's inputs and their derivatives by the coordinates, shape
   * `[rows, derivatives, nIn]`.
   */
  readonly inputs: Float64Array;
}

/** Residuals that are linear in jets to first order: rows of a Jacobian. */
export interface ResidualRows {
  /** Number of residuals. */
  readonly rows: number;
  /**
   * Residual r depends on point `from + r` of each of these groups (at most 4, unless compiled with
   * `manyPoints`); `bars` is its derivative by the outputs' jets there, for all points of the group:
   * shape `[group's rows, derivatives, nOut]`. Default of `from`: 0. With `output` only the entries
   * of that output count (regressions).
   */
  readonly parts: readonly {
    readonly group: number;
    readonly from?: number;
    readonly output?: number;
    readonly bars: Float64Array;
  }[];
  /** Derivatives by further unknowns, shape `[rows, extra]`. */
  readonly extra: Float64Array;
}

/** A symmetric matrix, both halves; reused by the next call. */
export interface SquareMatrix {
  /** Row i begins at `i stride`. */
  readonly values: Float64Array;
  /** Number of rows and columns. */
  readonly size: number;
  /** Numbers from one row to the next, at least `size`. */
  readonly stride: number;
}

/** Assembles `J^T J` of residuals, see {@linkcode JetProgram.normalMatrix}. */
export type NormalMatrix = (residuals: readonly ResidualRows[], extra: number) => SquareMatrix;

/** Rows of residuals' derivatives, see {@linkcode JetProgram.jacobian}. */
export type Jacobian = (residuals: readonly ResidualRows[], extra: number) => Float64Array;

/** A network whose jets are evaluated again and again at the same points. */
export interface JetProgram {
  /** Length of the parameter vector. */
  readonly numParameters: number;
  /**
   * The outputs' jets under the statistics of all groups' points taken together.
   *
   * @param parameters Read only.
   * @returns Per group an array of shape `[rows, derivatives, nOut]`, overwritten by the next call.
   */
  forward(parameters: Float64Array): readonly Float64Array[];
  /**
   * The gradient, at the parameters of the latest `forward`, of any function of the outputs' jets.
   * It goes through the statistics.
   *
   * @param bars Per group the derivative by the outputs' jets, shape `[rows, derivatives, nOut]`.
   * @param gradientOut Overwritten, shape `[numParameters]`.
   */
  backward(bars: readonly Float64Array[], gradientOut: Float64Array): void;
  /**
   * `J^T J` of residuals at the parameters of the latest `forward`; absent for MLPs and for more
   * than about 10,000 parameters.
   *
   * @param residuals Their derivatives by the outputs' jets, weights included.
   * @param extra Number of unknowns besides the parameters.
   * @returns Matrix of size `numParameters + extra`.
   */
  readonly normalMatrix?: NormalMatrix;
  /**
   * The rows `J` whose product `normalMatrix` gives, with all their columns: shape
   * `[residuals, numParameters + extra]`; absent where that is.
   */
  readonly jacobian?: Jacobian;
  /** The statistics at the parameters of the latest `forward`, per spline layer; copies. */
  statistics(): NormalisationStatistics[];
  /** Sends helper threads away. */
  dispose(): void;
}

/**
 * A network's jets on a device, in float32, for Gauss-Newton without a matrix: products with the
 * residuals' Jacobian are `moved` and `backward` with the residuals' derivatives by jets between them.
 */
export interface DeviceJets {
  /** Length of the parameter vector. */
  readonly numParameters: number;
  /** As {@linkcode JetProgram.forward}. */
  forward(parameters: Float64Array): Promise<readonly Float64Array[]>;
  /**
   * How the jets of the latest `forward` move along a direction of the parameters, statistics and knots
   * included: the derivative, not a difference.
   *
   * @param direction Read only, shape `[numParameters]`.
   * @returns As `forward`, in arrays of its own, overwritten by the next call.
   */
  moved(direction: Float64Array): Promise<readonly Float64Array[]>;
  /** As {@linkcode JetProgram.backward}: the transpose of `moved`. */
  backward(bars: readonly Float64Array[], gradientOut: Float64Array): Promise<void>;
  /** The statistics at the parameters of the latest `forward`, per spline layer; copies. */
  statistics(): NormalisationStatistics[];
  /** Frees the device's buffers. */
  dispose(): void;
}

/** A device that computes jets. */
export interface JetDevice {
  /** What a reader should know it by. */
  readonly name: string;
  /**
   * Compiles a network's jets at groups of points and checks them against the CPU on a few.
   *
   * @param statistics Statistics per spline layer that replace the points' own.
   * @throws {RangeError} If the device has no kernels for the network, or no room for the points.
   * @throws {EngineError} If what it computes is wrong, or it has failed.
   */
  compileJets(
    network: Network,
    groups: readonly JetPoints[],
    statistics?: readonly NormalisationStatistics[],
  ): Promise<DeviceJets>;
}

/** Options of `compileJets`. */
export interface JetOptions {
  /** Threads, the caller included, at least 1. Default 1; results are the same bits for any. */
  readonly threads?: number;
  /**
   * Statistics per spline layer that replace the points' own, such as a trained network's.
   */
  readonly statistics?: readonly NormalisationStatistics[];
  /** Whether residuals may depend on any number of points, as integrals do. Default false. */
  readonly manyPoints?: boolean;
  /**
   * Processes that share the points; all must make the same calls. Results are the same bits for any
   * number. Default: this one has all.
   */
  readonly peers?: Peers;
}

/**
 * Orders derivatives and adds the lower ones that the chain rule needs.
 *
 * @param wanted Derivatives, each a list of inputs in any order.
 * @returns The value, first derivatives, second ones, ...: with each also its parts, once.
 * @throws {RangeError} If an entry is not an integer of at least 0, or an order is above 6.
 *
 * @example
 * ```ts
 * import { closeDerivatives } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(closeDerivatives([[0], [1, 1]]), [[], [0], [1], [1, 1]]);
 * ```
 */
export function closeDerivatives(wanted: readonly Derivative[]): Derivative[] {
  const found = new Map<string, Derivative>([["", []]]);
  function add(derivative: Derivative): void {
    if (found.has(derivative.join())) return;
    found.set(derivative.join(), derivative);
    derivative.forEach((_, i) => add(derivative.filter((_, j) => j !== i)));
  }
  for (const derivative of wanted) {
    const sound = derivative.length <= MAX_DERIVATIVE_ORDER &&
      derivative.every((input) => Number.isInteger(input) && input >= 0);
    if (!sound) {
      throw new RangeError(
        `Cannot order derivatives: a derivative must be at most ${MAX_DERIVATIVE_ORDER} indices of ` +
          `inputs, current value is [${derivative.join(", ")}]`,
      );
    }
    add(derivative.toSorted((a, b) => a - b));
  }
  return [...found.values()].sort((a, b) => {
    if (a.length !== b.length) return a.length - b.length;
    const i = a.findIndex((input, j) => input !== b[j]);
    return i < 0 ? 0 : a[i] - b[i];
  });
}

/** One term of the chain rule: `factor phi^(order) prod_b u_b` in derivative `channel` of `phi(u)`. */
export interface ChainTerm {
  /** Index of the derivative, at least 1. */
  readonly channel: number;
  /** Order of the derivative of `phi`, the number of `blocks`. */
  readonly order: number;
  /** How many set partitions give the term. */
  readonly factor: number;
  /** Indices of the derivatives of `u` that are multiplied. */
  readonly blocks: readonly number[];
}

/**
 * The chain rule for `phi(u)` with `phi` a function of one variable.
 *
 * @param derivatives A closed list from {@linkcode closeDerivatives}.
 * @returns The terms of all derivatives but the value.
 *
 * @example
 * ```ts
 * import { chainTerms } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(chainTerms([[], [0], [0, 0]]), [
 *   { channel: 1, order: 1, factor: 1, blocks: [1] },
 *   { channel: 2, order: 1, factor: 1, blocks: [2] },
 *   { channel: 2, order: 2, factor: 1, blocks: [1, 1] },
 * ]);
 * ```
 */
export function chainTerms(derivatives: readonly Derivative[]): ChainTerm[] {
  const index = new Map(derivatives.map((derivative, c) => [derivative.join(), c]));
  return derivatives.flatMap((derivative, channel) => {
    if (derivative.length === 0) return [];
    const terms = new Map<string, { blocks: number[]; factor: number }>();
    for (const partition of partitions(derivative.length)) {
      const blocks = partition
        .map((block) => index.get(block.map((i) => derivative[i]).join())!)
        .sort((a, b) => a - b);
      const known = terms.get(blocks.join());
      if (known) known.factor++;
      else terms.set(blocks.join(), { blocks, factor: 1 });
    }
    return [...terms.values()]
      .map(({ blocks, factor }) => ({ channel, order: blocks.length, factor, blocks }))
      .sort((a, b) => a.order - b.order);
  });
}

/** All partitions of `0..n-1` into blocks, each block in rising order. */
function partitions(n: number): number[][][] {
  if (n === 0) return [[]];
  return partitions(n - 1).flatMap((rest) => [
    ...rest.map((_, k) => rest.map((block, i) => i === k ? [...block, n - 1] : block)),
    [...rest, [n - 1]],
  ]);
}

/**
 * Points whose coordinates are the network's inputs.
 *
 * @param points Shape `[rows, nIn]`.
 * @param nIn Number of inputs.
 * @param wanted Derivatives by the inputs; the lower ones that they need are added.
 * @returns Points with jets of their inputs: the identity.
 * @throws {TypeError} If `points` is not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { jetPoints } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { rows, inputs } = jetPoints(new Float64Array([0.5, 0.25]), 2, [[1]]);
 * assertEquals([rows, ...inputs], [1, 0.5, 0.25, 0, 1]);
 * ```
 */
export function jetPoints(
  points: Float64Array,
  nIn: number,
  wanted: readonly Derivative[],
): JetPoints {
  const rows = points.length / nIn;
  if (!Number.isInteger(rows)) {
    throw new TypeError(
      `Cannot lay out points: points must be rows x ${nIn} numbers, current value is ` +
        `${points.length} numbers`,
    );
  }
  const derivatives = closeDerivatives(wanted);
  const inputs = new Float64Array(rows * derivatives.length * nIn);
  for (let r = 0; r < rows; r++) {
    derivatives.forEach((derivative, c) => {
      const at = (r * derivatives.length + c) * nIn;
      if (derivative.length === 0) {
        for (let p = 0; p < nIn; p++) inputs[at + p] = points[r * nIn + p];
      } else if (derivative.length === 1) inputs[at + derivative[0]] = 1;
    });
  }
  return { rows, derivatives, inputs };
}
