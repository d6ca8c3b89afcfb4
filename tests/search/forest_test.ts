import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { createRandom, decodeEnsemble, encodeEnsemble, forward } from "../../lib/model/mod.ts";
import { growClassForest } from "../../lib/search/_class_forest.ts";
import { forestCandidate } from "../../lib/search/_forest_candidate.ts";

const engine = createCpuEngine({ threads: 1 });
const TASK = { family: "classes", seed: 3, engine } as const;

/** Rows of classes that lie in a checkerboard. */
function board(rows: number, classes: number, seed = 1): Dataset {
  const random = createRandom(seed, "board"), nOut = classes === 2 ? 1 : classes;
  const inputs = Float64Array.from({ length: 2 * rows }, () => random.uniform());
  const targets = new Float64Array(rows * nOut);
  for (let r = 0; r < rows; r++) {
    const label = (Math.floor(2 * inputs[2 * r]) + Math.floor(2 * inputs[2 * r + 1])) % classes;
    if (nOut === 1) targets[r] = label;
    else targets[r * nOut + label] = 1;
  }
  return { rows, nIn: 2, nOut, inputs, targets };
}

for (const classes of [2, 3]) {
  Deno.test(`a forest of ${classes} classes is a network that says the same`, async () => {
    const train = board(150, classes),
      held = board(60, classes, 2),
      candidate = forestCandidate("f", [1, 1.4, 2]);
    // A fold and the last fit draw by other names: the same forest is the last fit's twice.
    const [network] = await candidate.refit(train, 3, TASK);
    const again = await candidate.refit(train, 3, TASK);
    const [surer] = await candidate.refit(train, 5, TASK);
    assertEquals(network.parameters, again[0].parameters);
    const random = createRandom(TASK.seed, "f all");
    const { shares } = growClassForest(train, { trees: 100, leastRows: 3 }, random, held);
    const outputs = forward(network, held.inputs), { nOut } = train, e = 1 / train.rows;
    outputs.forEach((y, i) => {
      const s = shares[i];
      const logit = nOut === 1 ? Math.log((s + e) / (1 - s + e)) : Math.log(s + e);
      assertAlmostEquals(y, logit, 0.02);
    });
    forward(surer, held.inputs).forEach((y, i) => assertAlmostEquals(y, 2 * outputs[i], 1e-9));
    const read = decodeEnsemble(encodeEnsemble([network])).networks[0];
    assertEquals(forward(read, held.inputs), outputs);
  });
}

Deno.test("shares of a forest add up, and find a checkerboard", () => {
  const train = board(300, 3), held = board(100, 3, 2);
  const { shares, trees } = growClassForest(
    train,
    { trees: 50, leastRows: 1 },
    createRandom(1),
    held,
  );
  assertEquals(trees.length, 50);
  let wrong = 0;
  for (let r = 0; r < held.rows; r++) {
    const row = shares.subarray(3 * r, 3 * r + 3);
    assertAlmostEquals(row[0] + row[1] + row[2], 1, 1e-12);
    if (held.targets[3 * r + row.indexOf(Math.max(...row))] !== 1) wrong++;
  }
  assertLess(wrong, 15);
});

Deno.test("rows of one class alone are a forest without splits", async () => {
  const rows = { ...board(20, 2), targets: new Float64Array(20).fill(1) };
  const [network] = await forestCandidate("f", [1]).refit(rows, 0, TASK);
  for (const y of forward(network, rows.inputs)) assertAlmostEquals(y, Math.log(21), 1e-9);
});
