/**
 * Predictions of a table, part by part.
 *
 * @module
 */

import {
  appendColumns,
  type Table,
  type TableColumn,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import { predictionColumns } from "../../../lib/data/inner.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { EXIT } from "../../terminal/errors.ts";
import { growFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { formulaColumnsSaid, type FormulaModel } from "../../models/formula_file.ts";
import type { Intervals, LabelSets } from "../../models/intervals.ts";
import { networkInputs } from "../../models/network_inputs.ts";
import type { GapTally } from "../../models/gap_tally.ts";
import type { RangeTally } from "../../models/range_tally.ts";
import { modelOutputs } from "../../models/scores.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type DataEncoding, readTableParts } from "../train/data.ts";

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
  intervals?: Intervals,
): AsyncGenerator<PredictedPart, void> {
  for await (const table of readTableParts(file)) {
    const inputs = networkInputs(table, encoding, networks[0].config.widths[0]);
    tally.add(table, inputs);
    gaps.add(table);
    const outputs = modelOutputs(networks, encoding, inputs, table.rows);
    const said = columns(encoding, outputs, table);
    yield { table, columns: [...said, ...intervals?.columns(inputs, said) ?? []] };
  }
}

/** What formulas say about a table, part by part. */
export async function* formulaParts(
  file: string,
  model: FormulaModel,
  gaps: GapTally,
): AsyncGenerator<PredictedPart, void> {
  for await (const table of readTableParts(file)) {
    const columns = await formulaColumnsSaid(model, table);
    gaps.add(table);
    yield { table, columns };
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
      (_, row) => `    ${JSON.stringify(columns.map((column) => cell(column, row)))}`,
    );
    yield `${first ? "" : ",\n"}${rows.join(",\n")}`;
    first = false;
  }
  yield `\n  ],${JSON.stringify(ending(), null, 2).slice(1)}\n`;
}

/** A value as JSON has it: a set of classes is an array. */
function cell(column: TableColumn | LabelSets, row: number): number | string | readonly string[] {
  return "sets" in column ? column.sets[row] : column.values[row];
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

function columns(encoding: DataEncoding, outputs: Float64Array, table: Table): TableColumn[] {
  if (encoding.kind === "table") return predictionColumns(encoding, outputs, table);
  const name = `${encoding.problem}_prediction`;
  return [{ name, values: unscaleColumns(outputs, [encoding.target]) }];
}
