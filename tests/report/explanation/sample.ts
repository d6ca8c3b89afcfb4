/**
 * The report of an explanation of an untrained network.
 *
 * @module
 */

import { explain } from "../../../lib/interpret/mod.ts";
import { createNetwork, withStatistics } from "../../../lib/model/mod.ts";
import { type ExplanationReport, networkDrawing } from "../../../lib/report/mod.ts";
import { randomDataset } from "../../support/networks.ts";

/** Two outputs of four inputs with names that need care. */
export function sampleExplanation(): ExplanationReport {
  const { inputs } = randomDataset({ rows: 80, nIn: 4, nOut: 2, seed: 3 });
  const network = withStatistics(createNetwork({ widths: [4, 3, 2] }, { seed: 5 }), inputs);
  const names = ["age", "a name that is rather long", "<b>bold</b>", "mass & size"];
  const units = {
    inputs: names.map((name) => ({ name, minimum: 0, maximum: 10 })),
    outputs: ["height", "weight"].map((name) => (
      { name, factor: 100, offset: 3, kind: "value" } as const
    )),
  };
  return {
    title: "people.csv: height, weight",
    subtitle: "A [4, 3, 2] network",
    explanation: explain(network, inputs, { units, row: 4, samples: 100 }),
    drawing: networkDrawing(network, inputs, {
      inputNames: names,
      outputNames: ["height", "weight"],
    }),
    reproduce: "freeknot explain --model people --data people.csv",
    version: "0.1.0",
  };
}
