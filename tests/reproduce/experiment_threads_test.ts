import { assert, assertEquals } from "@std/assert";
import { findExperiment, runExperiment } from "../../lib/reproduce/mod.ts";

/** One part of each kind of training: L-BFGS, Gauss-Newton, Adam, mini-batches, equations. */
const PARTS = [
  ["continual", "splines"],
  ["complementarity", "relu"],
  ["first-guesses", "nonsmooth-left-mlp-2-30-1-plain"],
  ["conditioning", "trained"],
  ["digits", "kan-sgd"],
  ["spectral-bias", "equal-splines-depth-2-intervals-5"],
  ["high-frequencies", "poisson-10"],
] as const;

/** The same data without times. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each) => /seconds/i.test(key) ? undefined : each));
}

for (const [name, part] of PARTS) {
  Deno.test(`${name}, part ${part}: the same bits by one thread and by three`, async () => {
    const found: unknown[] = [];
    for (const threads of [1, 3]) {
      const options = { quick: true, threads };
      for await (
        const { id, value } of runExperiment(findExperiment(name)!, options, (id) => id === part)
      ) {
        assertEquals(id, part);
        found.push(timeless(value));
      }
    }
    assertEquals(found.length, 2);
    assert(JSON.stringify(found[0]).length > 20);
    assertEquals(found[0], found[1]);
  });
}

Deno.test("the parts of an experiment train on as many threads as its options say", async () => {
  const experiment = findExperiment("continual")!, seen: unknown[] = [];
  const spy = {
    ...experiment,
    parts: () => [{ id: "spy", run: ({ engine }: { engine: unknown }) => seen.push(engine) }],
  };
  for (const options of [{}, { threads: 1 }]) await Array.fromAsync(runExperiment(spy, options));
  assert(seen[0] !== seen[1]); // the default engine chooses by the cores
});
