// Jets through a layer of splines, forward and backward, in float64. Jets of a node lie side by
// side, `[rows, nodes, channels]`, channels padded with zeros to an even number; coefficients are
// `[nIn, nOut, length]`, so that the functions of a point meet them side by side too. Per point and
// input: the piece's functions and their derivatives by u (`[m, i]`), and their jets by the chain
// rule (`[c, i]`).

import {
  FUNCTION_BARS, FUNCTIONS, JET_BARS, JETS, JetLayer, Shape, TURNED, U,
} from "./_abi";
import {
  at, clear, compose, dot, evaluate, n8, normalise, pieceOf, placeOf, pullChain,
  put, turn,
} from "./jet_functions";
import { addAny, addFour, pullAll, pullBase } from "./jet_products";
import { forwardValues, writeValueRow } from "./value_rows";

/** Overwrites a layer's outputs. */
export function forwardJets(
  rows: i32, layerAt: usize, shapeAt: usize, xAt: usize, pieceAt: usize, yAt: usize,
  scratchAt: usize,
): void {
  const layer = changetype<JetLayer>(layerAt), shape = changetype<Shape>(shapeAt);
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, channels = shape.padded;
  const step = n8(channels), width = n8(layer.width), length = n8(layer.length);
  const functions = scratchAt + FUNCTIONS, jets = scratchAt + JETS, turned = scratchAt + TURNED;
  if (shape.channels == 1) {
    forwardValues(rows, layer, channels, xAt, pieceAt, yAt, scratchAt);
    return;
  }
  for (let r = 0; r < rows; r++) {
    clear(yAt, <usize>nOut * step);
    let a = layer.polynomialsAt, base = layer.baseAt;
    for (let p = 0; p < nIn; p++) {
      const piece = pieceOf(layer, p, normalise(layer, p, xAt, channels, scratchAt));
      store<i32>(pieceAt, piece);
      const place = layer.placesAt + (<usize>piece << 4), u = load<f64>(scratchAt + U);
      const rate = load<f64>(place, 8);
      evaluate(layer, (u - load<f64>(place)) * rate, rate, u, shape.order, functions);
      const start = a + placeOf(layer, p, piece);
      let c: usize = 0;
      compose(scratchAt, width, channels, shape.terms, shape.chainAt, shape.factorsAt);
      turn(jets, width, turned, channels);
      if (size == 4) {
        for (; c + 32 <= step; c += 32) addFour(2, turned + c, step, nOut, start, length, yAt + c);
        if (c < step) addFour(1, turned + c, step, nOut, start, length, yAt + c);
      } else {
        for (; c < step; c += 16) addAny(size, turned + c, step, nOut, start, length, yAt + c);
      }
      if (layer.baseAt) {
        const row = turned + <usize>layer.padded * step;
        for (c = 0; c < step; c += 16) addAny(1, row + c, step, nOut, base, 8, yAt + c);
        base += n8(nOut);
      }
      a += <usize>nOut * length;
      xAt += step;
      pieceAt += 4;
    }
    yAt += <usize>nOut * step;
  }
}

/**
 * The adjoint. Adds to gradients by polynomials and base weights; overwrites the gradient by the
 * inputs' jets (xBarAt 0: does not). Adds to the node's sums what its normalisation needs,
 * `sum uBar_0` and `sum uBar_0 (x_0 - from) + uBar_1 x_1 + ...`.
 *
 * With rowStep (bytes) not 0 each row has its own numbers, overwritten, nodes nodeStep bytes
 * apart, all at polynomialBarsAt: gradients by the polynomials of its piece `[size, nOut]` and, with
 * a base branch, by base weights, scale and shift of `u = scale x + shift` if these move.
 *
 * With `values` only channel 0 of the outputs' gradient is not 0.
 */
export function backwardJets(
  rows: i32, layerAt: usize, shapeAt: usize, xAt: usize, pieceAt: usize, yBarAt: usize,
  xBarAt: usize, polynomialBarsAt: usize, baseBarsAt: usize, sumsAt: usize, rowStep: usize,
  nodeStep: usize, values: bool, scratchAt: usize,
): void {
  const layer = changetype<JetLayer>(layerAt), shape = changetype<Shape>(shapeAt);
  const nIn = layer.nIn, nOut = layer.nOut, step = n8(shape.padded), yStep = layer.outputs;
  const barLength = n8(rowStep ? layer.padded : layer.length);
  for (let r = 0; r < rows; r++) {
    let first = 0, count = nOut; // outputs whose gradient is not 0
    if (values) {
      while (first < nOut && load<f64>(yBarAt + <usize>first * step) == 0) first++;
      while (count > first && load<f64>(yBarAt + <usize>(count - 1) * step) == 0) count--;
      count -= first;
    }
    if (rowStep && shape.channels == 1) {
      writeValueRow(
        layer, shape.padded, xAt, pieceAt, yBarAt, xBarAt, polynomialBarsAt, nodeStep, scratchAt,
      );
    } else if (count > 0) {
      backwardRow(
        layer, shape, first, count, xAt, pieceAt, yBarAt + <usize>first * step, xBarAt,
        polynomialBarsAt + <usize>first * barLength, baseBarsAt + n8(first), sumsAt, rowStep != 0,
        nodeStep, values, scratchAt,
      );
    } else if (xBarAt) clear(xBarAt, <usize>nIn * step);
    if (xBarAt) xBarAt += <usize>nIn * step;
    xAt += <usize>nIn * step;
    pieceAt += <usize>nIn << 2;
    yBarAt += <usize>yStep * step;
    polynomialBarsAt += rowStep;
  }
}

/** The adjoint of one row under `count` outputs from `first` on, where g and both bars begin. */
@inline
function backwardRow(
  layer: JetLayer, shape: Shape, first: i32, count: i32, xAt: usize, pieceAt: usize, g: usize,
  xBarAt: usize, aBars: usize, baseBars: usize, sumsAt: usize, ofRow: bool, nodeStep: usize, values: bool, scratchAt: usize,
): void {
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, padded = layer.padded;
  const outputs = layer.outputs;
  const channels = shape.padded, step = n8(channels), row = n8(padded);
  const width = n8(layer.width), length = n8(layer.length), barLength = ofRow ? row : length;
  const functions = scratchAt + FUNCTIONS, jets = scratchAt + JETS, jetBars = scratchAt + JET_BARS;
  const uBar = scratchAt + TURNED, terms = values ? 0 : shape.terms;
  const active = values ? 1 : shape.channels, top = values ? 0 : shape.order;
  let a = layer.polynomialsAt + <usize>first * length, base = layer.baseAt + n8(first);
  for (let p = 0; p < nIn; p++) {
    const piece = load<i32>(pieceAt);
    normalise(layer, p, xAt, channels, scratchAt);
    const place = layer.placesAt + (<usize>piece << 4), u = load<f64>(scratchAt + U);
    const rate = load<f64>(place, 8), w = (u - load<f64>(place)) * rate;
    evaluate(layer, w, rate, u, top + 1, functions);
    compose(scratchAt, width, active, terms, shape.chainAt, shape.factorsAt);
    if (active & 1) clear(jets + <usize>active * width, width);
    const shift = placeOf(layer, p, piece);
    const aBar = ofRow ? scratchAt + layer.rowRoom : aBars + shift;
    if (ofRow) clear(aBar, <usize>nOut * row);
    pullFunctions(
      padded, active, jets, jetBars, width, count, g, step, a + shift, length, aBar, barLength,
    );
    let rest = ofRow ? storePowers(aBar, nOut, size, padded, aBars) : 0;
    if (layer.baseAt) {
      let baseBar = baseBars;
      if (ofRow) {
        baseBar = rest;
        rest += n8((nOut + 1) & ~1);
        clear(baseBar, rest - baseBar);
      }
      for (let c = 0; c < active; c++) put(jetBars + <usize>c * width, padded + 1, 0);
      pullBase(active, jets + row, jetBars + row, width, count, g, step, base, baseBar);
    }
    if (size < padded) {
      for (let c = 0; c < active; c++) put(jetBars + <usize>c * width, size, 0);
    }
    pullChain(scratchAt, uBar, width, channels, top, terms, shape.chainAt, shape.factorsAt);
    let slope: f64 = 0, whole: f64 = 0;
    for (let m = 0; m <= top; m++) {
      const bars = scratchAt + FUNCTION_BARS + <usize>m * width;
      const f = functions + <usize>m * width;
      slope += dot(bars, f + width, row);
      if (layer.baseAt) whole += load<f64>(bars + row) * load<f64>(f + width + row);
    }
    store<f64>(uBar, load<f64>(uBar) + slope + whole);
    const map = layer.mapsAt + <usize>(24 * p), scaleBar = dot(uBar, xAt, step);
    if (ofRow) {
      if (layer.baseAt && layer.moves) {
        v128.store(rest, f64x2.replace_lane(f64x2.splat(scaleBar), 1, load<f64>(uBar)));
      }
    } else {
      addSums(sumsAt + (<usize>p << 4), load<f64>(uBar), scaleBar, load<f64>(map));
    }
    if (xBarAt) {
      scaleTo(xBarAt, uBar, load<f64>(map, 8), step);
      xBarAt += step;
    }
    a += <usize>outputs * length;
    base += n8(outputs);
    aBars += ofRow ? nodeStep : <usize>outputs * length;
    baseBars += n8(outputs);
    xAt += step;
    pieceAt += 4;
  }
}

/** `pullAll` for functions of one to five vectors: at most three at a time. */
@inline
function pullFunctions(
  padded: i32, active: i32, jets: usize, jetBars: usize, width: usize, count: i32, g: usize,
  step: usize, a: usize, length: usize, aBar: usize, barLength: usize,
): void {
  if (padded == 4) {
    pullAll(2, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
  } else if (padded == 6) {
    pullAll(3, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
  } else if (padded > 6) {
    pullAll(3, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
    jets += 48;
    jetBars += 48;
    a += 48;
    aBar += 48;
    if (padded == 8) {
      pullAll(1, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
    } else pullAll(2, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
  } else pullAll(1, active, jets, jetBars, width, count, g, step, a, length, aBar, barLength);
}

/** Writes gradients by powers of a row's piece, `[nOut, padded]`, as `[size, nOut]`; the address behind. */
@inline
function storePowers(bars: usize, nOut: i32, size: i32, padded: i32, to: usize): usize {
  const row = n8(nOut);
  for (let q = 0; q < nOut; q++) {
    let place = to + n8(q);
    for (let k = 0; k < size; k++) {
      store<f64>(place, at(bars, k));
      place += row;
    }
    bars += n8(padded);
  }
  return to + <usize>size * row;
}

/** Adds to a node's sums what its normalisation needs. */
@inline
function addSums(sums: usize, uBar: f64, scaleBar: f64, from: f64): void {
  const both = f64x2.replace_lane(f64x2.splat(uBar), 1, scaleBar - uBar * from);
  v128.store(sums, f64x2.add(v128.load(sums), both));
}

/** Writes a node's jets times a factor. */
@inline
function scaleTo(to: usize, from: usize, factor: f64, size: usize): void {
  const splat = f64x2.splat(factor);
  for (let v: usize = 0; v < size; v += 16) {
    v128.store(to + v, f64x2.mul(splat, v128.load(from + v)));
  }
}
