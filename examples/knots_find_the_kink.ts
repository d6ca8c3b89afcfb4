/**
 * Where do free knots go? To the places where the function is not smooth.
 *
 * `deno run examples/knots_find_the_kink.ts`
 */

import { createNetwork, type Dataset, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";

import { layerKnots } from "@freeknot/freeknot/model";

const rows = 1000;
const inputs = Float64Array.from({ length: rows }, (_, r) => -1 + 2 * r / (rows - 1));
const targets = inputs.map((x) => Math.abs(x - 0.3) + 0.5 * Math.abs(x + 0.55));
const dataset: Dataset = { rows, nIn: 1, nOut: 1, inputs, targets };

for (const knots of ["uniform", "free"] as const) {
  const network = createNetwork(
    { widths: [1, 1], firstLayer: "spline", degree: 1, intervals: 6, knots },
    { seed: 1 },
  );
  const result = await trainToEnd(network, dataset, { schedule: multilevelSchedule([30]) });
  const { values, degree } = layerKnots(result.network, 0, 0);
  const inside = values.slice(degree, values.length - degree);
  console.log(`${knots}: mean squared error ${result.loss.toExponential(1)}`);
  console.log(`  knots ${[...inside].map((t) => t.toFixed(3)).join(" ")} (kinks at -0.550, 0.300)`);
}
