/**
 * Splines that stand for smooth functions of MLPs: intervals that a proven error needs, and how far
 * it lies above the largest error at random points and corners of the box.
 *
 * `deno run bench/smooth_import.ts [--only gelu]`
 *
 * @module
 */

import { forward } from "@freeknot/freeknot";
import { type ChainFunction, type ChainLayer, splinesOfChain } from "@freeknot/freeknot/convert";
import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { erf } from "../lib/numerics/inner.ts";
import { markdown } from "./_table.ts";

const { only } = parseArgs(Deno.args, { string: ["only"] });
const random = createRandom(1, "smooth"),
  POINTS = 20_000,
  BOX = [[-1, 1], [-2, 0], [0, 3]] as const;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const FUNCTIONS: Readonly<Record<Exclude<ChainFunction, "relu">, (x: number) => number>> = {
  tanh: Math.tanh,
  sigmoid,
  gelu: (x) => x / 2 * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x * sigmoid(x),
  softplus: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
};

function drawLayer(nIn: number, nOut: number, activation?: ChainFunction): ChainLayer {
  const draw = (count: number, scale: number) =>
    Float64Array.from({ length: count }, () => scale * random.normal());
  const layer = {
    nIn,
    nOut,
    weights: draw(nIn * nOut, 1.5 / Math.sqrt(nIn)),
    bias: draw(nOut, 0.3),
  };
  return activation ? { ...layer, activation } : layer;
}

/** The largest difference between a chain and its splines at points, one in five at an end. */
function largestError(chain: readonly ChainLayer[], network: Parameters<typeof forward>[0]) {
  const rows = Float64Array.from({ length: POINTS * BOX.length }, (_, i) => {
    const [low, high] = BOX[i % BOX.length], share = 1.25 * random.uniform() - 0.125;
    return low + Math.min(1, Math.max(0, share)) * (high - low);
  });
  const found = forward(network, rows), { nOut: width } = chain[chain.length - 1];
  let worst = 0;
  for (let r = 0; r < POINTS; r++) {
    let z = Array.from(rows.subarray(r * BOX.length, (r + 1) * BOX.length));
    for (const { nIn, nOut, weights, bias, activation } of chain) {
      z = Array.from({ length: nOut }, (_, q) => {
        let sum = bias[q];
        for (let p = 0; p < nIn; p++) sum += z[p] * weights[p * nOut + q];
        return activation ? FUNCTIONS[activation as "tanh"](sum) : sum;
      });
    }
    z.forEach((value, q) => worst = Math.max(worst, Math.abs(value - found[r * width + q])));
  }
  return worst;
}

const lines: string[][] = [];
for (const kind of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[]) {
  if (only !== undefined && only !== kind) continue;
  const chain = [drawLayer(3, 16, kind), drawLayer(16, 16, kind), drawLayer(16, 2)];
  for (const degree of [1, 2, 3, 5]) {
    for (const wanted of degree === 1 ? [1e-2] : [1e-2, 1e-5]) {
      const { network, error } = splinesOfChain(chain, { box: BOX, error: wanted, degree });
      const worst = largestError(chain, network), { intervals } = network.config;
      const cells = [String(degree), wanted.toExponential(0), String(intervals)];
      const numbers = [error, worst].map((value) => value.toExponential(2));
      lines.push([kind, ...cells, ...numbers, (error / worst).toFixed(1)]);
    }
  }
}
const head = ["function", "degree", "error", "intervals", "proven", "found", "proven / found"];
console.log(markdown(head, lines));
