/**
 * Order, middle, size and normals of convex cells.
 *
 * @module
 */

import { hypot } from "../../numerics/inner.ts";

/** Edges in the order in which they hang together, as a list of vertices. */
export function cycle(edges: readonly (readonly number[])[]): number[] {
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

/** The mean of some vertices. */
export function centre(
  vertices: Float64Array,
  dimension: number,
  list: readonly number[],
): Float64Array {
  const mean = new Float64Array(dimension);
  for (const v of list) {
    for (let k = 0; k < dimension; k++) mean[k] += vertices[v * dimension + k] / list.length;
  }
  return mean;
}

/** Length, area or volume of a cell by its vertices and its facets' vertices. */
export function cellVolume(
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

/** A vector of length 1 across a facet; of a polygon the mean over its corners (Newell). */
export function normalOf(points: readonly Float64Array[], dimension: number): Float64Array {
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
  const length = hypot(...normal);
  return normal.map((each) => each / length);
}
