/**
 * Data of a sample that know of the other rows of their table.
 *
 * @module
 */

import {
  measureBlocks,
  ONE_READER,
  type Readers,
  rescaleDataset,
  type TableBlocks,
  trainedParts,
  widenEncoding,
} from "../../../lib/data/inner.ts";
import type { Dataset, RowSplit, Table, TableEncoding } from "../../../lib/data/mod.ts";
import type { Peers } from "../../../lib/engine/mod.ts";
import type { RowSource } from "../../../lib/search/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";

/** All training rows of a table: how many, and how an encoding makes them numbers. */
export interface AllRows {
  readonly rows: number;
  /** Those of every block. */
  readonly blockRows: readonly number[];
  of(encoding: TableEncoding): RowSource;
}

/** Processes that share the rows of a table, as they read it and as they add up. */
export interface SharedReading {
  readonly readers: Readers;
  readonly peers?: Peers;
}

/** The fields of a run's data that matter here. */
interface SampleData<Encoding> {
  readonly parts: Parts;
  readonly encoding: Encoding;
  readonly split?: RowSplit;
  readonly notes?: readonly string[];
  readonly logarithmic?: { readonly parts: Parts; readonly encoding: Encoding };
}

interface Parts {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/** What becomes of all rows. */
const USES = {
  passes:
    "lines and sums of splines that have a share in the model are fitted to them, in passes " +
    "over the file",
  shares:
    "the network is trained on them, of which every rank holds its share; scores of training " +
    "rows are those of the sample",
};

/**
 * Reads all rows once: ranges become those of all training rows, and the data tell how to pass over
 * them. Rows of the sample that are kept for validation or for a test stay out.
 *
 * @param data Data of the sample.
 * @param table The sample.
 * @param long The whole table.
 * @param shared Processes that share its blocks.
 * @param use What becomes of the rows, for the note on them.
 */
export async function withAllRows(
  data: SampleData<TableEncoding>,
  table: Table,
  long: TableBlocks,
  { readers, peers }: SharedReading = { readers: ONE_READER },
  use: keyof typeof USES = "passes",
): Promise<SampleData<TableEncoding> & { readonly sample: Table; readonly allRows: AllRows }> {
  const { encoding, parts, split, logarithmic } = data;
  const left = new Set<number>();
  for (const rows of [split?.validation ?? [], split?.test ?? []]) {
    for (const row of rows) left.add(table.lines[row]);
  }
  const { found, blockRows } = await measureBlocks(readers, long, encoding, left);
  const widened = (from: TableEncoding, each: Parts) => {
    const to = widenEncoding(from, found);
    const scaled = (dataset: Dataset) => rescaleDataset(dataset, from, to);
    const { train, validation, test } = each;
    return {
      encoding: to,
      parts: {
        train: scaled(train),
        ...defined({ validation: validation && scaled(validation), test: test && scaled(test) }),
      },
    };
  };
  const { rows, unknown } = found;
  return {
    ...data,
    ...widened(encoding, parts),
    ...(logarithmic ? { logarithmic: widened(logarithmic.encoding, logarithmic.parts) } : {}),
    notes: [
      ...data.notes ?? [],
      `ranges are those of all ${rows} training rows; ${USES[use]}`,
      ...(unknown > 0
        ? [
          `${unknown} row${unknown === 1 ? "" : "s"} of classes that the sample does not have ` +
          "are left out",
        ]
        : []),
    ],
    sample: table,
    allRows: {
      ...{ rows, blockRows },
      of: (by) => ({
        ...{ rows, blocks: long.blocks },
        ...defined({ peers }),
        parts: (block) => trainedParts(long.parts(block), by, left),
      }),
    },
  };
}
