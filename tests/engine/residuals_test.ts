import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createCpuEngine, type Engine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import type { NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { findPde, pdeEngine, pdeNetwork } from "../../lib/physics/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ENGINES: readonly Engine[] = [referenceEngine, createCpuEngine({ threads: 1 })];

const CASES: readonly NetworkOptions[] = [
  { widths: [2, 3, 1] },
  { widths: [2, 3, 2], firstLayer: "spline" },
  { widths: [2, 4, 3, 1], base: "silu", normalisation: "batchnorm", bias: false },
  { widths: [2, 3, 1], normalisation: "none", knots: "uniform", degree: 4 },
  { widths: [2, 3, 2], firstLayer: "spline", basis: "relu", degree: 2, knotSharing: "layer" },
];

const LOSSES: readonly Loss[] = [
  { kind: "mse", weightDecay: 0.1 },
  { kind: "huber", delta: 0.3 },
  { kind: "crossEntropy" },
];

function dataFor({ widths }: NetworkOptions, loss: Loss): Dataset {
  const nOut = widths[widths.length - 1];
  const targets = loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
  return randomDataset({ rows: 19, nIn: widths[0], nOut, seed: 4, targets, weighted: true });
}

function randomVector(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: n }, () => random.normal());
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

for (const options of CASES) {
  for (const loss of LOSSES) {
    const words = `${JSON.stringify(options)}, ${loss.kind}`;
    Deno.test(`curvature: J^T r, J^T J and their products belong together, ${words}`, async () => {
      for (const engine of ENGINES) {
        const network = randomNetwork(options, 3, "mild");
        const evaluator = await engine.compile({ network, loss, dataset: dataFor(options, loss) });
        const { parameters } = network, n = parameters.length;
        const { matrix, residuals, jvp, vjp, product } = evaluator.curvature!;
        const A = new Float64Array(n * n), gradient = new Float64Array(n);
        const objective = await matrix!(parameters, A, gradient);
        const decay = loss.weightDecay ?? 0;

        const r = await residuals(parameters), pulled = new Float64Array(n);
        await vjp(parameters, r, pulled);
        const size = Math.sqrt(dot(gradient, gradient));
        gradient.forEach((g, i) =>
          assertAlmostEquals(pulled[i] + decay * parameters[i], g, 1e-11 * size)
        );
        if (loss.kind === "mse") {
          const expected = dot(r, r) / 2 + decay / 2 * dot(parameters, parameters);
          assertAlmostEquals(objective, expected, 1e-13 * expected);
        }

        const v = randomVector(n, 7), w = randomVector(r.length, 8);
        const Jv = await jvp(parameters, v), Jw = new Float64Array(n), Av = new Float64Array(n);
        await vjp(parameters, w, Jw);
        // the adjoint identity w . J v = v . J^T w; J v is a difference, exact to about 1e-9
        const scale = Math.sqrt(dot(Jv, Jv) * dot(w, w));
        assertAlmostEquals(dot(w, Jv), dot(v, Jw), 2e-8 * scale);
        await product(parameters, v, Av);
        const expected = Float64Array.from(v, (_, i) => dot(A.subarray(i * n, i * n + n), v));
        const most = Math.sqrt(dot(expected, expected));
        expected.forEach((each, i) => assertAlmostEquals(Av[i], each, 1e-7 * most));
        evaluator.dispose();
      }
    });
  }
}

for (const options of CASES) {
  Deno.test(`curvature.secondJvp() is the derivative of jvp(), ${JSON.stringify(options)}`, async () => {
    const loss: Loss = { kind: "mse" };
    const results: Float64Array[] = [];
    for (const engine of ENGINES) {
      const network = randomNetwork(options, 3, "mild");
      const evaluator = await engine.compile({ network, loss, dataset: dataFor(options, loss) });
      const { parameters } = network;
      const { jvp, secondJvp } = evaluator.curvature!;
      const v = randomVector(parameters.length, 7).map((x) => 1e-3 * x);
      const bent = await secondJvp(parameters, v, 0.1);
      const h = 0.05;
      const ahead = await jvp(parameters.map((x, i) => x + h * v[i]), v);
      const behind = await jvp(parameters.map((x, i) => x - h * v[i]), v);
      const size = Math.sqrt(dot(bent, bent));
      // both are differences with errors of order h^2; points may cross a knot between
      const off = bent.map((x, i) => x - (ahead[i] - behind[i]) / (2 * h));
      assert(Math.sqrt(dot(off, off)) <= 0.02 * size, `${engine.name} off by ${off} of ${size}`);
      results.push(bent);
      evaluator.dispose();
    }
    const size = Math.sqrt(dot(results[0], results[0]));
    results[0].forEach((x, i) => assertAlmostEquals(results[1][i], x, 1e-6 * size));
  });
}

Deno.test("curvature follows batches.select()", async () => {
  const options = CASES[0], loss = LOSSES[0];
  const network = randomNetwork(options, 3, "mild");
  for (const engine of ENGINES) {
    const evaluator = await engine.compile({ network, loss, dataset: dataFor(options, loss) });
    const { residuals } = evaluator.curvature!;
    assertEquals((await residuals(network.parameters)).length, 19);
    evaluator.batches!.select(new Int32Array([4, 2, 11]));
    const r = await residuals(network.parameters);
    assertEquals(r.length, 3);
    const value = (await evaluator.evaluate(network.parameters)).objective;
    assertAlmostEquals(
      dot(r, r) / 2 + 0.05 * dot(network.parameters, network.parameters),
      value,
      1e-12 * value,
    );
    evaluator.dispose();
  }
});

Deno.test("pdeEngine() curvature: products belong to matrix and gradient, coefficients included", async () => {
  for (const name of ["burgers", "lotka-volterra", "inverse-diffusion"]) {
    const problem = findPde(name);
    const two = Object.keys(problem.domain).length === 2;
    const engine = pdeEngine(problem, {
      sampler: { kind: "grid", counts: two ? [6, 5] : [9] },
    });
    const options = { ...pdeNetwork(problem, { hidden: [3] }), intervals: 2 };
    const network = randomNetwork(options, 5, "mild");
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    const { parameters } = network, n = parameters.length;
    const { matrix, residuals, jvp, vjp, secondJvp } = evaluator.curvature!;
    const A = new Float64Array(n * n), gradient = new Float64Array(n);
    const objective = await matrix!(parameters, A, gradient);
    const r = await residuals(parameters), pulled = new Float64Array(n);
    assertAlmostEquals(dot(r, r) / 2, objective, 1e-12 * objective);
    await vjp(parameters, r, pulled);
    const size = Math.sqrt(dot(gradient, gradient));
    gradient.forEach((g, i) => assertAlmostEquals(pulled[i], g, 1e-8 * size, name));

    const v = randomVector(n, 7).map((x) => 1e-3 * x);
    const Jv = await jvp(parameters, v);
    const bent = await secondJvp(parameters, v, 0.1);
    const ahead = await jvp(parameters.map((x, i) => x + 0.05 * v[i]), v);
    const behind = await jvp(parameters.map((x, i) => x - 0.05 * v[i]), v);
    const off = bent.map((x, i) => x - (ahead[i] - behind[i]) / 0.1);
    assert(Math.sqrt(dot(off, off)) <= 0.05 * Math.sqrt(dot(bent, bent)), name);
    // Without unknown coefficients J is the residuals' own.
    if (name !== "inverse-diffusion") {
      const Jw = new Float64Array(n);
      await vjp(parameters, Jv, Jw);
      const expected = Float64Array.from(v, (_, i) => dot(A.subarray(i * n, i * n + n), v));
      const most = Math.sqrt(dot(expected, expected));
      expected.forEach((each, i) => assertAlmostEquals(Jw[i], each, 1e-6 * most, name));
    }
    evaluator.dispose();
  }
});
