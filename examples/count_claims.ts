/**
 * How many claims is a driver to be expected to have in a year? Counts over times of different lengths:
 * Poisson's loss, the time as exposure.
 *
 * The table is made up, so that the true rates are known: young drivers and strong cars have more.
 *
 * `deno run examples/count_claims.ts`
 */

import { createNetwork, forward, parseTable, prepareTable, trainToEnd } from "@freeknot/freeknot";
import { devianceScores } from "@freeknot/freeknot/engine";
import { createRandom } from "@freeknot/freeknot/model";
import { coarseSchedule } from "@freeknot/freeknot/multilevel";

const random = createRandom(1);
const rate = (age: number, power: number): number =>
  Math.exp(-2 + 1.5 * Math.exp(-(age - 18) / 12) + 0.006 * (power - 40));
const lines = ["age,power,years,claims"];
for (let r = 0; r < 6000; r++) {
  const age = 18 + 62 * random.uniform(), power = 40 + 160 * random.uniform();
  const years = 0.1 + 0.9 * random.uniform();
  let claims = 0; // waiting times of events that come at random are exponential
  for (let t = 0; (t -= Math.log(1 - random.uniform())) < rate(age, power) * years;) claims++;
  lines.push(`${age.toFixed(1)},${power.toFixed(0)},${years.toFixed(3)},${claims}`);
}
const table = parseTable(lines.join("\n"), { name: "claims.csv" });

const loss = { kind: "poisson" } as const;
const { train, validation, test, encoding } = prepareTable(table, {
  targets: ["claims"],
  link: { kind: "log", power: 1, exposure: "years" },
  task: "regression",
  validationFraction: 0.2,
  seed: 1234,
});
const options = { widths: [2, 2, 1], intervals: 2, extrapolation: "clamp" } as const;
const { network } = await trainToEnd(createNetwork(options, { seed: 1234 }), train, {
  ...{ loss, validation: validation!, schedule: coarseSchedule(30) },
});

// The output is the logarithm of the rate, in units of the mean rate of the training rows.
const outputs = forward(network, test!.inputs, test!.rows);
const { d2 } = devianceScores(loss, outputs, test!);
console.log(`${test!.rows} rows kept apart: D2 ${d2!.toFixed(3)}`);

if (encoding.task !== "regression") throw new Error("counts are numbers");
const [{ maximum: unit }] = encoding.targets, [age, power] = encoding.inputs;
const scaled = (value: number, { minimum, maximum }: { minimum: number; maximum: number }) =>
  (value - minimum) / (maximum - minimum);
let off = 0;
for (const [years, kilowatts] of [[20, 60], [20, 150], [45, 60], [45, 150], [70, 100]]) {
  const row = Float64Array.of(scaled(years, age), scaled(kilowatts, power));
  const said = unit * Math.exp(forward(network, row)[0]), right = rate(years, kilowatts);
  off = Math.max(off, Math.abs(Math.log(said / right)));
  console.log(
    `age ${years}, ${kilowatts} kW: ${said.toFixed(3)} claims a year, truly ${right.toFixed(3)}`,
  );
}
console.log(`largest error of a rate: ${(100 * Math.expm1(off)).toFixed(0)} %`);
