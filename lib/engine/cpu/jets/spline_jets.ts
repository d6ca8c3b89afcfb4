/**
 * Jets through one layer of splines, and back.
 *
 * On a piece every basis function is a polynomial in the local coordinate w, so all its derivatives
 * come from the same few numbers. Per point and input the chain rule turns them into the jets of
 * the `degree + 1` basis functions; outputs are those times coefficients, whatever the number of
 * intervals: `y_cq = sum_i beta_ci a_iq`, back `aBar_iq = sum_c beta_ci yBar_cq` and
 * `betaBar_ci = sum_q a_iq yBar_cq`. In the ReLU basis the functions are the powers of w and the
 * coefficients the pieces' polynomials.
 *
 * @module
 */

import type { SplineStage } from "../../../model/mod.ts";
import type { ChainTerm } from "../../jets.ts";
import { siluDerivatives } from "../../silu_derivatives.ts";
import type { JetTables } from "./jet_tables.ts";

/** Chain terms of one group of points. */
export interface JetShape {
  /** Derivatives, the value included. */
  readonly channels: number;
  /** Highest order. */
  readonly order: number;
  readonly terms: readonly ChainTerm[];
}

/** Gradients that one node and point leave, besides those by coefficients. */
export interface NodeBars {
  /** By the normalised input's jet, `[channels]`. */
  readonly u: Float64Array;
  /** By the polynomials of the piece, power k of function i at `k (degree + 1) + i`. */
  readonly polynomials: Float64Array;
  /** Sums `g_u`, `g_u w` and the derivative by the logarithm of `1 / h`. */
  readonly places: Float64Array;
}

/** Forward and backward at one node and point. */
export interface SplineJets {
  /** Adds a node's share to a row of outputs `y[at...]`, `[channels, nOut]`. */
  forward(node: number, u: Float64Array, shape: JetShape, y: Float64Array, at: number): void;
  /**
   * Adds to the coefficients' gradient, leaves the rest in `bars`.
   *
   * @param active Channels of which `yBar` is not 0: all, or 1.
   * @returns The piece, counted in the tables of all nodes' vectors.
   */
  backward(
    node: number,
    u: Float64Array,
    shape: JetShape,
    active: number,
    yBar: Float64Array,
    at: number,
    coefficientsBar: Float64Array,
    baseBar: Float64Array,
  ): number;
  readonly bars: NodeBars;
}

/** Creates the two passes of a stage on its tables. */
export function createSplineJets(
  stage: SplineStage,
  tables: JetTables,
  channels: number,
  order: number,
): SplineJets {
  const { nOut, space: { degree } } = stage;
  const size = degree + 1, silu = stage.base === "silu";
  const count = size + (silu ? 1 : 0); // functions, silu last
  const levels = order + 2;
  const powers = new Float64Array(levels * size); // d^m w^k / du^m
  const functions = new Float64Array(levels * count); // [m, i]
  const functionBars = new Float64Array(levels * count);
  const jets = new Float64Array(channels * count); // [c, i]
  const jetBars = new Float64Array(channels * count);
  const products = new Float64Array(64);
  const bars: NodeBars = {
    u: new Float64Array(channels),
    polynomials: new Float64Array(size * size),
    places: new Float64Array(3),
  };
  let piece = 0;

  /** Derivatives 0 to `top` of the functions at `u`. */
  function evaluate(node: number, u: number, top: number): void {
    piece = tables.find(node, u);
    const rate = tables.rates[piece];
    const w = tables.outside(u) ? NaN : (u - tables.origins[piece]) * rate;
    for (let m = 0, scale = 1; m <= top; m++, scale *= rate) {
      // k (k-1) ... (k-m+1) w^(k-m) rate^m
      let power = scale;
      for (let k = 0; k < size; k++) {
        const at = m * size + k;
        if (k < m) {
          powers[at] = 0;
          power *= k + 1;
        } else {
          if (k > m) power *= w * k / (k - m);
          powers[at] = power;
        }
      }
    }
    if (w !== w) powers[0] = NaN;
    const q = tables.polynomials, from = tables.polynomialAt(piece);
    for (let m = 0; m <= top; m++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let k = m; k < size; k++) sum += powers[m * size + k] * q[from + k * size + i];
        functions[m * count + i] = w !== w ? NaN : sum;
      }
      if (silu && m === 0) siluDerivatives(u, top, functions, size, count);
    }
  }

  /** The jets of the functions. */
  function compose(u: Float64Array, { channels, terms }: JetShape, active: number): void {
    for (let i = 0; i < count; i++) jets[i] = functions[i];
    if (active === 1) return;
    jets.fill(0, count, channels * count);
    for (let s = 0; s < terms.length; s++) {
      const { channel, order, factor, blocks } = terms[s];
      let product = factor;
      for (let b = 0; b < blocks.length; b++) product *= u[blocks[b]];
      products[s] = product;
      const to = channel * count, from = order * count;
      for (let i = 0; i < count; i++) jets[to + i] += product * functions[from + i];
    }
  }

  function forward(
    node: number,
    u: Float64Array,
    shape: JetShape,
    y: Float64Array,
    at: number,
  ): void {
    evaluate(node, u[0], shape.order);
    compose(u, shape, shape.channels);
    const a = tables.coefficients, from = tables.coefficientAt(node, piece);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const a0 = from + i * nOut, a1 = a0 + nOut, a2 = a1 + nOut, a3 = a2 + nOut;
      for (let c = 0, to = at; c < shape.channels; c++, to += nOut) {
        const own = c * count + i;
        const b0 = jets[own], b1 = jets[own + 1], b2 = jets[own + 2], b3 = jets[own + 3];
        for (let q = 0; q < nOut; q++) {
          y[to + q] += b0 * a[a0 + q] + b1 * a[a1 + q] + b2 * a[a2 + q] + b3 * a[a3 + q];
        }
      }
    }
    for (; i < size; i++) addOne(i, a, from + i * nOut, shape.channels, y, at);
    if (silu) addOne(size, tables.base, tables.baseAt(node), shape.channels, y, at);
  }

  function addOne(
    i: number,
    a: Float64Array,
    from: number,
    channels: number,
    y: Float64Array,
    at: number,
  ): void {
    for (let c = 0, to = at; c < channels; c++, to += nOut) {
      const b = jets[c * count + i];
      for (let q = 0; q < nOut; q++) y[to + q] += b * a[from + q];
    }
  }

  function backward(
    node: number,
    u: Float64Array,
    shape: JetShape,
    active: number,
    yBar: Float64Array,
    at: number,
    coefficientsBar: Float64Array,
    baseBar: Float64Array,
  ): number {
    const top = active === 1 ? 0 : shape.order;
    evaluate(node, u[0], top + 1);
    compose(u, shape, active);
    const a = tables.coefficients, from = tables.coefficientAt(node, piece);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const a0 = from + i * nOut, a1 = a0 + nOut, a2 = a1 + nOut, a3 = a2 + nOut;
      for (let c = 0, to = at; c < active; c++, to += nOut) {
        const own = c * count + i;
        const b0 = jets[own], b1 = jets[own + 1], b2 = jets[own + 2], b3 = jets[own + 3];
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (let q = 0; q < nOut; q++) {
          const g = yBar[to + q];
          s0 += g * a[a0 + q];
          s1 += g * a[a1 + q];
          s2 += g * a[a2 + q];
          s3 += g * a[a3 + q];
          coefficientsBar[a0 + q] += b0 * g;
          coefficientsBar[a1 + q] += b1 * g;
          coefficientsBar[a2 + q] += b2 * g;
          coefficientsBar[a3 + q] += b3 * g;
        }
        jetBars[own] = s0;
        jetBars[own + 1] = s1;
        jetBars[own + 2] = s2;
        jetBars[own + 3] = s3;
      }
    }
    for (; i < size; i++) pullOne(i, a, from + i * nOut, active, yBar, at, coefficientsBar);
    if (silu) pullOne(size, tables.base, tables.baseAt(node), active, yBar, at, baseBar);
    decompose(u, shape, active, top);
    return piece;
  }

  function pullOne(
    i: number,
    a: Float64Array,
    from: number,
    active: number,
    yBar: Float64Array,
    at: number,
    aBar: Float64Array,
  ): void {
    for (let c = 0, to = at; c < active; c++, to += nOut) {
      const b = jets[c * count + i];
      let sum = 0;
      for (let q = 0; q < nOut; q++) {
        sum += yBar[to + q] * a[from + q];
        aBar[from + q] += b * yBar[to + q];
      }
      jetBars[c * count + i] = sum;
    }
  }

  /** From gradients by the functions' jets to those by the input's jet and the polynomials. */
  function decompose(
    u: Float64Array,
    { channels, terms }: JetShape,
    active: number,
    top: number,
  ): void {
    const { u: uBar, polynomials, places } = bars;
    for (let c = 0; c < channels; c++) uBar[c] = 0;
    functionBars.fill(0);
    for (let i = 0; i < count; i++) functionBars[i] = jetBars[i];
    for (let s = 0; active > 1 && s < terms.length; s++) {
      const { channel, order, factor, blocks } = terms[s];
      const own = channel * count, to = order * count, product = products[s];
      let bar = 0;
      for (let i = 0; i < count; i++) {
        const g = jetBars[own + i];
        bar += g * functions[to + i];
        functionBars[to + i] += g * product;
      }
      for (let b = 0; b < blocks.length; b++) {
        let rest = factor * bar;
        for (let other = 0; other < blocks.length; other++) {
          if (other !== b) rest *= u[blocks[other]];
        }
        uBar[blocks[b]] += rest;
      }
    }
    let slope = 0, whole = 0, rateBar = 0;
    for (let m = 0; m <= top; m++) {
      const own = m * count, next = own + count;
      for (let i = 0; i < size; i++) {
        slope += functionBars[own + i] * functions[next + i];
        rateBar += m * functionBars[own + i] * functions[own + i];
      }
      if (silu) whole += functionBars[own + size] * functions[next + size];
    }
    uBar[0] += slope + whole;
    if (!tables.free) return;
    const w = powers[1]; // d^0 w^1
    places[0] = slope;
    places[1] = slope * w;
    places[2] = rateBar;
    if (tables.relu) return;
    for (let k = 0; k < size; k++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let m = 0; m <= top && m <= k; m++) {
          sum += functionBars[m * count + i] * powers[m * size + k];
        }
        polynomials[k * size + i] = sum;
      }
    }
  }

  return { forward, backward, bars };
}
