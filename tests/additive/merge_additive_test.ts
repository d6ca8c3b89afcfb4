import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fitAdditive, mergeAdditive } from "../../lib/additive/mod.ts";
import { datasetOf } from "../../lib/data/mod.ts";
import {
  createNetwork,
  createRandom,
  ensembleOutputs,
  withStatistics,
} from "../../lib/model/mod.ts";
import { searchModel } from "../../lib/search/mod.ts";

function table() {
  const random = createRandom(2, "merge");
  const inputs = Array.from(
    { length: 150 },
    () => [random.uniform(), -Math.log(random.uniform()), +(random.uniform() < 0.5), 7],
  );
  const targets = inputs.map(([x, z, k]) => [Math.sin(6 * x) + k, Math.log(z + 0.1)]);
  return datasetOf({ inputs, targets });
}

Deno.test("mergeAdditive() says what the mean of additive networks says, within and beyond", async () => {
  const dataset = table(), { nIn } = dataset, random = createRandom(1, "places");
  const found = await searchModel(dataset, { task: "regression", form: "additive" });
  const fits = [[1, 3], [5, 2], [9, 3], [20, 3]].map(([intervals, degree]) =>
    fitAdditive(dataset, { intervals, degree }).network
  );
  const places = Float64Array.from({ length: 300 * nIn }, () => 6 * random.uniform() - 2);
  for (
    const networks of [found.networks, fits.slice(0, 1), [fits[0], fits[2]], [fits[2], fits[3]]]
  ) {
    const one = mergeAdditive(networks);
    assert(one, `${networks.length}`);
    assertEquals(one.config.widths, [4, 2]);
    const said = ensembleOutputs([one], places), wanted = ensembleOutputs(networks, places);
    const size = Math.max(...wanted.map(Math.abs));
    wanted.forEach((y, i) => assertAlmostEquals(said[i], y, 1e-9 * size));
  }
});

Deno.test("mergeAdditive() finds none where there is none", () => {
  const dataset = table(),
    [five, three] = [5, 3].map((intervals) =>
      fitAdditive(dataset, { intervals, degree: intervals === 3 ? 1 : 3 }).network
    );
  const deep = withStatistics(
    createNetwork({ widths: [4, 3, 2] }, { seed: 1 }),
    dataset.inputs,
    dataset.rows,
  );
  assertEquals(mergeAdditive([five, deep]), undefined);
  assertEquals(mergeAdditive([deep]), undefined);
  assertEquals(mergeAdditive([five, three]), undefined, "kinks are no cubic splines");
});
