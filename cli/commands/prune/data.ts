/**
 * The rows that `prune` refits and judges by.
 *
 * @module
 */

import {
  type Dataset,
  encodeTable,
  subset,
  type Table,
  type TableEncoding,
} from "../../../lib/data/mod.ts";
import {
  inputColumns,
  knownRows,
  selectPart,
  tableChecksum,
  targetNames,
} from "../../../lib/data/inner.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { checkColumns } from "../../models/network_inputs.ts";
import { type DataParts, galleryAgain, readTable } from "../train/data.ts";
import type { PruneRequest } from "./request.ts";

/** The rows, by their parts, and the table that they come from. */
export interface PruneData {
  readonly parts: DataParts;
  /** Absent for problems of the gallery. */
  readonly table?: Table;
  /** Whether it is the table that the network was trained on, so that the parts are those of then. */
  readonly same: boolean;
}

/** Reads the table, or draws the points again. */
export async function pruneData(request: PruneRequest): Promise<PruneData> {
  const { model: { metadata: { encoding, options } }, dataFile } = request;
  if (encoding.kind === "gallery") {
    return { parts: galleryAgain(encoding, options), same: true };
  }
  const whole = await readTable(dataFile!), { weight } = encoding;
  const names = [...inputColumns(encoding), ...targetNames(encoding)];
  checkColumns(whole, weight === undefined ? names : [...names, weight]);
  const { table } = knownRows(whole, encoding);
  const all = encodeTable(table, encoding, { requireTargets: true });
  const same = table.rows === encoding.split.rows &&
    tableChecksum(table, encoding) === encoding.split.checksum;
  if (!same) return { parts: { train: all }, table, same };
  const part = (name: "train" | "validation" | "test"): Dataset =>
    subset(all, selectPart(table, encoding, name));
  const { validationFraction, testFraction } = encoding.split;
  return {
    parts: {
      train: part("train"),
      ...(validationFraction > 0 ? { validation: part("validation") } : {}),
      ...(testFraction > 0 ? { test: part("test") } : {}),
    },
    table,
    same,
  };
}

/** The encoding of a table of which some input columns are left. */
export function keptEncoding(
  encoding: TableEncoding,
  kept: readonly number[],
  { table, same }: PruneData,
): TableEncoding {
  const inputs = kept.map((input) => encoding.inputs[input]);
  const names = new Set(inputs.map(({ name }) => name));
  const columns = encoding.columns?.filter(({ features }) =>
    features.some(({ name }) => names.has(name))
  );
  const fewer = { ...encoding, inputs, ...defined({ columns }) };
  if (!same || table === undefined) return fewer;
  return { ...fewer, split: { ...encoding.split, checksum: tableChecksum(table, fewer) } };
}
