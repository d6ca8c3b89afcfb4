// Numbers of a Gauss-Newton row that belong to a node, from the gradients by the polynomials of its
// piece, `[nOut, padded]`. With the ReLU basis every function up to the row's piece is one polynomial
// there, and depends on one knot.

import { JetLayer } from "./_abi";
import { at, n8, put } from "./jet_functions";

/** The table of a piece: its functions by powers, then their derivatives by the knots. */
@inline
function tableOf(layer: JetLayer, piece: i32): usize {
  return layer.reluReachAt + n8(piece * 2 * layer.size * layer.numFunctions);
}

/**
 * Writes the numbers of coefficients, `[functions, nOut]`.
 *
 * @returns The address behind them.
 */
export function storeCoefficients(layer: JetLayer, piece: i32, barsAt: usize, to: usize): usize {
  const nOut = layer.nOut, size = layer.size, functions = layer.numFunctions;
  const row = n8(nOut), count = functions ? functions : size;
  const table = tableOf(layer, piece);
  for (let q = 0; q < nOut; q++) {
    const bars = barsAt + n8(q * layer.padded);
    let place = to + n8(q);
    for (let i = 0; i < count; i++) {
      let value: f64 = 0;
      if (functions) {
        for (let k = 0; k < size; k++) value += at(bars, k) * at(table, k * functions + i);
      } else value = at(bars, i);
      store<f64>(place, value);
      place += row;
    }
  }
  return to + <usize>count * row;
}

/**
 * Writes the numbers of knots of the ReLU basis, `[functions]` and one more if these are odd.
 *
 * @returns The address behind them.
 */
export function storeReluKnots(
  layer: JetLayer, node: i32, piece: i32, barsAt: usize, to: usize,
): usize {
  if (!layer.free) return to;
  const size = layer.size, functions = layer.numFunctions, nOut = layer.nOut;
  const slopes = tableOf(layer, piece) + n8(size * functions);
  let c = layer.reluCoefficientsAt + n8(node * functions * layer.outputs);
  for (let j = 0; j < functions; j++) {
    let sum: f64 = 0, bars = barsAt;
    for (let q = 0; q < nOut; q++) {
      let part: f64 = 0;
      for (let k = 0; k + 1 < size; k++) part += at(bars, k) * at(slopes, k * functions + j);
      sum += at(c, q) * part;
      bars += n8(layer.padded);
    }
    put(to, j, sum);
    c += n8(layer.outputs);
  }
  if (functions & 1) put(to, functions, 0);
  return to + n8((functions + 1) & ~1);
}
