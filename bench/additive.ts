/**
 * Additive models: the error on new rows for 5 to 80 intervals, and beside mgcv, where Rscript has it.
 *
 *     deno run -A bench/additive.ts [--draws 20] [--mgcv-draws 3]
 *
 * Four columns of Gu and Wahba (mgcv's gamSim), 400 rows, noise 2, and labels of the same predictor;
 * the error is the root mean square of the linear predictor's error on 1000 new rows. Seconds are the
 * processor's time of a fit, the median of the draws.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { fitAdditive } from "../lib/additive/mod.ts";
import { createRandom, forward, type Random } from "../lib/model/mod.ts";
import { median } from "./_case.ts";
import { describeMachine } from "./_machine.ts";

const INTERVALS = [5, 10, 20, 40, 80];
const KINDS = ["numbers", "labels"] as const;

function predictor([a, b, c]: Float64Array): number {
  return 2 * Math.sin(Math.PI * a) + Math.exp(2 * b) - 8 +
    0.2 * c ** 11 * (10 * (1 - c)) ** 6 + 10 * (10 * c) ** 3 * (1 - c) ** 10;
}

function draw(rows: number, kind: typeof KINDS[number], random: Random) {
  const inputs = Float64Array.from({ length: rows * 4 }, () => random.uniform());
  const truth = Float64Array.from({ length: rows }, (_, r) => {
    const value = predictor(inputs.subarray(4 * r, 4 * r + 4));
    return kind === "labels" ? value / 3 : value;
  });
  const targets = truth.map((value) =>
    kind === "labels"
      ? +(random.uniform() < 1 / (1 + Math.exp(-value)))
      : value + 2 * random.normal()
  );
  return { rows, nIn: 4, nOut: 1, inputs, targets, truth };
}

const errorOf = (said: ArrayLike<number>, truth: Float64Array) =>
  Math.sqrt(truth.reduce((sum, y, r) => sum + (y - said[r]) ** 2, 0) / truth.length);
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** What mgcv says about new rows. */
async function mgcv(
  data: ReturnType<typeof draw>,
  fresh: ReturnType<typeof draw>,
  kind: typeof KINDS[number],
): Promise<{ readonly error: number; readonly seconds: number } | undefined> {
  const folder = await Deno.makeTempDir();
  const text = ({ rows, inputs, targets }: ReturnType<typeof draw>) =>
    [
      "a,b,c,d,y",
      ...Array.from({ length: rows }, (_, r) =>
        [...inputs.subarray(4 * r, 4 * r + 4), targets[r]].join(",")),
    ].join("\n");
  try {
    await Deno.writeTextFile(`${folder}/d.csv`, text(data));
    await Deno.writeTextFile(`${folder}/n.csv`, text(fresh));
    const family = kind === "labels" ? "binomial" : "gaussian";
    const { success, stdout } = await new Deno.Command("Rscript", {
      args: [
        "-e",
        `suppressMessages(library(mgcv)); d <- read.csv("${folder}/d.csv")
time <- system.time(fit <- gam(y ~ s(a) + s(b) + s(c, k = 20) + s(d), data = d, method = "REML",
  select = TRUE, family = ${family}))
cat(sum(time[1:2]), format(predict(fit, read.csv("${folder}/n.csv")), digits = 17))`,
      ],
      stdout: "piped",
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const [seconds, ...said] = new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
    return { error: errorOf(said, fresh.truth), seconds };
  } catch {
    return undefined; // no Rscript
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: {
    draws: { type: "string", default: "20" },
    "mgcv-draws": { type: "string", default: "3" },
  },
});
console.log(
  `${
    JSON.stringify(describeMachine())
  }\nerror of the linear predictor on new rows; seconds of a fit`,
);
for (const kind of KINDS) {
  const errors = INTERVALS.map((): number[] => []), seconds = INTERVALS.map((): number[] => []);
  const ratios: number[] = [], theirs: number[] = [];
  for (let k = 0; k < Number(values.draws); k++) {
    const random = createRandom(k + 1, kind);
    const data = draw(400, kind, random), fresh = draw(1000, kind, random);
    const loss = { kind: kind === "labels" ? "crossEntropy" : "mse" } as const;
    INTERVALS.forEach((intervals, i) => {
      const from = cpuUsage();
      const { network } = fitAdditive(data, { loss, intervals });
      const { user, system } = cpuUsage(from);
      seconds[i].push((user + system) / 1e6);
      errors[i].push(errorOf(forward(network, fresh.inputs), fresh.truth));
    });
    const peer = k < Number(values["mgcv-draws"]) ? await mgcv(data, fresh, kind) : undefined;
    if (peer === undefined) continue;
    ratios.push(errors[2][k] / peer.error);
    theirs.push(peer.seconds);
  }
  console.log(`\n${kind}, ${values.draws} draws`);
  INTERVALS.forEach((intervals, i) =>
    console.log(
      `${String(intervals).padStart(3)} intervals  error ${mean(errors[i]).toFixed(4)}  ` +
        `${median(seconds[i]).toFixed(3)} s`,
    )
  );
  console.log(
    ratios.length === 0
      ? "SKIPPED: mgcv, there is no Rscript with it"
      : `mgcv (thin plates, select): error of 20 intervals / its ${mean(ratios).toFixed(3)}, ` +
        `${median(theirs).toFixed(3)} s, ${ratios.length} draws`,
  );
}
