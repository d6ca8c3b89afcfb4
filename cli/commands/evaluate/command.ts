/**
 * The command `evaluate`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { modelFlag, readOutputs, sharedFlag } from "../../flags/shared.ts";
import { readCosts } from "../../flags/judging.ts";
import { choiceFlag, textFlag } from "../../flags/values.ts";
import { formulaFields, readFormulaModel } from "../../models/formula_file.ts";
import { costResult, costText } from "../../models/cost.ts";
import { curvesOf, judgeRows } from "../../models/judged_rows.ts";
import { readTrainedModel } from "../../models/metadata.ts";
import { createGapTally, imputedNotes, leftOutNotes } from "../../models/gap_tally.ts";
import { createRangeTally, outsideNote } from "../../models/range_tally.ts";
import { scoreText } from "../../models/score_table.ts";
import { partResult } from "../../models/scores.ts";
import { EXIT } from "../../terminal/errors.ts";
import { checkOutputs, readBytes, writeFile } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { type Command, command, jsonText } from "../command.ts";
import { drawnAgain, formulaScores, fromTable } from "./data.ts";

/** Tells how well a network does on a table, or on a part of the one it was trained on. */
export const evaluateCommand: Command = command({
  name: "evaluate",
  purpose: "Print the loss and the scores of a network on a table, or on a part of it.",
  synopsis: ["freeknot evaluate --model FILE --data FILE.csv [--part PART] [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", { text: "A network that train kept, or a formula that formula kept." }),
      flag(
        "data FILE.csv",
        "A table with the network's input and target columns. A network of the gallery " +
          "needs none: its points are drawn again.",
      ),
      flag(
        "part PART",
        "all, or train, validation, test: the rows of that part when the network was " +
          "trained; the table must be the same one.",
        "all; test without --data",
      ),
      flag(
        "cost LABEL=X,...",
        "Of classes: what a row of a label costs that is taken for another one; 1 for labels that " +
          "are not named. Prints what decisions cost, of two classes the threshold with the lowest.",
      ),
      sharedFlag("report", { text: "Write scores and pictures as a page." }),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "The loss is the one that was trained, on scaled targets and without weight decay. Scores " +
    "are in the target's own units: rmse, r2, mae, maxError, median (of the absolute errors) and " +
    "mape (mean of |error / target|), of several targets each its own; a dash, null with --json, " +
    "where there is none (r2 of a target that does not vary, mape beside a target of 0). Losses " +
    "that are half a deviance add the mean unit deviance and d2, the share of it explained; " +
    "quantiles have pinball, d2 and coverage, the share of targets at or below; times of events " +
    "Harrell's concordance. For " +
    "classes: accuracy; balanced, the mean of the recalls; AUC, the area below the ROC curve; AP, " +
    "average precision; Brier, the mean squared error of the probabilities; ECE, how far " +
    "probabilities are from what happens; and of every class recall, precision, F1, AUC and AP " +
    "against the rest. The loss of classes is in nats; --json repeats it as logLoss, and has the " +
    "curves of the classes: ROC, precision and recall, calibration.",
  ],
  examples: {
    "The rows that training never saw":
      "freeknot evaluate --model houses.safetensors --data houses.csv --part test",
    "A missed illness costs twenty times a false alarm: where to draw the line":
      "freeknot evaluate --model cancer.safetensors --data patients.csv --cost ill=20,healthy=1",
    "Another table with the same columns":
      "freeknot evaluate --model houses.safetensors --data houses-2025.csv",
  },
}, {
  request(given) {
    const part = choiceFlag(given, "part", ["all", "train", "validation", "test"]);
    const file = textFlag(given, "data");
    return {
      ...{ model: modelFlag(given), file, part: part ?? (file === undefined ? "test" : "all") },
      ...{ costs: readCosts(given), ...readOutputs(given) },
    };
  },
  async run({ model, file, part, costs, report }) {
    if (report !== undefined) {
      await checkOutputs([{ flag: "report", path: report }], [model, ...(file ? [file] : [])]);
    }
    const bytes = await readBytes(model), formulas = await readFormulaModel(model, bytes);
    if (formulas !== undefined) {
      const gaps = createGapTally(formulaFields(formulas));
      const found = await formulaScores(formulas, file, part, gaps);
      return {
        ...found,
        imputed: gaps.result(),
        ...(costs && { cost: costResult(found.judged, costs) }),
      };
    }
    const { networks, network, metadata } = await readTrainedModel(model, bytes);
    const { encoding, loss } = metadata, tally = createRangeTally(encoding);
    const gaps = createGapTally(encoding);
    const dataset = file === undefined
      ? drawnAgain(metadata, network, part)
      : await fromTable(file, metadata, network, part, tally, gaps);
    const judged = judgeRows(networks, encoding, dataset);
    return {
      judged,
      ...(costs && { cost: costResult(judged, costs) }),
      problem: encoding.kind === "gallery" ? encoding.problem : null,
      rows: dataset.rows,
      outside: tally.result(),
      imputed: gaps.result(),
      leftOut: gaps.left(),
      ...partResult(networks, loss, dataset, encoding),
    };
  },
  async present(
    { problem, rows, loss, scores, outside, imputed, leftOut, cost, judged },
    { model, file, part, json, quiet, report },
    terminal,
  ) {
    const notes = [
      ...[outsideNote(outside, rows) ?? [], imputedNotes(imputed)],
      leftOutNotes(leftOut),
    ];
    for (const note of notes.flat()) if (!quiet) terminal.err(`${note}\n`);
    const data = file ?? null, scored = { rows, loss, scores };
    if (report !== undefined) {
      const { evaluationReport } = await import("./report.ts"); // the pages' code is large
      const page = evaluationReport({ model, file, part, rows, loss, scores, judged, cost });
      await writeFile(report, page);
    }
    terminal.out(
      json
        ? jsonText({
          ...{ model, data, problem, part, ...scored, curves: curvesOf(judged), cost, outside },
          ...{ imputed, leftOut, report, version: VERSION },
        })
        : `${scoreText([{ part, ...scored }])}\n` +
          (cost === undefined ? "" : `\n${costText(part, cost)}\n`) +
          (report === undefined ? "" : `\nreport: ${report}\n`),
    );
    return EXIT.done;
  },
});
