/**
 * Jets and Gauss-Newton's products, in float64 on the CPU and in float32 on a WebGPU device.
 *
 *     deno run --allow-all bench/device_jets.ts
 *     deno run --allow-all bench/device_jets.ts --points 1000,100000 --rounds 5
 *
 * One row for every number of points of a network [2, 8, 8, 1] of degree 5 with u, u_t, u_x, u_xx:
 * nanoseconds a point for the jets, for their gradient and, of the device, for how they move along a
 * direction of the parameters; `fixed` is what one call costs with 16 points, in milliseconds: the
 * host's tables, submission and reading. A product with the Gauss-Newton matrix is one move and one
 * gradient. The least of the rounds counts, after one that compiles.
 *
 * @module
 */

import { createNetwork, createWebgpuEngine } from "@freeknot/freeknot";
import { compileJets, findWebgpuAdapter, webgpuJets } from "@freeknot/freeknot/engine";
import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const flags = parseArgs(Deno.args, { string: ["points", "rounds"] });
const points = String(flags.points ?? "1000,20000"), rounds = Number(flags.rounds ?? 3);

const network = createNetwork({ widths: [2, 8, 8, 1], degree: 5, knots: "free" }, { seed: 1 });
const { parameters } = network, n = parameters.length;
const derivatives = [[], [0], [1], [1, 1]];

/** Points with jets of their inputs: values, and slopes 1 by the input itself. */
function group(rows: number) {
  const random = createRandom(1, "bench/device_jets");
  const inputs = new Float64Array(rows * derivatives.length * 2);
  for (let r = 0; r < rows; r++) {
    inputs.set([2 * random.uniform() - 1, 2 * random.uniform() - 1], 8 * r);
    inputs.set([1, 0, 0, 1], 8 * r + 2);
  }
  return { rows, derivatives, inputs };
}

/** Milliseconds of the fastest of several calls at new parameters each. */
async function fastest(call: (at: Float64Array) => unknown): Promise<number> {
  let least = Infinity;
  for (let k = 0; k <= rounds; k++) {
    const at = parameters.map((x, i) => x * (1 + 1e-6 * (k + 1) * (i % 3)));
    const begin = performance.now();
    await call(at);
    if (k > 0) least = Math.min(least, performance.now() - begin);
  }
  return least;
}

const adapter = await findWebgpuAdapter();
const engine = adapter && await createWebgpuEngine();

/** Milliseconds of jets, their gradient, and their move. */
async function measure(rows: number, where: "cpu" | "device"): Promise<number[]> {
  const gradient = new Float64Array(n), bars = [new Float64Array(4 * rows).fill(1)];
  if (where === "cpu") {
    const jets = compileJets(network, [group(rows)]);
    const times = [
      await fastest((at) => jets.forward(at)),
      await fastest(() => jets.backward(bars, gradient)),
    ];
    jets.dispose();
    return times;
  }
  const jets = await webgpuJets(engine!).compileJets(network, [group(rows)]);
  const times = [
    await fastest((at) => jets.forward(at)),
    await fastest(() => jets.backward(bars, gradient)),
    await fastest((at) => jets.moved(at)),
  ];
  jets.dispose();
  return times;
}

console.log(describeMachine(), adapter ? `device: ${adapter.name}` : "no WebGPU adapter");
const lines: string[][] = [];
for (const where of adapter ? ["cpu", "device"] as const : ["cpu"] as const) {
  const fixed = await measure(16, where);
  for (const rows of points.split(",").map(Number)) {
    const times = await measure(rows, where);
    const each = (k: number) =>
      times[k] === undefined ? "" : (1e6 * (times[k] - fixed[k]) / rows).toFixed(0);
    lines.push([where, `${rows}`, each(0), each(1), each(2), Math.max(...fixed).toFixed(1)]);
  }
}
console.log(
  markdown(["where", "points", "jets, ns", "gradient, ns", "move, ns", "fixed, ms"], lines),
);
engine?.dispose();
