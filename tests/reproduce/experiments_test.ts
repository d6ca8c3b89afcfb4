import { assert, assertEquals } from "@std/assert";
import { experiments, runExperiment } from "../../lib/reproduce/mod.ts";

for (const experiment of experiments) {
  Deno.test(`the quick form of ${experiment.name}: every claim holds`, async () => {
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
