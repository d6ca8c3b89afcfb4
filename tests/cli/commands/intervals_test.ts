import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { numericColumn, parseTable } from "../../../lib/data/mod.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { additiveTable } from "../../support/additive_tables.ts";
import { run, trainNetwork, withFolder } from "../support.ts";

/** A table as text: columns a, b, c and y, numbers or yes and no. */
function tableText(kind: "numbers" | "labels", rows: number, seed: number): string {
  const { inputs, targets } = additiveTable({ rows, columns: 3, kind, seed });
  const lines = Array.from(targets, (y, r) => [
    ...inputs.subarray(3 * r, 3 * r + 3),
    kind === "labels" ? ["no", "yes"][y] : y,
  ]);
  return [["a", "b", "c", "y"], ...lines].map((line) => line.join(",")).join("\n");
}

const NETWORK = "--widths 3,1 --first-layer spline --knots uniform --intervals 5 --schedule 10,5"
  .split(" ");

/** The share of rows whose target lies between the ends. */
async function covered(file: string): Promise<number> {
  const table = parseTable(await Deno.readTextFile(file), { name: file });
  const [y, low, high] = ["y", "y_lower", "y_upper"].map((name) => numericColumn(table, name));
  return y.filter((value, r) => low[r] <= value && value <= high[r]).length / table.rows;
}

Deno.test("predict --interval covers: by errors, by covariance, by a table of calibration", async () => {
  await withFolder(async (folder) => {
    const [train, fresh, held] = ["train", "new", "held"].map((name) => `${folder}/${name}.csv`);
    await Deno.writeTextFile(train, tableText("numbers", 400, 1));
    await Deno.writeTextFile(fresh, tableText("numbers", 1000, 2));
    await Deno.writeTextFile(held, tableText("numbers", 200, 3));
    const model = `${folder}/m`, sure = `${folder}/sure`, out = `${folder}/p.csv`;
    const made = await run(
      ...["train", "--data", train, "--target", "y", ...NETWORK],
      ...["--weight-decay", "0.001", "--model-out", model, "--quiet"],
    );
    assertEquals(made.code, 0, made.err);
    const predict = (file: string, ...more: string[]) =>
      run("predict", "--model", file, "--data", fresh, "--out", out, "--interval", "0.9", ...more);
    const first = await predict(model);
    assertStringIncludes(first.err, "intervals: conformal, from errors of 80 rows");
    assert(Math.abs(await covered(out) - 0.9) < 0.06, "by errors of test rows");
    const kept = await run(
      ...["calibrate", "--model", model, "--data", train, "--model-out", sure, "--json"],
    );
    assertEquals(kept.code, 0, kept.err);
    const { testRows, effectiveParameters, parameters } = JSON.parse(kept.out);
    assert(testRows === 80 && effectiveParameters > 3 && effectiveParameters < parameters);
    assertStringIncludes((await predict(sure)).err, "from the covariance of the parameters");
    assert(Math.abs(await covered(out) - 0.9) < 0.05, "by covariance");
    assertStringIncludes((await predict(sure, "--calibration", held)).err, "of 200 rows");
    assert(Math.abs(await covered(out) - 0.9) < 0.05, "by a table");
    assertEquals((await run("inspect", "--model", sure)).code, 0);
    assertEquals((await run("evaluate", "--model", sure, "--data", fresh)).code, 0);
  });
});

Deno.test("predict --interval gives intervals of probabilities once calibrated", async () => {
  await withFolder(async (folder) => {
    const train = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(train, tableText("labels", 300, 4));
    await run(
      ...["train", "--data", train, "--target", "y", ...NETWORK, "--loss", "cross-entropy"],
      ...["--weight-decay", "0.01", "--model-out", model, "--quiet"],
    );
    const ask = ["predict", "--model", model, "--data", train, "--interval", "0.8"];
    const sets = await run(...ask);
    assertStringIncludes(sets.err, "sets of classes, conformal, from probabilities of 60 rows");
    assert(!sets.out.includes("_lower"));
    await run("calibrate", "--model", model, "--data", train, "--model-out", model, "--quiet");
    const { out } = await run(...ask);
    assertEquals(out.split("\n")[0].split(",").at(-5), "y_set");
    const table = parseTable(out, { name: "p" });
    const of = (end: string) => numericColumn(table, `y_probability_yes${end}`);
    const [p, low, high] = [of(""), of("_lower"), of("_upper")];
    p.forEach((each, r) => assert(low[r] < each && each < high[r]));
    assertGreater(low.reduce((sum, x) => sum + x, 0), 0);
    const no = numericColumn(table, "y_probability_no_upper");
    no.forEach((each, r) => assert(Math.abs(1 - each - low[r]) < 1e-12));
  });
});

/** The share of rows whose class is in the set. */
async function heldClasses(file: string): Promise<number> {
  const [head, ...lines] = (await Deno.readTextFile(file)).trim().split("\n");
  const names = head.split(","), y = names.indexOf("y"), set = names.indexOf("y_set");
  const held = lines.map((line) => line.split(",")).filter((row) =>
    row[set].split("|").includes(row[y])
  );
  return held.length / lines.length;
}

Deno.test("predict --interval gives sets of classes that cover: networks, searches, tables", async () => {
  await withFolder(async (folder) => {
    const [train, fresh, held] = ["train", "new", "held"].map((name) => `${folder}/${name}.csv`);
    await Deno.writeTextFile(train, tableText("labels", 600, 7));
    await Deno.writeTextFile(fresh, tableText("labels", 2000, 8));
    await Deno.writeTextFile(held, tableText("labels", 500, 9));
    const network = `${folder}/m`, found = `${folder}/f`, out = `${folder}/p.csv`;
    const made = ["train", "--data", train, "--target", "y", "--quiet"];
    const fitted = await run(
      ...[...made, ...NETWORK, "--loss", "cross-entropy", "--test-fraction", "0.5"],
      ...["--weight-decay", "0.001", "--model-out", network],
    );
    assertEquals(fitted.code, 0, fitted.err);
    const searched = await run(
      ...[...made, "--loss", "cross-entropy", "--form", "additive", "--model-out", found],
    );
    assertEquals(searched.code, 0, searched.err);
    const predict = (file: string, ...more: string[]) =>
      run("predict", "--model", file, "--data", fresh, "--interval", "0.9", ...more);
    for (
      const [file, source, more] of [
        [network, "300 rows (held-out rows of the training table)", []],
        [found, "rows (held out in cross-validation)", []],
        [found, "500 rows", ["--calibration", held]],
      ] as const
    ) {
      const { err, code } = await predict(file, "--out", out, ...more);
      assertEquals(code, 0, err);
      assertStringIncludes(err, source);
      const share = await heldClasses(out);
      assert(share > 0.86 && share < 0.94, `${source}: ${share}`);
    }
    const { columns, predictions } = JSON.parse((await predict(found, "--json")).out);
    assertEquals(columns.at(-1), "y_set");
    for (const row of predictions) assert(row.at(-1).includes(row[0]));
    const ask = ["--data", fresh, "--interval", "0.999"];
    const refused = await run("predict", "--model", network, ...ask);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "a set of 0.999 takes errors of at least 999 rows");
  });
});

Deno.test("calibrate refuses other tables and networks of the gallery, and writes nothing", async () => {
  await withFolder(async (folder) => {
    const train = `${folder}/t.csv`, other = `${folder}/o.csv`, out = `${folder}/out`;
    await Deno.writeTextFile(other, tableText("numbers", 61, 6));
    const model = `${folder}/m`, drawn = `${folder}/g`;
    await trainNetwork(folder, tableText("numbers", 60, 5), "--target", "y", ...NETWORK);
    await run("train", "--problem", "xor", "--schedule", "1", "--model-out", drawn, "--quiet");
    for (
      const [file, data, message] of [
        [model, other, "with 60 rows, current value is 61 rows"],
        [drawn, train, "--model must be a network that was trained on a table"],
      ]
    ) {
      const found = await run("calibrate", "--model", file, "--data", data, "--model-out", out);
      assertEquals(found.code, 2);
      assertStringIncludes(found.err, message);
    }
    assertEquals([...Deno.readDirSync(folder)].some(({ name }) => name === "out"), false);
  });
});

Deno.test("predict --interval refuses what it cannot do, in one sentence", async () => {
  await withFolder(async (folder) => {
    const train = `${folder}/t.csv`, model = `${folder}/m`;
    await trainNetwork(folder, tableText("numbers", 60, 5), "--target", "y", ...NETWORK);
    const ask = (...more: string[]) => run("predict", "--model", model, "--data", train, ...more);
    const cases: [string[], string][] = [
      [["--interval", "0.99"], "takes errors of at least 99 rows, current value is 12"],
      [["--interval", "1"], "--interval must be a number (above 0, below 1)"],
      [["--calibration", train], "--calibration must come with --interval"],
    ];
    for (const [flags, message] of cases) {
      const { code, err, out } = await ask(...flags);
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, message);
    }
  });
});

/** Counts over an exposure, positive numbers, or successes among trials, of known means. */
function linkedTable(kind: "poisson" | "gamma" | "binomial", rows: number, seed: number): string {
  const random = createRandom(seed, kind);
  const lines = Array.from({ length: rows }, () => {
    const x = 3 * random.uniform(), f = Math.sin(2 * x), e = 1 + Math.floor(9 * random.uniform());
    const draws = (chance: number, times: number) =>
      Array.from({ length: times }, () => Number(random.uniform() < chance))
        .reduce((a, b) => a + b, 0);
    const y = kind === "gamma"
      ? -Math.exp(f) * Math.log(random.uniform() * random.uniform()) / 2
      : kind === "poisson"
      ? draws(e * Math.exp(f) / 200, 200)
      : draws(1 / (1 + Math.exp(-f)), e);
    return [x, e, y].join(",");
  });
  return `x,e,y\n${lines.join("\n")}\n`;
}

for (
  const [kind, ...flags] of [
    ["poisson", "--exposure", "e"],
    ["gamma", "--drop", "e"],
    ["binomial", "--trials", "e"],
  ] as const
) {
  Deno.test(`predict --interval covers targets of --loss ${kind}, errors being of one size`, () =>
    withFolder(async (folder) => {
      const [train, fresh, out] = ["train", "new", "p"].map((name) => `${folder}/${name}.csv`);
      const model = `${folder}/m`, shares: number[] = [], again: number[] = [];
      await Deno.writeTextFile(fresh, linkedTable(kind, 2000, 9));
      for (let seed = 1; seed <= 4; seed++) { // of one table the share varies by 0.02
        await Deno.writeTextFile(train, linkedTable(kind, 400, seed));
        const made = await run(
          ...["train", "--data", train, "--target", "y", "--loss", kind, ...flags],
          ...["--form", "additive", "--quiet", "--model-out", model],
        );
        assertEquals(made.code, 0, made.err);
        const request = ["predict", "--model", model, "--data", fresh, "--out", out];
        const said = await run(...request, "--interval", "0.9");
        assertEquals(said.code, 0, said.err);
        shares.push(await covered(out));
        const table = await run(...request, "--interval", "0.9", "--calibration", train);
        assertEquals(table.code, 0, table.err);
        again.push(await covered(out));
      }
      for (const each of [shares, again]) {
        const mean = each.reduce((sum, share) => sum + share, 0) / each.length;
        assert(mean > 0.86 && mean < 0.94, `${each}`);
      }
    }));
}

Deno.test("predict --interval refuses models of quantiles and hazards in one sentence", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, linkedTable("gamma", 60, 1));
    const made = await run(
      ...["train", "--data", data, "--target", "y", "--loss", "quantile:0.9", "--drop", "e"],
      ...["--form", "linear", "--quiet", "--model-out", model],
    );
    assertEquals(made.code, 0, made.err);
    const refused = await run("predict", "--model", model, "--data", data, "--interval", "0.9");
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "two models, --loss quantile:0.05 and quantile:0.95");
  }));
