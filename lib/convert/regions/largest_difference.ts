/**
 * The largest difference of two piecewise-linear networks in a box.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { unitChain } from "../_unit_chain.ts";
import type { ReluNetwork } from "../relu_network.ts";
import { asPiecewiseLinear } from "../splines_to_relu.ts";
import { CutComplex } from "./cut_complex.ts";
import { checkBox, cutNetwork } from "./cut_network.ts";
import { MOST_CELLS, type PolyhedraOptions } from "./polyhedra.ts";

/** What {@linkcode largestDifference} finds. */
export interface LargestDifference {
  /** The largest absolute difference of an output. */
  readonly value: number;
  /** Where it is. */
  readonly at: Float64Array;
  /** Cells on which both networks are affine. */
  readonly cells: number;
}

/**
 * Finds the largest difference of two networks in a box, not of samples but of all points: the box
 * is cut into cells on which both are affine, where a difference is largest at a vertex. It is
 * proven to the rounding of float64, and to what cells thinner than 1e-11 can hide.
 *
 * @param first A network of splines of degree 1, a ReLU MLP or a ReLU network of 1 to 3 inputs.
 * @param second Another with as many inputs and outputs.
 * @param box The ends of every input.
 * @param options Most cells.
 * @returns The difference and where it is.
 * @throws {RangeError} As `extractPolyhedra`.
 * @throws {TypeError} If the networks have different numbers of inputs or outputs.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { largestDifference, reluToSplines } from "@freeknot/freeknot/convert";
 * import { assert } from "@std/assert";
 *
 * const mlp = createNetwork({ widths: [2, 8, 8, 1], activation: "relu" }, { seed: 1 });
 * const { value } = largestDifference(mlp, reluToSplines(mlp), [[-1, 1], [-1, 1]]);
 * assert(value < 1e-14);
 * ```
 */
export function largestDifference(
  first: Network | ReluNetwork,
  second: Network | ReluNetwork,
  box: readonly (readonly [number, number])[],
  options: PolyhedraOptions = {},
): LargestDifference {
  const verb = "compare networks";
  checkOptions(verb, options, "mostCells");
  const [a, b] = [first, second].map((network) => asPiecewiseLinear(verb, network));
  const sizes = [a, b].map(({ layers }) => `${layers[0].nIn} to ${layers.at(-1)!.nOut}`);
  if (sizes[0] !== sizes[1]) {
    throw new TypeError(
      `Cannot ${verb}: second must have inputs and outputs ${sizes[0]}, current value is ` +
        sizes[1],
    );
  }
  checkBox(box, a.layers[0].nIn);
  const complex = new CutComplex(box, options.mostCells ?? MOST_CELLS);
  const outputs = cutNetwork(complex, unitChain(a, true));
  const others = cutNetwork(complex, unitChain(b, true), outputs);
  let value = -1, vertex = 0;
  outputs.forEach((list, q) =>
    list.forEach((each, v) => {
      const difference = Math.abs(each - others[q][v]);
      if (difference > value) [value, vertex] = [difference, v];
    })
  );
  const at = Float64Array.from(complex.coordinates, (list) => list[vertex]);
  return { value, at, cells: complex.cells.length };
}
