/**
 * The command `predict`.
 *
 * @module
 */

import {
  appendColumns,
  predictionColumns,
  streamTable,
  type TableColumn,
  unscaleColumns,
} from "../lib/data/mod.ts";
import type { Network } from "../lib/model/mod.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./errors.ts";
import { checkOutputs, growFile, readBlocks } from "./files.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { MODEL_FLAG, modelFlag, readModelFlag } from "./model_flag.ts";
import { networkInputs } from "./network_inputs.ts";
import { modelOutputs } from "./scores.ts";
import type { Terminal } from "./terminal.ts";
import type { DataEncoding } from "./train_data.ts";
import { requiredFlag, textFlag } from "./values.ts";

/** Copies a table, in parts of a few thousand rows, and appends what a network says about each row. */
export const predict: Command = {
  name: "predict",
  purpose: "Copy a table and append a network's predictions, one column per target.",
  synopsis: ["freeknot predict --model FILE --data FILE.csv [--out FILE.csv]"],
  flags: [{
    title: "Flags",
    flags: [
      MODEL_FLAG,
      {
        name: "data",
        value: "FILE.csv",
        text: "A table with the network's input columns, in any order; others are copied. " +
          "A dash (-) stands for stdin.",
      },
      {
        name: "out",
        value: "FILE.csv",
        text: "Where the copy goes; a dash (-) stands for stdout.",
        fallback: "stdout",
      },
    ],
  }],
  notes: [
    "The new column is called TARGET_prediction; for classes it holds the label, and " +
    "TARGET_probability_LABEL follows for each class. A network trained on a problem of the " +
    "gallery reads columns x, y (two inputs) or x1, x2, ... and appends PROBLEM_prediction.",
    "Tables of any length are read and written in parts, in memory that does not grow with them. " +
    "A row that cannot be read ends the command with exit code 2; the file of --out is then not " +
    "written, and stdout ends before the part with that row.",
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
    {
      text: "Read stdin, write stdout",
      line: "freeknot predict --model houses.safetensors --data - < new.csv > predicted.csv",
    },
  ],
  async run(given, _rest, terminal) {
    const modelFile = modelFlag(given);
    const dataFile = requiredFlag(given, "data", "a table");
    const target = textFlag(given, "out");
    const out = target === "-" ? undefined : target;
    if (out !== undefined) {
      const read = dataFile === "-" ? [modelFile] : [modelFile, dataFile];
      await checkOutputs([{ flag: "out", path: out }], read);
    }
    const { networks, metadata: { encoding } } = await readModelFlag(given);
    const texts = predictedTexts(dataFile, networks, encoding);
    if (out === undefined) await print(texts, terminal);
    else await save(texts, out);
    return EXIT.done;
  },
};

/** The copy of a table, part by part. */
async function* predictedTexts(
  file: string,
  networks: readonly Network[],
  encoding: DataEncoding,
): AsyncGenerator<string, void> {
  const name = file === "-" ? "stdin" : file;
  let header = true;
  for await (const part of streamTable(readBlocks(file), { name })) {
    const inputs = networkInputs(part, encoding, networks[0].config.widths[0]);
    const outputs = modelOutputs(networks, encoding, inputs, part.rows);
    yield appendColumns(part, columns(encoding, outputs), { header });
    header = false;
  }
}

async function print(texts: AsyncIterable<string>, terminal: Terminal): Promise<void> {
  for await (const text of texts) {
    terminal.out(text);
    if (terminal.outClosed) return;
  }
}

/** Writes the whole file or, after an error or Ctrl-C, nothing. */
async function save(texts: AsyncIterable<string>, path: string): Promise<void> {
  const file = await growFile(path);
  const interrupt = listenForInterrupt(() => {
    file.discard();
    Deno.exit(EXIT.interrupted);
  }, () => {});
  try {
    for await (const text of texts) await file.write(text);
    await file.keep();
  } finally {
    interrupt.dispose();
    file.discard();
  }
}

function columns(encoding: DataEncoding, outputs: Float64Array): TableColumn[] {
  if (encoding.kind === "table") return predictionColumns(encoding, outputs);
  const name = `${encoding.problem}_prediction`;
  return [{ name, values: unscaleColumns(outputs, [encoding.target]) }];
}
