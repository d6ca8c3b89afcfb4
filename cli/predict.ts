/**
 * The command `predict`.
 *
 * @module
 */

import {
  appendColumns,
  predictionColumns,
  type TableColumn,
  unscaleColumns,
} from "../lib/data/mod.ts";
import { forward } from "../lib/model/mod.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./errors.ts";
import { checkOutputs, writeFile } from "./files.ts";
import { readTrainedModel } from "./model_metadata.ts";
import { networkInputs } from "./network_inputs.ts";
import { type DataEncoding, readTable } from "./train_data.ts";
import { requiredFlag, textFlag } from "./values.ts";

/** Copies a table and appends what a network says about each row. */
export const predict: Command = {
  name: "predict",
  purpose: "Copy a table and append a network's predictions, one column per target.",
  synopsis: ["freeknot predict --model FILE --data FILE.csv [--out FILE.csv]"],
  flags: [{
    title: "Flags",
    flags: [
      { name: "model", value: "FILE", text: "A network that train kept." },
      {
        name: "data",
        value: "FILE.csv",
        text: "A table with the network's input columns, in any order; others are copied.",
      },
      { name: "out", value: "FILE.csv", text: "Where the copy goes.", fallback: "stdout" },
    ],
  }],
  notes: [
    "The new column is called TARGET_prediction; for classes it holds the label, and " +
    "TARGET_probability_LABEL follows for each class. A network trained on a problem of the " +
    "gallery reads columns x, y (two inputs) or x1, x2, ... and appends PROBLEM_prediction.",
  ],
  examples: [
    {
      text: "Predict new rows",
      line: "freeknot predict --model houses.safetensors --data new.csv --out predicted.csv",
    },
    {
      text: "Look at the first predictions",
      line: "freeknot predict --model houses.safetensors --data new.csv | head",
    },
  ],
  async run(given, _rest, terminal) {
    const modelFile = requiredFlag(given, "model", "a file that freeknot train wrote");
    const dataFile = requiredFlag(given, "data", "a table");
    const out = textFlag(given, "out");
    if (out !== undefined) {
      await checkOutputs([{ flag: "out", path: out }], [modelFile, dataFile]);
    }
    const { network, metadata: { encoding } } = await readTrainedModel(modelFile);
    const table = await readTable(dataFile);
    const inputs = networkInputs(table, encoding, network.config.widths[0]);
    const outputs = forward(network, inputs, table.rows);
    const text = appendColumns(table, columns(encoding, outputs));
    if (out === undefined) terminal.out(text);
    else await writeFile(out, text);
    return EXIT.done;
  },
};

function columns(encoding: DataEncoding, outputs: Float64Array): TableColumn[] {
  if (encoding.kind === "table") return predictionColumns(encoding, outputs);
  const name = `${encoding.problem}_prediction`;
  return [{ name, values: unscaleColumns(outputs, [encoding.target]) }];
}
