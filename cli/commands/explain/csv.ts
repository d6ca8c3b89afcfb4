/**
 * An explanation as one table.
 *
 * @module
 */

import type { Explanation, OutputExplanation } from "../../../lib/interpret/mod.ts";

const COLUMNS = ["output", "part", "input", "other", "x", "value", "error", "low", "high"];

type Cells = readonly (string | number | undefined)[];

/**
 * One line per number: `part` is `mean`, `total`, `main`, `attribution`, `share`, `slope` (of an
 * input), `effect` (of an input at `x`), `interaction` (of two inputs), `row` (of an input at `x`).
 */
export function explanationCsv({ outputs }: Explanation): string {
  const lines = outputs.flatMap((output) =>
    outputLines(output).map((cells) => COLUMNS.map((_, c) => c === 0 ? output.name : cells[c - 1]) // the rest is empty
    )
  );
  return [COLUMNS, ...lines].map((cells) => cells.map(cell).join(",")).join("\n") + "\n";
}

function outputLines({ mean, inputs, effects, interactions, row }: OutputExplanation): Cells[] {
  return [
    ["mean", "", "", "", mean],
    ...inputs.flatMap(({ name, total, totalError, main, slope, attribution, share }): Cells[] => [
      ["total", name, "", "", total, totalError],
      ["main", name, "", "", main],
      ["slope", name, "", "", slope],
      ...(attribution === undefined ? [] : [["attribution", name, "", "", attribution]]),
      ...(share === undefined ? [] : [["share", name, "", "", share]]),
    ]),
    ...effects.flatMap(({ name, x, value, error, low, high }) =>
      x.map((at, k): Cells => ["effect", name, "", at, value[k], error[k], low[k], high[k]])
    ),
    ...interactions.map((
      { inputs: [first, second], share, shareError },
    ): Cells => ["interaction", first, second, "", share, shareError]),
    ...(row?.inputs ?? []).map((
      { name, x, value, error },
    ): Cells => ["row", name, "", x, value, error]),
  ];
}

function cell(value: string | number | undefined): string {
  if (typeof value !== "string") return value === undefined ? "" : String(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
