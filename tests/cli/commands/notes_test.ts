import { assertEquals, assertStringIncludes } from "@std/assert";
import { overfitNote } from "../../../cli/commands/train/notes.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { TRAIN_FLAGS } from "../../../cli/commands/train/flags.ts";
import { trainRequest } from "../../../cli/commands/train/request.ts";
import { run, smallTable, withFolder } from "../support.ts";

const CLASSIFIER = 'note: "good" holds only 0 and 1; --loss cross-entropy trains a classifier\n';

/** What `evaluate` says of a part of a table. */
async function evaluated(
  model: string,
  file: string,
  part: string,
): Promise<Record<string, unknown>> {
  const args = ["--model", model, "--data", file, "--part", part, "--json"];
  return JSON.parse((await run("evaluate", ...args)).out);
}

Deno.test("train notes that a target of 0 and 1 could be classes", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`;
    const rows = Array.from({ length: 30 }, (_, i) => `${i % 7},${i % 3 === 0 ? 1 : 0},${i % 2}.0`);
    await Deno.writeTextFile(file, `a,good,b\n${rows.join("\n")}\n`);
    const args = ["train", "--data", file, "--target", "good", "--schedule", "1"];
    const told = await run(...args);
    assertEquals(told.code, 0);
    assertStringIncludes(told.err, CLASSIFIER);
    assertStringIncludes((await run(...args, "--loss", "huber", "--json")).err, CLASSIFIER);
    for (const more of [["--quiet"], ["--loss", "cross-entropy"], ["--inputs", "a"]]) {
      const { err } = await run(...args, ...more);
      assertEquals(err.includes('note: "good"'), more[0] === "--inputs");
    }
    await Deno.writeTextFile(file, smallTable());
    const { err } = await run("train", "--data", file, "--target", "y", "--schedule", "1");
    assertEquals(err.includes("classifier"), false);
  });
});

Deno.test("overfitNote() names what the run did not try", () => {
  const note = (train: number, test: number, ...flags: string[]): string | undefined => {
    const { given } = parseFlags(["--data", "t.csv", "--target", "y", ...flags], TRAIN_FLAGS);
    return overfitNote({ request: trainRequest(given), losses: { train, test } });
  };
  const begin = "note: the test loss is 1700 times the training loss; ";
  assertEquals(
    note(1e-5, 0.0171),
    `${begin}--validation-fraction 0.2 with --weight-decay 0.001 may help`,
  );
  assertEquals(
    note(1e-5, 0.0171, "--weight-decay", "1e-4"),
    `${begin}--validation-fraction 0.2 may help`,
  );
  const both = ["--weight-decay", "1e-4", "--validation-fraction", "0.1"];
  assertEquals(note(1e-5, 0.0171, ...both), `${begin}more rows may help`);
  assertStringIncludes(`${note(1e-24, 0.0072)}`, "is 0.0072, the training loss practically 0;");
  assertEquals(note(1e-3, 9e-3), undefined);
  assertEquals(note(1e-30, 1e-25), undefined);
  assertEquals(note(NaN, 1), undefined);
});

Deno.test("train notes a test loss far above the training loss, not if quiet", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/noise.csv`;
    const noise = Array.from({ length: 40 }, (_, i) => `${i * 7 % 40},${i * i * 37 % 61}`);
    await Deno.writeTextFile(file, `x,y\n${noise.join("\n")}\n`);
    const args = ["train", "--data", file, "--target", "y", "--schedule", "40,40,20"];
    assertStringIncludes((await run(...args)).err, "note: the test loss is ");
    assertEquals((await run(...args, "--quiet")).err, "");
  });
});

Deno.test("train advises on columns of text", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/h.csv`;
    const rows = Array.from({ length: 20 }, (_, i) => `${i},s${i},${i % 4},${1990 + i},w${i % 2}`);
    await Deno.writeTextFile(file, `size,street,rooms,year,kind\n${rows.join("\n")}\n`);
    const train = (...args: string[]): ReturnType<typeof run> =>
      run("train", "--data", file, "--schedule", "1", "--quiet", ...args);
    const input = await train("--target", "year", "--json");
    assertEquals(input.code, 0, input.err);
    const { columns, options } = JSON.parse(input.out);
    assertEquals(columns.map(({ kind }: { kind: string }) => kind), [
      ...["number", "dropped", "number", "category"],
    ]);
    assertEquals(options.inputs, ["size", "rooms", "kind"]);
    const advised = ["--inputs", "size,rooms"];
    const target = await train("--target", "kind", ...advised);
    assertEquals(target.code, 2);
    assertStringIncludes(
      target.err,
      'column "kind" must be a number, current value is "w0"; for classes use --loss cross-entropy',
    );
    const classes = await train("--target", "kind", "--loss", "cross-entropy", ...advised);
    assertEquals(classes.code, 0, classes.err);

    await Deno.writeTextFile(file, "a,b,y\n1,2,3\n2,x,5\n4,5,6\n7,8,9\n");
    const slip = await run("train", "--data", file, "--schedule", "1", "--target", "y");
    assertEquals(slip.code, 0, slip.err);
    assertStringIncludes(
      slip.err,
      'note: cells cannot be read (1 in "b", such as "x"): they count as',
    );
    assertStringIncludes(slip.err, "(--types b=category reads cells as levels)");
    const strict = await train("--target", "y", "--missing", "error");
    assertEquals(strict.code, 2);
    assertStringIncludes(strict.err, 'line 3, column "b" must be a number, current value is "x"; ');
  });
});

Deno.test("train notes columns without a name, and takes --drop and --offset", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, model = `${folder}/m`, start = 1451520000000000000n;
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i},${start + BigInt(i)},${(7 * i) % 13},${(7 * i) % 11},${Math.sin(i / 6)}`,
    );
    await Deno.writeTextFile(file, `,t,0,1,y\n${rows.join("\n")}\n`);
    const train = (...more: string[]): ReturnType<typeof run> =>
      run("train", "--data", file, "--target", "y", "--schedule", "2", ...more);
    const refused = await train();
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, 'column "t" must hold numbers that float64 can tell apart');
    assertStringIncludes(refused.err, "; --offset t=min subtracts the smallest exactly, --drop t ");
    const dropped = await train("--drop", "t,1", "--json");
    assertStringIncludes(dropped.err, "note: column 1 has no name and counts the rows: it is left");
    assertEquals(JSON.parse(dropped.out).options.inputs, ["0"]);
    assertEquals((await train("--drop", "t", "--quiet")).err, "");

    const offset = await train(
      "--offset",
      "t=min",
      "--inputs",
      "t,0",
      "--json",
      "--model-out",
      model,
    );
    const { options, command, scores } = JSON.parse(offset.out);
    assertEquals(options.offset, [`t=${start}`]);
    assertStringIncludes(command, `--offset t=${start} `);
    const again = await evaluated(model, file, "test");
    assertEquals(again.scores, scores.test);
    const predicted = await run("predict", "--model", model, "--data", file);
    const last = predicted.out.trimEnd().split("\n").map((line) => line.split(",").pop());
    assertEquals(new Set(last).size, 41, "every row has its own prediction");
    assertStringIncludes(
      (await train("--offset", "t")).err,
      "--offset must be COLUMN=NUMBER or COLUMN=min",
    );
    assertStringIncludes(
      (await train("--drop", "t", "--inputs", "0")).err,
      "--drop must come without",
    );
  });
});

Deno.test("train notes imbalanced classes; --class-weights weighs the loss, not the scores", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, model = `${folder}/m`;
    const rows = Array.from({ length: 120 }, (_, i) => {
      const a = (37 * i % 101) / 101, b = (53 * i % 89) / 89;
      return `${a},${b},${a + b > 1.6 ? "rare" : "usual"},${1 + i % 2}`;
    });
    await Deno.writeTextFile(file, `a,b,kind,w\n${rows.join("\n")}\n`);
    const args = ["--data", file, "--inputs", "a,b", "--loss", "cross-entropy", "--schedule", "1"];
    const train = (...more: string[]): ReturnType<typeof run> =>
      run("train", ...args, "--intervals", "2", "--target", "kind", ...more);
    const told = await train();
    assertStringIncludes(told.err, 'note: the classes are imbalanced ("rare" has ');
    assertStringIncludes(told.out, "balanced");
    assertEquals((await train("--quiet")).err, "");
    for (const weight of [[], ["--weight", "w"]]) {
      const weighted = await train(
        ...weight,
        "--class-weights",
        "balanced",
        "--json",
        "--model-out",
        model,
      );
      assertEquals(weighted.err.includes("imbalanced"), false);
      const { scores, loss, options } = JSON.parse(weighted.out);
      assertEquals(options.classWeights, "balanced");
      const { classes, confusion } = scores.train;
      if (weight.length === 0) {
        assertEquals(classes.rare.rows + classes.usual.rows, 96);
        assertEquals(confusion.flat().reduce((sum: number, each: number) => sum + each), 96);
      }
      assertEquals(Math.abs(loss.train / scores.train.logLoss - 1) > 1e-6, true);
      const again = await evaluated(model, file, "train");
      assertEquals([again.scores, again.loss], [
        scores.train,
        loss.train,
      ]);
    }
    for (
      const [flags, message] of [
        [["--class-weights", "some"], "--class-weights must be balanced, or LABEL=WEIGHT"],
        [["--class-weights", "other=2"], "must name labels"],
      ] as const
    ) {
      const refused = await train(...flags);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, message);
    }
    const numbers = await run(
      "train",
      "--data",
      file,
      "--target",
      "w",
      "--class-weights",
      "balanced",
    );
    assertStringIncludes(numbers.err, "--class-weights must come with --loss cross-entropy only");
  });
});
