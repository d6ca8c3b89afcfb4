/**
 * What a search might have found, as its report takes it.
 *
 * @module
 */

import type { SearchReport } from "../../../lib/report/mod.ts";

/** A report with everything that a search of numbers fills. */
export function sampleSearch(): SearchReport {
  const at = Array.from({ length: 12 }, (_, i) => i * 5);
  const target = Array.from({ length: 60 }, (_, i) => 100 + 10 * Math.sin(i));
  const prediction = target.map((y, i) => y + Math.cos(5 * i));
  return {
    title: "houses.csv: price",
    subtitle: "60 % linear, 40 % steps",
    status: "completed",
    candidates: [
      { name: "linear", loss: 0.1, standardError: 0.01, weight: 0.6, seconds: 0.2 },
      { name: "steps", loss: 0.11, standardError: 0.012, weight: 0.4, seconds: 0.5 },
    ],
    together: { loss: 0.095, standardError: 0.01 },
    notes: ["a note"],
    scores: { train: { r2: 0.9, rmse: 9000 }, test: { r2: 0.8, rmse: 12000 } },
    bands: "The bands hold the effect.",
    effects: [{
      name: "price",
      probability: false,
      mean: 123456,
      weights: [
        ["area", 20000, [15000, 25000], 0.7, 0.02],
        ["kind", 5000, [4000, 6000], 0.2, 0.01],
        ["garden", 300, [0, 900], 0.01, 0.002],
      ].map(([column, size, range, share, shareError]) => ({
        ...{ column, size, range, share, shareError },
        worse: [10, 2],
      })) as never,
      worseOf: "RMSE on the 60 test rows, 12000 with all columns",
      effects: [
        {
          ...{ column: "area", at, rows: at.map(() => 5) },
          effect: at.map((x) => 1000 * (x - 27.5)),
          error: at.map(() => 3000),
        },
        {
          ...{ column: "kind", at: ["flat", "<b>house</b>"], rows: [40, 20] },
          effect: [-4000, 8000],
          error: [1000, 2000],
        },
        {
          ...{ column: "garden", at: ["no", "yes"], rows: [30, 30] },
          effect: [-300, 300],
          error: [500, 500],
        },
      ],
      pairs: [
        { columns: ["area", "kind"], share: 0.04, error: 0.01 },
        { columns: ["area", "garden"], share: 0.01, error: 0.005 },
        { columns: ["kind", "garden"], share: 0.001, error: 0.001 },
      ],
    }],
    columns: [
      { name: "area", kind: "number", text: "", missing: 2 },
      { name: "id", kind: "dropped", text: "an identifier", missing: 0 },
    ],
    scatter: [{ part: "test", name: "price", target, prediction }],
    residuals: [{
      column: "area",
      at: target.map((_, i) => i),
      residual: prediction.map((said, i) => said - target[i]),
    }],
    judging: {
      lead: "Folds.",
      tables: [],
      lossName: "mean squared error",
      curve: [50, 100, 200].map((rows) => ({
        rows,
        train: 1 / rows,
        heldOut: 3 / rows,
        error: 0.3 / rows,
      })),
    },
    configuration: [["seed", "1"]],
    reproduce: "freeknot train",
    version: "0.1.0",
  };
}
