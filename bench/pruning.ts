/**
 * What pruning finds: edges that targets are made of, columns among noise, a diagnosis from ten
 * columns. Tables of docs/explain.md.
 *
 * `deno run --allow-all bench/pruning.ts [--only edges|columns|diagnosis]`
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { fit } from "@freeknot/freeknot";
import { datasetOf } from "@freeknot/freeknot/data";
import { prune } from "@freeknot/freeknot/interpret";
import { runCommand, writeFriedman } from "./_command.ts";
import { generator, normal } from "../tests/support/random.ts";

const { only } = parseArgs(Deno.args, { string: ["only"] }) as { only?: string };
const wanted = (name: string) => only === undefined || only === name;
const folder = Deno.makeTempDirSync();
const at = (name: string) => `${folder}/${name}`;

const TARGETS = 14, SUMS = 5, COLUMNS = 17;

/** [17, 5, 14], each target a function of one or two of five sums of columns. */
async function edgesOfTargets(): Promise<void> {
  const random = generator(3);
  const inputs = Array.from({ length: 3000 }, () => Array.from({ length: COLUMNS }, random));
  const targets = inputs.map((x) => {
    const sums = new Array<number>(SUMS).fill(0);
    x.forEach((value, i) => sums[i % SUMS] += value);
    return Array.from({ length: TARGETS }, (_, q) => {
      const second = q % 2 ? sums[(q + 2) % SUMS] ** 2 : 0;
      return Math.sin(3 * sums[q % SUMS]) + second + 0.02 * normal(random);
    });
  });
  const data = { inputs, targets };
  const { network } = await fit(data);
  const begin = performance.now(), before = cpuUsage();
  const pruned = await prune(network, datasetOf(data));
  const { user, system } = cpuUsage(before), { edges } = pruned.network.config;
  const left = edges?.flat().join("").replaceAll("0", "").length ?? "all";
  console.log(
    `[17, 5, 14], 3,000 rows, ${network.config.intervals} intervals: ${left} of 70 edges left ` +
      `(21 are true), parameters ${network.parameters.length} -> ` +
      `${pruned.network.parameters.length}, judged loss ${pruned.before.toExponential(2)} -> ` +
      `${pruned.after.toExponential(2)}, ${((performance.now() - begin) / 1000).toFixed(1)} s, ` +
      `${((user + system) / 1e6).toFixed(1)} s of processor time\n`,
  );
}

/** Test scores of a command's output. */
function scoreOf(printed: unknown, name: string): number {
  const { scores } = printed as { scores: Record<string, Record<string, number>> };
  return (scores.test ?? scores)[name] as number;
}

/** Friedman's function beside 95 columns of noise, default flags. */
async function columnsAmongNoise(): Promise<void> {
  console.log("Friedman's five columns and 95 of noise, 2,000 rows\n");
  console.log("seed  columns left             train r2  test r2  pruned rmse  five alone     s");
  for (const seed of [1, 2, 3, 4, 5, 6, 7]) {
    writeFriedman(at("all.csv"), { seed, rows: 2000, columns: 100 });
    writeFriedman(at("five.csv"), { seed, rows: 2000, columns: 5 });
    const train = ["train", "--form", "network", "--target", "y", "--seed", `${seed}`, "--data"];
    const all = await runCommand(...train, at("all.csv"), "--model-out", at("all.st")) as {
      scores: { train: { r2: number }; test: { r2: number } };
    };
    const begin = performance.now(), model = ["--model", at("all.st"), "--data", at("all.csv")];
    const pruned = await runCommand("prune", ...model, "--model-out", at("pruned.st"));
    const seconds = (performance.now() - begin) / 1000;
    const judged = ["--model", at("pruned.st"), "--data", at("all.csv"), "--part", "test"];
    const found = await runCommand("evaluate", ...judged);
    const five = await runCommand(...train, at("five.csv"));
    console.log([
      `${seed}`.padStart(4),
      (pruned.inputs as string[]).join(" ").padEnd(23),
      all.scores.train.r2.toFixed(2).padStart(9),
      all.scores.test.r2.toFixed(2).padStart(7),
      scoreOf(found, "rmse").toFixed(3).padStart(11),
      scoreOf(five, "rmse").toFixed(3).padStart(10),
      seconds.toFixed(1).padStart(4),
    ].join("  "));
  }
  console.log();
}

const TABLE = new URL("../examples/data/wisconsin_breast_cancer.csv", import.meta.url).pathname;
const ADDITIVE = "--first-layer spline --widths 30,1 --knots uniform --intervals 2 --schedule 5 " +
  "--optimizer lbfgs --weight-decay 0.0001";
const WAYS = [
  { name: "--keep-inputs 10", flags: "--keep-inputs 10" },
  { name: "default flags", flags: "" },
];

/** The Wisconsin table, an additive network, twenty splits each. */
async function diagnosis(): Promise<void> {
  const split = (text: string) => text.split(" ").filter((word) => word !== "");
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x / list.length, 0);
  console.log(`Wisconsin table, 114 test rows; train ${ADDITIVE}\n`);
  console.log("seeds       columns, mean  most  accuracy, all  accuracy, left  prune");
  for (const first of [1, 101]) {
    for (const way of WAYS) {
      const all: number[] = [], left: number[] = [], columns: number[] = [];
      for (let seed = first; seed < first + 20; seed++) {
        const data = ["--data", TABLE], target = ["--target", "benign", "--loss", "cross-entropy"];
        const flags = [...split(ADDITIVE), "--test-fraction", "0.2"];
        const out = ["--seed", `${seed}`, "--model-out", at("cancer.st")];
        all.push(
          scoreOf(await runCommand("train", ...data, ...target, ...flags, ...out), "accuracy"),
        );
        const pruned = await runCommand(
          ...["prune", "--model", at("cancer.st"), ...data, ...split(way.flags)],
          ...["--model-out", at("left.st")],
        );
        columns.push((pruned.inputs as string[]).length);
        const part = ["--part", "test"];
        const found = await runCommand("evaluate", "--model", at("left.st"), ...data, ...part);
        left.push(scoreOf(found, "accuracy"));
      }
      console.log([
        `${first} to ${first + 19}`.padEnd(10),
        mean(columns).toFixed(1).padStart(13),
        `${Math.max(...columns)}`.padStart(4),
        mean(all).toFixed(4).padStart(13),
        mean(left).toFixed(4).padStart(14),
        way.name,
      ].join("  "));
    }
  }
}

if (wanted("edges")) await edgesOfTargets();
if (wanted("columns")) await columnsAmongNoise();
if (wanted("diagnosis")) await diagnosis();
Deno.removeSync(folder, { recursive: true });
