/**
 * A network's jets at fixed points, for networks of splines and for MLPs.
 *
 * @module
 */

import { checkNetwork } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";
import { compileDenseJets } from "./cpu/jets/compile_dense_jets.ts";
import { compileSplineJets } from "./cpu/jets/compile_spline_jets.ts";
import type { JetOptions, JetPoints, JetProgram } from "./jets.ts";

/**
 * Compiles a network's jets at groups of points.
 *
 * @param network The network; its configuration and layout are used, not its parameters.
 * @param groups Points; normalisation statistics are taken over all of them together, unless given.
 * @param options Number of threads (results are the same bits for any), given statistics; an MLP has
 * none and takes one thread.
 * @returns The program; an MLP's has no `normalMatrix`.
 * @throws {TypeError} If a group's inputs are not `[rows, derivatives, nIn]` numbers.
 * @throws {RangeError} If there is no point, or there are too many derivatives.
 *
 * @example The gradient of `u_x` at one point by all parameters
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { compileJets } from "@freeknot/freeknot/engine";
 * import { jetPoints } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], normalisation: "none" }, { seed: 1 });
 * const program = compileJets(network, [jetPoints(new Float64Array([0.1, 0.2]), 2, [[1]])]);
 * const [[value, slope]] = program.forward(network.parameters);
 * const gradient = new Float64Array(program.numParameters);
 * program.backward([new Float64Array([0, 1])], gradient);
 * assertEquals(Number.isFinite(value + slope + gradient[0]), true);
 * ```
 */
export function compileJets(
  network: Network,
  groups: readonly JetPoints[],
  options: JetOptions = {},
): JetProgram {
  checkNetwork("compile jets", network);
  return network.config.activation === "spline"
    ? compileSplineJets(network, groups, options)
    : compileDenseJets(network, groups);
}
