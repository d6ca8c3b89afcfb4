import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { foldRows } from "../../../lib/data/mod.ts";
import { meanScores } from "../../../cli/runs/mean_scores.ts";
import { run, spawn, withFolder } from "../support.ts";

/** A table of 120 rows: two inputs, a number, a class, a group of ten rows, a day. */
function tableText(): string {
  const rows = Array.from({ length: 120 }, (_, i) => {
    const x = (37 * i % 101) / 101, z = (53 * i % 89) / 89;
    const day = new Date(Date.UTC(2024, 0, 1 + (7 * i) % 120)).toISOString().slice(0, 10);
    return [x, z, x * x + z, x + z > 1 ? "high" : "low", `g${i % 12}`, day].join(",");
  });
  return `x,z,y,kind,group,day\n${rows.join("\n")}\n`;
}

const QUICK = ["--inputs", "x,z", "--schedule", "2", "--intervals", "2"];

/** One thread: the runs come one after another, in this process. Workers are for {@linkcode spawn}. */
const COMMON = [...QUICK, "--threads", "1", "--json"];

Deno.test("train --folds judges every row by a network that has not seen it, and keeps one of all rows", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, model = `${folder}/m.safetensors`;
    await Deno.writeTextFile(file, tableText());
    const args = ["train", "--data", file, "--target", "y", ...COMMON];
    const { out, code } = await run(...args, "--folds", "4", "--model-out", model);
    assertEquals(code, 0);
    const { folds, rows, command, loss } = JSON.parse(out);
    assertEquals([folds.count, folds.runs.length, rows], [4, 4, { train: 120 }]);
    assertEquals(Object.keys(loss), ["train"]);
    for (const { rows: parts } of folds.runs) assertEquals(parts, { train: 90, test: 30 });
    const losses = folds.runs.map((fold: { loss: number }) => fold.loss);
    const mean = losses.reduce((a: number, b: number) => a + b) / 4;
    assertAlmostEquals(folds.mean.loss, mean, 1e-15);
    const spread = losses.reduce((a: number, b: number) => a + (b - mean) ** 2, 0);
    assertAlmostEquals(folds.standardError.loss, Math.sqrt(spread / 3 / 4), 1e-15);
    // The mean of squared errors over folds of equal sizes is that of all rows.
    const squares = folds.runs.map((fold: { scores: { rmse: number } }) => fold.scores.rmse ** 2);
    const pooled = squares.reduce((a: number, b: number) => a + b) / 4;
    assertAlmostEquals(folds.pooled.rmse ** 2, pooled, 1e-12);
    assertStringIncludes(command, "--folds 4");
    assertStringIncludes((await run("inspect", "--model", model)).out, "\n4 folds     loss ");

    // The network that is kept is that of a run without folds.
    const plain = `${folder}/plain.safetensors`;
    await run(...args, "--test-fraction", "0", "--model-out", plain);
    const evaluate = async (path: string) =>
      JSON.parse((await run("evaluate", "--model", path, "--data", file, "--json")).out).scores;
    assertEquals(await evaluate(model), await evaluate(plain));

    // A fold is a run whose training rows, and their scales, are the fold's.
    const [first] = foldRows({ rows: 120, folds: 4, seed: 1234 });
    const lines = tableText().split("\n");
    await Deno.writeTextFile(
      `${folder}/fold.csv`,
      [lines[0], ...Array.from(first.train, (row) => lines[row + 1]), ""].join("\n"),
    );
    const own = `${folder}/own.safetensors`;
    const fold = ["train", "--data", `${folder}/fold.csv`, "--target", "y", ...COMMON];
    await run(...fold, "--test-fraction", "0", "--model-out", own);
    await Deno.writeTextFile(
      `${folder}/held.csv`,
      [lines[0], ...Array.from(first.test, (row) => lines[row + 1]), ""].join("\n"),
    );
    const held = ["evaluate", "--model", own, "--data", `${folder}/held.csv`, "--json"];
    assertEquals(JSON.parse((await run(...held)).out).scores, folds.runs[0].scores);
  });
});

Deno.test("train --folds gives the same for any number of threads, and keeps nothing unless asked", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    await Deno.writeTextFile(file, tableText());
    const args = ["train", "--data", file, "--target", "kind", "--loss", "cross-entropy"];
    const told = async (threads: string) => {
      const flags = [...args, ...QUICK, "--folds", "3", "--json", "--threads", threads];
      const { out } = threads === "1" ? await run(...flags) : await spawn(flags, folder);
      const { folds } = JSON.parse(out);
      return { ...folds, runs: folds.runs.map((each: object) => ({ ...each, seconds: 0 })) };
    };
    const one = await told("1");
    assertEquals(await told("3"), one);
    assertEquals(one.runs.map(({ rows }: { rows: object }) => rows), [
      { train: 80, test: 40 },
      { train: 80, test: 40 },
      { train: 80, test: 40 },
    ]);
    assertEquals(one.pooled.confusion.flat().reduce((a: number, b: number) => a + b), 120);
    const { out } = await run(...args, ...QUICK, "--folds", "3", "--quiet", "--threads", "1");
    assertStringIncludes(out, "3 folds, classes by equal shares");
    assertStringIncludes(out, "no network was kept");
    assertStringIncludes(out, "held-out rows of class");
  });
});

Deno.test("train --folds keeps groups whole, and trains on the past with --order", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    await Deno.writeTextFile(file, tableText());
    const args = ["train", "--data", file, "--target", "y", ...COMMON];
    const grouped = JSON.parse((await run(...args, "--folds", "4", "--group", "group")).out);
    for (const { rows } of grouped.folds.runs) assertEquals(rows, { train: 90, test: 30 });
    const { out } = await run(
      ...args,
      ...["--folds", "3", "--order", "day", "--validation-fraction", "0.2"],
    );
    assertEquals(JSON.parse(out).folds.runs.map(({ rows }: { rows: object }) => rows), [
      { train: 24, validation: 6, test: 30 },
      { train: 48, validation: 12, test: 30 },
      { train: 72, validation: 18, test: 30 },
    ]);
  });
});

Deno.test("train leaves columns of groups and times out of the inputs", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    await Deno.writeTextFile(
      file,
      "x,id,t,y\n" +
        Array.from({ length: 24 }, (_, i) => `${i % 7},${i % 4},${i},${i % 7 + 1}\n`).join(""),
    );
    const { out } = await run(
      ...["train", "--data", file, "--target", "y", "--schedule", "1", "--intervals", "1"],
      ...["--folds", "2", "--group", "id", "--json", "--threads", "1"],
    );
    assertStringIncludes(JSON.parse(out).command, "--inputs x,t ");
  });
});

Deno.test("train --learning-curve judges networks of few to all rows on the same rows", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, report = `${folder}/r.html`;
    await Deno.writeTextFile(file, tableText());
    const args = ["train", "--data", file, "--target", "y", ...COMMON, "--learning-curve"];
    const alone = JSON.parse((await run(...args)).out);
    const rows = alone.learningCurve.map((point: { rows: number }) => point.rows);
    assertEquals(rows, [10, 19, 38, 67, 96]);
    const last = alone.learningCurve.at(-1);
    assertEquals([last.mean.loss, last.mean.rmse], [alone.loss.test, alone.scores.test.rmse]);
    assertEquals(last.standardError.loss, null);
    const folded = JSON.parse((await run(...args, "--folds", "3", "--report", report)).out);
    assertEquals(folded.learningCurve.at(-1).mean, folded.folds.mean);
    assertEquals(folded.learningCurve.map((point: { count: number }) => point.count), [3, 3, 3, 3]);
    assert((await Deno.stat(report)).isFile);
  });
});

Deno.test("train says what is wrong with a request to judge, and trains nothing", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    await Deno.writeTextFile(file, tableText());
    const args = ["train", "--data", file, "--target", "y", "--inputs", "x,z"];
    const cases: [string[], string][] = [
      [["--folds", "1"], "--folds must be an integer (at least 2"],
      [["--folds", "121"], "121 folds must have at least 121 rows, current value is 120"],
      [["--folds", "13", "--group", "group"], "13 folds must have at least 13 groups"],
      [["--folds", "3", "--group", "nobody"], 'column "nobody" must be one of "x"'],
      [["--folds", "3", "--order", "group"], 'column "group" must be a number'],
      [["--form", "network", "--group", "group"], "--group must come with --folds only"],
      [["--folds", "3", "--seeds", "1..2"], "--folds must come without --seeds"],
      [["--folds", "3", "--checkpoint", `${folder}/c`], "--checkpoint must come without --folds"],
      [["--learning-curve", "--test-fraction", "0"], "--learning-curve must have rows to judge by"],
    ];
    for (const [flags, message] of cases) {
      const { err, out, code } = await run(...args, ...flags);
      assertEquals([code, out], [2, ""], flags.join(" "));
      assertStringIncludes(err, message);
    }
  });
});

Deno.test("meanScores() leaves out what a fold does not have", () => {
  const fold = (rmse: number, r2: number | null) => ({
    ...{ loss: rmse, trainLoss: 1 },
    scores: { rmse, r2, mae: 1, maxError: 1, medianError: 1, mape: null },
  });
  const means = meanScores([fold(1, 0.5), fold(3, null)])!;
  assertEquals([means.mean.rmse, means.mean.r2, means.mean.mape], [2, 0.5, null]);
  assertEquals([means.standardError.rmse, means.standardError.r2], [1, null]);
  assertEquals(meanScores([]), undefined);
});
