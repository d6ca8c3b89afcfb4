/**
 * What the penalty on edges leaves: one hidden node of a function that needs one, and columns among
 * noise. Figures of docs/explain.md.
 *
 * `deno run --allow-all bench/sparsity.ts [--only nodes|columns]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  createNetwork,
  decodeModel,
  findProblem,
  galleryDatasets,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";
import { prune } from "@freeknot/freeknot/interpret";
import { edgeNorms } from "@freeknot/freeknot/model";
import { blockValues } from "../lib/model/inner.ts";
import { runCommand, writeFriedman } from "./_command.ts";

const { only } = parseArgs(Deno.args, { string: ["only"] }) as { only?: string };

/** exp(sin(pi x) + y^2), [2, 5, 1] all splines, 60 epochs: which edges to the output live. */
async function nodes(): Promise<void> {
  const { train: rows } = galleryDatasets(findProblem("exp-sine"), { rows: 1000 });
  console.log("seed  edges to the output over the largest           prune leaves");
  for (const seed of [1, 2, 3, 4, 5]) {
    const start = createNetwork({ widths: [2, 5, 1], firstLayer: "spline" }, { seed });
    const schedule = multilevelSchedule([60]);
    const sparsity = 0.01;
    const { network } = await trainToEnd(start, rows, { schedule, sparsity });
    const [, last] = edgeNorms(network, rows.inputs), largest = Math.max(...last);
    const shares = [...last].sort((a, b) => b - a).map((x) => (x / largest).toExponential(1));
    const { network: small, after } = await prune(network, rows, { inputs: false, sparsity });
    console.log(
      `${seed}`.padStart(4),
      "",
      shares.join(" ").padEnd(47),
      `${small.config.widths.join(",")}, judged loss ${after.toExponential(1)}`,
    );
  }
  console.log();
}

/** Friedman's function beside 95 columns of noise, a linear first map. */
async function columns(): Promise<void> {
  const folder = Deno.makeTempDirSync(), table = `${folder}/all.csv`, model = `${folder}/all.st`;
  console.log("Friedman's five columns and 95 of noise, --intervals 4 --schedule 40\n");
  console.log("seed  sparsity      train r2  test r2  columns above 1e-2 of the largest weight");
  const ways = [1, 2, 3].flatMap((seed) =>
    ["0", "auto", "auto,1,1,1,0"].map((sparsity) => ({ seed, sparsity }))
  );
  for (const { seed, sparsity } of ways) {
    writeFriedman(table, { seed, rows: 2000, columns: 100 });
    const { scores } = await runCommand(
      ...["train", "--data", table, "--target", "y", "--intervals", "4", "--schedule", "40"],
      ...["--seed", `${seed}`, "--sparsity", sparsity, "--model-out", model],
    ) as { scores: Record<"train" | "test", { r2: number }> };
    const { network } = decodeModel(Deno.readFileSync(model));
    const weights = blockValues(network, "linear.weights"), width = weights.length / 100;
    const sizes = Array.from(
      { length: 100 },
      (_, i) => Math.hypot(...weights.subarray(i * width, (i + 1) * width)),
    );
    const largest = Math.max(...sizes);
    const names = sizes.flatMap((size, i) => size > 1e-2 * largest ? [`x${i + 1}`] : []);
    console.log([
      `${seed}`.padStart(4),
      sparsity.padEnd(12),
      scores.train.r2.toFixed(2).padStart(8),
      scores.test.r2.toFixed(2).padStart(7),
      names.length > 10 ? `${names.length}` : names.join(" "),
    ].join("  "));
  }
  Deno.removeSync(folder, { recursive: true });
}

if (only === undefined || only === "nodes") await nodes();
if (only === undefined || only === "columns") await columns();
