/**
 * Why B-splines and not ReLU powers? They span the same functions, but not the same landscape.
 *
 * Both networks start from the same function and do the same work. The condition number of the
 * Gram matrix says how stretched each landscape is (Actor et al. 2025, section 3).
 *
 * `deno run examples/basis_as_preconditioner.ts`
 */

import {
  coarseSchedule,
  createNetwork,
  findProblem,
  galleryDatasets,
  lbfgs,
  trainToEnd,
} from "@freeknot/freeknot";

import { conditionNumber, gramMatrix, uniformKnots } from "@freeknot/freeknot/splines";

for (const intervals of [5, 10, 20]) {
  const knots = uniformKnots({ degree: 3, intervals });
  const [spline, relu] = (["bspline", "relu"] as const).map((basis) =>
    conditionNumber(gramMatrix(knots, basis), intervals + 3).toExponential(1)
  );
  console.log(`${intervals} intervals: condition ${spline} (B-splines), ${relu} (ReLU powers)`);
}

const problem = findProblem("nonsmooth");
const { train } = galleryDatasets(problem, { rows: 1000 });
for (const basis of ["bspline", "relu"] as const) {
  const network = createNetwork({ ...problem.defaults, basis, knots: "uniform" }, { seed: 1234 });
  const result = await trainToEnd(network, train, {
    schedule: coarseSchedule(20),
    optimizer: lbfgs(),
  });
  console.log(`${basis}: loss ${result.loss.toExponential(2)} after 20 epochs of L-BFGS`);
}
