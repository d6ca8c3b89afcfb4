// Jets without derivatives through a layer of splines: rows' values, and the numbers of a Gauss-Newton
// row (see jet_spline.ts). They are the same sums with fewer steps.

import { FUNCTIONS, JetLayer } from "./_abi";
import { at, clear, inputOf, isRefused, n8, pieceOf, placeOf, put, silu } from "./jet_functions";

/** Overwrites a layer's outputs, `[nOut, channels]` with channel 0 alone. */
export function forwardValues(
  rows: i32, layer: JetLayer, channels: i32, xAt: usize, pieceAt: usize, yAt: usize,
  scratchAt: usize,
): void {
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, step = n8(channels);
  const length = n8(layer.length), functions = scratchAt + FUNCTIONS;
  for (let r = 0; r < rows; r++) {
    clear(yAt, <usize>nOut * step);
    let edges = layer.polynomialsAt, base = layer.baseAt;
    for (let p = 0; p < nIn; p++) {
      const u = inputOf(layer, p, xAt), piece = pieceOf(layer, p, u);
      store<i32>(pieceAt, piece);
      const place = layer.placesAt + (<usize>piece << 4);
      const w = isRefused(layer, u) ? NaN : (u - load<f64>(place)) * load<f64>(place, 8);
      let a = edges + placeOf(layer, p, piece), y = yAt;
      if (base) silu(u, 0, functions, 1);
      for (let q = 0; q < nOut; q++) {
        let value = at(a, size - 1);
        for (let k = size - 2; k >= 0; k--) value = value * w + at(a, k);
        if (base) {
          value += load<f64>(base) * load<f64>(functions);
          base += 8;
        }
        store<f64>(y, load<f64>(y) + value);
        a += length;
        y += step;
      }
      edges += <usize>nOut * length;
      xAt += step;
      pieceAt += 4;
    }
    yAt += <usize>nOut * step;
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
    const u = inputOf(layer, p, xAt), rate = load<f64>(place, 8), w = (u - load<f64>(place)) * rate;
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
