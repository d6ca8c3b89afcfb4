// Numbers of a Gauss-Newton row that belong to a node of a layer with the ReLU basis: every function
// up to the row's piece is one polynomial there, and depends on one knot.

import { JetLayer } from "./_abi";
import { at, n8, put } from "./jet_functions";
import { madd } from "./lanes";

/** `to_i = sum_k bar_k table_ki`, two functions at a time. */
@inline
function combine(size: i32, bars: usize, table: usize, row: usize, to: usize): void {
  for (let v: usize = 0; v < row; v += 16) {
    let sum = f64x2.splat(0), from = table + v;
    for (let k = 0; k < size; k++) {
      sum = madd<f64>(v128.load64_splat(bars + n8(k)), v128.load(from), sum);
      from += row;
    }
    v128.store(to + v, sum);
  }
}

/**
 * Writes the numbers of coefficients, `[nOut, functions]`, and where knots move `[functions]` of
 * these, from the gradients by the piece's polynomials, `[nOut, padded]`.
 *
 * @param to Of coefficients.
 * @param rest Of knots.
 * @returns The address behind the numbers of knots.
 */
export function storeRelu(
  layer: JetLayer, node: i32, piece: i32, barsAt: usize, to: usize, rest: usize,
): usize {
  const row = n8(layer.reluFunctions), size = layer.size;
  const table = layer.reluReachAt + <usize>piece * <usize>(2 * size) * row;
  for (let q = 0; q < layer.nOut; q++) {
    combine(size, barsAt + n8(q * layer.padded), table, row, to + <usize>q * row);
  }
  if (!layer.free) return rest;
  const slopes = table + <usize>size * row, numBasis = layer.numBasis;
  for (let j = 0; j < layer.reluFunctions; j++) {
    let sum: f64 = 0;
    const column = slopes + n8(j);
    if (j < numBasis) {
      let c = layer.reluCoefficientsAt + n8((node * numBasis + j) * layer.outputs);
      for (let q = 0; q < layer.nOut; q++) {
        const bars = barsAt + n8(q * layer.padded);
        let part: f64 = 0;
        for (let k = 0; k + 1 < size; k++) part += at(bars, k) * load<f64>(column + <usize>k * row);
        sum += load<f64>(c) * part;
        c += 8;
      }
    }
    put(rest, j, sum);
  }
  return rest + row;
}
