import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { decodeEnsemble, decodeModel, ensembleOutputs } from "../../../lib/model/mod.ts";
import { findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { summarise } from "../../../lib/train/mod.ts";
import { classTable, listing, program, run, smallTable, spawn, withFolder } from "../support.ts";

const QUICK = ["train", "--problem", "nonsmooth", "--rows", "200", "--schedule", "2,1", "--quiet"];

/** One thread: the runs come one after another, in this process. Workers are for {@linkcode spawn}. */
const RUN = [...QUICK, "--threads", "1"];

// deno-lint-ignore no-explicit-any
type Json = any;

/** Runs a request with `--json` that must succeed; times are left out. */
async function printed(...args: string[]): Promise<Json> {
  const { code, out, err } = await run(...args, "--json");
  assertEquals(code, 0, err);
  return timeless(out);
}

function timeless(out: string): Json {
  return JSON.parse(out, (key, value) => key === "seconds" ? undefined : value);
}

/** Runs the program with a text on stdin. */
async function piped(text: string, args: readonly string[], folder: string): Promise<Json> {
  const process = program(args, folder, "piped").spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const [out, err, { code }] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.status,
  ]);
  assertEquals(code, 0, err);
  return timeless(out);
}

Deno.test("train --seeds gives the runs of single seeds, in their order, on any number of threads", async () => {
  const seeds = [3, 1, 7];
  const alone = [];
  for (const seed of seeds) alone.push(await printed(...RUN, "--seed", `${seed}`));
  for (const threads of ["1", "2", "5"]) {
    const args = [...QUICK, "--seeds", "3,1,7", "--json", "--threads", threads];
    const { out, err } = threads === "1" ? await run(...args) : await spawn(args, ".");
    assertEquals(err, "");
    const sweep = timeless(out);
    assertEquals(sweep.seeds, seeds);
    assertEquals(sweep.runs, alone);
    const losses = alone.map(({ loss }) => loss.train);
    const { median, mean, standardDeviation, largest } = summarise(losses);
    assertEquals(sweep.summary.train, {
      count: 3,
      median,
      mean,
      standardDeviation,
      worst: largest,
    });
    assertEquals(sweep.best, seeds[losses.indexOf(Math.min(...losses))]);
    assertEquals([sweep.status, sweep.keep, sweep.problem], ["completed", "best", "nonsmooth"]);
  }
});

Deno.test("train --seeds --keep best writes what the best run alone would write", async () => {
  await withFolder(async (folder) => {
    const files = ["--model-out", `${folder}/m`, "--report", `${folder}/r.html`];
    const sweep = await printed(...RUN, "--seeds", "1..3", ...files);
    assertEquals([sweep.model, sweep.report], [`${folder}/m`, `${folder}/r.html`]);
    await printed(...RUN, "--seed", `${sweep.best}`, "--model-out", `${folder}/alone`);
    assertEquals(await Deno.readFile(`${folder}/m`), await Deno.readFile(`${folder}/alone`));
    assertStringIncludes(await Deno.readTextFile(`${folder}/r.html`), "<title>nonsmooth");
    assertEquals(listing(folder).length, 3);
    const [, ...words] = sweep.command.split(" ");
    const repeated = await printed(...words, "--quiet", "--threads", "1");
    assertEquals([repeated.runs, repeated.best], [sweep.runs, sweep.best]);
  });
});

Deno.test("train --seeds --keep mean: one file that evaluate, predict and inspect take", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/m.safetensors`;
    const args = ["--seeds", "1..3", "--keep", "mean", "--model-out", model];
    const sweep = await printed(...RUN, ...args);
    assertEquals(sweep.ensemble.seeds, [1, 2, 3]);
    const { networks, metadata } = decodeEnsemble(await Deno.readFile(model));
    assertEquals(networks.length, 3);
    assertEquals((metadata.members as Json).map(({ seed }: Json) => seed), [1, 2, 3]);

    const { test } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
    const outputs = ensembleOutputs(networks, test.inputs);
    const square = test.targets.reduce((sum, y, i) => sum + (outputs[i] - y) ** 2, 0) / test.rows;
    assertAlmostEquals(sweep.ensemble.loss.test / square, 1, 1e-12);
    const evaluated = await printed("evaluate", "--model", model);
    assertEquals(evaluated.loss, sweep.ensemble.loss.test);
    assertEquals(evaluated.scores, sweep.ensemble.scores.test);

    await Deno.writeTextFile(`${folder}/t.csv`, "x,y\n0.1,0.2\n0.3,0.4\n");
    const predict = async (file: string): Promise<number[]> => {
      const { out } = await run("predict", "--model", file, "--data", `${folder}/t.csv`);
      return out.trimEnd().split("\n").slice(1).map((line) => Number(line.split(",")[2]));
    };
    const single: number[][] = [];
    for (const seed of [1, 2, 3]) {
      await printed(...RUN, "--seed", `${seed}`, "--model-out", `${folder}/${seed}`);
      single.push(await predict(`${folder}/${seed}`));
      assertEquals(
        decodeModel(await Deno.readFile(`${folder}/${seed}`)).network,
        networks[seed - 1],
      );
    }
    (await predict(model)).forEach((value, row) => {
      const mean = single.reduce((sum, values) => sum + values[row], 0) / 3;
      assertAlmostEquals(value, mean, 1e-12);
    });

    const overview = (await run("inspect", "--model", model)).out;
    for (const part of ["ensemble of 3 networks", "480 in all", "--member N", "--keep mean"]) {
      assertStringIncludes(overview, part);
    }
    const second = await run("inspect", "--model", model, "--member", "2");
    assertStringIncludes(second.out, "--seed 2 --engine cpu --dtype float64 --split-seed 1");
    const json = JSON.parse((await run("inspect", "--model", model, "--json")).out);
    assertEquals(json.members.map(({ seed }: Json) => seed), [1, 2, 3]);
    assertEquals(json.members[1].losses.train, sweep.runs[1].loss.train);
    for (const wrong of [["--member", "4"], ["--data", `${folder}/t.csv`]]) {
      assertEquals((await run("inspect", "--model", model, ...wrong)).code, 2);
    }
  });
});

Deno.test("train --seeds --keep mean: all share a split, and classes their probabilities", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/c.csv`, classTable());
    const model = `${folder}/m`;
    const args = ["train", "--data", `${folder}/c.csv`, "--target", "kind", "--schedule", "2"];
    const classes = [
      ...args,
      "--threads",
      "1",
      "--loss",
      "cross-entropy",
      "--seeds",
      "5..6",
      "--quiet",
    ];
    const sweep = await printed(...classes, "--keep", "mean", "--model-out", model);
    assertEquals(sweep.runs.map(({ options }: Json) => options.splitSeed), [undefined, 5]);
    const part = ["--data", `${folder}/c.csv`, "--part", "test"];
    const evaluated = await printed("evaluate", "--model", model, ...part);
    assertEquals(evaluated.loss, sweep.ensemble.loss.test);
    assertAlmostEquals(evaluated.scores.logLoss, evaluated.loss, 1e-12);
    const { out } = await run("predict", "--model", model, "--data", `${folder}/c.csv`);
    const shares = out.split("\n")[1].split(",").slice(4).map(Number);
    assertAlmostEquals(shares.reduce((sum, p) => sum + p, 0), 1, 1e-12);
    // The mean of probabilities is never worse than the mean log loss of its members (Jensen).
    const mean = sweep.runs.reduce((sum: number, { loss }: Json) => sum + loss.test / 2, 0);
    assertLess(sweep.ensemble.loss.test, mean + 1e-12);
    // Without --keep mean the split follows the seed.
    const own = await printed(...classes);
    assertEquals(own.runs.map(({ options }: Json) => options.splitSeed), [undefined, undefined]);
    assertNotEquals(own.runs[1].loss.test, sweep.runs[1].loss.test);
    assertEquals(own.summary.accuracy.count, 2);
    const fixed = await printed(...classes, "--split-seed", "5");
    assertEquals(fixed.runs[1].loss, sweep.runs[1].loss);
  });
});

Deno.test("train --seeds: a run that fails does not end the others; checkpoints are FILE.SEED", async () => {
  await withFolder(async (folder) => {
    const c = `${folder}/c`;
    const kept = [...RUN, "--seeds", "1..3", "--checkpoint", c, "--checkpoint-every", "1"];
    const whole = await printed(...kept);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ...["c.1", "c.2", "c.3"],
    ]);
    assertEquals(await printed(...kept), whole); // gone on from the checkpoints
    await Deno.writeTextFile(`${c}.2`, "damaged");
    const { code, out } = await run(...kept, "--json");
    assertEquals(code, 1);
    const { runs, summary } = timeless(out);
    assertEquals([runs[0], runs[2]], [whole.runs[0], whole.runs[2]]);
    assertEquals([runs[1].seed, runs[1].status, summary.train.count], [2, "failed", 2]);
    assertStringIncludes(runs[1].reason, "Cannot read checkpoint");
    const table = await run(...kept);
    assertStringIncludes(table.out, "failed: Cannot read checkpoint");
    for (const word of ["median", "mean", "st. dev.", "worst"]) {
      assertStringIncludes(table.out, `${word} `);
    }
  });
});

Deno.test("train --seeds: all diverge, code 1, and their mean is not kept", async () => {
  await withFolder(async (folder) => {
    for (const keep of ["best", "mean"]) {
      const { code, out } = await run(
        ...[
          ...RUN,
          "--seeds",
          "1..2",
          "--model-out",
          `${folder}/${keep}`,
          "--optimizer",
          "adam",
          "--learning-rate",
          "1e200",
        ],
        ...["--keep", keep, "--json"],
      );
      assertEquals(code, 1);
      const { runs } = JSON.parse(out);
      assertEquals(runs.map(({ status }: Json) => status), ["diverged", "diverged"]);
    }
    assertEquals(listing(folder).filter((file) => file.includes("/mean")), []);
  });
});

Deno.test("train --data - reads stdin, with one seed and with several", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, smallTable());
    const args = ["train", "--target", "y", "--schedule", "1", "--quiet", "--json", "--data"];
    const own = await printed(
      ...args.slice(0, -2),
      "--data",
      `${folder}/t.csv`,
      "--seeds",
      "1..2",
      "--threads",
      "1",
    );
    const sweep = await piped(smallTable(), [...args, "-", "--seeds", "1..2"], folder);
    assertEquals(sweep.runs.map(({ loss }: Json) => loss), own.runs.map(({ loss }: Json) => loss));
    const single = await piped(smallTable(), [...args, "-", "--seed", "2"], folder);
    assertEquals(single.loss, own.runs[1].loss);
  });
});

Deno.test("train --seeds does without workers where the program may not be read", async () => {
  await withFolder(async (folder) => {
    const script = new URL("../../../cli.ts", import.meta.url).href;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", `--allow-read=${folder}`, "--no-prompt", script, ...QUICK, "--seeds", "1..2"],
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""]);
    assertStringIncludes(text.decode(stdout), "best: seed");
  });
});

Deno.test({
  name: "train --seeds: Ctrl-C stops all runs, code 130",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const process = program([
        ...["train", "--problem", "nonsmooth", "--rows", "500", "--schedule", "100000"],
        ...["--seeds", "1..3", "--threads", "2", "--json", "--model-out", "m"],
      ], folder).spawn();
      const reader = process.stderr.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      process.kill("SIGINT");
      while (!(await reader.read()).done);
      const [out, { code }] = await Promise.all([
        new Response(process.stdout).text(),
        process.status,
      ]);
      assertEquals(code, 130);
      const { runs, status } = JSON.parse(out);
      assertEquals([status, ...runs.map(({ status }: Json) => status)], Array(4).fill("stopped"));
      assert(runs[2].loss === undefined, "the third was never begun");
      if (runs[0].loss !== undefined) {
        decodeModel(await Deno.readFile(`${folder}/m`));
      }
    });
  },
});

Deno.test("train --seeds answers bad input with code 2 and one line", async () => {
  for (
    const [words, ...args] of [
      ["--seeds must be different integers", "--seeds", "5..1"],
      ["--seeds must be different integers", "--seeds", "1,2,1"],
      ["--seeds must be different integers", "--seeds", "1..3,3"],
      ["--seeds must be different integers", "--seeds", "1..2000"],
      ["--seeds must be different integers", "--seeds", "1..1e3"],
      ["--seeds must be different integers", "--seeds", "1..9999999999999999999"],
      ["--seed must come without --seeds", "--seeds", "1..2", "--seed", "1"],
      ["--resume must come without --seeds", "--seeds", "1..2", "--resume", "c"],
      ["--keep must come with --seeds", "--keep", "mean"],
      ["--keep must be one of best, mean", "--seeds", "1..2", "--keep", "median"],
      ["--report must come with --keep best", "--seeds", "1..2", "--keep=mean", "--report", "r"],
      ["--widths must begin with 2", "--seeds", "1..2", "--widths", "3,1,1"],
    ]
  ) {
    const { code, out, err } = await run(...RUN, ...args);
    assertEquals([code, out], [2, ""], err);
    assertStringIncludes(err, words);
    assertEquals(err.trimEnd().split("\n").length, 1);
  }
});
