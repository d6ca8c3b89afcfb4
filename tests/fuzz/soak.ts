/**
 * Trains again and again for a long time, on everything that keeps memory of its own, and watches
 * what the program holds: `deno task soak [--minutes 30]`. Fails where memory grows.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { adam, gaussNewton, lbfgs, type Optimizer, trainToEnd } from "../../lib/train/mod.ts";
import { cpuEngine } from "../../lib/engine/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { findPde, solvePde } from "../../lib/physics/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";

/** Share of the run that memory may take to settle, and growth beyond it that is a leak. */
const SETTLING = 0.25, MOST_GROWTH = 1.1;
/** MiB that do not count. */
const NOISE = 32;

const inputs = Float64Array.from({ length: 4000 }, (_, i) => (Math.sin(i) + 1) / 2);
const dataset: Dataset = {
  rows: 2000,
  nIn: 2,
  nOut: 1,
  inputs,
  targets: Float64Array.from(
    { length: 2000 },
    (_, r) => Math.cos(9 * inputs[2 * r] * inputs[2 * r + 1]),
  ),
};

/** One round of everything. */
async function round(seed: number): Promise<void> {
  // deno-lint-ignore no-explicit-any
  const optimizers: Optimizer<any>[] = [lbfgs(), gaussNewton(), adam({ learningRate: 0.01 })];
  for (const optimizer of optimizers) {
    for (const knots of ["free", "uniform"] as const) {
      const network = createNetwork({ widths: [2, 6, 1], knots }, { seed });
      const schedule = multilevelSchedule([4, 3, 2]);
      await trainToEnd(network, dataset, { engine: cpuEngine, optimizer, schedule });
    }
  }
  await solvePde(findPde("heat"), { seed, schedule: multilevelSchedule([2, 1]) });
}

const { minutes } = parseArgs(Deno.args, { string: ["minutes"], default: { minutes: "30" } });
const begun = performance.now(), whole = 60_000 * Number(minutes);
let settled = 0, most = 0, rounds = 0, told = 0;
while (performance.now() - begun < whole) {
  await round(++rounds);
  const { rss, heapUsed } = Deno.memoryUsage(), mib = rss / 2 ** 20;
  const at = (performance.now() - begun) / whole;
  if (at < SETTLING) settled = Math.max(settled, mib);
  else most = Math.max(most, mib);
  if (at * 20 < told) continue;
  told++;
  const heap = (heapUsed / 2 ** 20).toFixed(0);
  console.log(
    `${(100 * at).toFixed(0)} %, ${rounds} rounds: ${mib.toFixed(0)} MiB, heap ${heap} MiB`,
  );
}
const grew = most > MOST_GROWTH * settled + NOISE;
console.log(
  `${rounds} rounds: at most ${settled.toFixed(0)} MiB in the first quarter, ${
    most.toFixed(0)
  } MiB after ` +
    `it: memory ${grew ? "grows" : "is flat"}`,
);
Deno.exit(grew ? 1 : 0);
