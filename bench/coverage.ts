/**
 * How often intervals of 90 % cover: twelve simulated tables, drawn again and again.
 *
 * Effects and means: the share of rows whose true mean lies in the band; observations: that of new
 * rows whose target lies in the interval, by the Bayesian covariance and by split conformal ones;
 * of classes, those whose class is in the split conformal set, and how many classes sets have.
 *
 *     deno run -A bench/coverage.ts [--draws 500] [--table NAME]
 *
 * @module
 */

import { parseArgs } from "node:util";
import { fitAdditive } from "../lib/additive/mod.ts";
import { createRandom, forward, type Network, type Random } from "../lib/model/mod.ts";
import {
  classErrors,
  classSets,
  conformalWidth,
  effectBand,
  predictionBand,
} from "../lib/uncertainty/mod.ts";

const LEVEL = 0.9;

interface SimulatedTable {
  readonly rows: number;
  readonly columns: number;
  readonly noise: number;
  readonly labels?: boolean;
  readonly x?: (c: number, random: Random, row: readonly number[]) => number;
  readonly parts: readonly ((x: number) => number)[];
}

const sine = (x: number) => 2 * Math.sin(Math.PI * x), growth = (x: number) => Math.exp(2 * x);
const hills = (x: number) =>
  0.2 * x ** 11 * (10 * (1 - x)) ** 6 + 10 * (10 * x) ** 3 * (1 - x) ** 10;
const none = () => 0, line = (x: number) => 3 * x;
const uniform = (_c: number, random: Random) => random.uniform();

/** The first three are those of Gu and Wahba, as mgcv's gamSim has them. */
const TABLES: Record<string, SimulatedTable> = {
  "four terms": { rows: 400, columns: 4, noise: 2, parts: [sine, growth, hills, none] },
  "four terms, few rows": { rows: 100, columns: 4, noise: 2, parts: [sine, growth, hills, none] },
  "four terms, little noise": {
    ...{ rows: 200, columns: 4, noise: 0.3, parts: [sine, growth, hills, none] },
  },
  "lines": { rows: 200, columns: 3, noise: 1, parts: [line, line, line] },
  "one column": { rows: 100, columns: 1, noise: 0.5, parts: [(x) => Math.sin(8 * x)] },
  "correlated columns": {
    ...{ rows: 300, columns: 3, noise: 1, parts: [sine, growth, none] },
    x: (c, random, row) => c === 0 ? random.uniform() : (row[0] + random.uniform()) / 2,
  },
  "levels and numbers": {
    ...{ rows: 300, columns: 4, noise: 1, parts: [sine, line, (x) => -x, none] },
    x: (c, random) => c === 0 ? random.uniform() : +(random.uniform() < 0.4),
  },
  "skewed columns": {
    ...{ rows: 300, columns: 2, noise: 0.5, parts: [(x) => Math.log(x + 0.1), Math.sqrt] },
    x: (_c, random) => -Math.log(1 - random.uniform()),
  },
  "skewed columns, roots": {
    ...{ rows: 300, columns: 2, noise: 0.5 },
    parts: [(x) => Math.log(x * x + 0.1), (x) => x],
    x: (_c, random) => Math.sqrt(-Math.log(1 - random.uniform())),
  },
  "labels": { rows: 500, columns: 2, noise: 0, labels: true, parts: [sine, (x) => 4 * x - 3] },
  "labels, ten columns": {
    ...{ rows: 1000, columns: 10, noise: 0, labels: true },
    parts: [sine, (x) => 4 * x - 3, ...Array.from({ length: 8 }, () => none)],
  },
};

/** Probabilities of classes from logits; one logit is that of the second of two. */
function probabilities(logits: Float64Array, nOut: number): number[] {
  if (nOut === 1) {
    return Array.from(logits, (z) => 1 / (1 + Math.exp(-z))).flatMap((p) => [1 - p, p]);
  }
  const said: number[] = [];
  for (let r = 0; r < logits.length; r += nOut) {
    const powers = Array.from(logits.subarray(r, r + nOut), Math.exp);
    const sum = powers.reduce((all, each) => all + each);
    said.push(...powers.map((each) => each / sum));
  }
  return said;
}

/** Coverage of sets of classes on fresh rows, and the mean number of classes in them. */
function setsCover(network: Network, held: Drawn, fresh: Drawn): readonly [number, number] {
  const { nOut } = held, classes = Math.max(2, nOut);
  const right = ({ targets, rows }: Drawn) =>
    nOut === 1 ? targets : Float64Array.from(
      { length: rows },
      (_, r) => targets.subarray(r * nOut, (r + 1) * nOut).indexOf(1),
    );
  const said = ({ inputs }: Drawn) => probabilities(forward(network, inputs), nOut);
  const threshold = conformalWidth(classErrors(said(held), right(held)), LEVEL);
  const sets = classSets(said(fresh), classes, threshold), are = right(fresh);
  const size = sets.reduce((sum, set) => sum + set.length, 0) / sets.length;
  return [share(sets.map((set, r) => set.includes(are[r]))), size];
}

type Drawn = ReturnType<typeof draw>;

/** Three classes, whose logits are functions of two columns. */
function drawClasses(rows: number, random: Random): Drawn {
  const inputs = Float64Array.from({ length: 2 * rows }, () => random.uniform());
  const targets = new Float64Array(3 * rows);
  for (let r = 0; r < rows; r++) {
    const [x, z] = inputs.subarray(2 * r, 2 * r + 2);
    const p = probabilities(Float64Array.of(sine(2 * x), 3 * x * z, 2 - 4 * z), 3);
    const u = random.uniform();
    targets[3 * r + (u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2)] = 1;
  }
  return { rows, nIn: 2, nOut: 3, inputs, targets, truth: new Float64Array(rows) };
}

function draw(table: SimulatedTable, rows: number, random: Random) {
  const { columns, x = uniform, parts, noise, labels } = table;
  const inputs = new Float64Array(rows * columns), truth = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const row: number[] = [];
    for (let c = 0; c < columns; c++) row.push(x(c, random, row));
    inputs.set(row, r * columns);
    truth[r] = parts.reduce((sum, part, c) => sum + part(row[c]), 0);
  }
  const targets = truth.map((mean) =>
    labels ? +(random.uniform() < 1 / (1 + Math.exp(-mean))) : mean + noise * random.normal()
  );
  return { rows, nIn: columns, nOut: 1, inputs, targets, truth };
}

const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
const percent = (shares: readonly number[]) =>
  (100 * shares.reduce((sum, each) => sum + each, 0) / shares.length).toFixed(1).padStart(6);

const classesIn = (sizes: readonly number[]) =>
  `(${(sizes.reduce((sum, each) => sum + each, 0) / sizes.length).toFixed(2)} classes)`;

const { values } = parseArgs({
  options: { draws: { type: "string", default: "500" }, table: { type: "string" } },
});
console.log(`intervals of ${100 * LEVEL} %, ${values.draws} draws, per cent covered`);
console.log("table".padEnd(28), "  mean  effect   new  conformal");
for (const [name, table] of Object.entries(TABLES)) {
  if (values.table !== undefined && values.table !== name) continue;
  const random = createRandom(1, name), loss = { kind: table.labels ? "crossEntropy" : "mse" };
  const means: number[] = [], effects: number[] = [], news: number[] = [], conformal: number[] = [];
  const sizes: number[] = [];
  for (let k = 0; k < Number(values.draws); k++) {
    const data = draw(table, table.rows, random), fresh = draw(table, 100, random);
    const { network, covariance, scale, totalEdf } = fitAdditive(data, {
      loss: loss as { kind: "mse" },
      intervals: 15,
    });
    const degrees = table.labels ? Infinity : table.rows - totalEdf;
    const band = predictionBand(network, covariance, data.inputs, { level: LEVEL, degrees });
    means.push(share([...data.truth].map((y, r) => band.lower[r] <= y && y <= band.upper[r])));
    const column = Float64Array.from({ length: data.rows }, (_, r) => data.inputs[r * data.nIn]);
    const values = column.map(table.parts[0]);
    const level = values.reduce((sum, each) => sum + each, 0) / data.rows;
    const effect = effectBand(network, covariance, 0, column, {
      ...{ level: LEVEL, degrees, positions: column },
    });
    effects.push(
      share(
        [...values].map((f, r) => effect.lower[r] <= f - level && f - level <= effect.upper[r]),
      ),
    );
    if (table.labels) {
      const [cover, size] = setsCover(network, draw(table, 100, random), fresh);
      conformal.push(cover);
      sizes.push(size);
      continue;
    }
    const next = predictionBand(network, covariance, fresh.inputs, {
      ...{ level: LEVEL, noise: scale, degrees },
    });
    news.push(share([...fresh.targets].map((y, r) => next.lower[r] <= y && y <= next.upper[r])));
    const held = draw(table, 100, random), outputs = forward(network, held.inputs);
    const width = conformalWidth(outputs.map((y, r) => Math.abs(y - held.targets[r])), LEVEL);
    const there = forward(network, fresh.inputs);
    conformal.push(share([...fresh.targets].map((y, r) => Math.abs(y - there[r]) <= width)));
  }
  const rest = table.labels ? ["     -", percent(conformal), classesIn(sizes)] : [
    ...[percent(news), percent(conformal)],
  ];
  console.log(name.padEnd(28), percent(means), percent(effects), ...rest);
}
const THREE = "three classes";
if (values.table === undefined || values.table === THREE) {
  const random = createRandom(1, THREE), covers: number[] = [], sizes: number[] = [];
  for (let k = 0; k < Number(values.draws); k++) {
    const { network } = fitAdditive(drawClasses(300, random), {
      ...{ loss: { kind: "crossEntropy" }, intervals: 15 },
    });
    const [cover, size] = setsCover(network, drawClasses(100, random), drawClasses(100, random));
    covers.push(cover);
    sizes.push(size);
  }
  console.log(THREE.padEnd(28), "     -", "     -", "     -", percent(covers), classesIn(sizes));
}
