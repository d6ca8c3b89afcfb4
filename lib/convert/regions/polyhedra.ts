/**
 * The cells of a ReLU network in a box of one, two or three dimensions, with their affine maps.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { type UnitChain, unitChain } from "../_unit_chain.ts";
import type { ReluNetwork } from "../relu_network.ts";
import { asPiecewiseLinear } from "../splines_to_relu.ts";
import { affineMap } from "./affine_map.ts";
import { cellVolume, centre, cycle, normalOf } from "./cell_geometry.ts";
import { CutComplex } from "./cut_complex.ts";
import { checkBox, cutNetwork } from "./cut_network.ts";

/** A convex cell on which a network is affine. */
export interface PolyhedralCell {
  /** Vertices, as indices; of a polygon in their order around it. */
  readonly vertices: readonly number[];
  /** What bounds it, as indices of facets. */
  readonly facets: readonly number[];
  /** `outputs = alpha x + beta`, shape `[nOut, dimension]`. */
  readonly alpha: Float64Array;
  /** Constants of the affine map, shape `[nOut]`. */
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
  /** Number of inputs, 1 to 3. */
  readonly dimension: number;
  /** The ends of every input. */
  readonly box: readonly (readonly [number, number])[];
  /** Coordinates, shape `[vertices, dimension]`. */
  readonly vertices: Float64Array;
  /** Outputs at the vertices, shape `[vertices, nOut]`: where they are largest and smallest. */
  readonly outputs: Float64Array;
  /** The cells; together they are the box. */
  readonly cells: readonly PolyhedralCell[];
  /** Points of a line, edges of polygons, faces of solids. */
  readonly facets: readonly PolyhedralFacet[];
  /** Number of regions, cells that are merged where they have the same affine map. */
  readonly regions: number;
}

/** A half-space, `normal x <= offset`, the normal of length 1. */
export interface HalfSpace {
  /** Points outwards, length 1. */
  readonly normal: Float64Array;
  /** `normal x` of the points on the border. */
  readonly offset: number;
}

/** Options of {@linkcode extractPolyhedra}. */
export interface PolyhedraOptions {
  /** Most cells, beyond which it gives up. Default 1,000,000. */
  readonly mostCells?: number | undefined;
}

/** Most cells unless told otherwise. */
export const MOST_CELLS = 1_000_000;
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
  const relu = asPiecewiseLinear(verb, network);
  checkBox(box, relu.layers[0].nIn);
  const chain = unitChain(relu, true);
  const complex = new CutComplex(box, options.mostCells ?? MOST_CELLS);
  cutNetwork(complex, chain);
  return finished(complex, box, chain);
}

/** Orders, measures and merges the cells. */
function finished(
  complex: CutComplex,
  box: readonly (readonly [number, number])[],
  chain: UnitChain,
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
