import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  compileJets,
  type Derivative,
  type DeviceJets,
  EngineError,
  type JetPoints,
  type WebgpuEngine,
  webgpuJets,
} from "../../../lib/engine/mod.ts";
import { evaluateJets, jetPoints } from "../../../lib/engine/inner.ts";
import { createRandom, type Network, type NetworkOptions } from "../../../lib/model/mod.ts";
import { randomNetwork } from "../../support/networks.ts";
import { norm, TOLERANCE } from "../../support/webgpu_cases.ts";
import { gpuTest } from "../../support/webgpu.ts";

const ORDERS: readonly (readonly [degree: number, wanted: readonly Derivative[]])[] = [
  [3, [[0], [1]]],
  [4, [[0, 0], [0, 1]]],
  [5, [[0], [1, 1, 1]]],
  [7, [[0, 1], [1, 1, 1, 1]]],
];

function pointGroups(nIn: number, wanted: readonly Derivative[], seed: number): JetPoints[] {
  const random = createRandom(seed, "points of jets");
  const points = (count: number) =>
    Float64Array.from({ length: nIn * count }, () => Math.fround(2 * random.uniform() - 1));
  // the second group has values alone, the third again the first one's derivatives
  return [
    jetPoints(points(70), nIn, wanted),
    jetPoints(points(9), nIn, []),
    jetPoints(points(130), nIn, wanted),
  ];
}

function relative(found: readonly Float64Array[], exact: readonly Float64Array[]): number {
  const all = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((x) => [...x]));
  const size = all(exact);
  return norm(all(found).map((x, i) => x - size[i])) / norm(size);
}

/** Draws gradients by jets, and a direction in units of the parameters. */
function draw({ parameters }: Network, jets: readonly Float64Array[]) {
  const random = createRandom(7, "weights of jets");
  return {
    bars: jets.map((values) => values.map(() => random.normal())),
    direction: parameters.map((x) => random.normal() * (0.1 + Math.abs(x))),
  };
}

async function compare(engine: WebgpuEngine, options: NetworkOptions, seed: number): Promise<void> {
  for (const [degree, wanted] of ORDERS) {
    const network = randomNetwork({ ...options, degree }, seed), { parameters } = network;
    const groups = pointGroups(options.widths[0], wanted, seed);
    const title = `${JSON.stringify(options)}, degree ${degree}`;
    const host = compileJets(network, groups);
    const device = await webgpuJets(engine).compileJets(network, groups);
    const exact = host.forward(parameters);
    assertLessOrEqual(relative(await device.forward(parameters), exact), TOLERANCE, title);
    const { bars, direction } = draw(network, exact);
    const gradient = new Float64Array(parameters.length), plain = gradient.slice();
    host.backward(bars, plain);
    await device.backward(bars, gradient);
    assertLessOrEqual(relative([gradient], [plain]), TOLERANCE, `gradient, ${title}`);
    await checkMoved(device, { bars, direction, plain }, title);
    const [statistics] = device.statistics(), [others] = host.statistics();
    assertEquals(statistics.kind, others.kind);
    if (statistics.kind === "batchnorm" && others.kind === "batchnorm") {
      assertLessOrEqual(relative([statistics.mean], [others.mean]), TOLERANCE, title);
      assertLessOrEqual(relative([statistics.variance], [others.variance]), TOLERANCE, title);
    }
    host.dispose();
    device.dispose();
  }
}

/** `bars . (J v) = (J^T bars) . v` with the gradient of float64, which no difference has made. */
async function checkMoved(
  device: DeviceJets,
  { bars, direction, plain }: Record<"direction" | "plain", Float64Array> & {
    readonly bars: readonly Float64Array[];
  },
  title: string,
): Promise<void> {
  const moved = await device.moved(direction);
  let along = 0, back = 0;
  moved.forEach((values, g) => values.forEach((value, i) => along += value * bars[g][i]));
  direction.forEach((value, i) => back += value * plain[i]);
  const size = norm(Float64Array.from(moved.flatMap((values) => [...values])));
  assertLessOrEqual(Math.abs(along - back), TOLERANCE * Math.max(size, Math.abs(back)), title);
  assert(size > 0, title);
}

for (const basis of ["bspline", "relu"] as const) {
  gpuTest(`webgpu jets equal the CPU's, gradients and moved jets too, ${basis}`, async (engine) => {
    const kinds = ["none", "batchnorm", "minmax"] as const;
    for (const [i, normalisation] of kinds.entries()) {
      for (const knots of ["uniform", "free"] as const) {
        const widths = i === 1 ? [2, 4, 3, 2] : [2, 5, 1];
        const outer = knots === "free" && i === 1 ? { outerKnots: "free" as const } : {};
        await compare(engine, {
          ...{ widths, basis, normalisation, knots, intervals: 4, ...outer },
          domain: normalisation === "none" ? [-4, 4] : [-1, 1],
        }, i);
      }
    }
  });
}

gpuTest("webgpu jets of spline first layers, shared knots and clamped lines", async (engine) => {
  await compare(engine, {
    ...{ widths: [2, 3, 2], firstLayer: "spline", knots: "free", knotSharing: "layer" },
    ...{ intervals: 3, extrapolation: "clamp", normalisation: "none", domain: [-0.5, 0.5] },
  }, 3);
  await compare(engine, { widths: [3, 2], firstLayer: "spline", knots: "fixed", intervals: 5 }, 4);
});

gpuTest("webgpu jets under given statistics equal evaluateJets()", async (engine) => {
  const drawn = randomNetwork({ widths: [2, 4, 3, 1], degree: 5, knots: "free" }, 5);
  const groups = pointGroups(2, [[0, 0], [1]], 2);
  const host = compileJets(drawn, groups);
  host.forward(drawn.parameters);
  const network = { ...drawn, statistics: host.statistics() };
  const device = await webgpuJets(engine).compileJets(network, groups, network.statistics);
  const jets = await device.forward(network.parameters);
  const exact = groups.map((group) => evaluateJets(network, group).values);
  assertLessOrEqual(relative(jets, exact), TOLERANCE);
  assertEquals(device.statistics(), network.statistics);
  host.dispose();
  device.dispose();
});

gpuTest("webgpu jets repeat bit for bit, and are the same after others", async (engine) => {
  const network = randomNetwork({ widths: [2, 5, 1], degree: 5, knots: "free" }, 1);
  const groups = pointGroups(2, [[0], [1, 1]], 1), { parameters } = network;
  const device = await webgpuJets(engine).compileJets(network, groups);
  const copy = (jets: readonly Float64Array[]) => jets.map((values) => values.slice());
  const first = copy(await device.forward(parameters));
  const { bars, direction } = draw(network, first);
  const gradient = new Float64Array(parameters.length), again = gradient.slice();
  await device.backward(bars, gradient);
  const moved = copy(await device.moved(direction));
  await device.forward(parameters.map((x) => 2 * x));
  assertEquals(copy(await device.forward(parameters)), first);
  await device.backward(bars, again);
  assertEquals(again, gradient);
  assertEquals(copy(await device.moved(direction)), moved);
  device.dispose();
});

gpuTest(
  "webgpu jets refuse what they have no kernels for, and a device that errs",
  async (engine) => {
    const groups = pointGroups(2, [[0]], 1), device = webgpuJets(engine);
    const cases: readonly (readonly [NetworkOptions, string])[] = [
      [{ widths: [2, 3, 1], base: "silu" }, "base must be none on WebGPU"],
      [{ widths: [2, 3, 1], activation: "tanh" }, "activation must be spline on WebGPU"],
    ];
    for (const [options, message] of cases) {
      const compiled = () => device.compileJets(randomNetwork(options, 1), groups);
      await assertRejects(compiled, RangeError, message);
    }
    const small = webgpuJets({
      device: engine.device,
      adapter: { ...engine.adapter, maxBindingBytes: 1024 },
    });
    const network = randomNetwork({ widths: [2, 3, 1] }, 1);
    await assertRejects(
      () => small.compileJets(network, groups),
      RangeError,
      "their numbers must fit 1024 bytes on this adapter",
    );
    // knots far beyond float32's digits: what the device makes of them is not to be trusted
    const bad = { ...network, parameters: network.parameters.map((x) => 1e39 * x) };
    await assertRejects(() => device.compileJets(bad, groups), EngineError, "Cannot trust WebGPU");
  },
);
