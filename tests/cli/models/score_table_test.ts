import { assertEquals } from "@std/assert";
import { scoreCells, scoreText } from "../../../cli/models/score_table.ts";
import { lossNumbers } from "../../../cli/terminal/text_table.ts";

Deno.test("scoreCells() prints the scores of a table in one notation", () => {
  const line = (rmse: number, r2: number | null, maxError: number) => ({ rmse, r2, maxError });
  assertEquals(scoreCells([line(11627, 0.9954, 37089), line(85228, -1, 254140)]), {
    titles: ["rmse", "r2", "maxError"],
    cells: [["11627", "0.99540", "37089"], ["85228", "-1.00000", "254140"]],
  });
  assertEquals(scoreCells([line(2e-4, 0.999999, 0.0123), line(0, null, 1)]).cells, [
    ["2.00e-4", "1.00000", "1.23e-2"],
    ["0", "-", "1.00e+0"],
  ]);
});

Deno.test("scoreText() has a line per target, each in its own notation", () => {
  const of = (rmse: number) => ({
    ...{ rmse, r2: 0.5, mae: rmse / 2, maxError: 2 * rmse },
    ...{ medianError: rmse / 4, mape: null },
  });
  const targets = { "t (K)": of(0.03), "p (Pa)": of(2e10) };
  const text = scoreText([
    { part: "train", rows: 9, loss: 1e-5, scores: { ...of(1e10), targets } },
  ]);
  assertEquals(
    text,
    "part   rows     loss  target      rmse       r2       mae  maxError     median  mape\n" +
      "train     9  1.00e-5  t (K)   0.030000  0.50000  0.015000  0.060000  0.0075000     -\n" +
      "train     9  1.00e-5  p (Pa)  2.00e+10  0.50000  1.00e+10  4.00e+10    5.00e+9     -",
  );
});

Deno.test("scoreText() shows classes one by one, the log loss where it is not the loss", () => {
  const areas = { auc: 0.875, averagePrecision: 0.75 };
  const scores = {
    accuracy: 0.9,
    balancedAccuracy: 0.75,
    logLoss: 0.25,
    ...{ auc: 0.875, averagePrecision: 0.75, brier: 0.125, calibrationError: 0.0625 },
    labels: ["no", "yes"],
    classes: {
      no: { rows: 8, recall: 1, precision: 8 / 9, f1: 16 / 17, ...areas },
      yes: { rows: 2, recall: 0.5, precision: null, f1: null, ...areas },
    },
    confusion: [[8, 0], [1, 1]],
  };
  const text = (loss: number) => scoreText([{ part: "test", rows: 10, loss, scores }]);
  assertEquals(
    text(0.25),
    "part  rows   loss  accuracy  balanced      AUC       AP    Brier      ECE\n" +
      "test    10  0.250   0.90000   0.75000  0.87500  0.75000  0.12500  0.06250\n\n" +
      "part  class  rows   recall  precision       F1      AUC       AP\n" +
      "test  no        8  1.00000    0.88889  0.94118  0.87500  0.75000\n" +
      "test  yes       2  0.50000          -        -  0.87500  0.75000\n\n" +
      "test rows of class  said no  said yes\n" +
      "no                        8         0\n" +
      "yes                       1         1",
  );
  assertEquals(text(0.5).split("\n")[0].includes("logLoss"), true);
});

Deno.test("lossNumbers() gives all an exponent if one needs it", () => {
  assertEquals(lossNumbers([0.0367, 0.0198]), ["0.0367", "0.0198"]);
  assertEquals(lossNumbers([0.0367, 1e-9, 0, NaN]), ["3.67e-2", "1.00e-9", "0", "NaN"]);
});
