/**
 * The work of `explain`: reads the rows, explains, writes the files.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { explain, type Explanation } from "../../../lib/interpret/mod.ts";
import { createGapTally, type Imputed } from "../../models/gap_tally.ts";
import { createRangeTally, type Outside } from "../../models/range_tally.ts";
import { networkInputs } from "../../models/network_inputs.ts";
import { UsageError } from "../../terminal/errors.ts";
import { writeFile } from "../../terminal/files.ts";
import { drawnAgain } from "../evaluate/data.ts";
import { readTable } from "../train/data.ts";
import { explanationCsv } from "./csv.ts";
import type { ExplainRequest } from "./request.ts";

/** What `explain` found. */
export interface ExplainResult {
  readonly explanation: Explanation;
  readonly outside: Outside;
  /** Cells that were imputed. */
  readonly imputed: Imputed;
}

/** Explains a model, and writes what was asked for. */
export async function runExplain(request: ExplainRequest): Promise<ExplainResult> {
  const { model, units, row, seed, csv } = request, { networks } = model;
  const { inputs, ...tallies } = await readRows(request);
  const rows = inputs.length / units.inputs.length;
  if (row > rows) {
    throw new UsageError(
      `Cannot explain: --row must be an integer from 1 to ${rows}, current value is ${row}`,
    );
  }
  const { background, points, samples, outputs } = request;
  const explanation = explain(networks.length === 1 ? networks[0] : networks, inputs, {
    ...{ units, row: row - 1, seed, outputs, background, points, samples },
  });
  if (csv !== undefined) await writeFile(csv, explanationCsv(explanation));
  if (request.svg !== undefined || request.report !== undefined) {
    const { writePictures } = await import("./report.ts"); // the pages' code is large
    await writePictures(request, explanation, inputs);
  }
  return { explanation, ...tallies };
}

async function readRows({ model, dataFile }: ExplainRequest) {
  const { network, metadata } = model, { encoding } = metadata;
  const tally = createRangeTally(encoding), gaps = createGapTally(encoding);
  if (dataFile === undefined) {
    const { inputs } = drawnAgain(metadata, network, "train");
    return { inputs, outside: tally.result(), imputed: gaps.result() };
  }
  const table = await readTable(dataFile);
  const inputs = networkInputs(table, encoding, network.config.widths[0]);
  tally.add(table, inputs);
  gaps.add(table);
  return { inputs, outside: tally.result(), imputed: gaps.result() };
}

/** The files that were written, by their flags. */
export function writtenFiles({ report, svg, csv }: ExplainRequest): Record<string, string> {
  return defined({ report, svg, csv });
}
