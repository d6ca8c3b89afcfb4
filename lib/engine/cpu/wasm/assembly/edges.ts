// The polynomials of all edges of a layer from its coefficients and knots, and the way back from the
// gradient by them (moments) to coefficients and knots. Blocks share the vectors of knots; a vector's
// nodes are worked on with it.
//
// Tables have one of three forms: polynomials with outputs side by side ("rows"), polynomials with
// powers side by side ("columns"), or the coefficients themselves beside the basis functions.

import { Edges, MaskedNode } from "./_abi";
import { buildVector, firstOf, foldMoments, lastOf, pullVector, vectorBytes } from "./basis";
import { placeKnots, pullKnots } from "./knots";
import {
  combineColumn, combineRows, correlateColumn, correlateRows, spreadColumn, spreadRows,
} from "./products";
import { buildRelu, pullRelu } from "./relu_pieces";
import { sumTables } from "./tables";

/** The first of a block's vectors. */
@inline
export function beginOf(e: Edges, block: i32, blocksAt: usize): i32 {
  return block * e.vectors / load<i32>(blocksAt);
}

/** The first node of a vector, and the one behind its last. */
@inline
export function firstNode(e: Edges, vector: i32): i32 {
  return e.vectors == e.nIn ? vector : 0;
}

@inline
export function endNode(e: Edges, vector: i32): i32 {
  return e.vectors == e.nIn ? vector + 1 : e.nIn;
}

/** Bytes of a node's coefficients. */
@inline
function coefficientBytes(e: Edges): usize {
  return <usize>(e.numBasis * e.nOut) << 3;
}

/** Whether the table keeps coefficients. */
@inline
function keepsCoefficients(e: Edges): bool {
  return e.firstAt != 0;
}

/** Copies numbers of float64 into the precision of the engine. */
function convert<T>(from: usize, to: usize, count: i32): void {
  if (sizeof<T>() == 8) {
    if (from != to) memory.copy(to, from, <usize>count << 3);
    return;
  }
  for (let i = 0; i < count; i++) {
    store<f32>(to + (<usize>i << 2), <f32>load<f64>(from + (<usize>i << 3)));
  }
}

/**
 * Knots of a block's vectors, where they are free, and their basis functions; a table of coefficients
 * has these for every node.
 */
export function buildBasis<T>(edgesAt: usize, scratchAt: usize, blocksAt: usize, block: i32): void {
  const e = changetype<Edges>(edgesAt), pieces = e.intervals + 2;
  const end = beginOf(e, block + 1, blocksAt), count = <i32>(vectorBytes(e) >> 3);
  for (let v = beginOf(e, block, blocksAt); v < end; v++) {
    if (e.logitsAt) placeKnots(e, v, scratchAt);
    if (e.relu) continue;
    buildVector(e, v, scratchAt);
    if (!keepsCoefficients(e)) continue;
    const from = e.basisAt + <usize>v * vectorBytes(e), first = firstOf(e, v), last = lastOf(e, v);
    for (let p = firstNode(e, v); p < endNode(e, v); p++) {
      convert<T>(from, e.polynomialsAt + <usize>(p * count) * sizeof<T>(), count);
      for (let m = 0; m < pieces; m++) {
        const lowest = p * e.numBasis + min(max(m, first), last) - 1;
        store<i32>(e.firstAt + (<usize>(p * pieces + m) << 2), lowest);
      }
    }
  }
}

/** The tables of a block's vectors from the coefficients. */
export function buildEdges<T>(edgesAt: usize, scratchAt: usize, blocksAt: usize, block: i32): void {
  const e = changetype<Edges>(edgesAt), end = beginOf(e, block + 1, blocksAt);
  for (let v = beginOf(e, block, blocksAt); v < end; v++) {
    for (let p = firstNode(e, v); p < endNode(e, v); p++) {
      const c = e.coefficientsAt + <usize>p * coefficientBytes(e);
      if (keepsCoefficients(e)) {
        for (let i: usize = 0; i < <usize>e.numBasis; i++) {
          const to = e.tableAt + (<usize>p * <usize>e.numBasis + i) * e.powerStep;
          convert<T>(c + i * (<usize>e.nOut << 3), to, e.nOut);
        }
        continue;
      }
      const offset = tableOf(e, p);
      if (e.nodesAt) {
        const n = groupOf(e, p, scratchAt), groups = maskedNode(e, p).groups;
        for (let g = 0; g < groups; g++) {
          const at = e.tableAt + offset + groupOffset(n, g);
          buildNode(n, v, gather(e, n, p, g), at, behind(n));
        }
      } else buildNode(e, v, c, e.tableAt + offset, scratchAt);
      if (sizeof<T>() == 4) {
        convert<T>(e.tableAt + offset, e.singleAt + (offset >> 1), <i32>(tableBytes(e, p) >> 3));
      }
    }
  }
}

/** A node's polynomials. */
function buildNode(e: Edges, v: i32, c: usize, a: usize, scratch: usize): void {
  if (e.relu) buildRelu(e, v, c, a, scratch);
  else if (e.powerStep == 8) {
    for (let q = 0; q < e.nOut; q++) {
      combineColumn(e, v, column(e, c, q, scratch), a + <usize>q * e.outputStep);
    }
  } else combineRows(e, v, c, a);
}

@inline
function maskedNode(e: Edges, p: i32): MaskedNode {
  return changetype<MaskedNode>(e.nodesAt + <usize>p * offsetof<MaskedNode>());
}

/** Bytes from the table's begin to those of a node, and their number. */
@inline
function tableOf(e: Edges, p: i32): usize {
  return e.nodesAt ? maskedNode(e, p).table : <usize>p * e.nodeStep;
}

@inline
function tableBytes(e: Edges, p: i32): usize {
  return e.nodesAt ? <usize>(e.intervals + 2) * maskedNode(e, p).pieceStep : e.nodeStep;
}

/**
 * A group of edges of a node of a layer with a mask as a layer of its own, written at `to`; behind it
 * there is room for its coefficients and the gradient by them.
 */
function groupOf(e: Edges, p: i32, to: usize): Edges {
  const node = maskedNode(e, p), n = changetype<Edges>(to);
  memory.copy(to, changetype<usize>(e), offsetof<Edges>());
  n.nOut = node.lanes;
  n.pieceStep = node.pieceStep;
  n.powerStep = <usize>node.lanes << 3;
  n.outputStep = 8;
  return n;
}

/** Bytes from the first group of a piece to another one. */
@inline
function groupOffset(n: Edges, group: i32): usize {
  return <usize>(group * (n.degree + 1)) * n.powerStep;
}

/** Where the places of a group's coefficients are. */
@inline
function placesOfGroup(e: Edges, n: Edges, p: i32, group: i32): usize {
  return maskedNode(e, p).placesAt + (<usize>(group * n.numBasis * n.nOut) << 2);
}

/** Where the coefficients of such a layer lie, the gradient by them, and what is free behind. */
@inline
function coefficientsOf(n: Edges): usize {
  return changetype<usize>(n) + ((offsetof<Edges>() + 15) & ~15);
}

@inline
function barsOf(n: Edges): usize {
  return coefficientsOf(n) + coefficientBytes(n);
}

@inline
function behind(n: Edges): usize {
  return barsOf(n) + coefficientBytes(n);
}

/** Copies the coefficients of a group there. */
function gather(e: Edges, n: Edges, p: i32, group: i32): usize {
  const to = coefficientsOf(n);
  let at = placesOfGroup(e, n, p, group);
  for (let i: usize = 0; i < coefficientBytes(n); i += 8) {
    const place = load<i32>(at);
    store<f64>(to + i, place < 0 ? 0 : load<f64>(e.coefficientsAt + (<usize>place << 3)));
    at += 4;
  }
  return to;
}

/** Copies the gradient by them back. */
function scatter(e: Edges, n: Edges, p: i32, group: i32): void {
  const from = barsOf(n);
  let at = placesOfGroup(e, n, p, group);
  for (let i: usize = 0; i < coefficientBytes(n); i += 8) {
    const place = load<i32>(at);
    if (place >= 0) store<f64>(e.gradientAt + (<usize>place << 3), load<f64>(from + i));
    at += 4;
  }
}

/** The coefficients of one output, side by side: copied to `to` if there are other outputs. */
function column(e: Edges, c: usize, q: i32, to: usize): usize {
  if (e.nOut == 1) return c;
  const step = <usize>e.nOut << 3;
  c += <usize>q << 3;
  for (let i: usize = 0; i < <usize>e.numBasis << 3; i += 8) {
    store<f64>(to + i, load<f64>(c));
    c += step;
  }
  return to;
}

/**
 * Adds the tables of all blocks of rows, and turns them into gradients by coefficients and free knots
 * of a block's vectors.
 */
export function pullEdges<T>(edgesAt: usize, scratchAt: usize, blocksAt: usize, block: i32): void {
  const e = changetype<Edges>(edgesAt), end = beginOf(e, block + 1, blocksAt);
  for (let v = beginOf(e, block, blocksAt); v < end; v++) {
    let bars: usize = 0, basisBar: usize = 0;
    if (e.free) {
      bars = e.knotBarsAt + <usize>v * e.knotStep;
      memory.fill(bars, 0, e.knotStep);
      if (!e.relu && !keepsCoefficients(e)) {
        basisBar = e.basisBarsAt + <usize>v * vectorBytes(e);
        memory.fill(basisBar, 0, vectorBytes(e));
      }
    }
    for (let p = firstNode(e, v); p < endNode(e, v); p++) {
      if (keepsCoefficients(e)) pullCoefficients(e, v, p, bars, scratchAt, load<i32>(blocksAt));
      else pullNode(e, v, p, basisBar, bars, scratchAt, load<i32>(blocksAt));
    }
    if (basisBar) pullVector(e, v, basisBar, bars, scratchAt);
    if (bars && e.logitsAt) pullKnots(e, v, bars, scratchAt);
  }
}

/** The gradient by a node's coefficients is there, that by the basis functions goes to the knots. */
function pullCoefficients(
  e: Edges, v: i32, p: i32, bars: usize, scratch: usize, blocks: i32,
): void {
  const row = e.barStep, rows = <usize>e.numBasis;
  let from = e.momentsAt + <usize>p * rows * row, to = e.gradientAt + <usize>p * coefficientBytes(e);
  sumTables(from, <i32>(rows * row >> 3), e.momentStep, blocks);
  for (let i: usize = 0; i < rows; i++) {
    memory.copy(to, from, <usize>e.nOut << 3);
    from += row;
    to += <usize>e.nOut << 3;
  }
  if (!bars) return;
  const mu = e.basisBarsAt + <usize>p * vectorBytes(e);
  sumTables(mu, <i32>(vectorBytes(e) >> 3), e.basisBarStep, blocks);
  pullVector(e, v, mu, bars, scratch);
}

/** From a node's moments to its coefficients and (`basisBar` not 0) to the basis functions. */
function pullNode(
  e: Edges, v: i32, p: i32, basisBar: usize, bars: usize, scratch: usize, blocks: i32,
): void {
  const offset = tableOf(e, p), a = e.tableAt + offset, mu = e.momentsAt + offset;
  sumTables(mu, <i32>(tableBytes(e, p) >> 3), e.momentStep, blocks);
  if (e.nodesAt) {
    const n = groupOf(e, p, scratch);
    for (let g = 0; g < maskedNode(e, p).groups; g++) {
      const step = groupOffset(n, g), c = gather(e, n, p, g);
      pullTable(n, v, c, a + step, mu + step, barsOf(n), basisBar, bars, behind(n));
      scatter(e, n, p, g);
    }
    return;
  }
  const at = <usize>p * coefficientBytes(e);
  pullTable(
    e, v, e.coefficientsAt + at, a, mu, e.gradientAt + at, basisBar, bars, scratch,
  );
}

/** The same, of a node's coefficients c, polynomials a and moments mu, overwritten. */
function pullTable(
  e: Edges, v: i32, c: usize, a: usize, mu: usize, cBar: usize, basisBar: usize, bars: usize,
  scratch: usize,
): void {
  memory.fill(cBar, 0, coefficientBytes(e));
  if (e.relu) {
    const columns = e.powerStep == 8 ? 1 : e.nOut;
    for (let q = 0; q < e.nOut; q += columns) {
      const at = <usize>q * e.outputStep;
      foldMoments(e, v, a + at, mu + at, e.pieceStep, e.powerStep, columns, bars);
    }
    pullRelu(e, v, c, mu, cBar, bars, scratch);
  } else if (e.powerStep == 8) {
    for (let q = 0; q < e.nOut; q++) {
      const x = mu + <usize>q * e.outputStep, size = <usize>e.numBasis << 3;
      if (basisBar) correlateColumn(e, v, column(e, c, q, scratch), x, basisBar);
      if (e.nOut == 1) spreadColumn(e, v, x, cBar);
      else {
        memory.fill(scratch, 0, size);
        spreadColumn(e, v, x, scratch);
        let to = cBar + (<usize>q << 3);
        for (let i: usize = 0; i < size; i += 8) {
          store<f64>(to, load<f64>(scratch + i));
          to += <usize>e.nOut << 3;
        }
      }
    }
  } else {
    spreadRows(e, v, mu, cBar);
    if (basisBar) correlateRows(e, v, c, mu, basisBar);
  }
}
