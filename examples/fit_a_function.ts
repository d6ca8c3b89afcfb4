/**
 * How do I fit a function of two variables, coarse to fine?
 *
 * `deno run examples/fit_a_function.ts`
 */

import {
  createNetwork,
  type Dataset,
  forward,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";

import { inputGradient } from "@freeknot/freeknot/model";

// Points on a 50 x 50 grid of [0, 1]^2 and the values to learn.
const side = 50;
const inputs = new Float64Array(2 * side * side), targets = new Float64Array(side * side);
for (let row = 0; row < side * side; row++) {
  const x = (row % side) / (side - 1), y = Math.floor(row / side) / (side - 1);
  inputs.set([x, y], 2 * row);
  targets[row] = Math.abs(x - y) + 0.3 * Math.sin(6 * x * y);
}
const dataset: Dataset = { rows: side * side, nIn: 2, nOut: 1, inputs, targets };

// 5 intervals per spline at first, 40 at the end; knots are trained along.
const network = createNetwork({ widths: [2, 6, 1], intervals: 5, knots: "free" }, { seed: 1 });
const result = await trainToEnd(network, dataset, { schedule: multilevelSchedule([16, 8, 4, 2]) });

for (const level of result.levels) {
  console.log(`${level.intervals} intervals: mean squared error ${level.loss.toExponential(2)}`);
}
const point = new Float64Array([0.25, 0.5]);
console.log("f(0.25, 0.5) =", forward(result.network, point)[0].toFixed(4));
console.log("gradient =", [...inputGradient(result.network, point)].map((g) => g.toFixed(3)));
