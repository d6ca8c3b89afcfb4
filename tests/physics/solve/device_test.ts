import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  type Evaluation,
  type JetDevice,
  type WebgpuEngine,
  webgpuJets,
} from "../../../lib/engine/mod.ts";
import {
  findPde,
  parsePde,
  pdeEngine,
  type PdeEngineOptions,
  pdeNetwork,
  type PdeProblem,
  solvePde,
} from "../../../lib/physics/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { createRandom, type NetworkOptions } from "../../../lib/model/mod.ts";
import { randomNetwork } from "../../support/networks.ts";
import { norm } from "../../support/webgpu_cases.ts";
import { gpuTest } from "../../support/webgpu.ts";

/** An integral and a value elsewhere: residuals that depend on several points. */
const SPREAD = parsePde({
  name: "spread",
  domain: { x: [0, 1] },
  equations: [{ equation: "u_xx + u*at(u, x, 0.5) = 1 + integral(u, x, 0, 1)" }],
  conditions: [{ at: { x: 0 }, equation: "u = 0" }, { at: { x: 1 }, equation: "u_x = 1" }],
});

const DECAY = parsePde({
  name: "decay",
  domain: { t: [0, 1] },
  equations: [{ equation: "u_t = -2*u" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }],
});

const MSE = { kind: "mse" } as const;

function smallNetwork(problem: PdeProblem, options: Partial<NetworkOptions>): NetworkOptions {
  const { widths, ...others } = pdeNetwork(problem);
  return { ...others, intervals: 3, ...options, widths: [widths[0], 4, widths.at(-1)!] };
}

/** The evaluators of a problem on a device and here. */
async function both(
  engine: WebgpuEngine,
  problem: PdeProblem,
  options: Partial<NetworkOptions>,
  more: PdeEngineOptions = {},
) {
  const network = randomNetwork(smallNetwork(problem, options), 5);
  const device = webgpuJets(engine), request = { network, loss: MSE };
  const d = Object.keys(problem.domain).length;
  const points: PdeEngineOptions = {
    sampler: { kind: "grid", counts: d === 1 ? [40] : new Array(d).fill(7) },
    ...more,
  };
  return {
    network,
    host: await pdeEngine(problem, points).compile(request),
    onDevice: await pdeEngine(problem, { ...points, firstStages: { device, count: 1 } })
      .compile(request),
  };
}

const far = (a: Float64Array, b: Float64Array) => norm(a.map((x, i) => x - b[i])) / norm(b);

const CASES: readonly (readonly [PdeProblem, Partial<NetworkOptions>])[] = [
  [findPde("burgers"), { normalisation: "batchnorm", knots: "free" }],
  [findPde("kdv"), { normalisation: "none", domain: [-6, 6] }],
  [findPde("lotka-volterra"), { normalisation: "minmax" }],
  [findPde("inverse-diffusion"), { normalisation: "none", domain: [-6, 6] }],
  [findPde("heat"), { basis: "relu", normalisation: "batchnorm" }],
  [SPREAD, { normalisation: "batchnorm", knots: "free" }],
];

gpuTest("residuals, gradients and products on a device equal the CPU's", async (engine) => {
  for (const [problem, options] of CASES) {
    const { network, host, onDevice } = await both(engine, problem, options);
    const { parameters } = network, n = parameters.length, { name } = problem;
    const found = new Float64Array(n), exact = found.slice();
    const one = await onDevice.evaluate(parameters, found);
    const other = await host.evaluate(parameters, exact) as Evaluation;
    // residuals of random networks cancel little
    assertLessOrEqual(Math.abs(one.loss - other.loss), 1e-4 * other.loss, name);
    assertLessOrEqual(far(found, exact), 1e-3, `gradient, ${name}`);
    const random = createRandom(3, "directions");
    const vector = parameters.map((x) => random.normal() * (0.1 + Math.abs(x)));
    const rows = await host.curvature!.jacobian!(parameters);
    const along = Float64Array.from({ length: rows.length / n }, (_, r) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += rows[r * n + i] * vector[i];
      return sum;
    });
    const moved = await onDevice.curvature!.jvp(parameters, vector);
    assertLessOrEqual(far(moved, along), 1e-3, `J v, ${name}`);
    const product = new Float64Array(n), plain = new Float64Array(n);
    for (let r = 0; r < along.length; r++) {
      for (let i = 0; i < n; i++) plain[i] += rows[r * n + i] * along[r];
    }
    await onDevice.curvature!.product(parameters, vector, product);
    assertLessOrEqual(far(product, plain), 1e-3, `J^T J v, ${name}`);
    for (const coefficient of Object.keys(problem.coefficients ?? {})) {
      const [a, b] = [onDevice, host].map((each) => each.coefficients()[coefficient]);
      assertLessOrEqual(Math.abs(a - b), 1e-4 * Math.abs(b), name);
    }
    host.dispose();
    onDevice.dispose();
  }
});

gpuTest("a sample of all points has their matrix; of fewer one that is near", async (engine) => {
  const problem = findPde("heat"), options = { normalisation: "none", domain: [-6, 6] } as const;
  const ratios: number[] = [];
  for (const side of [7, 60]) {
    const { network, host, onDevice } = await both(engine, problem, options, {
      sampler: { kind: "grid", counts: [side, side] },
    });
    const { parameters } = network, n = parameters.length;
    const sample = new Float64Array(n * n), whole = sample.slice();
    await onDevice.curvature!.sample!(parameters, sample);
    await host.curvature!.matrix!(parameters, whole, new Float64Array(n));
    assertEquals(onDevice.curvature!.matrix, undefined);
    const trace = (matrix: Float64Array) =>
      matrix.reduce((sum, value, i) => i % (n + 1) === 0 ? sum + value : sum, 0);
    if (side === 7) assertEquals(sample, whole);
    else ratios.push(trace(sample) / trace(whole), far(sample, whole));
    host.dispose();
    onDevice.dispose();
  }
  const [ratio, distance] = ratios;
  assert(ratio > 0.8 && ratio < 1.25, `trace ${ratio}`);
  assert(distance > 0 && distance < 0.5, `distance ${distance}`);
});

gpuTest("solvePde() computes all grids but the last on a device", async (engine) => {
  const device: JetDevice = { ...webgpuJets(engine), name: "device" };
  const problem = findPde("heat"), network = { hidden: [3], intervals: 2 };
  const sampler = { kind: "grid", counts: [8, 8] } as const;
  const solve = (epochs: number[]) =>
    solvePde(problem, { schedule: multilevelSchedule(epochs), device, network, sampler });
  const { engines, finished, notes } = await solve([3, 0, 2, 2]);
  assertEquals(engines, [
    { intervals: 2, engine: "device", dtype: "float32", epochs: 3 },
    { intervals: 8, engine: "device", dtype: "float32", epochs: 2 },
    { intervals: 16, engine: "cpu", dtype: "float64", epochs: 2 },
  ]);
  assert(Number.isFinite(finished.loss));
  assert(!notes.some((note) => note.includes("computed on")));
  const single = await solve([2]);
  assertEquals(single.engines.map(({ engine }) => engine), ["cpu"]);
  assert(single.notes.some((note) => note.includes("nothing was computed on device")));
});

gpuTest(
  "solvePde() without a schedule ends in float64, whatever the device has reached",
  async (engine) => {
    const device: JetDevice = { ...webgpuJets(engine), name: "device" };
    const devices: (string | undefined)[] = [];
    const { engines, finished } = await solvePde(DECAY, {
      device,
      network: { hidden: [2], intervals: 2 },
      tolerance: 1e-3,
      onLevel: (level) => devices.push(level.device),
    });
    assertEquals(finished.status, "converged");
    assertEquals([devices[0], devices.at(-1)], ["device", undefined]);
    assertEquals(engines.at(-1)!.dtype, "float64");
  },
);

gpuTest("a device is refused where processes share the points", async (engine) => {
  const device = webgpuJets(engine), peers = { size: 2, rank: 0 } as never;
  await assertRejects(
    () => solvePde(DECAY, { device, peers }),
    RangeError,
    "device must be left out where processes share the points",
  );
});
