// What jets without derivatives need of a layer of splines: one row's values, and its numbers of
// Gauss-Newton rows (see jet_spline.ts). They are the same sums with fewer steps.

import { FUNCTIONS, JetLayer, U } from "./_abi";
import { at, clear, dot, n8, normalise, placeOf, put, silu } from "./jet_functions";

/** `y_q += sum_i a_qi f_i` over the functions of a piece and, with a base branch, silu; channel 0. */
@inline
export function addValues(
  layer: JetLayer, functions: usize, a: usize, base: usize, y: usize, step: usize,
): void {
  const length = n8(layer.length), padded = n8(layer.padded), exact = layer.size == layer.padded;
  for (let q = 0; q < layer.nOut; q++) {
    let sum: f64 = 0;
    if (exact) sum = dot(functions, a, padded);
    else for (let i = 0; i < layer.size; i++) sum += at(functions, i) * at(a, i);
    if (layer.baseAt) sum += at(base, q) * load<f64>(functions + padded);
    store<f64>(y, load<f64>(y) + sum);
    a += length;
    y += step;
  }
}

/**
 * Writes one row's numbers, nodes nodeStep bytes apart, and the gradient by its inputs (xBarAt 0:
 * does not), under gradients by its outputs at g.
 */
export function writeValueRow(
  layer: JetLayer, channels: i32, xAt: usize, pieceAt: usize, g: usize, xBarAt: usize, to: usize,
  nodeStep: usize, scratchAt: usize,
): void {
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, step = n8(channels), row = n8(nOut);
  const length = n8(layer.length), functions = scratchAt + FUNCTIONS;
  let edges = layer.polynomialsAt, base = layer.baseAt;
  for (let p = 0; p < nIn; p++) {
    const piece = load<i32>(pieceAt), place = layer.placesAt + (<usize>piece << 4);
    normalise(layer, p, xAt, channels, scratchAt);
    const u = load<f64>(scratchAt + U), rate = load<f64>(place, 8), w = (u - load<f64>(place)) * rate;
    let a = edges + placeOf(layer, p, piece), bar = g, slope: f64 = 0;
    for (let q = 0; q < nOut; q++) {
      let power = load<f64>(bar), z = to + n8(q);
      store<f64>(z, power);
      for (let k = 1; k < size; k++) {
        z += row;
        slope += <f64>k * at(a, k) * power;
        power *= w;
        store<f64>(z, power);
      }
      a += length;
      bar += step;
    }
    let uBar = slope * rate;
    if (layer.baseAt) {
      silu(u, 1, functions, 1);
      let rest = to + <usize>size * row, whole: f64 = 0;
      bar = g;
      for (let q = 0; q < nOut; q++) {
        put(rest, q, load<f64>(bar) * load<f64>(functions));
        whole += load<f64>(bar) * at(base, q);
        bar += step;
      }
      if (nOut & 1) put(rest, nOut, 0);
      uBar += whole * load<f64>(functions, 8);
      rest += n8((nOut + 1) & ~1);
      if (layer.moves) {
        store<f64>(rest, uBar * load<f64>(xAt));
        store<f64>(rest, uBar, 8);
      }
    }
    if (xBarAt) {
      clear(xBarAt, step);
      store<f64>(xBarAt, uBar * load<f64>(layer.mapsAt + <usize>(24 * p), 8));
      xBarAt += step;
    }
    edges += <usize>layer.outputs * length;
    base += n8(layer.outputs);
    to += nodeStep;
    xAt += step;
    pieceAt += 4;
  }
}
