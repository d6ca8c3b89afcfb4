import { assert, assertLess } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { createRandom, forward } from "../../lib/model/mod.ts";

for (const [classes, rows, gap] of [[3, 60, 0], [3, 150, 0.2], [4, 90, 0.1], [6, 60, 0]] as const) {
  Deno.test(`fitAdditive converges where a column separates ${classes} classes, gap ${gap}`, () => {
    const random = createRandom(rows + classes, "separable"), columns = 2;
    const inputs = new Float64Array(rows * columns), targets = new Float64Array(rows * classes);
    for (let r = 0; r < rows; r++) {
      const label = r % classes;
      inputs[r * columns] = (label + (1 - gap) * random.uniform()) / classes;
      inputs[r * columns + 1] = random.uniform();
      targets[r * classes + label] = 1;
    }
    const dataset = { rows, nIn: columns, nOut: classes, inputs, targets };
    const fit = fitAdditive(dataset, { loss: { kind: "crossEntropy", weightDecay: 0 } });
    assert(fit.converged);
    assertLess(fit.deviance, 0.3 * fit.nullDeviance);
    const logits = forward(fit.network, inputs, rows);
    assert(logits.every((logit) => Number.isFinite(logit) && Math.abs(logit) < 1000));
  });
}
