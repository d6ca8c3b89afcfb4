import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  compileJets,
  type Derivative,
  EngineError,
  type WebgpuEngine,
  webgpuJets,
} from "../../../lib/engine/mod.ts";
import { evaluateJets } from "../../../lib/engine/inner.ts";
import type { NetworkOptions } from "../../../lib/model/mod.ts";
import { randomNetwork } from "../../support/networks.ts";
import { TOLERANCE } from "../../support/webgpu_cases.ts";
import { drawWeights, jetAgreement, pointGroups, relative } from "../../support/webgpu_jets.ts";
import { gpuTest } from "../../support/webgpu.ts";

const ORDERS: readonly (readonly [degree: number, wanted: readonly Derivative[]])[] = [
  [3, [[0], [1]]],
  [4, [[0, 0], [0, 1]]],
  [5, [[0], [1, 1, 1]]],
  [7, [[0, 1], [1, 1, 1, 1]]],
];

/** Jets, gradients, moved jets and statistics of all orders and degrees. */
async function compare(engine: WebgpuEngine, options: NetworkOptions, seed: number): Promise<void> {
  for (const [degree, wanted] of ORDERS) {
    const { title, ...errors } = await jetAgreement(engine, { ...options, degree }, wanted, seed);
    for (const [what, error] of Object.entries(errors)) {
      assertLessOrEqual(error, TOLERANCE, `${what}, ${title}`);
    }
  }
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
  const { bars, direction } = drawWeights(network, first);
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
