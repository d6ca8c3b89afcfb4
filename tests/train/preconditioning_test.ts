import { assert, assertLessOrEqual } from "@std/assert";
import {
  changeOfBasis,
  fromRelu,
  multiplyTransposed,
  toDense,
  toRelu,
} from "../../lib/basis/mod.ts";
import { cpuEngine, type Evaluator, referenceEngine } from "../../lib/engine/mod.ts";
import { blockValues, splineStages } from "../../lib/model/inner.ts";
import { layerKnots, type Network } from "../../lib/model/mod.ts";
import { amplification } from "../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

/** Applies `f` to the coefficients `[numBasis, nOut]` of every node, in place. */
function mapCoefficients(
  network: Network,
  vector: Float64Array,
  f: (layer: number, input: number, own: Float64Array, nOut: number) => Float64Array,
): void {
  const view: Network = { ...network, parameters: vector };
  for (const { layer, nIn, nOut, numBasis } of splineStages(network.config)) {
    const all = blockValues(view, `spline${layer}.coefficients`);
    const size = numBasis * nOut;
    for (let p = 0; p < nIn; p++) {
      const own = all.subarray(p * size, (p + 1) * size);
      own.set(f(layer, p, own.slice(), nOut));
    }
  }
}

async function gradientOf(evaluator: Evaluator, x: Float64Array): Promise<[number, Float64Array]> {
  const gradient = new Float64Array(x.length);
  return [(await evaluator.evaluate(x, gradient)).objective, gradient];
}

/**
 * Actor et al. 2025, eq. (12) and (14), with our A (b = A psi, so W = A^T c and g_c = A g_W): the step
 * c <- c - eta g_c is W <- W - eta A^T A g_W.
 */
for (const engine of [cpuEngine, referenceEngine]) {
  for (const degree of [1, 2, 3]) {
    Deno.test(`${engine.name}, degree ${degree}: descent on c is descent on W preconditioned by A^T A`, async () => {
      const options = { widths: [2, 3, 2, 1], intervals: 4, degree, knots: "uniform" } as const;
      const splines = randomNetwork({ ...options, basis: "bspline" }, 6);
      const powers = randomNetwork({ ...options, basis: "relu" }, 6);
      const dataset = randomDataset({ rows: 40, nIn: 2, nOut: 1, seed: 3 });
      const loss = { kind: "mse" } as const;
      const onC = await engine.compile({ network: splines, loss, dataset });
      const onW = await engine.compile({ network: powers, loss, dataset });
      const c = splines.parameters.slice(), w = powers.parameters.slice();
      const eta = 0.05, tolerance = 1e-12 * amplification(powers);
      let first = NaN, last = NaN;
      for (let step = 0; step < 15; step++) {
        const [f, gc] = await gradientOf(onC, c);
        const [e, gw] = await gradientOf(onW, w);
        assertLessOrEqual(Math.abs(f - e), tolerance * Math.abs(f), `value at step ${step}`);
        // g_c = A g_W, all other gradients are the same.
        const expected = gw.slice();
        mapCoefficients(
          powers,
          expected,
          (layer, p, own, nOut) => multiply(powers, layer, p, own, nOut),
        );
        const scale = gc.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
        gc.forEach((g, i) => {
          assertLessOrEqual(
            Math.abs(g - expected[i]),
            tolerance * scale,
            `gradient ${i}, step ${step}`,
          );
        });
        // One step in each basis, the second one preconditioned by A^T A.
        const direction = expected.slice();
        mapCoefficients(
          powers,
          direction,
          (layer, p, own, nOut) =>
            multiplyTransposed(changeOfBasis(layerKnots(powers, layer, p)), own, nOut),
        );
        for (let i = 0; i < c.length; i++) {
          c[i] -= eta * gc[i];
          w[i] -= eta * direction[i];
        }
        // The same functions: W = A^T c.
        const image = c.slice();
        mapCoefficients(
          powers,
          image,
          (layer, p, own, nOut) => toRelu(layerKnots(powers, layer, p), own, nOut),
        );
        const size = image.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        w.forEach((x, i) => assertLessOrEqual(Math.abs(x - image[i]), tolerance * size, `W ${i}`));
        const back = w.slice();
        mapCoefficients(
          powers,
          back,
          (layer, p, own, nOut) => fromRelu(layerKnots(powers, layer, p), own, nOut),
        );
        assert(back.every(Number.isFinite));
        if (step === 0) first = f;
        last = f;
      }
      assert(last < first, "it is a descent");
    });
  }
}

/** `A g`, row by row. */
function multiply(
  network: Network,
  layer: number,
  p: number,
  g: Float64Array,
  nOut: number,
): Float64Array {
  const dense = toDense(changeOfBasis(layerKnots(network, layer, p)));
  const n = g.length / nOut;
  const product = new Float64Array(g.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let q = 0; q < nOut; q++) product[i * nOut + q] += dense[i * n + j] * g[j * nOut + q];
    }
  }
  return product;
}
