/**
 * How tight proven bounds are and what they cost, and samples that none may violate. Table of
 * docs/deployment.md.
 *
 * `deno run --allow-read bench/certify.ts [--only tightness|samples|residuals] [--samples N]`
 *
 * `--only residuals` solves the gallery's problems for ten seconds each and samples their residuals
 * and solutions against proven bounds.
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
import {
  evaluateSolution,
  type PdeCondition,
  type PdeProblem,
  pdeProblems,
  solvePde,
} from "@freeknot/freeknot/physics";
import { certifySolution } from "@freeknot/freeknot/theory";

const { only, samples = "100000", seconds: limit = "10" } = parseArgs(Deno.args, {
  string: ["only", "samples", "seconds"],
}) as {
  only?: string;
  samples?: string;
  seconds?: string;
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

/** Where a condition lies, from points inside: on its faces in turn. */
function ontoFaces(problem: PdeProblem, { at }: PdeCondition, points: Float64Array): Float64Array {
  const names = Object.keys(problem.domain), moved = points.slice();
  for (const [name, place] of Object.entries(at ?? {})) {
    const positions = [place].flat() as number[], i = names.indexOf(name);
    for (let r = 0; r < points.length / names.length; r++) {
      moved[r * names.length + i] = positions[r % positions.length];
    }
  }
  return moved;
}

/** Residuals of solved problems: how close proven bounds are, their time, and samples. */
async function residuals(count: number): Promise<void> {
  const problems = pdeProblems.filter(({ name }) => name !== "burgers-perturbed");
  const each = Math.ceil(count / problems.length);
  let taken = 0, outside = 0;
  console.log("Residuals of the gallery's solutions\n");
  console.log("problem            residual of       at most      / reached  boxes  seconds");
  for (const problem of problems) {
    const solution = await solvePde(problem, { timeLimit: Number(limit), threads: 2 });
    const { network, coefficients } = solution, begun = performance.now();
    const { terms, unknowns, boxes } = certifySolution(problem, network, { coefficients });
    const seconds = (performance.now() - begun) / 1000;
    terms.forEach(({ name, bound, reached }, k) => {
      console.log([
        (k === 0 ? problem.name : "").padEnd(17),
        name.padEnd(16),
        bound.toExponential(3).padStart(9),
        (bound / reached).toFixed(4).padStart(13),
        ...(k === 0 ? [String(boxes).padStart(5), seconds.toFixed(2).padStart(7)] : []),
      ].join("  "));
    });
    const ranges = Object.values(problem.domain), random = createRandom(1, problem.name);
    const points = pointsOf(each, ranges.length, random).map((x, k) => {
      const [a, b] = ranges[k % ranges.length];
      return Math.max(a, Math.min(b, a + (x + 1) / 2 * (b - a)));
    });
    const values = evaluateSolution(problem, network, points, problem.unknowns, coefficients);
    unknowns.forEach(({ lower, upper }, k) => {
      for (const y of values[k]) {
        taken++;
        if (!(lower <= y && y <= upper)) outside++;
      }
    });
    for (const { name, text, bound } of terms) {
      const condition = problem.conditions.find((one) => one.name === name);
      if (condition?.data) continue; // its points are all looked at
      const places = condition ? ontoFaces(problem, condition, points) : points;
      const formula = text.replace(/^(.*)=(.*)$/, "($1) - ($2)");
      for (const y of evaluateSolution(problem, network, places, [formula], coefficients)[0]) {
        taken++;
        if (!(Math.abs(y) <= bound)) outside++;
      }
    }
  }
  console.log(
    `\n${problems.length} problems, ${taken.toLocaleString("en")} samples of unknowns and ` +
      `residuals: ${outside} outside the proven bounds`,
  );
}

if (only === undefined || only === "tightness") tightness();
if (only === undefined || only === "samples") violations(Number(samples));
if (only === "residuals") await residuals(Number(samples));
