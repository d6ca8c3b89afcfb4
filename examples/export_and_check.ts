/**
 * Does a network say the same elsewhere? It is written as JavaScript and run from there, row by
 * row, beside the network itself; then it is written for every other runtime.
 *
 * `deno run examples/export_and_check.ts`
 */

import {
  createNetwork,
  findProblem,
  forward,
  galleryDatasets,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";
import { EXPORT_TARGETS, exportModel, networkProgram } from "@freeknot/freeknot/export";
import { createRandom } from "@freeknot/freeknot/model";

const { train: dataset, encoding } = galleryDatasets(findProblem("nonsmooth"), { rows: 2000 });
const start = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
const { network } = await trainToEnd(start, dataset, { schedule: multilevelSchedule([8, 4]) });
const program = networkProgram(network, encoding);

const [module] = exportModel(program, { to: "js" }).files;
const { columns, predict } = await import(
  `data:text/javascript,${encodeURIComponent(module.content as string)}`
);

const random = createRandom(1), { minimum, maximum } = encoding.target;
let worst = 0;
for (let row = 0; row < 10_000; row++) {
  const point = Float64Array.of(random.uniform(), 2 * random.uniform() - 1);
  const expected = minimum + (maximum - minimum) * forward(network, point)[0];
  worst = Math.max(worst, Math.abs(predict(point)[0] - expected));
}
console.log(`JavaScript of ${columns.join(", ")}: 10000 rows, largest difference ${worst}`);

for (const to of EXPORT_TARGETS) {
  const { files, error } = exportModel(program, { to });
  const proven = error === undefined ? "" : `, proven error ${error.toPrecision(2)}`;
  console.log(`${to}: ${files.map(({ content }) => content.length).join(" + ")} bytes${proven}`);
}
