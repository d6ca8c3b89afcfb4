/**
 * Invented reports of judging, for tests of pages.
 *
 * @module
 */

import { classCurves } from "../../../lib/data/inner.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import type { EvaluationReport, HeldOutClasses, ReportData } from "../../../lib/report/mod.ts";
import { sampleReport } from "../training/sample.ts";

/** Logits and targets of some rows of three classes. */
export function sampleClasses(rows = 120, seed = 3): HeldOutClasses {
  const random = createRandom(seed), nOut = 3;
  const logits = new Float64Array(rows * nOut), targets = new Float64Array(rows * nOut);
  for (let row = 0; row < rows; row++) {
    const right = random.integer(nOut);
    targets[row * nOut + right] = 1;
    for (let k = 0; k < nOut; k++) logits[row * nOut + k] = random.normal() + (k === right ? 2 : 0);
  }
  return { kind: "classes", logits, targets, nOut };
}

/** A page of `evaluate`. */
export function sampleEvaluation(change: Partial<EvaluationReport> = {}): EvaluationReport {
  return {
    title: "cats.safetensors: cats.csv",
    subtitle: "120 rows",
    tables: [{
      caption: "Scores.",
      head: ["part", "rows", "accuracy"],
      rows: [["all", "120", "0.9"]],
    }],
    judged: sampleClasses(),
    labels: ["tabby", "tortoiseshell", "Norwegian forest cat"],
    reproduce: "freeknot evaluate --model cats.safetensors --data cats.csv",
    version: "0.1.0",
    ...change,
  };
}

/** The report of a run with folds and a learning curve. */
export function judgedReport(): ReportData {
  const { logits, targets, nOut } = sampleClasses(), labels = ["a", "b", "c"];
  const cells = ["0.0720", "0.99123", "0.98837", "0.99771", "0.99857", "0.01770", "0.01815"];
  const head = ["loss", "accuracy", "balanced", "AUC", "AP", "Brier", "ECE"];
  return sampleReport({
    classCurves: [{ part: "held-out", curves: classCurves(labels, logits, targets, nOut) }],
    judging: {
      lead: "3 folds: each network is judged on rows that it has not seen.",
      tables: [{
        caption: "Scores on the rows held out.",
        head: ["fold", "rows", "held out", ...head],
        rows: ["1", "2", "3", "mean", "st. error"].map((name) => [name, "455", "114", ...cells]),
      }],
      curve: [
        { rows: 46, train: 0.034, heldOut: 0.142, error: 0.0185 },
        { rows: 182, train: 0.073, heldOut: 0.103, error: 0.0136 },
        { rows: 455, train: 0.078, heldOut: 0.099, error: null },
      ],
      lossName: "cross-entropy",
    },
  });
}
