/**
 * The command `evaluate`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { modelFlag, readOutputs, sharedFlag } from "../../flags/shared.ts";
import { choiceFlag, textFlag } from "../../flags/values.ts";
import { readFormulaModel } from "../../models/formula_file.ts";
import { readTrainedModel } from "../../models/metadata.ts";
import { createRangeTally, outsideNote } from "../../models/range_tally.ts";
import { scoreText } from "../../models/score_table.ts";
import { partResult } from "../../models/scores.ts";
import { EXIT } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";
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
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "The loss is the one that was trained, on scaled targets and without weight decay. Scores " +
    "are in the target's own units: rmse, r2, mae, maxError, of several targets each its own (r2 " +
    "is null, or a dash, where the target does not vary). Losses that are half a deviance add the " +
    "mean unit deviance and d2, the share of it explained; quantiles have pinball, d2 and coverage, " +
    "the share of targets at or below; times of events Harrell's concordance. For classes: accuracy, " +
    "balancedAccuracy, the mean of the recalls, and recall, precision and F1 of every class. " +
    "The loss of classes is in nats; --json repeats it as logLoss.",
  ],
  examples: {
    "The rows that training never saw":
      "freeknot evaluate --model houses.safetensors --data houses.csv --part test",
    "Another table with the same columns":
      "freeknot evaluate --model houses.safetensors --data houses-2025.csv",
  },
}, {
  request(given) {
    const part = choiceFlag(given, "part", ["all", "train", "validation", "test"]);
    const file = textFlag(given, "data");
    return {
      ...{ model: modelFlag(given), file, part: part ?? (file === undefined ? "test" : "all") },
      ...readOutputs(given),
    };
  },
  async run({ model, file, part }) {
    const bytes = await readBytes(model), formulas = await readFormulaModel(model, bytes);
    if (formulas !== undefined) return await formulaScores(formulas, file, part);
    const { networks, network, metadata } = await readTrainedModel(model, bytes);
    const { encoding, loss } = metadata, tally = createRangeTally(encoding);
    const dataset = file === undefined
      ? drawnAgain(metadata, network, part)
      : await fromTable(file, metadata, network, part, tally);
    return {
      problem: encoding.kind === "gallery" ? encoding.problem : null,
      rows: dataset.rows,
      outside: tally.result(),
      ...partResult(networks, loss, dataset, encoding),
    };
  },
  present({ problem, rows, loss, scores, outside }, { model, file, part, json, quiet }, terminal) {
    const note = outsideNote(outside, rows);
    if (note !== undefined && !quiet) terminal.err(`${note}\n`);
    const data = file ?? null, scored = { rows, loss, scores };
    terminal.out(
      json
        ? jsonText({ model, data, problem, part, ...scored, outside, version: VERSION })
        : `${scoreText([{ part, ...scored }])}\n`,
    );
    return EXIT.done;
  },
});
