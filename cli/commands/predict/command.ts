/**
 * The command `predict`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { modelFlag, readOutputs, sharedFlag } from "../../flags/shared.ts";
import { numberFlag, requiredFlag, textFlag } from "../../flags/values.ts";
import { formulaFields, readFormulaModel } from "../../models/formula_file.ts";
import { createGapTally, imputedNotes } from "../../models/gap_tally.ts";
import { readTrainedModel } from "../../models/metadata.ts";
import { boundsText } from "../../models/found.ts";
import { createRangeTally, NONE_OUTSIDE, outsideNote } from "../../models/range_tally.ts";
import type { SolutionModel } from "../../models/solution_file.ts";
import { intervalsOf } from "../../models/intervals.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readBytes } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { type Command, command, jsonText } from "../command.ts";
import { copied, formulaParts, jsonTexts, predictedParts, print, save } from "./run.ts";

/** Copies a table, in parts of a few thousand rows, and appends what a network says about each row. */
export const predictCommand: Command = command({
  name: "predict",
  purpose: "Copy a table and append a network's predictions, one column per target.",
  synopsis: ["freeknot predict --model FILE --data FILE.csv [--out FILE.csv] [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", {
        text:
          "A network that train kept, a formula that formula kept, or a solution that solve kept.",
      }),
      flag(
        "data FILE.csv",
        "A table with the network's input columns, in any order; others are copied. " +
          "A dash (-) stands for stdin.",
      ),
      flag("out FILE.csv", "Where the copy goes; a dash (-) stands for stdout.", "stdout"),
      flag(
        "interval LEVEL",
        "Also append the ends of intervals that hold a new target with this probability: " +
          "TARGET_lower and TARGET_upper; of classes the set TARGET_set that holds the true one, " +
          "labels separated by |, and with a covariance TARGET_probability_LABEL_lower and _upper.",
      ),
      flag(
        "calibration FILE.csv",
        "With --interval: a table with targets that training did not see, whose errors say how " +
          "long intervals must be.",
        "what calibrate and train kept in the model file",
      ),
      flag(
        "derivatives LIST",
        "Of the solution of an equation: append these, too, such as u_x,u_xx, or formulas of them " +
          "such as u_t+u*u_x.",
      ),
      sharedFlag("json", {
        text: "Print one JSON object; without --out it holds the predictions, row by row, in " +
          "place of the copy.",
      }),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "The new column is called TARGET_prediction; for classes it holds the label, and " +
    "TARGET_probability_LABEL follows for each class. Of --loss poisson, gamma and tweedie it is the " +
    "mean, with --exposure that of the row, and TARGET_rate follows; of binomial with --trials the " +
    "mean number of successes, and TARGET_probability follows; quantiles are called " +
    "TARGET_quantile_TAU, those of cox TARGET_log_hazard_ratio and TARGET_hazard_ratio. A network trained on a problem of the " +
    "gallery reads columns x, y (two inputs) or x1, x2, ... and appends PROBLEM_prediction.",
    "The solution of an equation reads a column per coordinate and appends UNKNOWN_prediction for each " +
    "unknown; rows outside the domain are counted in a note.",
    "Intervals come from the covariance of the parameters where calibrate kept one, else from " +
    "errors on rows that training did not see (conformal prediction: they cover as often as they " +
    "say whatever the model, if new rows are like those). A note on stderr says which. Sets of " +
    "classes come from such errors alone; the most probable class is always in them, and --json " +
    "has them as arrays.",
    "Rows outside the range of the training rows are counted: a note on stderr says how far they " +
    "lie outside, --json by column (outside).",
    "A missing cell is imputed as the training rows have it, and so is a level that they do not have " +
    "or a cell that is no number or no date where they have some; " +
    "notes and --json (imputed) say how many, with an example. A network trained with --missing error refuses missing " +
    "cells.",
    "Tables of any length are read and written in parts, in memory that does not grow with them. " +
    "A row that cannot be read ends the command with exit code 2; the file of --out is then not " +
    "written, and stdout ends before the part with that row.",
  ],
  examples: {
    "A solution and its slope at points of your own":
      "freeknot predict --model heat.safetensors --data points.csv --derivatives u_x,u_xx",
    "Predict new rows":
      "freeknot predict --model houses.safetensors --data new.csv --out predicted.csv",
    "Look at the first predictions":
      "freeknot predict --model houses.safetensors --data new.csv | head",
    "With intervals of 90 %":
      "freeknot predict --model houses.safetensors --data new.csv --interval 0.9",
    "Read stdin, write stdout":
      "freeknot predict --model houses.safetensors --data - < new.csv > predicted.csv",
  },
}, {
  async request(given) {
    const modelFile = modelFlag(given), dataFile = requiredFlag(given, "data", "a table");
    const target = textFlag(given, "out");
    const out = target === "-" ? undefined : target; // stdout
    if (out !== undefined) {
      await checkOutputs([{ flag: "out", path: out }], [modelFile, dataFile]);
    }
    const level = numberFlag(given, "interval", { above: 0, below: 1 });
    const calibration = textFlag(given, "calibration");
    if (calibration !== undefined && level === undefined) {
      throw new UsageError(
        "Cannot read flags: --calibration must come with --interval LEVEL, current value is " +
          "--calibration alone",
      );
    }
    const bytes = await readBytes(modelFile);
    const formula = await readFormulaModel(modelFile, bytes);
    const model = formula ?? await solutionModel(modelFile, bytes) ??
      await readTrainedModel(modelFile, bytes);
    if (level !== undefined && !("networks" in model)) {
      throw new UsageError(
        "Cannot predict intervals: --model must be the network of a table, current value is " +
          `${"format" in model ? "a formula" : "the solution of an equation"}`,
      );
    }
    let derivatives: readonly string[] = [];
    if ("problem" in model) {
      const { checkSolutionFormulas, formulaList } = await import("./solution.ts");
      derivatives = formulaList(textFlag(given, "derivatives") ?? "");
      checkSolutionFormulas(model, derivatives);
    } else if (given.has("derivatives")) {
      throw new UsageError(
        "Cannot predict: --derivatives must come with the solution of an equation (freeknot solve " +
          "--model-out), current value is another model",
      );
    }
    const intervals = level === undefined || !("networks" in model)
      ? undefined
      : await intervalsOf(model, level, calibration);
    return { modelFile, dataFile, out, model, intervals, derivatives, ...readOutputs(given) };
  },
  /** Prints the copy, or writes it, as it goes: the table may be of any length. */
  async run({ modelFile, model, dataFile, out, json, intervals, derivatives }, terminal) {
    const tally = "networks" in model ? createRangeTally(model.metadata.encoding) : undefined;
    const gaps = createGapTally(
      "format" in model
        ? formulaFields(model)
        : "networks" in model
        ? model.metadata.encoding
        : undefined,
    );
    const domain = { outside: 0 };
    const solution = "problem" in model ? await import("./solution.ts") : undefined;
    let rows = 0;
    const counted = async function* () {
      const parts = "format" in model
        ? formulaParts(dataFile, model, gaps)
        : "problem" in model
        ? solution!.solutionParts(dataFile, model, derivatives, domain)
        : predictedParts(
          dataFile,
          model.networks,
          model.metadata.encoding,
          tally!,
          gaps,
          intervals,
        );
      for await (const part of parts) {
        rows += part.table.rows;
        yield part;
      }
    };
    const ending = () => ({
      rows,
      outside: tally?.result() ?? NONE_OUTSIDE,
      imputed: gaps.result(),
      ...("problem" in model ? { outsideDomain: domain.outside } : {}),
    });
    if (out !== undefined) await save(copied(counted()), out);
    else if (!json) await print(copied(counted()), terminal);
    else {
      const head = { model: modelFile, data: dataFile, out: null };
      await print(jsonTexts(head, counted(), () => ({ ...ending(), version: VERSION })), terminal);
    }
    return ending();
  },
  async present(result, { modelFile, model, dataFile, out, json, quiet, intervals }, terminal) {
    if (intervals && !quiet) terminal.err(`intervals: ${intervals.note}\n`);
    if (json && out !== undefined) {
      const head = { model: modelFile, data: dataFile, out };
      terminal.out(jsonText({ ...head, ...result, version: VERSION }));
    }
    const encoding = "networks" in model ? model.metadata.encoding : undefined;
    const outside = outsideNote(result.outside, result.rows, boundsText(encoding));
    const beyond = "problem" in model
      ? (await import("./solution.ts")).domainNote(model, result.outsideDomain ?? 0, result.rows)
      : [];
    const notes = [outside ?? [], imputedNotes(result.imputed), beyond];
    for (const note of notes.flat()) if (!quiet) terminal.err(`${note}\n`);
    return EXIT.done;
  },
});

/** The solution of an equation, if the file holds one. */
async function solutionModel(path: string, bytes: Uint8Array): Promise<SolutionModel | undefined> {
  const { readSolutionModel } = await import("../../models/solution_file.ts");
  return await readSolutionModel(path, bytes);
}
