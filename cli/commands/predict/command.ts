/**
 * The command `predict`.
 *
 * @module
 */

import {
  appendColumns,
  streamTable,
  type Table,
  type TableColumn,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import { predictionColumns } from "../../../lib/data/inner.ts";
import type { Network } from "../../../lib/model/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../../terminal/errors.ts";
import { JSON_FLAG, QUIET_FLAG } from "../../flags/parse.ts";
import { checkOutputs, growFile, readBlocks } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { MODEL_FLAG, modelFlag, readModelFlag } from "../../flags/model.ts";
import { networkInputs } from "../../models/network_inputs.ts";
import {
  createRangeTally,
  type Outside,
  outsideNote,
  type RangeTally,
} from "../../models/range_tally.ts";
import { modelOutputs } from "../../models/scores.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { DataEncoding } from "../train/data.ts";
import { requiredFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { VERSION } from "../../terminal/version.ts";

/** Copies a table, in parts of a few thousand rows, and appends what a network says about each row. */
export const predict: Command = {
  name: "predict",
  purpose: "Copy a table and append a network's predictions, one column per target.",
  synopsis: ["freeknot predict --model FILE --data FILE.csv [--out FILE.csv] [--json]"],
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
      {
        ...JSON_FLAG,
        text: "Print one JSON object; without --out it holds the predictions, row by row, in " +
          "place of the copy.",
      },
      QUIET_FLAG,
    ],
  }],
  notes: [
    "The new column is called TARGET_prediction; for classes it holds the label, and " +
    "TARGET_probability_LABEL follows for each class. A network trained on a problem of the " +
    "gallery reads columns x, y (two inputs) or x1, x2, ... and appends PROBLEM_prediction.",
    "Rows outside the range of the training rows are counted: a note on stderr says how far they " +
    "lie outside, --json by column (outside).",
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
    const tally = createRangeTally(encoding);
    const json = switchFlag(given, "json") ?? false;
    const parts = predictedParts(dataFile, networks, encoding, tally);
    let rows = 0;
    const counted = async function* () {
      for await (const part of parts) {
        rows += part.table.rows;
        yield part;
      }
    };
    if (out !== undefined) await save(copied(counted()), out);
    else if (!json) await print(copied(counted()), terminal);
    else {
      const head = { model: modelFile, data: dataFile, out: null };
      await print(jsonTexts(head, counted(), () => ({ ...ending(), version: VERSION })), terminal);
    }
    if (json && out !== undefined) {
      const result = { model: modelFile, data: dataFile, out, ...ending(), version: VERSION };
      terminal.out(`${JSON.stringify(result, null, 2)}\n`);
    }
    const note = outsideNote(tally.result(), rows);
    if (note !== undefined && !switchFlag(given, "quiet")) terminal.err(`${note}\n`);
    return EXIT.done;

    function ending(): { readonly rows: number; readonly outside: Outside } {
      return { rows, outside: tally.result() };
    }
  },
};

/** Some rows and what the network says about them. */
interface PredictedPart {
  readonly table: Table;
  readonly columns: readonly TableColumn[];
}

/** The predictions of a table, part by part. */
async function* predictedParts(
  file: string,
  networks: readonly Network[],
  encoding: DataEncoding,
  tally: RangeTally,
): AsyncGenerator<PredictedPart, void> {
  const name = file === "-" ? "stdin" : file;
  for await (const table of streamTable(readBlocks(file), { name })) {
    const inputs = networkInputs(table, encoding, networks[0].config.widths[0]);
    tally.add(table, inputs);
    const outputs = modelOutputs(networks, encoding, inputs, table.rows);
    yield { table, columns: columns(encoding, outputs) };
  }
}

/** The copy of a table. */
async function* copied(parts: AsyncIterable<PredictedPart>): AsyncGenerator<string, void> {
  let header = true;
  for await (const { table, columns } of parts) {
    yield appendColumns(table, columns, { header });
    header = false;
  }
}

/** One JSON object, in pieces: the rows go through memory part by part. */
async function* jsonTexts(
  head: object,
  parts: AsyncIterable<PredictedPart>,
  ending: () => object,
): AsyncGenerator<string, void> {
  let first = true;
  for await (const { table, columns } of parts) {
    if (first) {
      const named = { ...head, columns: columns.map(({ name }) => name) };
      yield `${JSON.stringify(named, null, 2).slice(0, -2)},\n  "predictions": [\n`;
    }
    const rows = Array.from(
      { length: table.rows },
      (_, row) => `    ${JSON.stringify(columns.map(({ values }) => values[row]))}`,
    );
    yield `${first ? "" : ",\n"}${rows.join(",\n")}`;
    first = false;
  }
  yield `\n  ],${JSON.stringify(ending(), null, 2).slice(1)}\n`;
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
