import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { parseTable } from "../../../lib/data/mod.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { run, withFolder } from "../support.ts";

/** Drivers: counts by exposure, sums of losses, successes of trials, times of events. */
function driversTable(rows = 240): string {
  const random = createRandom(5), lines = ["age,exposure,claims,cost,loss,passed,tests,time,event"];
  const exponential = () => -Math.log(1 - random.uniform());
  for (let r = 0; r < rows; r++) {
    const age = random.uniform(), exposure = 0.2 + random.uniform();
    const rate = Math.exp(1 - 2 * age), p = 1 / (1 + Math.exp(3 - 5 * age));
    let claims = 0;
    for (let q = random.uniform(); q > Math.exp(-rate * exposure); q *= random.uniform()) claims++;
    let loss = 0;
    for (let k = 0; k < claims; k++) loss += exponential();
    const cost = 100 * rate * (exponential() + exponential() + exponential()) / 3;
    let passed = 0;
    for (let k = 0; k < 6; k++) passed += Number(random.uniform() < p);
    const event = exponential() / (rate * rate), seen = 2 * random.uniform();
    const time = Math.ceil(50 * Math.min(event, seen)) / 50;
    lines.push(
      [age, exposure, claims, cost, loss, passed, 6, time, Number(event <= seen)].join(),
    );
  }
  return `${lines.join("\n")}\n`;
}

const QUICK = ["--inputs", "age", "--intervals", "2", "--schedule", "3,3", "--quiet"];

/** Columns of a table by their names. */
function columnsOf(text: string): Record<string, number[]> {
  const table = parseTable(text, { name: "out.csv" });
  return Object.fromEntries(
    table.columns.map((name, c) => [name, table.cells[c].map(Number)]),
  );
}

interface Case {
  readonly flags: readonly string[];
  readonly scores: readonly string[];
  readonly columns: readonly string[];
  readonly least: readonly [score: string, value: number];
}

const CASES: readonly Case[] = [
  {
    flags: ["--target", "claims", "--loss", "poisson", "--exposure", "exposure"],
    scores: ["rmse", "r2", "mae", "maxError", "medianError", "mape", "deviance", "d2"],
    columns: ["claims_prediction", "claims_rate"],
    least: ["d2", 0.15],
  },
  {
    flags: ["--target", "cost", "--loss", "gamma"],
    scores: ["rmse", "r2", "mae", "maxError", "medianError", "mape", "deviance", "d2"],
    columns: ["cost_prediction"],
    least: ["d2", 0.3],
  },
  {
    flags: ["--target", "loss", "--loss", "tweedie:1.5", "--exposure", "exposure"],
    scores: ["rmse", "r2", "mae", "maxError", "medianError", "mape", "deviance", "d2"],
    columns: ["loss_prediction", "loss_rate"],
    least: ["d2", 0.05],
  },
  {
    flags: ["--target", "passed", "--loss", "binomial", "--trials", "tests"],
    scores: ["rmse", "r2", "mae", "maxError", "medianError", "mape", "deviance", "d2"],
    columns: ["passed_prediction", "passed_probability"],
    least: ["d2", 0.5],
  },
  {
    flags: ["--target", "time", "--loss", "cox", "--event", "event"],
    scores: ["concordance", "events"],
    columns: ["time_log_hazard_ratio", "time_hazard_ratio"],
    least: ["concordance", 0.65],
  },
  {
    flags: ["--target", "cost", "--loss", "quantile:0.9"],
    scores: ["pinball", "d2", "coverage"],
    columns: ["cost_quantile_0.9"],
    least: ["coverage", 0.8],
  },
  {
    flags: ["--target", "cost", "--target-scale", "log"],
    scores: ["rmse", "r2", "mae", "maxError", "medianError", "mape"],
    columns: ["cost_prediction"],
    least: ["r2", 0.2],
  },
];

for (const { flags, scores, columns, least } of CASES) {
  Deno.test(`train, evaluate and predict with ${flags.slice(2).join(" ")}`, async () => {
    await withFolder(async (folder) => {
      const data = `${folder}/t.csv`,
        model = `${folder}/m.safetensors`,
        report = `${folder}/r.html`;
      await Deno.writeTextFile(data, driversTable());
      const outputs = ["--model-out", model, "--report", report, "--json"];
      const trained = await run("train", "--data", data, ...flags, ...QUICK, ...outputs);
      assertEquals([trained.code, trained.err], [0, ""]);
      const result = JSON.parse(trained.out);
      assertEquals(Object.keys(result.scores.train), scores);
      assert(result.scores.train[least[0]] >= least[1], `${least[0]} ${trained.out}`);
      for (const word of flags) assertStringIncludes(result.command, word);

      // every part again from the file
      for (const part of ["train", "test"]) {
        const again = await run(
          ...["evaluate", "--model", model, "--data", data, "--part", part, "--json"],
        );
        const evaluated = JSON.parse(again.out);
        for (const score of scores) {
          const expected = result.scores[part][score];
          assertAlmostEquals(evaluated.scores[score], expected, 1e-9 * Math.abs(expected), score);
        }
        assertAlmostEquals(evaluated.loss, result.loss[part], 1e-9 * Math.abs(result.loss[part]));
      }
      const html = await Deno.readTextFile(report);
      for (const word of ["<svg", scores[0] === "rmse" ? "RMSE" : "test"]) {
        assertStringIncludes(html, word);
      }
      const said = await run("predict", "--model", model, "--data", data);
      assertEquals(said.code, 0, said.err);
      const table = columnsOf(said.out);
      assertEquals(Object.keys(table).slice(9), columns);
      for (const name of columns) assert(table[name].every(Number.isFinite), name);
      const [first, second] = columns;
      table[first].forEach((value, r) => {
        if (first === "time_log_hazard_ratio") {
          assertAlmostEquals(Math.exp(value), table[second][r], 1e-12 * table[second][r]);
        } else if (second !== undefined) {
          const amount = first === "passed_prediction" ? table.tests[r] : table.exposure[r];
          assertAlmostEquals(value, amount * table[second][r], 1e-12 * value);
        } else assert(value > 0);
      });
    });
  });
}

Deno.test("means on the target's scale add up to the training rows' counts", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m.safetensors`;
    await Deno.writeTextFile(data, driversTable());
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    for (const flags of [CASES[0].flags, CASES[3].flags, CASES[6].flags]) {
      const all = ["--test-fraction", "0", "--schedule", "30", "--model-out", model];
      const { code, err } = await run(
        ...["train", "--data", data, ...flags, "--inputs", "age", "--quiet", ...all],
      );
      assertEquals(code, 0, err);
      const table = columnsOf((await run("predict", "--model", model, "--data", data)).out);
      const target = flags[1], right = mean(table[target]);
      // exact for canonical links, where the sum of the residuals is a derivative; smearing is close
      const close = flags[2] === "--loss" ? 1e-4 : 0.1;
      assertAlmostEquals(mean(table[`${target}_prediction`]), right, close * right, target);
    }
  });
});

Deno.test("several targets, several seeds and their mean", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m.safetensors`;
    await Deno.writeTextFile(data, driversTable(120));
    for (
      const flags of [
        ["--target", "claims,passed", "--loss", "poisson", "--exposure", "exposure"],
        ["--target", "claims,cost", "--loss", "quantile:0.5"],
        ["--target", "cost", "--target-scale", "log"],
        ["--target", "time", "--loss", "cox", "--event", "event"],
      ]
    ) {
      const seeds = ["--seeds", "1,2", "--keep", "mean", "--model-out", model, "--json"];
      const trained = await run("train", "--data", data, ...flags, ...QUICK, ...seeds);
      assertEquals(trained.code, 0, trained.err);
      const evaluated = await run(
        ...["evaluate", "--model", model, "--data", data, "--part", "test", "--json"],
      );
      const kept = JSON.parse(trained.out).ensemble.scores.test;
      const again = JSON.parse(evaluated.out).scores;
      for (const [name, value] of Object.entries(kept)) {
        if (typeof value !== "number") continue;
        assertAlmostEquals(again[name], value, 1e-9 * Math.abs(value), name);
      }
      const best = await run(
        ...["train", "--data", data, ...flags, ...QUICK, "--seeds", "1,2", "--model-out", model],
      );
      assertEquals(best.code, 0, best.err);
      assertEquals((await run("inspect", "--model", model)).code, 0);
    }
  });
});

Deno.test("Huber's loss leaves outliers of any size alone", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m.safetensors`;
    for (const outlier of [1000, 10, 3, 1.5]) {
      const y = (i: number) => i % 23 === 0 ? outlier : Number(Math.sin(i / 30).toFixed(5));
      const lines = Array.from({ length: 200 }, (_, i) => `${i / 200},${y(i)}`);
      await Deno.writeTextFile(data, ["x,y", ...lines].join("\n"));
      const { code, err } = await run(
        ...["train", "--data", data, "--target", "y", "--test-fraction", "0", "--intervals", "5"],
        ...["--schedule", "32,16", "--loss", "huber", "--model-out", model],
      );
      assertEquals(code, 0, err);
      assertStringIncludes(err, "huber: after a first fit residuals spread by");
      const table = columnsOf((await run("predict", "--model", model, "--data", data)).out);
      let sum = 0, count = 0;
      table.y_prediction.forEach((said, i) => {
        if (i % 23 === 0) return;
        sum += (said - Math.sin(i / 30)) ** 2;
        count++;
      });
      assert(Math.sqrt(sum / count) < 0.002, `${outlier}: ${Math.sqrt(sum / count)}`);
    }
  });
});

Deno.test("--target-scale auto takes logarithms where held-out rows gain, else the range", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, random = createRandom(2);
    for (const [steep, chosen] of [[12, "log"], [0, "range"]] as const) {
      const lines = Array.from({ length: 150 }, () => {
        const x = random.uniform();
        return `${x},${Math.exp(steep * x + 0.1 * random.normal())}`;
      });
      await Deno.writeTextFile(data, ["x,y", ...lines].join("\n"));
      const { code, out, err } = await run(
        ...["train", "--data", data, "--target", "y", "--target-scale", "auto", "--json"],
        ...["--intervals", "2", "--schedule", "6"],
      );
      assertEquals(code, 0, err);
      assertEquals(JSON.parse(out).options.targetScale, chosen, err);
      const words = JSON.parse(out).command.split(" ").slice(1);
      const again = await run(...words, "--json", "--quiet");
      assertEquals(JSON.parse(again.out).loss, JSON.parse(out).loss, "the same bits again");
      if (chosen === "log") assertStringIncludes(err, "target scale: log (root of the held-out");
    }
  });
});

Deno.test("what a loss cannot take is refused in one sentence", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, out = `${folder}/m.safetensors`;
    await Deno.writeTextFile(data, driversTable(60));
    const bad = `${folder}/bad.csv`;
    await Deno.writeTextFile(
      bad,
      "x,n,count,amount,t,e\n" +
        "1,2,1,1,1,1\n2,2,3,0,0,0\n3,0,1,2,1,2\n4,1,-1,3,2,1\n5,1,1,4,3,0\n6,2,2,5,4,0\n",
    );
    const faults: readonly [words: string, ...flags: string[]][] = [
      ["--loss must be one of mse, huber", "--target", "claims", "--loss", "possion"],
      ["did you mean", "--target", "claims", "--loss", "possion"],
      ["--loss must be quantile:TAU", "--target", "cost", "--loss", "quantile"],
      ["between 0 and 1", "--target", "cost", "--loss", "quantile:2"],
      ["between 1 and 2", "--target", "cost", "--loss", "tweedie:2"],
      ["must come without a number", "--target", "claims", "--loss", "poisson:1"],
      ["--exposure must come with", "--target", "claims", "--exposure", "exposure"],
      ["--trials must come with", "--target", "claims", "--loss", "poisson", "--trials", "tests"],
      ["--event must name the column", "--target", "time", "--loss", "cox"],
      ["--range must come with", "--target", "cost", "--loss", "gamma", "--range", "0:1"],
      [
        "--range must come with",
        ...["--target", "cost", "--target-scale", "log", "--range", "0:1"],
      ],
      ["be one of", "--target", "claims", "--loss", "poisson", "--exposure", "miles"],
      ["one column of times", "--target", "time,cost", "--loss", "cox", "--event", "event"],
      [
        "compares every event",
        ...["--target", "time", "--loss", "cox", "--event", "event", "--optimizer", "adam"],
        ...["--batch-size", "16"],
      ],
    ];
    for (const [words, ...flags] of faults) {
      const found = await run("train", "--data", data, ...flags, "--model-out", out);
      assertEquals(found.code, 2, `${words}: ${found.err}`);
      assertStringIncludes(found.err, words);
    }
    const cells: readonly [words: string, ...flags: string[]][] = [
      ["line 5, column", "--target", "count", "--loss", "poisson"],
      ["line 3, column", "--target", "amount", "--loss", "gamma"],
      ["an exposure above 0", "--target", "amount", "--loss", "poisson", "--exposure", "n"],
      ["a number of trials above 0", "--target", "count", "--loss", "binomial", "--trials", "n"],
      ["a time above 0", "--target", "t", "--loss", "cox", "--event", "e"],
      ["a share from 0 to 1", "--target", "amount", "--loss", "binomial"],
      ["above 0 for a logarithm", "--target", "amount", "--target-scale", "log"],
    ];
    for (const [words, ...flags] of cells) {
      const found = await run(
        ...["train", "--data", bad, ...flags, "--inputs", "x", "--test-fraction", "0"],
        ...["--model-out", out],
      );
      assertEquals(found.code, 2, `${words}: ${found.err}`);
      assertStringIncludes(found.err, words);
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "bad.csv",
      "t.csv",
    ]);
  });
});

Deno.test("predictions need the exposures of their rows", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m.safetensors`;
    await Deno.writeTextFile(data, driversTable(60));
    await run("train", "--data", data, ...CASES[0].flags, ...QUICK, "--model-out", model);
    await Deno.writeTextFile(`${folder}/new.csv`, "age\n0.5\n");
    const found = await run("predict", "--model", model, "--data", `${folder}/new.csv`);
    assertEquals(found.code, 2);
    assertStringIncludes(found.err, '"exposure"');
  });
});
