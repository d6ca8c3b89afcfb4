/**
 * Latency: one row after the other through a network, beside `forward` called for each row.
 *
 * Networks have statistics as after training, rows are spread over the domain. Printed are
 * nanoseconds per row and edge of `compilePredictor` and its plain twin, the same of `forward`,
 * bytes that a row allocates, and what compiling takes.
 *
 * `deno run --allow-all bench/latency.ts [--first-layer spline|linear] [--seconds 0.5]`
 *
 * @module
 */

import { compilePredictor, createNetwork, forward, type Network } from "@freeknot/freeknot";
import { createRandom, withStatistics } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
// Not public: what runs where there is no WebAssembly.
import { createPredictor } from "../lib/engine/cpu/predictor/predictor.ts";
import { edgesOf } from "./_case.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["first-layer", "seconds"] });
const firstLayer = given["first-layer"] === "linear" ? "linear" : "spline";
const seconds = Number(given.seconds ?? 0.5);
const ROWS = 1024, ROUNDS = 5, ALLOCATING_ROWS = 1_000_000;

function createCase(widths: number[], intervals: number, knots: "uniform" | "free"): Network {
  const random = createRandom(1, "latency");
  const network = createNetwork({ widths, intervals, knots, firstLayer }, { seed: 1 });
  const parameters = network.parameters.slice();
  for (const { name, offset, size } of network.layout) {
    if (!name.endsWith("knotLogits")) continue;
    for (let i = 0; i < size; i++) parameters[offset + i] = 0.3 * random.normal();
  }
  const inputs = Float64Array.from({ length: 1000 * widths[0] }, () => 2 * random.uniform() - 1);
  return withStatistics({ ...network, parameters }, inputs);
}

/** Nanoseconds per call: the best of some rounds, for the machine is shared. */
function nanoseconds(call: (row: number) => void): number {
  let best = Infinity, calls = 1;
  for (let round = -1; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) call(i & (ROWS - 1));
    const time = performance.now() - begin;
    if (round >= 0) best = Math.min(best, 1e6 * time / calls);
    else {
      // The first round warms up until it knows how many calls fill its time.
      while (performance.now() - begin < 1000 * seconds / ROUNDS) call(calls++ & (ROWS - 1));
    }
  }
  return best;
}

/** Bytes that a call adds to the heap, where no collection came between: the most of some rounds. */
function allocated(call: (row: number) => void, calls: number): number {
  let most = 0;
  for (let round = 0; round < 3; round++) {
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) call(i & (ROWS - 1));
    most = Math.max(most, (Deno.memoryUsage().heapUsed - before) / calls);
  }
  return most;
}

function measure(network: Network): string[] {
  const { widths, intervals, knots } = network.config, edges = edgesOf({ widths });
  const random = createRandom(2, "latency");
  const rows = Array.from(
    { length: ROWS },
    () => Float64Array.from({ length: widths[0] }, () => 1.9 * random.uniform() - 0.95),
  );
  const out = new Float64Array(widths[widths.length - 1]);
  const predictor = compilePredictor(network), plain = createPredictor(network, undefined);
  const fast = (row: number) => void predictor.predict(rows[row], out);
  const naive = (row: number) => void forward(network, rows[row]);
  const perRow = nanoseconds(fast), naivePerRow = nanoseconds(naive);
  const plainPerRow = nanoseconds((row) => void plain.predict(rows[row], out));
  const compiling = nanoseconds(() => void compilePredictor(network));
  return [
    `[${widths.join(", ")}]`,
    `${intervals}`,
    knots,
    perRow.toFixed(0),
    (perRow / edges).toFixed(2),
    (plainPerRow / edges).toFixed(2),
    (naivePerRow / edges).toFixed(1),
    (naivePerRow / perRow).toFixed(0),
    allocated(fast, ALLOCATING_ROWS / (edges > 1000 ? 10 : 1)).toFixed(3),
    (allocated(naive, 20) / 1000).toFixed(1),
    (compiling / 1000).toFixed(0),
    (predictor.bytes / network.parameters.length).toFixed(1),
  ];
}

const head = [
  ...["network", "int", "knots", "ns/row", "ns/edge", "plain", "forward", "times"],
  ...["B/row", "forward kB", "compile us", "B/param"],
];
const body: string[][] = [];
for (const widths of [[2, 5, 1], [21, 64, 64, 24]]) {
  for (const intervals of [5, 40]) {
    for (const knots of ["uniform", "free"] as const) {
      body.push(measure(createCase(widths, intervals, knots)));
    }
  }
}
console.log(Object.values(describeMachine()).join("; "), `first layer ${firstLayer}`);
console.log(markdown(head, body));
