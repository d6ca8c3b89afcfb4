import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  balance,
  blockValues,
  layerInputs,
  numSplineLayers,
  splineStage,
  splineStages,
  stagesOf,
  stageValues,
} from "../../lib/model/inner.ts";
import {
  countParameters,
  createNetwork,
  createRandom,
  decodeModel,
  encodeModel,
  forward,
  inputGradient,
  type NetworkOptions,
  resolveConfig,
  withStatistics,
} from "../../lib/model/mod.ts";
import { problems } from "../../lib/data/mod.ts";
import { prolong, restrict } from "../../lib/multilevel/mod.ts";
import { centralDifference } from "../support/differences.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";
import { buildSafetensors, crc32, parseSafetensors } from "../support/safetensors.ts";
import { tanh } from "../../lib/numerics/inner.ts";

const MLP = { widths: [2, 7, 4, 3], activation: "relu" } as const;

Deno.test("countParameters() gives the paper's numbers of every MLP and KAN", () => {
  let rows = 0;
  for (const { paper, defaults } of problems) {
    for (const { network, widths, knots, basis, fidelity, parameters } of paper?.rows ?? []) {
      const options: NetworkOptions = network === "mlp"
        ? { widths, activation: "relu" }
        : { ...defaults, widths, knots, basis, intervals: fidelity === "coarse" ? 5 : 40 };
      assertEquals(countParameters(resolveConfig(options)), parameters);
      rows++;
    }
  }
  assertEquals(rows, 13 + 12);
});

Deno.test("resolveConfig() leaves an MLP no options of splines", () => {
  const config = resolveConfig(MLP);
  assertEquals([config.intervals, config.bias, config.normalisation], [1, true, "none"]);
  assertEquals(resolveConfig(config), config);
  assertEquals(resolveConfig({ widths: [2, 5, 1] }).activation, "spline");
  for (
    const options of [
      { degree: 3 },
      { intervals: 5 },
      { knots: "free" },
      { basis: "relu" },
      { firstLayer: "spline" },
      { normalisation: "minmax" },
      { domain: [0, 1] },
    ] as Partial<NetworkOptions>[]
  ) {
    const name = Object.keys(options)[0];
    assertThrows(
      () => resolveConfig({ ...MLP, ...options }),
      RangeError,
      `${name} must be left out`,
    );
  }
  assertThrows(() => resolveConfig({ ...MLP, widths: [2, 1] }), RangeError, "at least 3 entries");
  const wrong = { widths: [2, 5, 1], activation: "gelu" } as unknown as NetworkOptions;
  const rule = "activation must be one of spline, relu, tanh";
  assertThrows(() => resolveConfig(wrong), RangeError, rule);
  const smooth = { widths: [2, 5, 1], activation: "tanh", degree: 3 } as const;
  assertThrows(() => resolveConfig(smooth), RangeError, "degree must be left out");
});

Deno.test("stagesOf() alternates linear maps and ReLU, no bias on the last map", () => {
  const config = resolveConfig(MLP);
  assertEquals(
    stagesOf(config).map((stage) =>
      stage.kind === "linear" ? `${stage.name} ${stage.bias}` : stage.kind
    ),
    ["linear0 true", "relu", "linear1 true", "relu", "linear2 false"],
  );
  assertEquals([numSplineLayers(config), splineStages(config).length], [0, 0]);
  assertThrows(() => splineStage(config, 0), RangeError, "activation must be spline");
  const { layout } = createNetwork(MLP, { seed: 1 });
  assertEquals(layout.map(({ name }) => name), [
    ...["linear0.weights", "linear0.bias", "linear1.weights", "linear1.bias", "linear2.weights"],
  ]);
  const plain = createNetwork({ ...MLP, bias: false }, { seed: 1 });
  assert(plain.layout.every(({ name }) => !name.endsWith("bias")));
});

Deno.test("createNetwork() starts an MLP as nn.Linear: uniform on [-1, 1] / sqrt(nIn)", () => {
  const network = createNetwork({ widths: [16, 400, 3], activation: "relu" }, { seed: 3 });
  for (const [name, nIn] of [["linear0.weights", 16], ["linear1.weights", 400]] as const) {
    const values = blockValues(network, name), bound = 1 / Math.sqrt(nIn);
    assert(values.every((w) => Math.abs(w) <= bound));
    const square = values.reduce((sum, w) => sum + w * w, 0) / values.length;
    assertAlmostEquals(square / (bound * bound / 3), 1, 0.1);
  }
  const bias = blockValues(network, "linear0.bias");
  assert(bias.some((b) => b > 0.2) && bias.some((b) => b < -0.2));
  assert(bias.every((b) => Math.abs(b) <= 0.25));
  const same = createNetwork({ widths: [16, 400, 3], activation: "relu" }, { seed: 3 });
  assertEquals(same.parameters, network.parameters);
});

Deno.test("forward() of an MLP is its definition, NaN stays NaN", () => {
  const network = randomNetwork(MLP, 4);
  const random = createRandom(1, "x");
  for (let k = 0; k < 20; k++) {
    const x = [2 * random.normal(), random.normal()];
    let values = x;
    for (const layer of [0, 1, 2]) {
      const w = blockValues(network, `linear${layer}.weights`);
      const b = blockValues(network, `linear${layer}.bias`);
      const nOut = MLP.widths[layer + 1];
      const sums = Array.from(
        { length: nOut },
        (_, q) => values.reduce((sum, v, p) => sum + v * w[p * nOut + q], layer < 2 ? b[q] : 0),
      );
      values = layer < 2 ? sums.map((s) => s > 0 ? s : 0) : sums;
    }
    const outputs = forward(network, Float64Array.from(x));
    values.forEach((v, q) => assertAlmostEquals(outputs[q], v, 1e-14));
  }
  const broken = forward(network, new Float64Array([NaN, 1, 0, 1]));
  assertEquals([...broken].map(Number.isNaN), [true, true, true, false, false, false]);
  const inputs = new Float64Array([0.1, 0.2]);
  const stages = stageValues(network, inputs);
  assertEquals(stages.map(({ length }) => length), [2, 7, 7, 4, 4, 3]);
  assertEquals(stages[5], forward(network, inputs));
  assert(stages[2].every((v, i) => v === Math.max(0, stages[1][i])));
  assertEquals(layerInputs(network, inputs), []);
  const measured = withStatistics(network, inputs);
  assertEquals(measured.statistics, []);
  assertEquals(balance(measured), measured);
});

Deno.test("inputGradient() of an MLP equals central differences away from the kinks", () => {
  const network = randomNetwork(MLP, 5);
  const { inputs, rows } = randomDataset({ rows: 20, nIn: 2, nOut: 1, seed: 1 });
  const jacobian = inputGradient(network, inputs, rows);
  let compared = 0;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < 2; i++) {
      const x = inputs.slice(2 * r, 2 * r + 2), at = x[i], h = 1e-6;
      const kinks = stageValues(network, x).some((values, k) =>
        (k === 1 || k === 3) && values.some((v) => Math.abs(v) < 1e-4)
      );
      if (kinks) continue;
      for (let q = 0; q < 3; q++) {
        const difference = centralDifference(
          (moved) => {
            x[i] = moved;
            return forward(network, x)[q];
          },
          at,
          h,
        );
        x[i] = at;
        assertAlmostEquals(jacobian[(r * 3 + q) * 2 + i], difference, 1e-8);
        compared++;
      }
    }
  }
  assert(compared > 100);
});

Deno.test("forward() and inputGradient() of an MLP with tanh are their definitions", () => {
  const network = randomNetwork({ ...MLP, activation: "tanh" }, 8), x = new Float64Array([0.3, -1]);
  const stages = stageValues(network, x);
  assertEquals(stages.map(({ length }) => length), [2, 7, 7, 4, 4, 3]);
  assert(stages[2].every((v, i) => v === tanh(stages[1][i])));
  assertEquals(stages[5], forward(network, x));
  const jacobian = inputGradient(network, x);
  for (const i of [0, 1]) {
    for (let q = 0; q < 3; q++) {
      const value = (moved: number) => forward(network, x.with(i, moved))[q];
      const difference = centralDifference(value, x[i], 1e-5);
      assertAlmostEquals(jacobian[q * 2 + i], difference, 1e-9);
    }
  }
});

Deno.test("decodeModel() gives an MLP back bit for bit", () => {
  for (const activation of ["relu", "tanh"] as const) {
    const network = randomNetwork({ ...MLP, activation }, 6);
    const { network: copy, metadata } = decodeModel(encodeModel(network, { note: 1 }));
    assertEquals(copy, network);
    assertEquals(metadata, { note: 1 });
  }
});

Deno.test("decodeModel() reads files from before there were MLPs", () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const { header, data } = parseSafetensors(encodeModel(network));
  const changed = header as Record<string, Record<string, string>>;
  const { activation, ...config } = JSON.parse(changed.__metadata__.config);
  assertEquals(activation, "spline");
  const { crc32: _, ...rest } = changed.__metadata__;
  const text: Record<string, string> = { ...rest, config: JSON.stringify(config) };
  const words = Object.keys(text).sort().map((name) => `${name}=${text[name]}`).join("\n");
  const signed = new Uint8Array([...new TextEncoder().encode(words), ...data]);
  changed.__metadata__ = { ...text, crc32: crc32(signed) };
  assertEquals(decodeModel(buildSafetensors(changed, data)).network, network);
});

Deno.test("prolong() and restrict() refuse an MLP", () => {
  const network = createNetwork(MLP, { seed: 1 });
  assertThrows(() => prolong(network), RangeError, "Cannot prolong network: activation must be");
  assertThrows(() => restrict(network), RangeError, "Cannot restrict network: activation must be");
});
