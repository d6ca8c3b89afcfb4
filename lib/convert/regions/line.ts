/**
 * The linear pieces of a ReLU network along a line.
 *
 * @module
 */

import { checkArray } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import { asPiecewiseLinear } from "../splines_to_relu.ts";
import type { ReluLayer, ReluNetwork } from "../relu_network.ts";
import {
  compareRatios,
  type ExactLine,
  exactLine,
  type Ratio,
  rootOf,
  signAt,
} from "./exact_line.ts";

/** One piece of a network along a line: `outputs(t) = alpha + beta t` for `from <= t <= to`. */
export interface LinePiece {
  /** Where it begins, a position on the line. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** Outputs of its line at position 0, shape `[nOut]`. */
  readonly alpha: Float64Array;
  /** Slopes by the position, shape `[nOut]`. */
  readonly beta: Float64Array;
}

/** What {@linkcode lineRegions} finds. */
export interface LineRegions {
  /** Parts of the line with one activation pattern each. */
  readonly cells: number;
  /** Parts of the line on which the outputs are affine, first to last: neighbours differ. */
  readonly pieces: readonly LinePiece[];
  /** Cells in which floating point could not tell what is first, and exact arithmetic did. */
  readonly exact: number;
}

/** Most cells that are looked for. */
const MOST_CELLS = 2_000_000;
/** Units of roundoff that a sum may be off for each of its absolute terms. */
const ROUNDING = 64 * 2 ** -53;

/** A position on the line, and how to know it exactly. */
interface Place {
  readonly t: number;
  ratio(): Ratio;
}

/**
 * Finds all linear pieces of a ReLU network between two points, exactly: floating point decides what
 * it can decide for certain, integers of any length the rest, so that kinks that meet count once.
 *
 * @param network A network of splines of degree 1, a ReLU MLP or a ReLU network.
 * @param from Where the line begins, shape `[nIn]`: position 0.
 * @param to Where it ends: position 1.
 * @returns Cells and pieces.
 * @throws {RangeError} If there are powers, or more than 2 million cells.
 *
 * @example `|x| = ReLU(x) + ReLU(-x)`
 * ```ts
 * import { lineRegions, reluNetworkOf } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const absolute = reluNetworkOf([{ weights: [[1]], activation: "abs" }, { weights: [[1]] }]);
 * const { pieces } = lineRegions(absolute, [-1], [3]);
 * assertEquals(pieces.map(({ from, to }) => [from, to]), [[0, 0.25], [0.25, 1]]);
 * ```
 */
export function lineRegions(
  network: Network | ReluNetwork,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
): LineRegions {
  const verb = "find regions";
  const { layers } = asPiecewiseLinear(verb, network), { nIn } = layers[0];
  const [begin, end] = ([["from", from], ["to", to]] as const).map(([name, point]) => {
    checkArray(verb, name, point, `${nIn} numbers`);
    const list = Float64Array.from(point);
    if (list.length === nIn && list.every(Number.isFinite)) return list;
    throw new TypeError(
      `Cannot ${verb}: ${name} must be ${nIn} finite numbers, current value is [${list}]`,
    );
  });
  const walk = new Walk(layers, exactLine(layers, begin, end));
  const beta = end.map((value, p) => value - begin[p]);
  const error = end.map((value, p) => ROUNDING * (Math.abs(value) + Math.abs(begin[p])));
  walk.enter(0, integerPlace(0), integerPlace(1), { alpha: begin, beta, error });
  return { cells: walk.cells, pieces: walk.pieces, exact: walk.exactCells };
}

function integerPlace(t: 0 | 1): Place {
  return { t, ratio: () => ({ numerator: BigInt(t), denominator: 1n }) };
}

/** Affine functions of the position, and how far they may be off anywhere on the line. */
interface Values {
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  readonly error: Float64Array;
}

/** Goes through the cells of the line, from left to right, layer by layer. */
class Walk {
  cells = 0;
  exactCells = 0;
  readonly pieces: LinePiece[] = [];
  /** Exact outputs of the last piece, where they have been computed. */
  readonly #active: (Uint8Array | undefined)[] = [];
  #last: { values: Values; active: (Uint8Array | undefined)[] } | undefined;
  readonly #layers: readonly ReluLayer[];
  readonly #exact: ExactLine;

  constructor(layers: readonly ReluLayer[], exact: ExactLine) {
    this.#layers = layers;
    this.#exact = exact;
  }

  /** A part of the line on which the inputs of a layer are affine. */
  enter(l: number, from: Place, to: Place, inputs: Values): void {
    if (l === this.#layers.length) return this.#leave(from, to, inputs);
    const layer = this.#layers[l], values = affine(layer, inputs);
    if (layer.activation === "none") {
      this.#active[l] = undefined;
      return this.enter(l + 1, from, to, values);
    }
    const places = this.#crossings(l, from, to, values);
    let left = from;
    for (const right of [...places, to]) {
      const active = this.#signs(l, left, right, values);
      this.#active[l] = active;
      this.enter(l + 1, left, right, masked(values, active));
      left = right;
    }
  }

  /** Where units change sign inside a part, in order, each place once. */
  #crossings(l: number, from: Place, to: Place, { alpha, beta, error }: Values): Place[] {
    const found: { place: Place; slack: number }[] = [];
    let exact: ReturnType<ExactLine["values"]> | undefined;
    const active = this.#active.slice(0, l);
    const values = () => exact ??= this.#exact.values(l, active);
    for (let i = 0; i < alpha.length; i++) {
      const low = alpha[i] + beta[i] * from.t, high = alpha[i] + beta[i] * to.t;
      const unsure = Math.abs(low) <= error[i] || Math.abs(high) <= error[i];
      if (!unsure && low > 0 === high > 0) continue;
      if (unsure) {
        if (error[i] === 0 && low === 0 && high === 0) continue;
        const { alpha: a, beta: b } = values();
        if (signAt(a[i], b[i], from.ratio()) * signAt(a[i], b[i], to.ratio()) >= 0) continue;
      }
      const t = Math.min(to.t, Math.max(from.t, -alpha[i] / beta[i]));
      let kept: Ratio | undefined;
      found.push({
        place: { t, ratio: () => kept ??= rootOf(values().alpha[i], values().beta[i]) },
        slack: error[i] / Math.abs(beta[i]),
      });
    }
    found.sort((a, b) => {
      const difference = a.place.t - b.place.t;
      return Math.abs(difference) > a.slack + b.slack
        ? difference
        : compareRatios(a.place.ratio(), b.place.ratio());
    });
    const places = found.filter(({ place, slack }, k) => {
      if (k === 0) return true;
      const before = found[k - 1];
      return place.t - before.place.t > slack + before.slack ||
        compareRatios(before.place.ratio(), place.ratio()) !== 0;
    }).map(({ place }) => place);
    if (exact !== undefined) this.exactCells++;
    return places;
  }

  /** Which units are above 0 inside a part on which none changes its sign. */
  #signs(l: number, from: Place, to: Place, { alpha, beta, error }: Values): Uint8Array {
    const middle = (from.t + to.t) / 2;
    const values = this.#active.slice(0, l);
    let exact: ReturnType<ExactLine["values"]> | undefined;
    return Uint8Array.from(alpha, (a, i) => {
      const value = a + beta[i] * middle;
      if (Math.abs(value) > error[i]) return value > 0 ? 1 : 0;
      if (error[i] === 0) return 0;
      exact ??= this.#exact.values(l, values);
      const left = signAt(exact.alpha[i], exact.beta[i], from.ratio());
      const sign = left === 0 ? signAt(exact.alpha[i], exact.beta[i], to.ratio()) : left;
      return sign > 0 ? 1 : 0;
    });
  }

  /** A part on which the outputs are affine: a piece of its own, or more of the last. */
  #leave(from: Place, to: Place, values: Values): void {
    if (++this.cells > MOST_CELLS) {
      throw new RangeError(
        `Cannot find regions: line must have at most ${MOST_CELLS} cells, current value is more`,
      );
    }
    const active = this.#active.slice(0, this.#layers.length);
    const { alpha, beta } = values, last = this.pieces.at(-1);
    if (last !== undefined && this.#same(values, active)) {
      this.pieces[this.pieces.length - 1] = { ...last, to: to.t };
    } else this.pieces.push({ from: from.t, to: to.t, alpha, beta });
    this.#last = { values, active };
  }

  /** Whether outputs go on as before, in floating point for certain or else exactly. */
  #same({ alpha, beta, error }: Values, active: (Uint8Array | undefined)[]): boolean {
    const before = this.#last!;
    for (let q = 0; q < beta.length; q++) {
      const slack = 2 * (error[q] + before.values.error[q]);
      if (Math.abs(beta[q] - before.values.beta[q]) > slack) return false;
      if (Math.abs(alpha[q] - before.values.alpha[q]) > slack) return false;
    }
    const l = this.#layers.length - 1;
    const [a, b] = [before.active, active].map((each) => this.#exact.values(l, each));
    return a.beta.every((each, q) => each === b.beta[q] && a.alpha[q] === b.alpha[q]);
  }
}

/** `W x + b` of affine functions. */
function affine({ nOut, starts, columns, values, bias }: ReluLayer, inputs: Values): Values {
  const alpha = new Float64Array(nOut), beta = new Float64Array(nOut);
  const error = new Float64Array(nOut);
  for (let q = 0; q < nOut; q++) {
    let a = bias[q], b = 0, e = ROUNDING * Math.abs(bias[q]);
    for (let k = starts[q]; k < starts[q + 1]; k++) {
      const p = columns[k], w = values[k], size = Math.abs(w);
      a += w * inputs.alpha[p];
      b += w * inputs.beta[p];
      e += size * inputs.error[p] +
        ROUNDING * size * (Math.abs(inputs.alpha[p]) + Math.abs(inputs.beta[p]));
    }
    alpha[q] = a;
    beta[q] = b;
    error[q] = e;
  }
  return { alpha, beta, error };
}

function masked({ alpha, beta, error }: Values, active: Uint8Array): Values {
  return {
    alpha: alpha.map((value, i) => active[i] === 1 ? value : 0),
    beta: beta.map((value, i) => active[i] === 1 ? value : 0),
    error: error.map((value, i) => active[i] === 1 ? value : 0),
  };
}
