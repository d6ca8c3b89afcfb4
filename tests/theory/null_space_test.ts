import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { createNetwork, type NetworkOptions } from "../../lib/model/mod.ts";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { type NullDirections, nullSpace } from "../../lib/theory/mod.ts";

const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 800 });

/** Ridge polynomials of 5 directions in the plane: of 5 x 4 dimensions 10 are left. */
const RIDGES = 10;

const CASES: readonly [NetworkOptions, number, Partial<NullDirections>][] = [
  // 3 softmaxes and 2 (degree - 1) moving outer knots a node.
  [{ widths: [2, 5, 1] }, 55, {
    bias: 5,
    scale: 5,
    softmaxShifts: 15,
    outerKnots: 20,
    polynomials: RIDGES,
  }],
  [{ widths: [2, 5, 1], bias: false }, 55, {
    scale: 5,
    softmaxShifts: 15,
    outerKnots: 20,
    polynomials: RIDGES,
  }],
  [{ widths: [2, 5, 1], knots: "uniform" }, 35, { bias: 5, scale: 5, polynomials: RIDGES }],
  [{ widths: [2, 5, 1], outerKnots: "clamped" }, 55, {
    bias: 5,
    scale: 5,
    softmaxShifts: 5,
    polynomials: RIDGES,
  }],
  // Two inputs, each a spline: the constant alone is shared.
  [{ widths: [2, 1], firstLayer: "spline", knots: "uniform" }, 15, { polynomials: 1 }],
];

for (const [options, rank, directions] of CASES) {
  Deno.test(`nullSpace() counts directions by kind, ${JSON.stringify(options)}`, async () => {
    const network = createNetwork(options, { seed: 1234 });
    const found = await nullSpace(network, train);
    assertEquals(found.directions, {
      bias: 0,
      scale: 0,
      softmaxShifts: 0,
      outerKnots: 0,
      polynomials: 0,
      other: 0,
      ...directions,
    });
    assertEquals(found.rank, rank);
    assertEquals(found.parameters, network.parameters.length);
    assertGreater(found.gap[0], 1e-9);
    assertLess(found.gap[1], 1e-11);
  });
}
