/**
 * Peak memory of training on many points: one epoch of L-BFGS on [2,20,20,1].
 *
 * `deno run --allow-read bench/training_memory.ts [--rows 1000000] [--dtype float64|float32]
 * [--normalisation minmax|batchnorm|none]`
 *
 * @module
 */

import {
  coarseSchedule,
  createCpuEngine,
  createNetwork,
  lbfgs,
  type NetworkOptions,
  trainToEnd,
} from "@freeknot/freeknot";

import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { peakBytes } from "./_memory.ts";

const given = parseArgs(Deno.args, { string: ["rows", "dtype", "normalisation"] });
const rows = Number(given.rows ?? 1_000_000);
const dtype = given.dtype === "float32" ? "float32" : "float64";
const normalisation = (given.normalisation ?? "minmax") as NetworkOptions["normalisation"];

const random = createRandom(1, "points");
const inputs = new Float64Array(2 * rows), targets = new Float64Array(rows);
for (let i = 0; i < inputs.length; i++) inputs[i] = 2 * random.uniform() - 1;
for (let r = 0; r < rows; r++) targets[r] = Math.sin(3 * inputs[2 * r]) * inputs[2 * r + 1];
const network = createNetwork({ widths: [2, 20, 20, 1], normalisation }, { seed: 1 });
const { status, seconds } = await trainToEnd(network, { rows, nIn: 2, nOut: 1, inputs, targets }, {
  schedule: coarseSchedule(1),
  optimizer: lbfgs(),
  engine: createCpuEngine({ dtype }),
});
console.log(
  `${rows} rows, ${dtype}, ${normalisation}: ${status} in ${seconds.toFixed(1)} s, ` +
    `peak ${Math.round(peakBytes() / 2 ** 20)} MiB`,
);
