import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../../lib/model/mod.ts";
import { run, withFolder } from "../support.ts";

/** Rows of a, b and c, and a target on which all act, two of them together. */
function table(): string {
  const random = createRandom(4, "shapes"), lines = ["a,b,c,y"];
  for (let r = 0; r < 100; r++) {
    const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()];
    const y = 3 * a + Math.sin(6 * b) + 2 * a * b + 2 * c + 0.3 * random.normal();
    lines.push([a, b, c, y].join());
  }
  return `${lines.join("\n")}\n`;
}

/** A model of a search over all candidates that a few seconds allow, and what it says. */
async function searched(folder: string, ...flags: readonly string[]) {
  const data = `${folder}/t.csv`, model = `${folder}/m`, places = `${folder}/p.csv`;
  await Deno.writeTextFile(data, table());
  const { code, err } = await run(
    ...["train", "--data", data, "--target", "y", "--form", "auto", "--time-limit", "4"],
    ...["--model-out", model, "--quiet", ...flags],
  );
  assertEquals([code, err], [0, ""]);
  return async (rows: readonly (readonly number[])[]): Promise<number[]> => {
    await Deno.writeTextFile(places, `a,b,c\n${rows.map((row) => row.join()).join("\n")}\n`);
    const said = await run("predict", "--model", model, "--data", places, "--json", "--quiet");
    assertEquals(said.code, 0, said.err);
    return (JSON.parse(said.out).predictions as number[][]).map(([y]) => y);
  };
}

const GRID = Array.from({ length: 21 }, (_, k) => k / 20);

Deno.test("--drop and --interactions none hold in the model that a search mixes", async () => {
  await withFolder(async (folder) => {
    const predict = await searched(folder, "--drop", "c", "--interactions", "none");
    const apart = await predict(GRID.map((c) => [0.3, 0.7, c]));
    assert(apart.every((y) => y === apart[0]), "a dropped column moves nothing");
    for (const [from, to] of [[0.3, 0.5], [0.4, 0.7]]) {
      const [at, right, up, both] = await predict(
        [[from, from], [to, from], [from, to], [to, to]].map(([a, b]) => [a, b, 0]),
      );
      assertAlmostEquals(both - up, right - at, 1e-9);
    }
  });
});

Deno.test("--monotone and --convex hold in the model that a search mixes", async () => {
  await withFolder(async (folder) => {
    const rising = await searched(folder, "--monotone", "a:+,b:-");
    for (const other of [0, 0.35, 1]) {
      const up = await rising(GRID.map((a) => [2 * a - 0.5, other, 0.5]));
      const down = await rising(GRID.map((b) => [other, 2 * b - 0.5, 0.5]));
      for (let k = 1; k < GRID.length; k++) {
        assert(up[k] >= up[k - 1] - 1e-12, `a: ${up}`);
        assert(down[k] <= down[k - 1] + 1e-12, `b: ${down}`);
      }
    }
    const bent = await searched(folder, "--convex", "b");
    for (const other of [0, 0.35, 1]) {
      const y = await bent(GRID.map((b) => [other, 2 * b - 0.5, 0.5]));
      for (let k = 1; k + 1 < y.length; k++) assert(y[k - 1] + y[k + 1] - 2 * y[k] > -1e-9, `${y}`);
    }
  });
});

Deno.test("--interactions a:b lets these columns act together, and no others", async () => {
  await withFolder(async (folder) => {
    const predict = await searched(folder, "--interactions", "a:b");
    const difference = async (p: number, q: number) => {
      const rows = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([i, j]) => {
        const row = [0.45, 0.45, 0.45];
        row[p] += 0.2 * i, row[q] += 0.2 * j;
        return row;
      });
      const [at, right, up, both] = await predict(rows);
      return both - up - right + at;
    };
    assertAlmostEquals(await difference(0, 2), 0, 1e-9);
    assertAlmostEquals(await difference(1, 2), 0, 1e-9);
    assert(Math.abs(await difference(0, 1)) > 1e-3);
  });
});
