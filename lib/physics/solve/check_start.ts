/**
 * Whether a network can begin the solution of a problem.
 *
 * @module
 */

import { checkNetwork } from "../../model/inner.ts";
import type { Network, NetworkOptions } from "../../model/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { resolvePde } from "../equations/resolve.ts";

/** Refuses a network that is no function of the problem's coordinates to its unknowns. */
export function checkStart(problem: PdeProblem, start: Network, { widths }: NetworkOptions): void {
  checkNetwork("solve", start);
  const { widths: [nIn, ...rest], degree, activation } = start.config;
  const { order } = resolvePde(problem);
  if (nIn !== widths[0] || rest.at(-1) !== widths.at(-1)) {
    throw new RangeError(
      `Cannot solve: start must have ${widths[0]} inputs and ${
        widths.at(-1)
      } outputs as the problem ` +
        `has, current value is ${nIn} and ${rest.at(-1)}`,
    );
  }
  if (activation === "spline" && degree <= order) {
    throw new RangeError(
      `Cannot solve: start must have splines of degree ${
        order + 1
      } or more for derivatives of order ` +
        `${order}, current value is ${degree}`,
    );
  }
}
