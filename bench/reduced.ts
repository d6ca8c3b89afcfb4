/**
 * Exports of an error: bytes by error and target, the proven error and the largest one at a million
 * random points (of the JavaScript), for a network that was trained on a problem of the gallery.
 *
 * `deno run --allow-all bench/reduced.ts [--problem exp-sine] [--intervals 5]`
 *
 * @module
 */

import { createNetwork } from "@freeknot/freeknot";
import { findProblem, galleryDatasets } from "@freeknot/freeknot/data";
import { exportModel, type ModelProgram, networkProgram } from "@freeknot/freeknot/export";
import { createRandom } from "@freeknot/freeknot/model";
import { multilevelSchedule } from "@freeknot/freeknot/multilevel";
import { lbfgs, trainToEnd } from "@freeknot/freeknot/train";
import { parseArgs } from "@std/cli/parse-args";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["problem", "intervals"] });
const name = String(given.problem ?? "exp-sine"), intervals = Number(given.intervals ?? 5);
const problem = findProblem(name), POINTS = 1_000_000;
const { train } = galleryDatasets(problem, { rows: 2000 });
const start = createNetwork(
  { widths: [problem.domain.length, 5, 1], intervals },
  { seed: 1 },
);
const { network } = await trainToEnd(start, train, {
  optimizer: lbfgs(),
  schedule: multilevelSchedule([20, 10, 5]),
});
const whole = networkProgram(network);
const program: ModelProgram = {
  ...whole,
  columns: whole.columns.map((column, p) => ({ ...column, range: problem.domain[p] })),
};
const outputs = train.targets, span = Math.max(...outputs) - Math.min(...outputs);

const folder = Deno.makeTempDirSync();
async function predictor(stem: string, error?: number) {
  const model = exportModel(program, { to: "js", ...(error === undefined ? {} : { error }) });
  Deno.writeTextFileSync(`${folder}/${stem}.js`, model.files[0].content as string);
  const { predict } = await import(`file://${folder}/${stem}.js`);
  return { predict, model };
}

const { predict: exact } = await predictor("whole"), lines: string[][] = [];
const TARGETS = ["js", "c", "python", "sql", "onnx"] as const;
for (const share of [undefined, 1e-1, 1e-2, 1e-3, 1e-4, 1e-6]) {
  const error = share === undefined ? undefined : share * span;
  const bytes = TARGETS.map((to) => {
    const { files } = exportModel(program, { to, ...(error === undefined ? {} : { error }) });
    const [{ content }] = files;
    return String(typeof content === "string" ? content.length : content.byteLength);
  });
  const { predict, model } = await predictor(`m${lines.length}`, error);
  let worst = 0;
  const random = createRandom(2, "reduced"), row = new Float64Array(program.columns.length);
  const [y, z] = [new Float64Array(1), new Float64Array(1)];
  for (let r = 0; error !== undefined && r < POINTS; r++) {
    problem.domain.forEach(([low, high], p) => row[p] = low + random.uniform() * (high - low));
    worst = Math.max(worst, Math.abs(predict(row, y)[0] - exact(row, z)[0]));
  }
  const shown = (value: number | undefined) => value === undefined ? "" : value.toExponential(1);
  lines.push([
    share === undefined ? "none" : share.toExponential(0),
    model.reduced?.dtype ?? "float64",
    String(
      model.reduced?.numbers ?? exportModel(program, { to: "js", error: span }).reduced
        ?.numbersBefore,
    ),
    shown(model.error && model.error / span),
    error === undefined ? "" : shown(worst / span),
    ...bytes,
  ]);
}
Deno.removeSync(folder, { recursive: true });
console.log(
  `${name}, [${
    network.config.widths.join(", ")
  }], ${network.config.intervals} intervals, target from ` +
    `${Math.min(...outputs).toPrecision(3)} to ${Math.max(...outputs).toPrecision(3)}`,
);
const head = ["error / range", "format (js)", "numbers", "proven", "found", ...TARGETS];
console.log(markdown(head, lines));
