import {
  createCpuEngine,
  type Engine,
  type Evaluation,
  type Loss,
  referenceEngine,
} from "../../lib/engine/mod.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createNetwork,
  createRandom,
  type Network,
  type NetworkOptions,
} from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";

const ROWS = 9001; // eight blocks, not all of one size

function dataset(rows: number, nIn: number, nOut: number): Dataset {
  const random = createRandom(3, "threads");
  return {
    rows,
    nIn,
    nOut,
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => random.uniform()),
  };
}

interface Result {
  readonly values: number[];
  readonly gradient: Float64Array;
  readonly outputs: Float64Array;
  readonly statistics: string;
}

/** Several evaluations, with time for helper threads to arrive in between. */
async function evaluate(
  engine: Engine,
  network: Network,
  loss: Loss,
  data: Dataset,
  times = 3,
): Promise<Result> {
  const evaluator = await engine.compile({ network, loss, dataset: data });
  const gradient = new Float64Array(network.parameters.length);
  const values: number[] = [];
  let latest: Evaluation | undefined;
  for (let i = 0; i < times; i++) {
    if (i > 0) values.push((await evaluator.evaluate(network.parameters)).objective);
    latest = await evaluator.evaluate(network.parameters, gradient);
    values.push(latest.objective);
    if (i + 1 < times) await new Promise((resolve) => setTimeout(resolve, 40));
  }
  const result = {
    values,
    gradient,
    outputs: latest!.outputs(),
    statistics: JSON.stringify(latest!.statistics()),
  };
  evaluator.dispose();
  return result;
}

const CASES: readonly NetworkOptions[] = [
  { widths: [2, 5, 1] },
  { widths: [2, 3, 2], firstLayer: "spline", knots: "uniform" },
  { widths: [2, 3, 2], firstLayer: "spline", basis: "relu", degree: 2, knotSharing: "layer" },
  { widths: [2, 4, 3, 1], base: "silu", normalisation: "batchnorm", bias: false },
  { widths: [2, 4, 3, 1], base: "silu", firstLayer: "spline", degree: 1 },
  { widths: [2, 3, 1], normalisation: "none", extrapolation: "clamp", degree: 5 },
];

for (const options of CASES) {
  for (const loss of [{ kind: "mse", weightDecay: 1e-3 }, { kind: "huber" }] as const) {
    const title = JSON.stringify(options);
    Deno.test(`cpu: 1, 2, 3 and 8 threads give the same bits, ${loss.kind}, ${title}`, async () => {
      const network = createNetwork(options, { seed: 5 });
      const data = dataset(ROWS, 2, options.widths.at(-1)!);
      const alone = await evaluate(createCpuEngine({ threads: 1 }), network, loss, data);
      assert(alone.values.every((value) => Object.is(value, alone.values[0])));
      for (const threads of [2, 3, 8]) {
        assertEquals(await evaluate(createCpuEngine({ threads }), network, loss, data), alone);
      }
      const plain = await evaluate(referenceEngine, network, loss, data, 1);
      const largest = plain.gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      alone.gradient.forEach((g, i) => {
        assert(Math.abs(g - plain.gradient[i]) <= 1e-11 * largest, `parameter ${i}`);
      });
      assert(Math.abs(alone.values[0] - plain.values[0]) <= 1e-12 * plain.values[0]);
    });
  }
}

Deno.test("cpu: points in the order of their pieces, where coefficients are many", async () => {
  const data = dataset(700, 3, 17);
  for (const knots of ["uniform", "free"] as const) {
    const options = { widths: [3, 17], firstLayer: "spline", intervals: 320, knots } as const;
    const network = createNetwork(options, { seed: 5 }), loss = { kind: "mse" } as const;
    const fast = await evaluate(createCpuEngine({ threads: 1 }), network, loss, data, 1);
    const plain = await evaluate(referenceEngine, network, loss, data, 1);
    const largest = plain.gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    fast.gradient.forEach((g, i) => {
      assert(Math.abs(g - plain.gradient[i]) <= 1e-11 * largest, `${knots}, parameter ${i}`);
    });
    assert(Math.abs(fast.values[0] - plain.values[0]) <= 1e-12 * plain.values[0]);
  }
});

Deno.test("cpu: a tie of the extreme between blocks belongs to the lowest row", async () => {
  const data = dataset(ROWS, 2, 1);
  for (let r = 0; r < ROWS; r++) {
    data.inputs[2 * r] = r % 1000 === 7 ? 1 : Math.min(data.inputs[2 * r], 0.9);
  }
  const network = createNetwork({ widths: [2, 1, 1], bias: false }, { seed: 1 });
  network.parameters[0] = 1;
  network.parameters[1] = 0;
  const fast = await evaluate(createCpuEngine({ threads: 2 }), network, { kind: "mse" }, data);
  const plain = await evaluate(referenceEngine, network, { kind: "mse" }, data, 1);
  const largest = plain.gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  fast.gradient.forEach((g, i) => {
    assert(Math.abs(g - plain.gradient[i]) <= 1e-11 * largest, `parameter ${i}`);
  });
});

Deno.test("cpu: a program that forgets to dispose still ends", async () => {
  const program = `
    import { createCpuEngine, createNetwork } from ${
    JSON.stringify(new URL("../../mod.ts", import.meta.url).href)
  };
    const rows = 4096, network = createNetwork({ widths: [1, 1], firstLayer: "spline" }, { seed: 1 });
    const inputs = Float64Array.from({ length: rows }, (_, r) => r / rows);
    const evaluator = await createCpuEngine({ threads: 2 }).compile({ network, loss: { kind: "mse" }, dataset: { rows, nIn: 1, nOut: 1, inputs, targets: inputs } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log((await evaluator.evaluate(network.parameters)).objective > 0);`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", program],
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "true\n"]);
});

Deno.test("createCpuEngine() refuses a number of threads that makes no sense", () => {
  for (const threads of [0, -1, 1.5, NaN, 1000]) {
    const error = assertThrows(() => createCpuEngine({ threads }), RangeError);
    assertEquals(
      error.message,
      `Cannot create engine: threads must be an integer from 1 to 256, current value is ${threads}`,
    );
  }
});

Deno.test("createCpuEngine({ threads }) calls helpers again that have left", async () => {
  const network = createNetwork({ widths: [2, 6, 1] }, { seed: 2 });
  const evaluator = await createCpuEngine({ threads: 3 }).compile({
    network,
    loss: { kind: "mse" },
    dataset: dataset(ROWS, 2, 1),
  });
  const gradient = new Float64Array(network.parameters.length), bits: string[] = [];
  for (const pause of [50, 1200, 50, 0]) { // helpers leave after a second
    bits.push(`${(await evaluator.evaluate(network.parameters, gradient)).objective} ${gradient}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  assertEquals(new Set(bits).size, 1);
  evaluator.dispose();
});
