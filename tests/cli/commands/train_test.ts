import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { decodeModel } from "../../../lib/model/mod.ts";
import { classTable, listing, run, smallTable, spawn, withFolder } from "../support.ts";

const GALLERY = ["train", "--problem", "nonsmooth", "--rows", "300", "--schedule", "2,1"];

/** Runs a training with `--json` that must succeed. */
// deno-lint-ignore no-explicit-any
async function trained(...args: string[]): Promise<any> {
  const { code, out, err } = await run(...args, "--json");
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

Deno.test("train --json prints one object with every field of the contract", async () => {
  await withFolder(async (folder) => {
    const files = ["--model-out", `${folder}/m.safetensors`, "--report", `${folder}/r.html`];
    const { code, out, err } = await spawn([...GALLERY, "--json", ...files], folder);
    assertEquals(code, 0, err);
    const result = JSON.parse(out);
    assertEquals(
      [result.problem, result.widths, result.parameters, result.engine, result.dtype, result.seed],
      ["nonsmooth", [2, 5, 1], 160, "cpu", "float64", 1234],
    );
    assertEquals(result.levels.map((level: Record<string, number>) => level.intervals), [5, 10]);
    assertEquals(result.levels.map((level: Record<string, number>) => level.epochs), [2, 1]);
    for (const key of ["intervals", "epochs", "evaluations", "loss", "seconds"]) {
      assertEquals(typeof result.levels[1][key], "number", key);
    }
    assertAlmostEquals(result.loss.train / result.levels[1].loss, 1, 1e-9);
    assert(result.loss.test > 0 && result.seconds > 0);
    for (const part of ["train", "test"]) {
      for (const score of ["rmse", "r2", "mae"]) {
        assertEquals(typeof result.scores[part][score], "number");
      }
    }
    const { evaluations } = result;
    assertEquals(
      result.levels.reduce(
        (sum: number, level: { evaluations: number }) => sum + level.evaluations,
        0,
      ),
      evaluations,
    );
    assertEquals([result.status, result.version, result.rows], ["completed", "0.1.0", {
      train: 300,
      test: 10_000,
    }]);
    assertEquals(result.options.schedule, [2, 1]);
    assertEquals([result.model, result.report], [`${folder}/m.safetensors`, `${folder}/r.html`]);
    const { network, metadata } = decodeModel(await Deno.readFile(result.model));
    assertEquals(network.parameters.length, 160);
    assertEquals(metadata.scores, result.scores);
    assertEquals(metadata.options, result.options);
    assertStringIncludes(await Deno.readTextFile(result.report), "<title>nonsmooth");
    assertEquals(listing(folder).length, 2); // nothing temporary is left
  });
});

Deno.test("train writes progress to stderr: a few lines without a terminal, none if quiet", async () => {
  const told = await run(...GALLERY);
  assertEquals(told.err.trimEnd().split("\n").map((line) => line.split(":")[0].slice(0, 9)), [
    "level 1/2",
    "  epoch 2",
    "level 2/2",
    "  epoch 3",
  ]);
  assertStringIncludes(told.out, "completed: every epoch");
  const quiet = await run(...GALLERY, "--quiet");
  assertEquals([quiet.code, quiet.err], [0, ""]);
  const times = / +[\d.]+ s|, [\d.]+ s/g;
  assertEquals(quiet.out.replace(times, ""), told.out.replace(times, ""));
});

Deno.test("train gives the same bits for the same request, and from its own command line", async () => {
  const options = ["--domain", "-2,3", "--optimizer", "lbfgs", "--seed", "7", "--loss", "huber"];
  const first = await trained(...GALLERY, ...options, "--validation-fraction", "0.1");
  const again = await trained(...GALLERY, ...options, "--validation-fraction", "0.1");
  assertEquals(again.loss, first.loss);
  assertEquals(again.scores, first.scores);
  const [program, ...args] = first.command.split(" ");
  assertEquals(program, "freeknot");
  const repeated = await trained(...args);
  assertEquals(repeated.loss, first.loss);
  assertEquals(repeated.options, first.options);
  const other = await trained(...GALLERY, ...options, "--data-seed", "1");
  assert(other.loss.train !== first.loss.train);
});

Deno.test("train counts the paper's parameters", async () => {
  const count = async (problem: string, ...args: string[]): Promise<number> =>
    (await trained("train", "--problem", problem, "--rows", "40", ...args, "--quiet")).parameters;
  const coarse = ["--schedule", "1"], fine = ["--schedule", "0,0,0,1"];
  assertEquals(await count("nonsmooth", "--knots", "uniform", ...coarse), 55);
  assertEquals(await count("nonsmooth", "--knots", "uniform", ...fine), 230);
  assertEquals(await count("nonsmooth", "--knots", "free", ...coarse), 110);
  assertEquals(await count("nonsmooth", "--knots", "free", ...fine), 460);
  assertEquals(await count("xor", "--knots", "uniform", ...coarse), 250);
  assertEquals(await count("xor", "--knots", "uniform", ...fine), 1300);
  assertEquals(await count("xor", "--knots", "free", ...coarse), 360);
  assertEquals(await count("xor", "--knots", "free", ...fine), 1760);
});

Deno.test("train learns a table, weights and several targets", async () => {
  await withFolder(async (folder) => {
    const lines = smallTable().trimEnd().split("\n");
    const table = lines.map((line, i) =>
      i === 0 ? `${line},twice y,w` : `${line},${2 * +line.split(",")[2]},${i % 3}`
    );
    await Deno.writeTextFile(`${folder}/t.csv`, table.join("\n"));
    const result = await trained(
      ...["train", "--data", `${folder}/t.csv`, "--target", "y,twice y", "--weight", "w"],
      ...["--schedule", "4", "--intervals", "2", "--weight-decay", "1e-6", "--quiet"],
    );
    assertEquals(result.widths, [2, 5, 2]);
    assertEquals([result.problem, result.rows], [null, { train: 48, test: 12 }]);
    assertEquals(result.options.inputs, ["a", "b"]);
    assertGreater(result.scores.test.r2, 0.99);
  });
});

Deno.test("train stops early by the validation part, never the test part", async () => {
  await withFolder(async (folder) => {
    const noise = Array.from({ length: 60 }, (_, i) => `${i * 7 % 60},${i * i * 37 % 61}`);
    await Deno.writeTextFile(`${folder}/noise.csv`, `x,y\n${noise.join("\n")}\n`);
    const result = await trained(
      ...["train", "--data", `${folder}/noise.csv`, "--target", "y", "--schedule", "500"],
      ...["--validation-fraction", "0.25", "--patience", "2", "--quiet"],
    );
    assertEquals([result.status, result.rows], ["converged", {
      train: 33,
      validation: 15,
      test: 12,
    }]);
    assertStringIncludes(result.reason, "2 epochs");
    assertLess(result.levels[0].epochs, 100);
  });
});

Deno.test("train --engine reference agrees with cpu, adam moves too", async () => {
  const small = ["train", "--problem", "xor", "--rows", "60", "--schedule", "1", "--quiet"];
  const lbfgs = [...small, "--optimizer", "lbfgs"]; // what auto chooses depends on the engine
  const cpu = await trained(...lbfgs), reference = await trained(...lbfgs, "--engine", "reference");
  assertEquals(reference.engine, "reference");
  assertLess(Math.abs(cpu.loss.train - reference.loss.train), 1e-6 * cpu.loss.train);
  const adam = ["--optimizer", "adam", "--learning-rate", "0.01", "--schedule"];
  const once = await trained(...small.slice(0, 5), ...adam, "1", "--quiet");
  const often = await trained(...small.slice(0, 5), ...adam, "50", "--quiet");
  assertLess(often.loss.train, once.loss.train);
});

Deno.test("train --optimizer adamw takes mini-batches and schedules, and its command repeats", async () => {
  const small = ["train", "--problem", "xor", "--rows", "60", "--schedule", "3,1", "--quiet"];
  const flags = ["--optimizer", "adamw", "--batch-size", "25", "--weight-decay", "0.02"];
  const rates = ["--learning-rate", "0.02", "--learning-rate-schedule", "cyclic"];
  const more = ["--min-learning-rate", "0.003", "--warmup", "2", "--clip-norm", "0.5"];
  const args = [...small, ...flags, ...rates, ...more, "--engine", "reference"];
  const first = await trained(...args);
  assertEquals(first.status, "completed");
  assertEquals(
    [first.options.weightDecay, first.options.batchSize, first.options.clipNorm],
    [0.02, 25, 0.5],
  );
  assertEquals(first.options.learningRateSchedule, "cyclic");
  assertEquals(first.options.minLearningRate, 0.003);
  const again = await trained(...first.command.split(" ").slice(1), "--quiet");
  assertEquals([again.loss, again.options], [first.loss, first.options]);
});

Deno.test("train takes sgd, gradient-descent, bfgs and ssbroyden, and their commands repeat", async () => {
  const small = ["train", "--problem", "xor", "--rows", "60", "--schedule", "3,1", "--quiet"];
  for (
    const flags of [
      ["sgd", "--momentum", "0.8", "--nesterov", "--batch-size", "25"],
      ["sgd"],
      ["gradient-descent"],
      ["gradient-descent", "--learning-rate", "0.1", "--clip-norm", "2"],
      ["bfgs"],
      ["ssbroyden"],
    ]
  ) {
    const first = await trained(...small, "--optimizer", ...flags);
    assertEquals([first.status, first.options.optimizer], ["completed", flags[0]]);
    const again = await trained(...first.command.split(" ").slice(1), "--quiet");
    assertEquals([again.loss, again.options], [first.loss, first.options]);
  }
});

Deno.test("train refuses flags of other optimizers than gradient descent's", async () => {
  const small = ["train", "--problem", "xor", "--rows", "60", "--quiet", "--optimizer"];
  for (
    const [flags, text] of [
      [
        ["gradient-descent", "--batch-size", "9"],
        "--batch-size must come with --optimizer adam or",
      ],
      [["gradient-descent", "--clip-norm", "1"], "--clip-norm must come with --learning-rate"],
      [["adam", "--momentum", "0.5"], "--momentum must come with --optimizer sgd only"],
      [["bfgs", "--learning-rate", "0.5"], "--learning-rate must come with --optimizer adam or"],
    ] as const
  ) {
    const { code, err } = await run(...small, ...flags);
    assertEquals(code, 2);
    assertStringIncludes(err, text);
  }
});

Deno.test("train says when it diverges: code 1, status diverged", async () => {
  const { code, out } = await run(
    ...[
      "train",
      "--problem",
      "nonsmooth",
      "--rows",
      "100",
      "--schedule",
      "40",
      "--quiet",
      "--json",
    ],
    ...["--optimizer", "adam", "--learning-rate", "1e200"],
  );
  const { status } = JSON.parse(out);
  assertEquals([code, status], [1, "diverged"]);
});

Deno.test("train classifies: two classes share an output, more have one each", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/c.csv`, classTable());
    const args = ["train", "--data", `${folder}/c.csv`, "--target", "kind", "--quiet"];
    const result = await trained(...args, "--loss", "cross-entropy", "--schedule", "3");
    assertEquals(result.widths, [2, 5, 3]);
    assertGreaterOrEqual(result.scores.train.accuracy, 0.9);
    assertGreater(result.scores.train.logLoss, 0);
    const text = await run(...args, "--loss", "cross-entropy", "--widths", "2,4,1");
    assertEquals(text.code, 2);
    assertStringIncludes(text.err, "end with 3 (3 classes)");
  });
});

const SCRIPT = "/usr/bin/script";

Deno.test({
  name: "train draws a bar on a terminal and gives the cursor back",
  ignore: Deno.build.os !== "linux" || !existsSync(SCRIPT),
  async fn() {
    await withFolder(async (folder) => {
      const cli = new URL("../../../cli.ts", import.meta.url).pathname;
      const line = `${Deno.execPath()} run --allow-read --allow-write ${cli} ${GALLERY.join(" ")}`;
      const { code, stdout } = await new Deno.Command(SCRIPT, {
        args: ["--quiet", "--return", "--command", line, "/dev/null"],
        cwd: folder,
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stdout);
      assertEquals(code, 0, text);
      for (const part of ["level 2/2, 10 intervals [", "] epoch 3/3, loss ", " left"]) {
        assertStringIncludes(text, part);
      }
      assert(text.lastIndexOf("\x1b[?25h") > text.lastIndexOf("\x1b[?25l"), "the cursor is shown");
      assertStringIncludes(text, "completed: every epoch");
    });
  },
});

function existsSync(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test("train gives the same bits for any number of threads", async () => {
  const losses: unknown[] = [];
  for (const threads of ["1", "2", "3"]) {
    const { code, out } = await run(
      ...["train", "--problem", "nonsmooth", "--rows", "4200", "--schedule", "1,1"],
      ...["--threads", threads, "--json", "--quiet"],
    );
    assertEquals(code, 0);
    losses.push(JSON.parse(out).loss);
  }
  assertEquals(losses[1], losses[0]);
  assertEquals(losses[2], losses[0]);
});

Deno.test("train gives every target and every class scores of its own, evaluate the same", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, report = `${folder}/r.html`;
    const lines = Array.from({ length: 60 }, (_, i) => {
      const a = (7 * i % 13) / 13, b = (5 * i % 11) / 11;
      return `${a},${b},${300 + 20 * a * b},${1e5 + 3e4 * a - 1e4 * b},one,${
        a > 0.7 ? "hot" : "ok"
      }`;
    });
    await Deno.writeTextFile(data, `a,b,t,p,same,state\n${lines.join("\n")}\n`);
    const common = ["--data", data, "--inputs", "a,b", "--schedule", "3", "--quiet"];
    const files = ["--model-out", model, "--report", report];
    const both = await run("train", ...common, ...files, "--target", "t,p", "--json");
    const { scores } = JSON.parse(both.out);
    for (const part of ["train", "test"]) {
      const { t, p } = scores[part].targets;
      assertEquals(Object.keys(t), [
        ...["rmse", "r2", "mae", "maxError", "medianError", "mape"],
      ]);
      assertAlmostEquals(
        scores[part].rmse ** 2,
        (t.rmse ** 2 + p.rmse ** 2) / 2,
        1e-6 * p.rmse ** 2,
      );
      assertAlmostEquals(scores[part].r2, (t.r2 + p.r2) / 2, 1e-12);
    }
    const args = ["evaluate", "--model", model, "--data", data, "--part", "test"];
    assertEquals(JSON.parse((await run(...args, "--json")).out).scores, scores.test);
    const text = (await run(...args)).out;
    for (const name of ["t", "p"]) assertStringIncludes(text, `  ${name}  `);
    assertStringIncludes(await Deno.readTextFile(report), "of targets each in its own units");
    assertStringIncludes((await run("inspect", "--model", model)).out, "  p ");

    const classes = ["--target", "state", "--loss", "cross-entropy", "--json"];
    const { scores: { test } } = JSON.parse((await run("train", ...common, ...classes)).out);
    assertEquals([test.labels, Object.keys(test.classes)], [["hot", "ok"], ["hot", "ok"]]);
    assertEquals(test.confusion.flat().reduce((a: number, b: number) => a + b), 12);
    assertEquals(Object.keys(test.classes.hot), [
      "rows",
      "recall",
      "precision",
      "f1",
      "auc",
      "averagePrecision",
    ]);
  });
});

Deno.test("r2 is null, in text a dash, where there are fewer than two rows", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, "x,y\n1,2\n2,5\n3,4\n4,9\n5,3\n");
    const flags = ["--data", data, "--target", "y", "--schedule", "1", "--quiet"];
    const { out } = await run("train", ...flags, "--model-out", model, "--json");
    const { scores } = JSON.parse(out);
    assertEquals([scores.test.r2, typeof scores.train.r2], [null, "number"]);
    const args = ["evaluate", "--model", model, "--data", data, "--part", "test"];
    assertEquals((await run(...args)).out.split("\n")[1].split(/ +/)[4], "-");
  });
});

Deno.test("train is not spoilt by one input far away, skewed inputs, or targets far out", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    const write = (rows: readonly (readonly number[])[]): Promise<void> =>
      Deno.writeTextFile(file, `x,y\n${rows.map((row) => row.join()).join("\n")}\n`);
    const train = (...more: string[]) =>
      run("train", "--data", file, "--target", "y", "--schedule", "20,10", ...more);
    const r2 = (out: string): number => JSON.parse(out).scores.test.r2;

    for (const [size, at] of [[1e-3, 1e9], [1e6, -1e12]]) {
      const place = (i: number): number => i === 77 ? at : size * i / 200;
      await write(Array.from({ length: 200 }, (_, i) => [place(i), Math.sin(i / 30)]));
      const { err, out } = await train("--json", "--seed", "3");
      assertStringIncludes(err, 'note: scaled by quantiles: "x"; by the range nearly all rows');
      assertGreater(r2(out), 0.99);
      assertEquals(JSON.parse(out).options.scale, "auto");
      const robust = await train("--json", "--seed", "3", "--scale", "robust");
      assertStringIncludes(robust.err, '"x" has 1 outlier in the training rows; it is scaled by');
      assertGreater(r2(robust.out), 0.998);
    }

    const wide = (i: number): number => Math.exp(9 * ((137 * i) % 200 / 200 - 0.5));
    await write(Array.from({ length: 200 }, (_, i) => [wide(i), Math.sin(2 * Math.log(wide(i)))]));
    const skewed = await train("--json");
    assertStringIncludes(skewed.err, 'note: scaled by logarithm: "x"');
    assertGreater(r2(skewed.out), 0.99);
    assertEquals((await train("--quiet", "--scale", "range")).err, "");

    for (const far of [1000, -1e7]) {
      const model = `${folder}/m`;
      await write(
        Array.from({ length: 200 }, (_, i) => [i, i % 23 === 0 ? far : Math.sin(i / 30)]),
      );
      const { err } = await train("--loss", "huber", "--test-fraction", "0", "--model-out", model);
      assertStringIncludes(err, 'note: "y" has 9 outliers in the training rows; it is scaled by');
      const { out } = await run("predict", "--model", model, "--data", file);
      const errors = out.trimEnd().split("\n").slice(1).map((line) => {
        const [x, , said] = line.split(",").map(Number);
        return said - Math.sin(x / 30);
      });
      assertLess(Math.max(...errors.map(Math.abs)), 0.01);
      const again = await run("evaluate", "--model", model, "--data", file, "--json");
      assertGreater(JSON.parse(again.out).scores.rmse, 100, "scores hide nothing");
    }
  });
});

Deno.test("train keeps classifiers from extrapolating along steep ends", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/c.csv`;
    await Deno.writeTextFile(file, classTable());
    const flags = [
      "--data",
      file,
      "--target",
      "kind",
      "--loss",
      "cross-entropy",
      "--schedule",
      "1",
    ];
    assertEquals((await trained("train", ...flags)).options.extrapolation, "clamp");
    const linear = await trained("train", ...flags, "--extrapolation", "linear");
    assertEquals(linear.options.extrapolation, "linear");
    const numbers = await trained(...GALLERY);
    assertEquals(numbers.options.extrapolation, "linear");
  });
});

Deno.test("train --sparsity and --smoothness: losses leave them out, the command repeats them", async () => {
  const flags = ["--sparsity", "0.01,1,2,0.5,0.1", "--smoothness", "1e-5"];
  const result = await trained(...GALLERY, ...flags);
  assertEquals(result.options.sparsity, [0.01, 1, 2, 0.5, 0.1]);
  assertEquals(result.options.smoothness, 1e-5);
  assertStringIncludes(result.command, "--sparsity 0.01,1,2,0.5,0.1 --smoothness 0.00001");
  assertAlmostEquals(result.loss.train / result.levels[1].loss, 1, 1e-9);
  const plain = await trained(...GALLERY);
  assertGreater(result.loss.train, plain.loss.train);
  assertEquals(plain.options.sparsity, undefined);
});

Deno.test("train --sparsity auto prints its path, and its command holds what was chosen", async () => {
  const asked = [...GALLERY, "--rows", "100", "--optimizer", "lbfgs", "--sparsity", "auto"];
  const flags = asked.filter((word, i) => !(word === "300" || asked[i + 1] === "300"));
  const result = await trained(...flags);
  const { chosen, points } = result.sparsityPath;
  assertEquals(result.options.sparsity, [chosen, 1, 1]);
  assert(points.some(({ weight }: { weight: number }) => weight === chosen));
  const words = result.command.split(" ").slice(1);
  const again = await trained(...words);
  assertEquals([again.loss, again.sparsityPath], [result.loss, undefined]);
  const { out, err } = await run(...flags);
  assertStringIncludes(out, `sparsity ${chosen}: the largest whose loss of held-out rows`);
  assertStringIncludes(err, "active edges");
});

Deno.test("train --sparsity says what is wrong with it", async () => {
  for (
    const [flags, words] of [
      [["--sparsity", "1,2"], "--sparsity must be LAMBDA, LAMBDA,MU1,MU2 or"],
      [["--sparsity", "x"], "--sparsity must be auto or numbers >= 0"],
      [["--sparsity", "1,auto,1"], "--sparsity must be numbers >= 0"],
      [["--smoothness=-1"], "--smoothness must be auto or numbers >= 0"],
    ] as const
  ) {
    const { code, err } = await run(...GALLERY, ...flags);
    assertEquals(code, 2);
    assertStringIncludes(err, words);
  }
});
