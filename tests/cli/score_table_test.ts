import { assertEquals } from "@std/assert";
import { scoreCells } from "../../cli/score_table.ts";
import { lossNumbers } from "../../cli/text_table.ts";

Deno.test("scoreCells() prints the scores of a table in one notation", () => {
  const part = (loss: number, rmse: number, r2: number, maxError: number) => ({
    loss,
    scores: { rmse, r2, maxError },
  });
  assertEquals(scoreCells([part(3.54e-4, 11627, 0.9954, 37089), part(0.02, 85228, -1, 254140)]), {
    titles: ["loss", "rmse", "r2", "maxError"],
    cells: [["3.54e-4", "11627", "0.99540", "37089"], ["2.00e-2", "85228", "-1.00000", "254140"]],
  });
  assertEquals(scoreCells([part(0.5, 2e-4, 0.999999, 0.0123), part(0.25, 0, 1, 1)]).cells, [
    ["0.500", "2.00e-4", "1.00000", "1.23e-2"],
    ["0.250", "0", "1.00000", "1.00e+0"],
  ]);
});

Deno.test("scoreCells() leaves out the log loss, which is the loss", () => {
  const [loss, accuracy] = [0.0265, 0.99123];
  assertEquals(scoreCells([{ loss, scores: { accuracy, logLoss: loss } }]), {
    titles: ["loss", "accuracy"],
    cells: [["0.0265", "0.99123"]],
  });
});

Deno.test("lossNumbers() gives all an exponent if one needs it", () => {
  assertEquals(lossNumbers([0.0367, 0.0198]), ["0.0367", "0.0198"]);
  assertEquals(lossNumbers([0.0367, 1e-9, 0, NaN]), ["3.67e-2", "1.00e-9", "0", "NaN"]);
});
