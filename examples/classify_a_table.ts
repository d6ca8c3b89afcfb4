/**
 * How do I classify the rows of a CSV file? With cross-entropy, and some rows kept for judging.
 *
 * The table: Breast Cancer Wisconsin (Diagnostic), see examples/data/README.md.
 *
 * `deno run --allow-read examples/classify_a_table.ts`
 */

import {
  classificationScores,
  createNetwork,
  decodeModel,
  encodeModel,
  forward,
  multilevelSchedule,
  parseTable,
  prepareTable,
  trainToEnd,
} from "@freeknot/freeknot";

const file = new URL("data/wisconsin_breast_cancer.csv", import.meta.url);
const table = parseTable(await Deno.readTextFile(file), { name: "wisconsin_breast_cancer.csv" });
const { train, test, encoding } = prepareTable(table, {
  targets: ["benign"],
  task: "classification",
  testFraction: 0.25,
  validationFraction: 0,
  seed: 1234,
});

const network = createNetwork({ widths: [train.nIn, 2, 1], intervals: 3 }, { seed: 1234 });
const result = await trainToEnd(network, train, {
  loss: { kind: "crossEntropy", weightDecay: 1e-3 },
  schedule: multilevelSchedule([10]),
});
const logits = forward(result.network, test!.inputs, test!.rows);
const { accuracy, logLoss } = classificationScores(logits, test!.targets, 1);
console.log(
  `${test!.rows} rows kept apart: accuracy ${accuracy.toFixed(3)}, log loss ${logLoss.toFixed(3)}`,
);

// A model file keeps the network, its statistics and the table's encoding.
const copy = decodeModel(encodeModel(result.network, { encoding }));
const same = forward(copy.network, test!.inputs, test!.rows).every((y, r) => y === logits[r]);
console.log("the saved model predicts the same bits:", same);
