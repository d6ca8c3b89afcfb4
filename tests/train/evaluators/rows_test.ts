import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createNetwork, findPde } from "../../../mod.ts";
import { pdeEngine } from "../../../lib/physics/mod.ts";
import { freezeParameters } from "../../../lib/train/evaluators/frozen.ts";
import { withTerm } from "../../../lib/train/evaluators/with_term.ts";

async function poisson() {
  const engine = pdeEngine(findPde("poisson"), {
    sampler: { kind: "grid", counts: [4, 4] },
    threads: 1,
  });
  const options = { widths: [2, 3, 1], degree: 5, firstLayer: "spline" } as const;
  const network = createNetwork(options, { seed: 2 });
  return { network, inner: await engine.compile({ network, loss: { kind: "mse" } }) };
}

Deno.test("rows of an evaluator with frozen parameters make its matrix: they are 0 there", async () => {
  const { network: { parameters }, inner } = await poisson(), n = parameters.length;
  const frozen = Uint8Array.from({ length: n }, (_, i) => +(i % 3 === 0));
  const { curvature } = freezeParameters(inner, frozen),
    rows = await curvature!.jacobian!(parameters);
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  await curvature!.matrix!(parameters, matrix, gradient);
  const residuals = await curvature!.residuals(parameters), pulled = new Float64Array(n);
  const products = new Float64Array(n * n);
  residuals.forEach((residual, r) => {
    const row = rows.subarray(r * n, (r + 1) * n);
    row.forEach((x, i) => {
      pulled[i] += x * residual;
      row.forEach((y, j) => products[i * n + j] += x * y);
    });
  });
  const most = matrix.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  products.forEach((each, k) => assertAlmostEquals(each, matrix[k], 1e-12 * most));
  const steepest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  pulled.forEach((each, i) => assertAlmostEquals(each, gradient[i], 1e-12 * steepest));
  inner.dispose();
});

Deno.test("an evaluator with a term has no rows: they would know nothing of it", async () => {
  const { inner } = await poisson();
  assertEquals(typeof inner.curvature!.jacobian, "function");
  const term = { value: () => 0, addMatrix() {}, addProduct() {}, reported: false };
  assertEquals(withTerm(inner, term).curvature!.jacobian, undefined);
  inner.dispose();
});
