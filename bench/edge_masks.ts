/**
 * `deno run -A bench/edge_masks.ts`: how the cost of loss and gradient, and of the Gauss-Newton matrix,
 * falls with the edges that a mask leaves.
 *
 * Networks with all edges and with random masks are evaluated in turn on one thread; a number is the
 * processor's time, the median of the rounds, and its ratio to the network with all edges. `--seconds`
 * is the time for each network (default 1); `--gradients` or `--matrices` measures one of them alone.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { createCpuEngine, createNetwork, type Dataset, type Network } from "@freeknot/freeknot";
import { createRandom, type NetworkOptions } from "@freeknot/freeknot/model";
import { median } from "./_case.ts";
import { describeMachine } from "./_machine.ts";
import { nudged } from "./_nudged.ts";

const SHARES = [1, 0.75, 0.5, 0.25, 0.1];
const ROWS = 4000, MATRIX_ROWS = 1000;
const NETWORKS: readonly NetworkOptions[] = [
  { widths: [20, 20], firstLayer: "spline", knots: "uniform" },
  { widths: [20, 20], firstLayer: "spline", knots: "free" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "uniform" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "free" },
  { widths: [64, 64, 10], firstLayer: "spline", knots: "free", intervals: 20 },
];

const MATRICES: readonly NetworkOptions[] = [
  { widths: [17, 5, 14] },
  { widths: [20, 20], firstLayer: "spline" },
  { widths: [8, 8, 4], firstLayer: "spline" },
  { widths: [6, 12, 6, 2], firstLayer: "spline" },
];

/** Random masks: so many of the edges of every layer, spread so that every node has some. */
function randomMasks(
  { widths, firstLayer = "linear" }: NetworkOptions,
  share: number,
): NetworkOptions["edges"] {
  const random = createRandom(1, "masks");
  const splines = firstLayer === "linear" ? widths.slice(1) : widths;
  return splines.slice(1).map((nOut, layer) => {
    const nIn = splines[layer], wanted = Math.max(nIn, nOut, Math.round(share * nIn * nOut));
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

function datasetFor(widths: readonly number[], rows: number): Dataset {
  const random = createRandom(2, "rows"), nIn = widths[0], nOut = widths[widths.length - 1];
  return {
    ...{ rows, nIn, nOut },
    inputs: Float64Array.from({ length: rows * nIn }, () => random.uniform()),
    targets: Float64Array.from({ length: rows * nOut }, () => random.uniform()),
  };
}

/** Edges of the spline layers. */
function numEdges({ config: { widths, firstLayer, edges } }: Network): number {
  const splines = firstLayer === "linear" ? widths.slice(1) : widths;
  return splines.slice(1).reduce((sum, nOut, layer) => {
    const rows = edges?.[layer];
    return sum + (rows ? rows.join("").replaceAll("0", "").length : splines[layer] * nOut);
  }, 0);
}

/** Milliseconds of the processor for every network, one after the other; medians of the rounds. */
async function measure(
  networks: readonly Network[],
  seconds: number,
  matrices: boolean,
): Promise<number[]> {
  const dataset = datasetFor(networks[0].config.widths, matrices ? MATRIX_ROWS : ROWS);
  const engine = createCpuEngine({ threads: 1 });
  const evaluators = await Promise.all(
    networks.map((network) => engine.compile({ network, loss: { kind: "mse" }, dataset })),
  );
  const works = networks.map(({ parameters }, k) => {
    const { evaluate, curvature } = evaluators[k], n = parameters.length;
    const next = nudged(parameters), gradient = new Float64Array(n);
    const matrix = new Float64Array(matrices ? n * n : 0);
    return async () => {
      if (matrices) await curvature!.matrix!(next(), matrix, gradient);
      else await evaluate(parameters, gradient);
    };
  });
  const times: number[][] = networks.map(() => []), rounds = matrices ? 5 : 15;
  for (const work of works) for (let i = 0; i < (matrices ? 1 : 10); i++) await work();
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < networks.length; k++) {
      const start = cpuUsage(), until = performance.now() + 1000 * seconds / rounds;
      let count = 0;
      do {
        await works[k]();
        count++;
      } while (performance.now() < until);
      const { user, system } = cpuUsage(start);
      times[k].push((user + system) / 1000 / count);
    }
  }
  for (const evaluator of evaluators) evaluator.dispose();
  return times.map(median);
}

/** Measures a network with all edges and with fewer and fewer. */
async function compare(options: NetworkOptions, seconds: number, matrices: boolean) {
  const networks = SHARES.map((share) =>
    createNetwork({ ...options, ...(share < 1 && { edges: randomMasks(options, share) }) }, {
      seed: 1,
    })
  );
  const times = await measure(networks, seconds, matrices);
  const { intervals, knots, firstLayer } = networks[0].config;
  console.log(
    `[${options.widths.join(", ")}], first layer ${firstLayer}, ${intervals} intervals, ` +
      `${knots} knots: ${matrices ? "Gauss-Newton matrix" : "loss and gradient"}`,
  );
  times.forEach((time, k) => {
    const edges = numEdges(networks[k]), share = edges / numEdges(networks[0]);
    console.log(
      `  ${String(edges).padStart(5)} edges, ${(100 * share).toFixed(0).padStart(3)} %: ` +
        `${time.toFixed(3).padStart(7)} ms, ratio ${(time / times[0]).toFixed(2)}`,
    );
  });
}

if (import.meta.main) {
  const place = Deno.args.indexOf("--seconds");
  const seconds = place < 0 ? 1 : Number(Deno.args[place + 1]);
  const { processor, deno, date } = describeMachine();
  console.log(`${processor}, ${deno}, ${date}; one thread, ${ROWS} rows (matrix: ${MATRIX_ROWS})`);
  const chosen = (flag: string) =>
    Deno.args.includes(flag) ||
    !Deno.args.some((each) => ["--gradients", "--matrices"].includes(each));
  if (chosen("--gradients")) { for (const each of NETWORKS) await compare(each, seconds, false); }
  if (chosen("--matrices")) { for (const each of MATRICES) await compare(each, seconds, true); }
}
