/**
 * The command `evaluate`.
 *
 * @module
 */

import {
  type Dataset,
  encodeTable,
  findProblem,
  numericColumn,
  scaleColumns,
  subset,
  type Table,
  type TablePart,
} from "../../../lib/data/mod.ts";
import { selectPart, targetNames } from "../../../lib/data/inner.ts";
import type { Network } from "../../../lib/model/mod.ts";
import type { Command } from "../command.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { JSON_FLAG, QUIET_FLAG } from "../../flags/parse.ts";
import { MODEL_FLAG, modelFlag, readModelFlag } from "../../flags/model.ts";
import type { ModelMetadata } from "../../models/metadata.ts";
import { checkColumns, networkInputs } from "../../models/network_inputs.ts";
import { createRangeTally, outsideNote, type RangeTally } from "../../models/range_tally.ts";
import { scoreText } from "../../models/score_table.ts";
import { partResult } from "../../models/scores.ts";
import { galleryData, readTable } from "../train/data.ts";
import { choiceFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { VERSION } from "../../terminal/version.ts";

/** Tells how well a network does on a table, or on a part of the one it was trained on. */
export const evaluate: Command = {
  name: "evaluate",
  purpose: "Print the loss and the scores of a network on a table, or on a part of it.",
  synopsis: ["freeknot evaluate --model FILE --data FILE.csv [--part PART] [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      MODEL_FLAG,
      {
        name: "data",
        value: "FILE.csv",
        text: "A table with the network's input and target columns. A network of the gallery " +
          "needs none: its points are drawn again.",
      },
      {
        name: "part",
        value: "PART",
        text: "all, or train, validation, test: the rows of that part when the network was " +
          "trained; the table must be the same one.",
        fallback: "all; test without --data",
      },
      JSON_FLAG,
      QUIET_FLAG,
    ],
  }],
  notes: [
    "The loss is the one that was trained, on scaled targets and without weight decay. Scores " +
    "are in the target's own units: rmse, r2, mae, maxError, of several targets each its own (r2 " +
    "is null, or a dash, where the target does not vary). For classes: accuracy, " +
    "balancedAccuracy, the mean of the recalls, and recall, precision and F1 of every class. " +
    "The loss of classes is in nats; --json repeats it as logLoss.",
  ],
  examples: [
    {
      text: "The rows that training never saw",
      line: "freeknot evaluate --model houses.safetensors --data houses.csv --part test",
    },
    {
      text: "Another table with the same columns",
      line: "freeknot evaluate --model houses.safetensors --data houses-2025.csv",
    },
  ],
  async run(given, _rest, terminal) {
    const asked = choiceFlag(given, "part", ["all", "train", "validation", "test"]);
    const { networks, network, metadata } = await readModelFlag(given);
    const file = textFlag(given, "data");
    const part = asked ?? (file === undefined ? "test" : "all");
    const tally = createRangeTally(metadata.encoding);
    const dataset = file === undefined
      ? drawnAgain(metadata, network, part)
      : await fromTable(file, metadata, network, part, tally);
    const outside = tally.result();
    const note = outsideNote(outside, dataset.rows);
    if (note !== undefined && !switchFlag(given, "quiet")) terminal.err(`${note}\n`);
    const { loss, scores } = partResult(networks, metadata.loss, dataset, metadata.encoding);
    if (switchFlag(given, "json")) {
      terminal.out(`${
        JSON.stringify(
          {
            model: modelFlag(given),
            data: file ?? null,
            problem: metadata.encoding.kind === "gallery" ? metadata.encoding.problem : null,
            part,
            rows: dataset.rows,
            loss,
            scores,
            outside,
            version: VERSION,
          },
          null,
          2,
        )
      }\n`);
    } else {
      terminal.out(`${scoreText([{ part, rows: dataset.rows, loss, scores }])}\n`);
    }
    return EXIT.done;
  },
};

/** The points of a gallery problem; the model file says which. */
function drawnAgain(metadata: ModelMetadata, network: Network, part: TablePart): Dataset {
  const { encoding, options } = metadata;
  if (encoding.kind !== "gallery") {
    throw new UsageError(
      "Cannot evaluate: --data must be a table (the network was trained on one), " +
        "current value is none",
    );
  }
  const problem = findProblem(encoding.problem);
  if (problem.nIn !== network.config.widths[0]) {
    throw new UsageError(
      `Cannot evaluate: the network must have the ${problem.nIn} inputs of ${problem.name}, ` +
        `current value is ${network.config.widths[0]}`,
    );
  }
  const fraction = Number(options.validationFraction ?? 0),
    seed = Number(options.splitSeed ?? options.seed ?? 0);
  const { train, validation, test } = galleryData(problem, encoding, fraction, seed).parts;
  const chosen = part === "test" ? test : part === "validation" ? validation : train;
  if (part === "all" || chosen === undefined) {
    throw new UsageError(
      `Cannot evaluate: --part must be train${validation ? ", validation" : ""} or test for a ` +
        `network of the gallery, current value is "${part}"`,
    );
  }
  return chosen;
}

/** Some rows of a table, as far as their cells go. */
function tableRows(table: Table, rows: Uint32Array): Table {
  return {
    ...table,
    rows: rows.length,
    cells: table.cells.map((column) => Array.from(rows, (row) => column[row])),
    lines: Int32Array.from(rows, (row) => table.lines[row]),
  };
}

async function fromTable(
  file: string,
  { encoding }: ModelMetadata,
  network: Network,
  part: TablePart,
  tally: RangeTally,
): Promise<Dataset> {
  const table = await readTable(file);
  if (encoding.kind === "table") {
    const { inputs, weight } = encoding;
    const names = [...inputs.map(({ name }) => name), ...targetNames(encoding)];
    checkColumns(table, weight === undefined ? names : [...names, weight]);
    const all = encodeTable(table, encoding, { requireTargets: true });
    const rows = selectPart(table, encoding, part);
    const chosen = part === "all" ? all : subset(all, rows);
    tally.add(part === "all" ? table : tableRows(table, rows), chosen.inputs);
    return chosen;
  }
  if (part !== "all") {
    throw new UsageError(
      `Cannot evaluate: --part ${part} must come without --data for a network of the gallery`,
    );
  }
  const [nIn] = network.config.widths;
  checkColumns(table, [encoding.target.name]);
  return {
    rows: table.rows,
    nIn,
    nOut: 1,
    inputs: networkInputs(table, encoding, nIn),
    targets: scaleColumns(numericColumn(table, encoding.target.name), [encoding.target]),
  };
}
