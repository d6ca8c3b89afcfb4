/**
 * Which of 30 measurements does a diagnosis need? Train, prune, and ask what is left.
 *
 * The table: Breast Cancer Wisconsin (Diagnostic), see examples/data/README.md.
 *
 * `deno run --allow-read examples/prune_breast_cancer.ts`
 */

import {
  classificationScores,
  createNetwork,
  type Dataset,
  forward,
  multilevelSchedule,
  type Network,
  parseTable,
  prepareTable,
  trainToEnd,
} from "@freeknot/freeknot";
import { encodingUnits, explain, prune } from "@freeknot/freeknot/interpret";

const file = new URL("data/wisconsin_breast_cancer.csv", import.meta.url);
const table = parseTable(await Deno.readTextFile(file), { name: "wisconsin_breast_cancer.csv" });
const { train, test, encoding } = prepareTable(table, {
  targets: ["benign"],
  task: "classification",
  testFraction: 0.25,
  validationFraction: 0,
  seed: 1234,
});
const loss = { kind: "crossEntropy", weightDecay: 1e-3 } as const;
const { network } = await trainToEnd(
  createNetwork({ widths: [train.nIn, 5, 1], intervals: 2 }, { seed: 1234 }),
  train,
  { loss, schedule: multilevelSchedule([4]) },
);

// A removal may cost a hundredth of the loss on rows that judge; the test rows stay apart.
const { network: small, kept: [inputs] } = await prune(network, train, { loss });
const smallTrain = withColumns(train, inputs), smallTest = withColumns(test!, inputs);
for (const [name, some, rows] of [["all", network, test!], ["left", small, smallTest]] as const) {
  console.log(
    `${name}: ${some.config.widths[0]} columns, ${some.parameters.length} parameters, ` +
      `accuracy ${accuracy(some, rows).toFixed(4)} on ${rows.rows} test rows`,
  );
}

const { inputs: scales, outputs } = encodingUnits(encoding, train.nIn);
const units = { inputs: inputs.map((input) => scales[input]), outputs };
const { outputs: [logit] } = explain(small, smallTrain.inputs, { units });
for (const { name, total } of logit.inputs.toSorted((a, b) => b.total - a.total)) {
  console.log(
    `${name.padEnd(24)} ${(100 * total).toFixed(1).padStart(5)} % of the logit's variance`,
  );
}

function accuracy(some: Network, { inputs, targets, rows }: Dataset): number {
  return classificationScores(forward(some, inputs, rows), targets, 1).accuracy;
}

function withColumns(dataset: Dataset, columns: readonly number[]): Dataset {
  const rows = Array.from({ length: dataset.rows }, (_, r) => r);
  return {
    ...dataset,
    nIn: columns.length,
    inputs: Float64Array.from(
      rows.flatMap((r) => columns.map((c) => dataset.inputs[r * dataset.nIn + c])),
    ),
  };
}
