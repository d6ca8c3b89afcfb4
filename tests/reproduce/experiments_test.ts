import { assert, assertEquals } from "@std/assert";
import { experiments, runExperiment } from "../../lib/reproduce/mod.ts";

/** What would make the test of an experiment fail: what its claims guard. */
const FAILS_IF: Readonly<Record<string, string>> = {
  "hyperplanes": "knots are mapped to wrong lines, or crossings are miscounted",
  "preconditioner": "the change of basis, its transpose or a gradient is wrong in its last digits",
  "conditioning": "Gram matrices grow with the grid, or ReLU powers stop growing",
  "ntk": "a Jacobian is wrong, or the constant of the bound is too small",
  "nesting": "a prolongation changes a function, or multilevel gains nothing",
  "transfer": "prolongation changes outputs, or costs a fifth of least squares",
  "weight-decay": "null directions are miscounted, or training without decay diverges or stalls",
  "cost": "local evaluation depends on the grid, or the three forms differ",
  "complementarity":
    "a refinement loses progress, updates stay in the coarse space, or a knot reaches beyond its neighbours",
  "continual": "a step moves coefficients whose functions see no row",
  "first-guesses":
    "the function of Table 1 is turned the other way, or first parameters change, or the change of basis no longer keeps the first function",
  "scaling": "errors stop falling with the grid, on 1,280 intervals or on pykan's points",
  "derivatives": "a derivative of a spline or of a network is wrong, or fits lose an order",
  "special-functions": "a special function is wrong, or free knots end above the paper's KAN",
  "poisson": "second derivatives are wrong, or perceptrons come near splines",
  "knot-theory": "classes are mixed up, or attribution misses an input of the slope",
  "imaging": "knots no longer go to edges, or even knots are as good as free ones",
  "digits": "cross-entropy, mini-batches or SGD train wrongly",
  "spectral-bias": "fine grids learn high frequencies late, or Hessians grow with the grid",
  "high-frequencies": "grid extension stops helping, or a wave is missed on the finest grid",
  "sizes": "a conversion changes outputs, or counts grow faster than the theorem says",
  "anderson": "an eigenvector or a known edge is wrong, or networks miss the edges",
  "pde": "an equation of the gallery no longer reaches its error",
};

Deno.test("every experiment says what would make its test fail", () => {
  assertEquals(Object.keys(FAILS_IF).sort(), experiments.map(({ name }) => name).sort());
});

Deno.test("docs/reproduce.md has a row for every experiment, with its minutes", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/reproduce.md", import.meta.url));
  const rows = [...text.matchAll(/^\| `([a-z-]+)` +\|.*\| (\d+) +\|$/gm)];
  assertEquals(
    rows.map(([, name, minutes]) => [name, Number(minutes)]).sort(),
    experiments.map(({ name, minutes }) => [name, minutes]).sort(),
  );
});

for (const experiment of experiments) {
  const title = `the quick form of ${experiment.name}: every claim holds; it fails if ` +
    FAILS_IF[experiment.name];
  Deno.test(title, async () => {
    const options = { quick: true }, values = new Map<string, unknown>();
    for await (const { id, value } of runExperiment(experiment, options)) values.set(id, value);
    const { claims, tables } = experiment.conclude(values, options);
    assertEquals(claims.filter(({ holds }) => holds !== true), []);
    assert(tables.length > 0);
    for (const { columns, rows } of tables) {
      assert(rows.length > 0);
      for (const row of rows) assertEquals(row.length, columns.length);
    }
  });

  Deno.test(`${experiment.name} without its parts claims nothing`, () => {
    const { claims } = experiment.conclude(new Map(), {});
    assert(claims.every(({ holds }) => holds === undefined));
  });

  Deno.test(`the parts of ${experiment.name} have different ids`, () => {
    for (const quick of [false, true]) {
      const ids = experiment.parts({ quick }).map(({ id }) => id);
      assertEquals(new Set(ids).size, ids.length);
      assert(ids.every((id) => /^[a-z0-9.]+(-[a-z0-9.]+)*$/.test(id)));
    }
  });
}
