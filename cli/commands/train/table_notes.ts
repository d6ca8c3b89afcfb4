/**
 * Notes on how a table was read.
 *
 * @module
 */

import { indexColumns } from "../../../lib/data/inner.ts";
import { columnsText } from "../../models/columns_text.ts";
import { createGapTally, leftOutNotes, unreadNotes } from "../../models/gap_tally.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import type { InputScale, Table, TableEncoding } from "../../../lib/data/mod.ts";

/** Most columns that a note names. */
const MOST_COLUMNS = 6;

/** What the reader should know: columns without a name, and scales that are not the range. */
export function tableNotes(
  table: Table,
  encoding: TableEncoding,
  scale: InputScale,
  leftOut: number,
): string[] {
  return [
    ...unnamedNotes(table, encoding),
    ...columnNotes(encoding.columns),
    ...strangeNotes(table, encoding),
    ...leftOutNotes(leftOut),
    ...(scale === "auto" ? scaleNotes(encoding) : []),
    ...(scale === "robust" ? robustNotes(encoding) : []),
    ...targetNotes(encoding),
  ];
}

/** A line for every column that is no plain number. */
function columnNotes(columns: TableEncoding["columns"]): string[] {
  const text = columnsText(columns);
  return text === "" ? [] : [`columns (--types COL=TYPE says otherwise):\n${text}`];
}

/** Cells that count as missing though they are not, and numbers in another style. */
function strangeNotes(table: Table, encoding: TableEncoding): string[] {
  const gaps = createGapTally(encoding);
  gaps.add(table);
  const strange = gaps.result(), notes = unreadNotes(strange);
  const [name] = Object.keys(strange).filter((each) => strange[each].unread !== undefined);
  const word = shellWord(`${name}=category`);
  return name === undefined ? notes : [...notes, `  (--types ${word} reads cells as levels)`];
}

function scaleNotes({ inputs }: TableEncoding): string[] {
  return (["log", "quantile"] as const).flatMap((kind) => {
    const names = inputs.filter(({ map }) => map?.kind === kind).map(({ name }) => name);
    if (names.length === 0) return [];
    const shown = names.slice(0, MOST_COLUMNS).map((name) => JSON.stringify(name)).join(", ");
    const more = names.length > MOST_COLUMNS ? `, ... (${names.length})` : "";
    const how = kind === "log" ? "logarithm" : "quantiles";
    return [
      `note: scaled by ${how}: ${shown}${more}; by the range nearly all rows would be crowded ` +
      "into a small part of it (--scale range does so)",
    ];
  });
}

/** What `--scale robust` found; a column without outliers has its range. */
function robustNotes({ inputs }: TableEncoding): string[] {
  return inputs.flatMap(({ name, outliers, map }) =>
    outliers === undefined || map?.kind !== "quantile" ? [] : [
      `note: ${JSON.stringify(name)} has ${outliers} outlier${outliers === 1 ? "" : "s"} in the ` +
      `training rows; it is scaled by the range of the others, ${map.values[0]} to ${
        map.values[1]
      }`,
    ]
  ).slice(0, MOST_COLUMNS);
}

function targetNotes(encoding: TableEncoding): string[] {
  if (encoding.task !== "regression") return [];
  return encoding.targets.flatMap(({ name, minimum, maximum, outliers, limits }) =>
    outliers === undefined ? [] : [
      `note: ${JSON.stringify(name)} has ${outliers} outlier${outliers === 1 ? "" : "s"} in the ` +
      `training rows; it is scaled by the range of the others, ${minimum} to ${maximum}` +
      (limits === undefined
        ? ""
        : `; rows beyond ${limits[0]} to ${
          limits[1]
        } do not count in the loss, but in the scores`) +
      " (--target-scale range takes all)",
    ]
  );
}

function unnamedNotes(table: Table, { inputs }: TableEncoding): string[] {
  const counts = indexColumns(table);
  const used = (name: string) => inputs.some((input) => input.name === name);
  return (table.unnamed ?? []).flatMap((name) => {
    const place = `column ${table.columns.indexOf(name) + 1} has no name`;
    if (counts.includes(name)) {
      const cells = table.cells[table.columns.indexOf(name)];
      const why = cells[0] === "" ? "is empty" : "counts the rows";
      return used(name) ? [] : [`note: ${place} and ${why}: it is left out`];
    }
    return used(name)
      ? [`note: ${place}, it is called ${JSON.stringify(name)}; --drop "${name}" leaves it out`]
      : [];
  });
}
