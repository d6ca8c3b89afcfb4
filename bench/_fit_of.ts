/**
 * A known solution as a problem of its own: what a network can represent.
 *
 * @module
 */

import type { PdeProblem } from "@freeknot/freeknot";

/** The problem whose equations say what the solution is, at every point. */
export function fitOf(problem: PdeProblem): PdeProblem {
  const { unknowns = ["u"], exact, ansatz, domain, constants, periodic } = problem;
  return {
    name: `${problem.name}-fit`,
    title: "values of the solution",
    domain,
    ...(constants && { constants }),
    ...(periodic && { periodic }),
    ...(ansatz && { ansatz }),
    unknowns: [...unknowns],
    conditions: [],
    equations: unknowns.map((u) => ({ name: u, equation: `${u} = ${exact![u]}` })),
    incomplete: true,
    exact: exact!,
  };
}
