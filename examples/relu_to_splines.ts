/**
 * What is a ReLU network as splines? The same function: train it as one, look at it and train on as
 * the other, and go back.
 *
 * The table: Breast Cancer Wisconsin (Diagnostic), see examples/data/README.md.
 *
 * `deno run --allow-read examples/relu_to_splines.ts`
 */

import {
  classificationScores,
  createNetwork,
  forward,
  multilevelSchedule,
  type Network,
  parseTable,
  prepareTable,
  trainToEnd,
} from "@freeknot/freeknot";
import {
  elevateDegree,
  reluOutputs,
  reluSize,
  reluToSplines,
  splinesToRelu,
} from "@freeknot/freeknot/convert";
import { prune } from "@freeknot/freeknot/interpret";

const file = new URL("data/wisconsin_breast_cancer.csv", import.meta.url);
const table = parseTable(await Deno.readTextFile(file), { name: "wisconsin_breast_cancer.csv" });
const { train, test } = prepareTable(table, {
  targets: ["benign"],
  task: "classification",
  testFraction: 0.25,
  validationFraction: 0,
  seed: 1234,
});
const loss = { kind: "crossEntropy", weightDecay: 1e-3 } as const;

// A plain ReLU network, trained as such.
const { network: mlp } = await trainToEnd(
  createNetwork({ widths: [train.nIn, 6, 4, 1], activation: "relu" }, { seed: 1234 }),
  train,
  { loss, schedule: multilevelSchedule([8]) },
);
report("ReLU network", mlp);

// Coefficients are values at the ends of the domain, far larger than weights: less decay is enough.
const splineLoss = { kind: "crossEntropy", weightDecay: 1e-4 } as const;

// As splines it is the same function, and knows what can be pruned.
const splines = reluToSplines(mlp, { inputs: train.inputs });
report("as splines", splines);
console.log("largest difference of logits:", difference(forward(mlp, test!.inputs), splines));
const { network: small } = await prune(splines, train, { loss: splineLoss, inputs: false });
report("pruned", small);

// Its knots may move: as free knots they are trained on.
const { network: free } = await trainToEnd(elevateDegree(small, 1), train, {
  loss: splineLoss,
  schedule: multilevelSchedule([3]),
});
report("free knots, trained on", free);

// And back: a sparse ReLU network for programs that know nothing of splines.
const relu = splinesToRelu(free), { widths, numbers } = reluSize(relu);
console.log(`as a sparse ReLU network [${widths.join(", ")}]: ${numbers} numbers`);
console.log(
  "largest difference of logits:",
  difference(reluOutputs(relu, test!.inputs), free),
);

function report(name: string, network: Network): void {
  const { config, parameters } = network;
  const { accuracy, logLoss } = classificationScores(
    forward(network, test!.inputs, test!.rows),
    test!.targets,
    1,
  );
  console.log(
    `${name}: [${config.widths.join(", ")}], ${parameters.length} parameters, ` +
      `accuracy ${accuracy.toFixed(4)}, log loss ${logLoss.toFixed(3)} on ${test!.rows} test rows`,
  );
}

function difference(logits: Float64Array, other: Network): string {
  const others = forward(other, test!.inputs);
  return Math.max(...logits.map((value, r) => Math.abs(value - others[r]))).toExponential(1);
}
