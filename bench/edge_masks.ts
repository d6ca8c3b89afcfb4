/**
 * `deno run -A bench/edge_masks.ts`: how the cost of loss and gradient falls with the edges that a mask
 * leaves.
 *
 * Networks with all edges and with random masks are evaluated in turn on one thread; a number is the
 * processor's time of an evaluation, the median of the rounds, and its ratio to the network with all
 * edges. `--seconds` is the time for each network (default 1).
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { createCpuEngine, createNetwork, type Dataset, type Network } from "@freeknot/freeknot";
import { createRandom, type NetworkOptions } from "@freeknot/freeknot/model";
import { median } from "./_case.ts";
import { describeMachine } from "./_machine.ts";

const SHARES = [1, 0.75, 0.5, 0.25, 0.1];
const ROWS = 4000, ROUNDS = 15;
const NETWORKS: readonly NetworkOptions[] = [
  { widths: [20, 20], firstLayer: "spline", knots: "uniform" },
  { widths: [20, 20], firstLayer: "spline", knots: "free" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "uniform" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "free" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "free", intervals: 20 },
];

/** Random masks: so many of the edges of every layer, spread so that every node has some. */
function randomMasks(widths: readonly number[], share: number): NetworkOptions["edges"] {
  const random = createRandom(1, "masks");
  return widths.slice(1).map((nOut, layer) => {
    const nIn = widths[layer], wanted = Math.max(nIn, nOut, Math.round(share * nIn * nOut));
    const rows = Array.from({ length: nIn }, () => Array.from({ length: nOut }, () => 0));
    let count = 0;
    for (let k = 0; k < Math.max(nIn, nOut); k++, count++) rows[k % nIn][k % nOut] = 1;
    while (count < wanted) {
      const p = random.integer(nIn), q = random.integer(nOut);
      if (rows[p][q] === 0) count += rows[p][q] = 1;
    }
    return rows.map((row) => row.join(""));
  });
}

function datasetFor(widths: readonly number[]): Dataset {
  const random = createRandom(2, "rows"), nIn = widths[0], nOut = widths[widths.length - 1];
  return {
    ...{ rows: ROWS, nIn, nOut },
    inputs: Float64Array.from({ length: ROWS * nIn }, () => random.uniform()),
    targets: Float64Array.from({ length: ROWS * nOut }, () => random.uniform()),
  };
}

function numEdges({ config: { widths, edges } }: Network): number {
  return widths.slice(1).reduce((sum, nOut, layer) => {
    const rows = edges?.[layer];
    return sum + (rows ? rows.join("").replaceAll("0", "").length : widths[layer] * nOut);
  }, 0);
}

/** Milliseconds of the processor for one evaluation, for every network; medians of the rounds. */
async function measure(networks: readonly Network[], seconds: number): Promise<number[]> {
  const dataset = datasetFor(networks[0].config.widths);
  const engine = createCpuEngine({ threads: 1 });
  const evaluators = await Promise.all(
    networks.map((network) => engine.compile({ network, loss: { kind: "mse" }, dataset })),
  );
  const gradients = networks.map(({ parameters }) => new Float64Array(parameters.length));
  const run = (k: number) => evaluators[k].evaluate(networks[k].parameters, gradients[k]);
  const times: number[][] = networks.map(() => []);
  for (let k = 0; k < networks.length; k++) for (let i = 0; i < 10; i++) await run(k);
  for (let round = 0; round < ROUNDS; round++) {
    for (let k = 0; k < networks.length; k++) {
      const start = cpuUsage(), until = performance.now() + 1000 * seconds / ROUNDS;
      let count = 0;
      do {
        await run(k);
        count++;
      } while (performance.now() < until);
      const { user, system } = cpuUsage(start);
      times[k].push((user + system) / 1000 / count);
    }
  }
  for (const evaluator of evaluators) evaluator.dispose();
  return times.map(median);
}

if (import.meta.main) {
  const place = Deno.args.indexOf("--seconds");
  const seconds = place < 0 ? 1 : Number(Deno.args[place + 1]);
  const { processor, deno, date } = describeMachine();
  console.log(`${processor}, ${deno}, ${date}; one thread, ${ROWS} rows`);
  for (const options of NETWORKS) {
    const networks = SHARES.map((share) =>
      createNetwork({
        ...options,
        ...(share < 1 && { edges: randomMasks(options.widths, share) }),
      }, { seed: 1 })
    );
    const times = await measure(networks, seconds);
    const { intervals, knots } = networks[0].config;
    console.log(`[${options.widths.join(", ")}], ${intervals} intervals, ${knots} knots`);
    times.forEach((time, k) => {
      const edges = numEdges(networks[k]), share = edges / numEdges(networks[0]);
      console.log(
        `  ${String(edges).padStart(5)} edges, ${(100 * share).toFixed(0).padStart(3)} %: ` +
          `${time.toFixed(3).padStart(7)} ms, ratio ${(time / times[0]).toFixed(2)}`,
      );
    });
  }
}
