import { assert, assertAlmostEquals } from "@std/assert";
import {
  fitAllRows,
  fitRidgeFunctions,
  passTogether,
  type RidgeFunctionOptions,
} from "../../lib/additive/inner.ts";
import { rowsBetween } from "../../lib/data/inner.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import type { Loss } from "../../lib/engine/mod.ts";
import { createRandom, forward } from "../../lib/model/mod.ts";

function draw(rows: number, loss: Loss["kind"], weighted = false): Dataset {
  const random = createRandom(7, "row passes"), nIn = 3;
  const inputs = Float64Array.from({ length: rows * nIn }, () => random.uniform());
  const targets = Float64Array.from({ length: rows }, (_, r) => {
    const [x, y] = inputs.subarray(r * nIn), eta = Math.sin(6 * x) + 2 * y * y - 1;
    if (loss === "crossEntropy") return Number(random.uniform() < 1 / (1 + Math.exp(-2 * eta)));
    if (loss === "poisson") return Math.floor(Math.exp(eta) + random.uniform());
    return eta + 0.3 * random.normal();
  });
  const weights = Float64Array.from({ length: rows }, (_, r) => r % 7);
  return { rows, nIn, nOut: 1, inputs, targets, ...(weighted ? { weights } : {}) };
}

const cut = (dataset: Dataset, most: number) => ({
  *parts() {
    for (let from = 0; from < dataset.rows; from += most) {
      yield rowsBetween(dataset, from, Math.min(dataset.rows, from + most));
    }
  },
});

/** Largest difference of what two networks say. */
function distance(dataset: Dataset, options: RidgeFunctionOptions, most: number, sample = dataset) {
  return passTogether(cut(dataset, most), [fitAllRows(sample, options)]).then(([{ network }]) => {
    const [a, b] = [network, fitRidgeFunctions(dataset, options).network].map((each) =>
      forward(each, dataset.inputs, dataset.rows)
    );
    return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0);
  });
}

const directions = Float64Array.of(1, 1, 0, 1, -1, 0);

Deno.test("sums over parts of rows give the fit of all rows at once: squared errors", async () => {
  for (const weighted of [false, true]) {
    for (const more of [{}, { directions }]) {
      const options = { loss: { kind: "mse" }, intervals: 6, bends: true, ...more } as const;
      const dataset = draw(800, "mse", weighted);
      for (const most of [800, 77]) {
        const far = await distance(dataset, options, most);
        assert(far < 1e-6, `${weighted} ${JSON.stringify(more)} ${most}: ${far}`);
      }
    }
  }
});

for (const kind of ["crossEntropy", "poisson", "huber"] as const) {
  Deno.test(`sums over parts of rows give the fit of all rows at once: ${kind}`, async () => {
    const loss: Loss = kind === "huber" ? { kind, delta: 0.3 } : { kind };
    const options = { loss, intervals: 6, bends: true } as const;
    const dataset = draw(800, kind, true);
    const far = await distance(dataset, options, 77);
    assert(far < 2e-2, `${far}`);
  });
}

Deno.test("parts change a fit of all rows by rounding alone", async () => {
  for (const kind of ["mse", "crossEntropy", "poisson"] as const) {
    const options = { loss: { kind }, intervals: 5, bends: true } as const;
    const dataset = draw(3000, kind), sample = rowsBetween(dataset, 0, 600);
    const fits = [];
    for (const most of [3000, 499]) {
      fits.push((await passTogether(cut(dataset, most), [fitAllRows(sample, options)]))[0]);
    }
    const [a, b] = fits.map(({ network }) => forward(network, dataset.inputs, dataset.rows));
    a.forEach((x, i) => assertAlmostEquals(x, b[i], 1e-8));
  }
});

Deno.test("fits that ask for passes share them", async () => {
  let passes = 0;
  const dataset = draw(500, "mse"), source = cut(dataset, 100);
  const counted = {
    parts() {
      passes++;
      return source.parts();
    },
  };
  const options = { loss: { kind: "mse" }, intervals: 5, bends: true } as const;
  await passTogether(counted, [
    fitAllRows(dataset, options),
    fitAllRows(dataset, { ...options, directions }),
  ]);
  assert(passes === 2);
});
