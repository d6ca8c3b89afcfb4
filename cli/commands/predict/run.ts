/**
 * Predictions of a table, part by part.
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
import { EXIT } from "../../terminal/errors.ts";
import { growFile, readBlocks } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { formulaColumnsSaid, type FormulaModel } from "../../models/formula_file.ts";
import { networkInputs } from "../../models/network_inputs.ts";
import type { GapTally } from "../../models/gap_tally.ts";
import type { RangeTally } from "../../models/range_tally.ts";
import { modelOutputs } from "../../models/scores.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { DataEncoding } from "../train/data.ts";

/** Some rows and what the network says about them. */
interface PredictedPart {
  readonly table: Table;
  readonly columns: readonly TableColumn[];
}

/** The predictions of a table, part by part. */
export async function* predictedParts(
  file: string,
  networks: readonly Network[],
  encoding: DataEncoding,
  tally: RangeTally,
  gaps: GapTally,
): AsyncGenerator<PredictedPart, void> {
  const name = file === "-" ? "stdin" : file;
  for await (const table of streamTable(readBlocks(file), { name })) {
    const inputs = networkInputs(table, encoding, networks[0].config.widths[0]);
    tally.add(table, inputs);
    gaps.add(table);
    const outputs = modelOutputs(networks, encoding, inputs, table.rows);
    yield { table, columns: columns(encoding, outputs) };
  }
}

/** What formulas say about a table, part by part. */
export async function* formulaParts(
  file: string,
  model: FormulaModel,
): AsyncGenerator<PredictedPart, void> {
  const name = file === "-" ? "stdin" : file;
  for await (const table of streamTable(readBlocks(file), { name })) {
    yield { table, columns: await formulaColumnsSaid(model, table) };
  }
}

/** The copy of a table. */
export async function* copied(parts: AsyncIterable<PredictedPart>): AsyncGenerator<string, void> {
  let header = true;
  for await (const { table, columns } of parts) {
    yield appendColumns(table, columns, { header });
    header = false;
  }
}

/** One JSON object, in pieces: the rows go through memory part by part. */
export async function* jsonTexts(
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

export async function print(texts: AsyncIterable<string>, terminal: Terminal): Promise<void> {
  for await (const text of texts) {
    terminal.out(text);
    if (terminal.outClosed) return;
  }
}

/** Writes the whole file or, after an error or Ctrl-C, nothing. */
export async function save(texts: AsyncIterable<string>, path: string): Promise<void> {
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
