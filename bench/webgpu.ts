/**
 * The WebGPU engine against its floors and others: dispatches, bytes and time per iteration.
 *
 *     deno run --allow-all bench/webgpu.ts
 *     deno run --allow-all bench/webgpu.ts --networks 2,5,1 --rows 2000 --iterations 5
 *
 * One iteration without a search is one loss-and-gradient and one step of L-BFGS; with it, up to
 * four trials are evaluated first. Times are differences of long and short epochs, so that
 * readbacks do not count. The floors are the bytes of all layers' values and gradients at the speed
 * of a copy, and the multiply-adds at the rate of independent chains, both measured through WebGPU
 * unless given.
 *
 * The others compute loss and gradient alone, without a step: the same network composed of
 * TensorFlow.js operations on its webgpu backend (fetched from npm), PyTorch (a Python with torch)
 * as it is and through torch.compile, and efficient-kan from a clone; float32, on a GPU where they
 * find one. What is missing is said above the table and left out.
 *
 * It has not run on a real GPU yet. On a software adapter (Mesa's llvmpipe, 2 threads, 2026-11-22),
 * whose times say nothing, one iteration took 19 dispatches for [2,5,1], 30 for [2,20,20,1] and
 * [64,64,64,10]; the floor of bytes is 108, 668 and 2,504 bytes a point.
 *
 * @module
 */

import { createNetwork, createWebgpuEngine, type Dataset } from "@freeknot/freeknot";

import {
  type Evaluator,
  findWebgpuAdapter,
  type LbfgsMethod,
  type WebgpuEngine,
} from "@freeknot/freeknot/engine";

import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { measureBandwidth, measureMultiplyAdds } from "./_gpu_rates.ts";
import { describeMachine } from "./_machine.ts";
import { runJson, runText, Unavailable } from "./_run_json.ts";

const HELP = `Flags (all may be left out):
  --networks 2,5,1;2,20,20,1;64,64,64,10   widths, first map linear
  --rows 20000,1000000,10000000
  --intervals 5
  --iterations 40            of the long epoch
  --bandwidth N              GB/s of the device's memory; default: measured by a copy
  --tflops N                 float32 operations per second, 10^12; default: measured
  --python PROGRAM           a Python with torch, /usr/bin/python3; "none" leaves PyTorch out
  --efficient-kan FOLDER     a clone of efficient-kan
  --tfjs yes|no              whether TensorFlow.js is measured (yes)
  --seconds 2                per measurement of the others
`;

const flags = parseArgs(Deno.args, {
  string: [
    ...["networks", "rows", "intervals", "iterations", "bandwidth", "tflops"],
    ...["python", "efficient-kan", "tfjs", "seconds"],
  ],
  boolean: ["help"],
  alias: { help: "h" },
});

/** The text of a flag. */
function flag(name: string, fallback: string): string {
  const value = flags[name];
  return typeof value === "string" ? value : fallback;
}

/** What is timed. */
interface Setting {
  readonly widths: readonly number[];
  readonly rows: number;
  readonly intervals: number;
}

const DEGREE = 3;

const METHOD: LbfgsMethod = {
  kind: "lbfgs",
  lineSearch: "wolfe",
  memory: 20,
  maxIterations: 1,
  gradientTolerance: 0,
  changeTolerance: 0,
};

function createProblem({ widths, rows }: Setting): Dataset {
  const random = createRandom(0, "bench webgpu");
  const nIn = widths[0], nOut = widths[widths.length - 1];
  return {
    rows,
    nIn,
    nOut,
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => random.uniform()),
  };
}

/**
 * Bytes and multiply-adds of one loss-and-gradient. Bytes: every layer's values and their
 * gradients written once and read once, inputs and targets read. Operations as in `_floor.ts`.
 */
function floorOf({ widths, rows }: Setting): { bytes: number; multiplyAdds: number } {
  const hidden = widths.slice(1).reduce((sum, width) => sum + width, 0);
  const bytes = 4 * rows * (widths[0] + widths[widths.length - 1] + 4 * hidden);
  const edges = widths.slice(2).reduce((sum, width, k) => sum + width * widths[k + 1], 0);
  const linear = 2 * widths[0] * widths[1];
  return { bytes, multiplyAdds: rows * (3 * (DEGREE + 1) * edges + linear) };
}

/** Milliseconds per iteration: a long epoch less a short one. */
async function iterationTime(
  evaluator: Evaluator,
  start: Float64Array,
  lineSearch: LbfgsMethod["lineSearch"],
  iterations: number,
): Promise<number> {
  const short = Math.max(1, Math.floor(iterations / 5));
  let parameters = start;
  async function epoch(maxIterations: number): Promise<number> {
    const begin = performance.now();
    const reading = await evaluator.resident!.runEpoch(
      { ...METHOD, lineSearch, maxIterations },
      parameters,
    );
    parameters = reading!.parameters;
    return performance.now() - begin;
  }
  await epoch(1); // compiles
  const differences: number[] = [];
  for (let round = 0; round < 3; round++) {
    const less = await epoch(short), more = await epoch(iterations);
    differences.push((more - less) / (iterations - short));
  }
  return differences.toSorted((a, b) => a - b)[1];
}

/** Dispatches of one iteration: epochs of 3 and of 2, both going on from the one before. */
async function iterationDispatches(
  { work }: WebgpuEngine,
  evaluator: Evaluator,
  start: Float64Array,
): Promise<number> {
  let parameters = start;
  const counts: number[] = [];
  for (const maxIterations of [1, 2, 3]) {
    const before = work.dispatches;
    const reading = await evaluator.resident!.runEpoch({ ...METHOD, maxIterations }, parameters);
    parameters = reading!.parameters;
    counts.push(work.dispatches - before);
  }
  return counts[2] - counts[1];
}

/** Milliseconds of an evaluation, or why there are none. */
type Time = number | string;

interface Torch {
  readonly eager: Time;
  readonly compiled: Time;
  readonly efficientKan: Time;
}

function path(name: string): string {
  return decodeURIComponent(new URL(`./peers/${name}`, import.meta.url).pathname);
}

/** What a program found, or in all its columns why it did not run. */
async function orReason<T>(command: readonly string[], failed: (why: string) => T): Promise<T> {
  try {
    return await runJson<T>(command);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return failed(`failed: ${error.message.trim().split("\n").at(-1)?.slice(0, 60)}`);
  }
}

async function torch(setting: Setting, python: string): Promise<Torch> {
  const { widths, rows, intervals } = setting;
  const args = { widths, rows, intervals, degree: DEGREE, seconds: flag("seconds", "2") };
  const clone = flag("efficient-kan", "");
  return await orReason(
    [
      ...[python, "-B", path("gpu_torch.py")],
      ...Object.entries(args).map(([key, value]) => `--${key}=${value}`),
      ...clone ? [`--efficient-kan=${clone}`] : [],
    ],
    (why) => ({ eager: why, compiled: why, efficientKan: why }),
  );
}

async function tfjs({ widths, rows, intervals }: Setting): Promise<Time> {
  const setting = {
    widths,
    rows,
    intervals,
    degree: DEGREE,
    seconds: Number(flag("seconds", "2")),
  };
  const { milliseconds } = await orReason<{ milliseconds: Time }>(
    [
      ...[Deno.execPath(), "run", "--quiet", "--no-lock", "--allow-all", path("gpu_tfjs.ts")],
      JSON.stringify(setting),
    ],
    (why) => ({ milliseconds: why }),
  );
  return milliseconds;
}

function number(value: Time): string {
  return typeof value === "string" ? value : value.toPrecision(3);
}

/** Our cells of one line. */
async function own(setting: Setting, rates: { bytes: number; multiplyAdds: number }) {
  const iterations = Number(flag("iterations", "40"));
  const engine = await createWebgpuEngine();
  const { bytes, multiplyAdds } = floorOf(setting);
  const floors = [bytes / rates.bytes, multiplyAdds / rates.multiplyAdds].map((x) => 1000 * x);
  const cells = [(bytes / 1e6).toFixed(1), number(floors[0]), number(floors[1])];
  try {
    const { widths, intervals } = setting;
    const network = createNetwork({ widths, intervals }, { seed: 1 });
    const evaluator = await engine.compile({
      network,
      loss: { kind: "mse" },
      dataset: createProblem(setting),
    });
    const unit = await iterationTime(evaluator, network.parameters, "none", iterations);
    const start = network.parameters.slice();
    const search = await iterationTime(evaluator, start, "wolfe", iterations);
    const dispatches = await iterationDispatches(engine, evaluator, start);
    evaluator.dispose();
    return [
      ...[`${dispatches}`, ...cells, number(unit), number(unit / Math.max(...floors))],
      number(search),
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 60) : String(error);
    return ["-", ...cells, why, "-", "-"];
  } finally {
    engine.dispose();
  }
}

async function main(): Promise<void> {
  const adapter = await findWebgpuAdapter();
  if (!adapter) {
    console.log("no WebGPU adapter on this machine: nothing to measure");
    return;
  }
  const list = (text: string) => text.split(",").map(Number);
  const networks = flag("networks", "2,5,1;2,20,20,1;64,64,64,10").split(";").map(list);
  const sizes = list(flag("rows", "20000,1000000,10000000"));
  const given = (name: string, unit: number) =>
    flags[name] === undefined ? undefined : Number(flags[name]) * unit;
  const rates = {
    bytes: given("bandwidth", 1e9) ?? await measureBandwidth(),
    multiplyAdds: given("tflops", 0.5e12) ?? await measureMultiplyAdds(adapter.software),
  };
  for (const [key, value] of Object.entries(describeMachine())) console.log(`${key}: ${value}`);
  console.log(
    `adapter: ${adapter.name}${adapter.software ? " (software: times say nothing)" : ""}`,
  );
  console.log(
    `memory: ${(rates.bytes / 1e9).toFixed(0)} GB/s, arithmetic: ` +
      `${(2 * rates.multiplyAdds / 1e12).toPrecision(3)} TFLOPS in float32`,
  );
  const python = flag("python", "/usr/bin/python3");
  const withTorch = python !== "none" && await reportTorch(python);
  const withClone = withTorch && flag("efficient-kan", "") !== "";
  const withTfjs = flag("tfjs", "yes") !== "no";
  if (!withTfjs) console.log("SKIPPED: TensorFlow.js (--tfjs no)");
  if (!withClone) console.log("SKIPPED: efficient-kan (--efficient-kan FOLDER, a clone)");
  const head = [
    ...["network", "points", "dispatches", "MB", "bytes floor", "operations floor"],
    ...["unit step, ms", "/ floor", "with search, ms"],
    ...withTfjs ? ["tfjs webgpu, ms"] : [],
    ...withTorch ? ["torch eager, ms", "torch compiled, ms"] : [],
    ...withClone ? ["efficient-kan, ms"] : [],
  ];
  console.log(`\n| ${head.join(" | ")} |\n|${head.map(() => "---").join("|")}|`);
  for (const widths of networks) {
    for (const rows of sizes) {
      const setting = { widths, rows, intervals: Number(flag("intervals", "5")) };
      const cells = [`[${widths}]`, `${rows}`, ...await own(setting, rates)];
      if (withTfjs) cells.push(number(await tfjs(setting)));
      if (withTorch) {
        const { eager, compiled, efficientKan } = await torch(setting, python);
        cells.push(number(eager), number(compiled), ...withClone ? [number(efficientKan)] : []);
      }
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

/** Whether there is PyTorch; says which one, or that it is skipped. */
async function reportTorch(python: string): Promise<boolean> {
  const code =
    "import torch; print('PyTorch', torch.__version__, 'on', torch.cuda.get_device_name()" +
    " if torch.cuda.is_available() else 'the CPU')";
  try {
    console.log((await runText([python, "-c", code])).trim());
    return true;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`SKIPPED: PyTorch, ${python} has no torch (--python PROGRAM for another)`);
    return false;
  }
}

if (flags.help) console.log(HELP);
else await main();
