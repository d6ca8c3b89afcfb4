/**
 * The cells of a ReLU network in a box of one, two or three dimensions, with their affine maps.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { checkArray, checkOptions } from "../../numerics/inner.ts";
import { unitChain, type UnitStage } from "../_unit_chain.ts";
import type { ReluLayer, ReluNetwork } from "../relu_network.ts";
import { asReluNetwork } from "../splines_to_relu.ts";
import { CutComplex } from "./cut_complex.ts";
import { checkPowers } from "./line.ts";

/** A convex cell on which a network is affine. */
export interface PolyhedralCell {
  /** Vertices, as indices; of a polygon in their order around it. */
  readonly vertices: readonly number[];
  /** What bounds it, as indices of facets. */
  readonly facets: readonly number[];
  /** `outputs = alpha x + beta`, shape `[nOut, dimension]`. */
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  /** Length, area or volume. */
  readonly volume: number;
  /** Cells of one region have the same affine map and hang together. */
  readonly region: number;
}

/** What lies between two cells, or between a cell and the outside of the box. */
export interface PolyhedralFacet {
  /** Its vertices, as indices. */
  readonly vertices: readonly number[];
  /** The cells at its two sides; -1: the outside of the box. */
  readonly cells: readonly [number, number];
}

/** A box cut into the cells of a network: its polyhedral complex. */
export interface PolyhedralComplex {
  readonly dimension: number;
  readonly box: readonly (readonly [number, number])[];
  /** Coordinates, shape `[vertices, dimension]`. */
  readonly vertices: Float64Array;
  /** Outputs at the vertices, shape `[vertices, nOut]`: where they are largest and smallest. */
  readonly outputs: Float64Array;
  readonly cells: readonly PolyhedralCell[];
  readonly facets: readonly PolyhedralFacet[];
  /** Number of regions, cells that are merged where they have the same affine map. */
  readonly regions: number;
}

/** A half-space, `normal x <= offset`, the normal of length 1. */
export interface HalfSpace {
  readonly normal: Float64Array;
  readonly offset: number;
}

/** Options of {@linkcode extractPolyhedra}. */
export interface PolyhedraOptions {
  /** Most cells, beyond which it gives up. Default 1,000,000. */
  readonly mostCells?: number | undefined;
}

/** What is nearer to a kink than this share of a node's range counts as on it. */
const NEAR = 2 ** -36;
/** Affine maps that differ by less than this share of the outputs' size count as the same. */
const SAME = 1e-9;

/**
 * Cuts a box into the cells on which a network of splines of degree 1 or a ReLU network is affine.
 *
 * Layer by layer, every cell is cut where a node meets one of its kinks. Cells thinner than about
 * 1e-11 of the range of a node are not cut off. Splines whose slope does not change at a knot, and
 * units that cancel, leave neighbours with the same map: they are one region.
 *
 * @param network A network of splines of degree 1, a ReLU MLP or a ReLU network of 1 to 3 inputs;
 * `restrictInputs` makes such a network of more inputs.
 * @param box The ends of every input.
 * @param options Most cells.
 * @returns Vertices, cells, facets; volumes sum to that of the box.
 * @throws {RangeError} If the network has more than three inputs or is not piecewise linear, or the
 * box is empty.
 *
 * @example Two creases make four cells
 * ```ts
 * import { extractPolyhedra, reluNetworkOf } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const creases = reluNetworkOf([
 *   { weights: [[1, 0], [0, 1]], activation: "abs" },
 *   { weights: [[1, 1]] },
 * ]);
 * const { cells, regions, facets } = extractPolyhedra(creases, [[-1, 1], [-1, 3]]);
 * assertEquals([cells.length, regions], [4, 4]);
 * assertEquals(cells.map(({ volume }) => volume).sort(), [1, 1, 3, 3]);
 * assertEquals(facets.filter(({ cells: [, other] }) => other >= 0).length, 4);
 * ```
 */
export function extractPolyhedra(
  network: Network | ReluNetwork,
  box: readonly (readonly [number, number])[],
  options: PolyhedraOptions = {},
): PolyhedralComplex {
  const verb = "find regions";
  checkOptions(verb, options, "mostCells");
  const relu = asReluNetwork(verb, network);
  checkPowers(relu);
  checkBox(box, relu.layers[0].nIn);
  const { stages, last } = unitChain(relu, true);
  const complex = new CutComplex(box, options.mostCells ?? 1_000_000);
  complex.carried = complex.coordinates.map((list) => [...list]);
  stages.forEach((stage, l) => {
    if (stage.map !== undefined) applyMap(complex, stages[l - 1], stage.map);
    stage.units.forEach((units, p) => cutAtUnits(complex, p, units.map(({ place }) => place)));
  });
  applyMap(complex, stages.at(-1), last);
  return finished(complex, box, { stages, last });
}

function checkBox(box: readonly (readonly [number, number])[], nIn: number): void {
  checkArray("find regions", "box", box, "a list of two numbers per input");
  if (nIn > 3) {
    throw new RangeError(
      "Cannot find regions: network must have 1 to 3 inputs (restrictInputs makes one on a plane), " +
        `current value is ${nIn} inputs`,
    );
  }
  const fits = box.length === nIn &&
    box.every((ends) => ends?.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]);
  if (fits) return;
  throw new RangeError(
    `Cannot find regions: box must be ${nIn} pairs of finite numbers, the first less than the ` +
      `second, current value is ${JSON.stringify(box)}`,
  );
}

/** Replaces what is carried at the vertices by an affine map of the units of the stage before. */
function applyMap(complex: CutComplex, before: UnitStage | undefined, map: ReluLayer): void {
  const { carried } = complex, count = complex.vertices, columns = columnLists(map);
  const next = Array.from(
    { length: map.nOut },
    (_, q) => new Array<number>(count).fill(map.bias[q]),
  );
  const sums = new Float64Array(map.nOut);
  for (let v = 0; v < count; v++) {
    sums.set(map.bias);
    carried.forEach((list, p) => {
      if (before === undefined) addColumn(sums, columns[p], list[v]);
      else {
        for (const { sign, place, column } of before.units[p]) {
          const value = sign * (list[v] - place);
          if (value > 0) addColumn(sums, columns[column], value);
        }
      }
    });
    for (let q = 0; q < sums.length; q++) next[q][v] = sums[q];
  }
  complex.carried = next;
}

/** Entries of one column of a matrix. */
interface Column {
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

function columnLists({ nIn, nOut, starts, columns, values }: ReluLayer): Column[] {
  const lists: [number, number][][] = Array.from({ length: nIn }, () => []);
  for (let q = 0; q < nOut; q++) {
    for (let k = starts[q]; k < starts[q + 1]; k++) lists[columns[k]].push([q, values[k]]);
  }
  return lists.map((list) => ({
    rows: Int32Array.from(list, ([q]) => q),
    values: Float64Array.from(list, ([, value]) => value),
  }));
}

function addColumn(sums: Float64Array, { rows, values }: Column, factor: number): void {
  for (let k = 0; k < rows.length; k++) sums[rows[k]] += factor * values[k];
}

function cutAtUnits(complex: CutComplex, p: number, places: readonly number[]): void {
  const values = complex.carried[p];
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const slack = NEAR * (high - low) + 2 ** -46 * size;
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  for (const place of sorted) if (place > low && place < high) complex.cut(p, place, slack);
}

/** Orders, measures and merges the cells. */
function finished(
  complex: CutComplex,
  box: readonly (readonly [number, number])[],
  chain: { readonly stages: readonly UnitStage[]; readonly last: ReluLayer },
): PolyhedralComplex {
  const { dimension, coordinates, carried } = complex, count = complex.vertices;
  const vertices = new Float64Array(count * dimension), nOut = carried.length;
  const outputs = new Float64Array(count * nOut);
  for (let v = 0; v < count; v++) {
    for (let k = 0; k < dimension; k++) vertices[v * dimension + k] = coordinates[k][v];
    for (let q = 0; q < nOut; q++) outputs[v * nOut + q] = carried[q][v];
  }
  const facetVertices = dimension === 1
    ? Array.from({ length: count }, (_, v) => [v])
    : dimension === 2
    ? complex.bounds[1]
    : complex.bounds[2].map((edges) => cycle(edges.map((edge) => complex.bounds[1][edge])));
  const sides = facetVertices.map((): [number, number] => [-1, -1]);
  const cellVertices = complex.cells.map((facets, cell) => {
    for (const facet of facets) sides[facet][sides[facet][0] < 0 ? 0 : 1] = cell;
    return dimension === 2
      ? cycle(facets.map((facet) => facetVertices[facet]))
      : [...new Set(facets.flatMap((facet) => facetVertices[facet]))];
  });
  const map = affineMap(chain, dimension);
  const maps = cellVertices.map((list) => map(centre(vertices, dimension, list)));
  const scale = outputs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const regions = mergedRegions(maps, sides, SAME * (scale + 1e-300), box);
  return {
    ...{ dimension, box, vertices, outputs },
    cells: cellVertices.map((list, cell) => ({
      ...{ vertices: list, facets: complex.cells[cell], ...maps[cell] },
      volume: cellVolume(vertices, dimension, list, complex.cells[cell], facetVertices),
      region: regions.of[cell],
    })),
    facets: facetVertices.map((list, facet) => ({ vertices: list, cells: sides[facet] })),
    regions: regions.count,
  };
}

/** Edges in the order in which they hang together, as a list of vertices. */
function cycle(edges: readonly (readonly number[])[]): number[] {
  const next = new Map<number, number[]>();
  for (const [v, w] of edges) {
    for (const [a, b] of [[v, w], [w, v]]) {
      const list = next.get(a);
      if (list === undefined) next.set(a, [b]);
      else list.push(b);
    }
  }
  const start = edges[0][0], order = [start];
  let before = start, at = edges[0][1];
  while (at !== start && order.length <= edges.length) {
    order.push(at);
    const [a, b] = next.get(at)!;
    [before, at] = [at, a === before ? b : a];
  }
  return order;
}

function centre(vertices: Float64Array, dimension: number, list: readonly number[]): Float64Array {
  const mean = new Float64Array(dimension);
  for (const v of list) {
    for (let k = 0; k < dimension; k++) mean[k] += vertices[v * dimension + k] / list.length;
  }
  return mean;
}

/** The affine map of the network around a point that lies on no kink. */
function affineMap(
  { stages, last }: { readonly stages: readonly UnitStage[]; readonly last: ReluLayer },
  dimension: number,
): (x: Float64Array) => { readonly alpha: Float64Array; readonly beta: Float64Array } {
  const steps = stages.map(({ map, units }) => ({
    map: map && columnLists(map),
    stage: map,
    units,
  }));
  const lastColumns = columnLists(last), width = dimension + 1;
  return (x) => {
    // per node the coefficients of x and the constant, [nodes, dimension + 1]
    let nodes = new Float64Array(dimension * width);
    for (let k = 0; k < dimension; k++) nodes[k * width + k] = 1;
    let units: readonly (UnitStage["units"][number])[] | undefined;
    const through = (columns: readonly Column[], { nOut, bias }: ReluLayer): Float64Array => {
      const next = new Float64Array(nOut * width);
      for (let q = 0; q < nOut; q++) next[q * width + dimension] = bias[q];
      for (let p = 0; p < nodes.length / width; p++) {
        let value = nodes[p * width + dimension];
        for (let k = 0; k < dimension; k++) value += nodes[p * width + k] * x[k];
        if (units === undefined) addNode(next, columns[p], nodes, p, width, 1, 0);
        else {
          for (const { sign, place, column } of units[p]) {
            if (sign * (value - place) > 0) {
              addNode(next, columns[column], nodes, p, width, sign, place);
            }
          }
        }
      }
      return next;
    };
    for (const step of steps) {
      if (step.map !== undefined) {
        nodes = through(step.map, step.stage!) as Float64Array<ArrayBuffer>;
      }
      units = step.units;
    }
    const outputs = through(lastColumns, last);
    const alpha = new Float64Array(last.nOut * dimension), beta = new Float64Array(last.nOut);
    for (let q = 0; q < last.nOut; q++) {
      for (let k = 0; k < dimension; k++) alpha[q * dimension + k] = outputs[q * width + k];
      beta[q] = outputs[q * width + dimension];
    }
    return { alpha, beta };
  };
}

/** Adds `weight sign (node - place)` to the sums of a column. */
function addNode(
  sums: Float64Array,
  { rows, values }: Column,
  nodes: Float64Array,
  p: number,
  width: number,
  sign: number,
  place: number,
): void {
  for (let i = 0; i < rows.length; i++) {
    const factor = sign * values[i], to = rows[i] * width;
    for (let k = 0; k < width; k++) sums[to + k] += factor * nodes[p * width + k];
    sums[to + width - 1] -= factor * place;
  }
}

/** Joins neighbours whose maps are the same in the box. */
function mergedRegions(
  maps: readonly { readonly alpha: Float64Array; readonly beta: Float64Array }[],
  sides: readonly (readonly [number, number])[],
  slack: number,
  box: readonly (readonly [number, number])[],
): { readonly of: number[]; readonly count: number } {
  const parent = maps.map((_, i) => i), dimension = box.length;
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const [a, b] of sides) {
    if (a < 0 || b < 0) continue;
    const same = maps[a].beta.every((_, q) => {
      let low = maps[a].beta[q] - maps[b].beta[q], high = low; // least and largest difference
      for (let k = 0; k < dimension; k++) {
        const slope = maps[a].alpha[q * dimension + k] - maps[b].alpha[q * dimension + k];
        const ends = [slope * box[k][0], slope * box[k][1]];
        low += Math.min(...ends);
        high += Math.max(...ends);
      }
      return Math.max(-low, high) <= slack;
    });
    if (same) parent[root(a)] = root(b);
  }
  const numbers = new Map<number, number>();
  const of = maps.map((_, i) => {
    const top = root(i);
    if (!numbers.has(top)) numbers.set(top, numbers.size);
    return numbers.get(top)!;
  });
  return { of, count: numbers.size };
}

function cellVolume(
  vertices: Float64Array,
  dimension: number,
  list: readonly number[],
  facets: readonly number[],
  facetVertices: readonly (readonly number[])[],
): number {
  const at = (v: number, k: number) => vertices[v * dimension + k];
  if (dimension === 1) return Math.abs(at(list[1], 0) - at(list[0], 0));
  if (dimension === 2) {
    let area = 0;
    const [x, y] = [at(list[0], 0), at(list[0], 1)];
    for (let i = 1; i < list.length - 1; i++) {
      area += (at(list[i], 0) - x) * (at(list[i + 1], 1) - y) -
        (at(list[i + 1], 0) - x) * (at(list[i], 1) - y);
    }
    return Math.abs(area) / 2;
  }
  let volume = 0;
  const apex = list[0];
  for (const facet of facets) { // pyramids over the facets, cut into tetrahedra
    const around = facetVertices[facet];
    if (around.includes(apex)) continue;
    let signed = 0;
    for (let i = 1; i < around.length - 1; i++) {
      const [a, b, c] = [around[0], around[i], around[i + 1]].map((v) =>
        [0, 1, 2].map((k) => at(v, k) - at(apex, k))
      );
      signed += a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
        a[2] * (b[0] * c[1] - b[1] * c[0]);
    }
    volume += Math.abs(signed) / 6;
  }
  return volume;
}

/**
 * Finds the half-spaces whose intersection a cell is.
 *
 * @param complex Of {@linkcode extractPolyhedra}.
 * @param cell Index of the cell.
 * @returns One half-space per facet.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { extractPolyhedra, halfSpaces } from "@freeknot/freeknot/convert";
 * import { assert } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1], degree: 1 }, { seed: 1 });
 * const complex = extractPolyhedra(network, [[-1, 1], [-1, 1]]);
 * const [{ vertices: [v] }] = complex.cells;
 * const [x, y] = complex.vertices.subarray(2 * v, 2 * v + 2);
 * const sides = halfSpaces(complex, 0);
 * assert(sides.every(({ normal, offset }) => normal[0] * x + normal[1] * y <= offset + 1e-12));
 * ```
 */
export function halfSpaces(complex: PolyhedralComplex, cell: number): HalfSpace[] {
  const { dimension, vertices, cells, facets } = complex;
  const { facets: around, vertices: list } = cells[cell];
  const inside = centre(vertices, dimension, list);
  return around.map((facet) => {
    const points = facets[facet].vertices.map((v) =>
      vertices.subarray(v * dimension, (v + 1) * dimension)
    );
    const normal = normalOf(points, dimension);
    const dot = (x: Float64Array) => x.reduce((sum, each, k) => sum + each * normal[k], 0);
    const offset = dot(points[0]);
    if (dot(inside) <= offset) return { normal, offset };
    return { normal: normal.map((each) => 0 - each), offset: 0 - offset };
  });
}

/** A vector of length 1 across a facet; of a polygon the mean over its corners (Newell). */
function normalOf(points: readonly Float64Array[], dimension: number): Float64Array {
  const normal = new Float64Array(dimension), [a, b] = points;
  if (dimension === 1) normal[0] = 1;
  else if (dimension === 2) normal.set([b[1] - a[1], a[0] - b[0]]);
  else {
    points.forEach((p, i) => {
      const q = points[(i + 1) % points.length];
      for (let k = 0; k < 3; k++) {
        const y = (k + 1) % 3, z = (k + 2) % 3;
        normal[k] += (p[y] - a[y]) * (q[z] - a[z]) - (p[z] - a[z]) * (q[y] - a[y]);
      }
    });
  }
  const length = Math.hypot(...normal);
  return normal.map((each) => each / length);
}
