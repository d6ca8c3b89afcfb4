/**
 * The WebGPU engine against its floor and PyTorch: dispatches, bytes and time per iteration.
 *
 *     deno run --allow-all bench/webgpu.ts
 *     deno run --allow-all bench/webgpu.ts --networks 2,5,1 --rows 20000 --bandwidth 3300
 *
 * One iteration without a search is one loss-and-gradient and one step of L-BFGS; with it, up to
 * four trials are evaluated first. Times are differences of long and short epochs, so that
 * readbacks do not count. PyTorch (python3 with torch, --python for another) computes loss and
 * gradient alone, in float32, on its GPU where it has one.
 *
 * @module
 */

import {
  createNetwork,
  createRandom,
  createWebgpuEngine,
  type Dataset,
  type Evaluator,
  findWebgpuAdapter,
  type LbfgsMethod,
  type WebgpuEngine,
} from "@freeknot/freeknot";
import { parseArgs } from "@std/cli/parse-args";
import { describeMachine } from "./_machine.ts";
import { runJson, Unavailable } from "./_run_json.ts";

const HELP = `Flags (all may be left out):
  --networks 2,5,1;2,20,20,1;64,64,64,10   widths, first map linear
  --rows 20000,1000000,10000000
  --intervals 5
  --iterations 40            of the long epoch
  --bandwidth N              GB/s of the device's memory; default: measured by a copy
  --tflops N                 float32 operations per second, 10^12; without it no operations floor
  --python PROGRAM           a Python with torch; "none" leaves PyTorch out
`;

const flags = parseArgs(Deno.args, {
  string: ["networks", "rows", "intervals", "iterations", "bandwidth", "tflops", "python"],
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
    const reading = await evaluator.runEpoch!({ ...METHOD, lineSearch, maxIterations }, parameters);
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
    const reading = await evaluator.runEpoch!({ ...METHOD, maxIterations }, parameters);
    parameters = reading!.parameters;
    counts.push(work.dispatches - before);
  }
  return counts[2] - counts[1];
}

/** Bytes per second of a copy on the device, read and written. */
async function measureBandwidth(): Promise<number> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  const device = await adapter!.requestDevice();
  const size = 2 ** 27, usage = 4 | 8;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage }));
  async function copies(count: number): Promise<number> {
    const begin = performance.now();
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < count; i++) encoder.copyBufferToBuffer(from, 0, to, 0, size);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - begin;
  }
  await copies(2);
  const less = await copies(2), more = await copies(22);
  device.destroy();
  return 20 * 2 * size / ((more - less) / 1000);
}

interface Torch {
  readonly eager: number | string;
  readonly compiled: number | string;
  readonly device: string;
  readonly version: string;
}

async function torch({ widths, rows, intervals }: Setting): Promise<Torch | string> {
  const python = flag("python", "/usr/bin/python3");
  if (python === "none") return "-";
  const script = new URL("./peers/gpu_torch.py", import.meta.url).pathname;
  const args = { widths, rows, intervals, degree: DEGREE };
  try {
    return await runJson<Torch>([
      python,
      "-B",
      script,
      ...Object.entries(args).map(([key, value]) => `--${key}=${value}`),
    ]);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return `not run: ${error.message}`;
  }
}

function number(value: number | string): string {
  return typeof value === "string" ? value : value.toPrecision(3);
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
  const iterations = Number(flag("iterations", "40"));
  const bandwidth = flags.bandwidth === undefined
    ? await measureBandwidth()
    : Number(flags.bandwidth) * 1e9;
  const rate = flags.tflops === undefined ? Infinity : Number(flags.tflops) * 1e12 / 2;
  for (const [key, value] of Object.entries(describeMachine())) console.log(`${key}: ${value}`);
  console.log(
    `adapter: ${adapter.name}${adapter.software ? " (software: times say nothing)" : ""}`,
  );
  console.log(`memory: ${(bandwidth / 1e9).toFixed(0)} GB/s\n`);
  const head =
    "network | rows | dispatches | MB | floor ms | unit step ms | /floor | search ms | " +
    "torch eager ms | torch compiled ms | device";
  console.log(`| ${head} |\n|${head.split("|").map(() => "---").join("|")}|`);
  for (const widths of networks) {
    for (const rows of sizes) {
      const setting = { widths, rows, intervals: Number(flag("intervals", "5")) };
      const engine = await createWebgpuEngine();
      const cells = [`[${widths}]`, `${rows}`];
      try {
        const network = createNetwork({ widths, intervals: setting.intervals }, { seed: 1 });
        const evaluator = await engine.compile(network, { kind: "mse" }, createProblem(setting));
        const unit = await iterationTime(evaluator, network.parameters, "none", iterations);
        const own = network.parameters.slice();
        const search = await iterationTime(evaluator, own, "wolfe", iterations);
        const dispatches = await iterationDispatches(engine, evaluator, own);
        const { bytes, multiplyAdds } = floorOf(setting);
        const floor = 1000 * Math.max(bytes / bandwidth, multiplyAdds / rate);
        cells.push(
          `${dispatches}`,
          (bytes / 1e6).toFixed(1),
          number(floor),
          number(unit),
          number(unit / floor),
          number(search),
        );
        evaluator.dispose();
      } catch (error) {
        cells.push(...Array(6).fill("-"));
        cells[2] = error instanceof Error ? error.message.slice(0, 60) : String(error);
      } finally {
        engine.dispose();
      }
      const peer = await torch(setting);
      cells.push(
        ...(typeof peer === "string"
          ? [peer, "-", "-"]
          : [number(peer.eager), number(peer.compiled), `${peer.version}, ${peer.device}`]),
      );
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

if (flags.help) console.log(HELP);
else await main();
