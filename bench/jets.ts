/**
 * One loss-and-gradient of the Burgers equation, `mean (u_t + u u_x - nu u_xx)^2` on a grid: beside
 * the floor (arithmetic, computed), the plain loss-and-gradient of the same network at the same
 * points times the four derivatives (u, u_t, u_x, u_xx), and nested automatic differentiation in
 * PyTorch; then the Gauss-Newton matrix of smaller networks.
 *
 * `deno run --allow-all bench/jets.ts [--threads 1] [--rounds 5] [--side 64] [--no-torch]`
 *
 * Programs take turns, the shortest time of all rounds counts.
 *
 * @module
 */

import {
  createCpuEngine,
  createNetwork,
  type Network,
  type NetworkOptions,
  type PdeProblem,
} from "@freeknot/freeknot";

import { pdeEngine } from "@freeknot/freeknot/physics";
import { parseArgs } from "@std/cli/parse-args";
import { edgesOf } from "./_case.ts";
import { STATED_RATE } from "./_floor.ts";
import { describeMachine } from "./_machine.ts";
import { createPlainC } from "./_plain_c.ts";
import { findTorch } from "./_programs.ts";
import { type Measurement, runJson, Unavailable } from "./_run_json.ts";
import { nudged } from "./_nudged.ts";
import { markdown } from "./_table.ts";

const CHANNELS = 4;
const NETWORK = { widths: [2, 20, 20, 1], normalisation: "batchnorm", bias: false } as const;
const CASES: readonly NetworkOptions[] = [
  { ...NETWORK, intervals: 5, knots: "uniform" },
  { ...NETWORK, intervals: 5, knots: "free" },
  { ...NETWORK, intervals: 40, knots: "free" },
];
const MATRICES: readonly NetworkOptions[] = [
  { ...NETWORK, widths: [2, 6, 6, 1], intervals: 5, knots: "free" },
  { ...NETWORK, widths: [2, 10, 10, 1], intervals: 5, knots: "free" },
  { ...NETWORK, widths: [2, 10, 10, 1], intervals: 20, knots: "free" },
];

const given = parseArgs(Deno.args, {
  string: ["threads", "rounds", "side"],
  boolean: ["torch"],
  negatable: ["torch"],
  default: { torch: true },
});
const threads = Number(given.threads ?? 1), rounds = Number(given.rounds ?? 5);
const side = Number(given.side ?? 64), rows = side * side;
/** Points for the plain loss: as many as the equation has. */
const EVEN = {
  rows,
  nIn: 2,
  inputs: Float64Array.from({ length: 2 * rows }, (_, i) => Math.sin(i)),
  targets: new Float64Array(rows),
};
const PROBLEM: PdeProblem = {
  name: "burgers",
  title: "the equation alone",
  domain: { t: [0, 1], x: [-1, 1] },
  constants: { nu: 0.01 / Math.PI },
  equations: [{ equation: "u_t + u*u_x = nu*u_xx" }],
  conditions: [],
  incomplete: true,
  grid: [side, side],
};

/** Multiply-adds per nanosecond of one thread: measured with gcc, else stated. */
async function multiplyAdds(): Promise<number> {
  try {
    const plainC = await createPlainC();
    try {
      return (await plainC.rate()).multiplyAdds;
    } finally {
      await plainC.dispose();
    }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return STATED_RATE.multiplyAdds;
  }
}

/** A network whose hidden values fill the domain. */
function networkOf(options: NetworkOptions): Network {
  return createNetwork(options, { seed: 1 });
}

/** Milliseconds of one run. */
async function time(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** The shortest times of programs that take turns. */
async function shortest(
  programs: readonly ((() => Promise<number>) | undefined)[],
): Promise<number[]> {
  const least = programs.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [i, program] of programs.entries()) {
      if (program) least[i] = Math.min(least[i], await program());
    }
  }
  return least;
}

/** The shortest of several runs. */
function repeat(times: number, work: () => unknown): () => Promise<number> {
  return async () => {
    let least = Infinity;
    for (let i = 0; i < times; i++) least = Math.min(least, await time(work));
    return least;
  };
}

function torch(python: string | undefined, { widths, intervals, knots }: NetworkOptions) {
  if (python === undefined) return undefined;
  const script = new URL("./peers/pde_torch.py", import.meta.url).pathname;
  const flags = { widths, degree: 3, intervals, knots, threads, rows, seconds: 3, repeats: 3 };
  const args = Object.entries(flags).map(([key, value]) => `--${key}=${value}`);
  return async () => {
    const { milliseconds } = await runJson<Measurement>([python, "-B", script, ...args]);
    return Math.min(...milliseconds);
  };
}

async function gradients(python: string | undefined, rate: number): Promise<string> {
  const body: string[][] = [];
  for (const options of CASES) {
    const network = networkOf(options), { parameters } = network;
    const gradient = new Float64Array(parameters.length);
    const loss = { kind: "mse" } as const;
    const engine = pdeEngine(PROBLEM, { threads });
    const jets = await engine.compile({ network, loss });
    const plain = await createCpuEngine({ threads }).compile({
      network,
      loss,
      dataset: { ...EVEN, nOut: 1 },
    });
    const [ours, forward, once, nested] = await shortest([
      repeat(8, async () => (await jets.evaluate(parameters, gradient)).objective),
      repeat(8, async () => (await jets.evaluate(parameters)).objective),
      repeat(20, async () => (await plain.evaluate(parameters, gradient)).objective),
      torch(python, options),
    ]);
    jets.dispose();
    plain.dispose();
    const edges = edgesOf({ widths: options.widths.slice(1) });
    const floor = 3 * 4 * CHANNELS * edges * rows / rate / threads / 1e6;
    body.push([
      `${options.intervals} ${options.knots}`,
      floor.toFixed(1),
      ours.toFixed(1),
      forward.toFixed(1),
      (ours / floor).toFixed(1),
      once.toFixed(1),
      (ours / (CHANNELS * once)).toFixed(2),
      ...nested < Infinity ? [nested.toFixed(0), (nested / ours).toFixed(1)] : ["-", "-"],
    ]);
  }
  const head = ["[2,20,20,1], intervals", "floor", "jets", "value only", "jets/floor", "plain"];
  return markdown([...head, "jets/(4 plain)", "PyTorch", "PyTorch/jets"], body);
}

async function matrices(rate: number): Promise<string> {
  const body: string[][] = [];
  for (const options of MATRICES) {
    const network = networkOf(options), n = network.parameters.length;
    const engine = pdeEngine(PROBLEM, { threads });
    const jets = await engine.compile({ network, loss: { kind: "mse" } });
    const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
    const next = nudged(network.parameters);
    const [whole, slope] = await shortest([
      repeat(2, () => jets.curvature!.matrix!(next(), matrix, gradient)),
      repeat(4, async () => (await jets.evaluate(next(), gradient)).objective),
    ]);
    jets.dispose();
    const { widths, intervals } = options;
    const touched = widths.slice(0, -1).reduce((sum, nIn, k) => {
      const own = nIn * widths[k + 1];
      return sum + (k === 0 ? own : 4 * own + 6 * nIn);
    }, 0);
    const floor = touched * (touched + 1) / 2 * rows / rate / threads / 1e6;
    body.push([
      `[${widths}], ${intervals}`,
      String(n),
      String(touched),
      floor.toFixed(1),
      whole.toFixed(1),
      (whole / floor).toFixed(1),
      slope.toFixed(1),
    ]);
  }
  const head = ["network, intervals", "parameters", "touched", "floor", "matrix", "matrix/floor"];
  return markdown([...head, "gradient"], body);
}

const rate = await multiplyAdds();
let python: string | undefined;
const lines = [Object.values(describeMachine()).join("; ")];
if (given.torch) {
  try {
    const found = await findTorch(["python3", "/usr/bin/python3"]);
    python = found.python;
    lines.push(`${found.version}, ${threads} thread(s)`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    lines.push(`NOTE: no column of PyTorch: ${error.message}`);
  }
}
console.log([
  ...lines,
  "",
  `Milliseconds, ${rows} points, ${threads} thread(s), float64; the shortest of ${rounds} rounds.`,
  `Floor: 12 multiply-adds per edge, point and derivative at ${rate} per ns and thread (256 bit).`,
  "",
  await gradients(python, rate),
  "",
  "Gauss-Newton matrix, free knots, with value and gradient. Floor: products of the parameters that",
  "a point touches, half of them, multiply-adds as above.",
  "",
  await matrices(rate),
].join("\n"));
