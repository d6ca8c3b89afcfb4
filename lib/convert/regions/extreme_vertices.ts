/**
 * Where a network is least and largest: at vertices of its cells, in each of which it is affine.
 *
 * @module
 */

import type { PolyhedralComplex } from "./polyhedra.ts";

/** A vertex and an output there. */
interface Extreme {
  readonly value: number;
  readonly at: readonly number[];
}

/** The least and the largest value of every output in the box, and where. */
export function extremeVertices(
  { dimension, vertices, outputs, cells }: PolyhedralComplex,
): { readonly minimum: Extreme; readonly maximum: Extreme }[] {
  const nOut = cells[0].beta.length, count = vertices.length / dimension;
  return Array.from({ length: nOut }, (_, q) => {
    let low = 0, high = 0;
    for (let v = 1; v < count; v++) {
      if (outputs[v * nOut + q] < outputs[low * nOut + q]) low = v;
      if (outputs[v * nOut + q] > outputs[high * nOut + q]) high = v;
    }
    const end = (v: number): Extreme => ({
      value: outputs[v * nOut + q],
      at: [...vertices.subarray(v * dimension, (v + 1) * dimension)],
    });
    return { minimum: end(low), maximum: end(high) };
  });
}
