/**
 * How tight proven bounds are and what they cost, and samples that none may violate. Table of
 * docs/deployment.md.
 *
 * `deno run --allow-read bench/certify.ts [--only tightness|samples] [--samples N]`
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { certify } from "@freeknot/freeknot/certify";
import {
  createNetwork,
  createRandom,
  forward,
  type Network,
  type NetworkOptions,
  type Random,
  withStatistics,
} from "@freeknot/freeknot/model";

const { only, samples = "100000" } = parseArgs(Deno.args, { string: ["only", "samples"] }) as {
  only?: string;
  samples?: string;
};

/** A network with waves, its statistics measured on [-1, 1]. */
function wavy(options: NetworkOptions, seed: number, random: Random): Network {
  const network = createNetwork(options, { seed }), nIn = options.widths[0];
  for (const { name, offset, size } of network.layout) {
    const scale = name.endsWith("coefficients") ? 0.3 : name.endsWith("knotLogits") ? 0.5 : 0;
    for (let i = offset; i < offset + size; i++) {
      network.parameters[i] += scale * random.normal();
    }
  }
  return withStatistics(
    network,
    Float64Array.from({ length: 200 * nIn }, () => 2 * random.uniform() - 1),
  );
}

/** Points of a box, on its faces more often than chance would have it. */
function pointsOf(count: number, nIn: number, random: Random): Float64Array {
  return Float64Array.from(
    { length: count * nIn },
    () => Math.max(-1, Math.min(1, 2.5 * random.uniform() - 1.25)),
  );
}

const cube = (nIn: number) => Array.from({ length: nIn }, () => [-1, 1] as const);

/** Networks [n, 5, 1]: width of the proven range over the reached one. */
function tightness(): void {
  console.log("Networks [n, 5, 1], free cubic knots, random waves, box [-1, 1]^n, five seeds\n");
  console.log("first layer  n  widest  boxes, mean  seconds, mean");
  for (const firstLayer of ["linear", "spline"] as const) {
    for (const nIn of [2, 3, 4, 5]) {
      let widest = 0, boxes = 0, seconds = 0;
      for (const seed of [1, 2, 3, 4, 5]) {
        const random = createRandom(seed, "waves");
        const network = wavy({ widths: [nIn, 5, 1], firstLayer }, seed, random);
        const before = cpuUsage();
        const certificate = certify(network, { box: cube(nIn), derivatives: 0 });
        seconds += cpuUsage(before).user / 1e6 / 5;
        boxes += certificate.boxes / 5;
        const { lower, upper, reached: [low, high] } = certificate.outputs[0].value;
        widest = Math.max(widest, (upper - lower) / (high - low));
      }
      console.log([
        firstLayer.padEnd(11),
        nIn,
        widest.toFixed(4),
        Math.round(boxes).toLocaleString("en").padStart(11),
        seconds.toFixed(2).padStart(13),
      ].join("  "));
    }
  }
  console.log();
}

const KINDS = 200;

/** Samples of 200 networks of all kinds against bounds of their outputs. */
function violations(count: number): void {
  const random = createRandom(1, "certify"), each = Math.ceil(count / KINDS);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  let outside = 0, taken = 0;
  for (let k = 0; k < KINDS; k++) {
    const nIn = 1 + random.integer(3),
      hidden = Array.from(
        { length: 1 + random.integer(2) },
        () => 1 + random.integer(5),
      );
    const network = wavy(
      {
        widths: [nIn, ...hidden, 1],
        ...{ intervals: 1 + random.integer(8), degree: 1 + random.integer(5) },
        ...{ firstLayer: pick(["linear", "spline"]), knots: pick(["uniform", "free"]) },
        ...{ basis: pick(["bspline", "relu"]), base: pick(["none", "silu"]) },
        ...{ normalisation: pick(["minmax", "batchnorm", "none"]) },
        extrapolation: pick(["linear", "clamp"]),
      },
      k,
      random,
    );
    const { outputs } = certify(network, { box: cube(nIn), derivatives: 0, boxes: 500 });
    const { lower, upper } = outputs[0].value;
    for (const y of forward(network, pointsOf(each, nIn, random))) {
      taken++;
      if (!(lower <= y && y <= upper)) outside++;
    }
  }
  console.log(
    `${KINDS} networks, ${taken.toLocaleString("en")} samples of their boxes: ${outside} outside ` +
      "the proven bounds",
  );
}

if (only === undefined || only === "tightness") tightness();
if (only === undefined || only === "samples") violations(Number(samples));
