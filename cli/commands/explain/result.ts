/**
 * What `explain` prints.
 *
 * @module
 */

import type {
  Explanation,
  InputImportance,
  Interaction,
  OutputExplanation,
  RowExplanation,
} from "../../../lib/interpret/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { type ColumnImportance, importanceByColumn } from "./by_column.ts";
import type { ExplainRequest } from "./request.ts";
import { type ExplainResult, writtenFiles } from "./run.ts";

/** Most inputs, and pairs, that the text shows. */
const MOST_LINES = 12;

/** The object that `--json` prints. */
export function explainJson({ explanation, outside }: ExplainResult, request: ExplainRequest) {
  const { modelFile, dataFile, model: { metadata: { encoding } } } = request;
  return {
    model: modelFile,
    data: dataFile ?? null,
    problem: encoding.kind === "gallery" ? encoding.problem : null,
    ...explanation,
    outputs: explanation.outputs.map((output) => ({
      ...output,
      ...defined({ columns: importanceByColumn(encoding, output) }),
    })),
    outside,
    ...writtenFiles(request),
    version: VERSION,
  };
}

/** What `explain` prints without `--json`. */
export function explainText({ explanation }: ExplainResult, request: ExplainRequest): string {
  const { rows, background, samples, outputs } = explanation;
  const files = Object.entries(writtenFiles(request)).map(([flag, path]) => `${flag}: ${path}`);
  return [
    ...outputs.flatMap((output) => [
      ...outputLines(output, explanation),
      "",
      ...columnLines(importanceByColumn(request.model.metadata.encoding, output)),
    ]),
    `${rows} rows; effects are means over ${background} of them, shares of variance come from ` +
    `${samples} pairs of rows`,
    ...files,
  ].join("\n") + "\n";
}

/** Columns with their features together. */
function columnLines(columns: readonly ColumnImportance[] | undefined): string[] {
  if (columns === undefined) return [];
  const sorted = columns.toSorted((a, b) => b.total - a.total);
  const scored = columns.every(({ attribution }) => attribution !== undefined);
  const taken = columns.every(({ row }) => row !== undefined);
  const head = [
    ...["column", "features", "of the variance", "by itself"],
    ...scored ? ["attribution"] : [],
    ...taken ? ["in the row"] : [],
  ];
  const lines = sorted.slice(0, MOST_LINES).map((each) => [
    ...[each.column, `${each.features.length}`, percent(each.total), percent(each.main)],
    ...scored ? [shortNumber(each.attribution!)] : [],
    ...taken ? [`${each.row! < 0 ? "" : "+"}${shortNumber(each.row!)}`] : [],
  ]);
  return [
    "by column, sums over its features:",
    textTable([head, ...lines], `l${"r".repeat(head.length - 1)}`) +
    more(columns.length, "columns"),
    "",
  ];
}

function outputLines(output: OutputExplanation, { inputs }: Explanation): string[] {
  const { mean, deviation, additiveShare, groups, interactions, row } = output;
  const additive = groups.every((group) => group.length === 1);
  const unused = inputs.length - groups.reduce((sum, group) => sum + group.length, 0);
  return [
    `${title(output)}: mean prediction ${shortNumber(mean)}, deviation ${shortNumber(deviation)}`,
    additive
      ? "the network is additive: mean plus effects are the prediction"
      : `effects of single inputs account for ${percent(additiveShare)} of its variance`,
    ...(unused === 0
      ? []
      : [`${unused} ${unused === 1 ? "input has" : "inputs have"} no part in it`]),
    ...(additiveShare < 0 || output.inputs.some(({ total }) => total > 1.5)
      ? [
        "inputs depend on each other: rows recombined from several lie far from all rows, and what " +
        "stands below says more of the network there than of the data",
      ]
      : []),
    "",
    importanceTable(output.inputs),
    ...(interactions.length === 0 ? [] : ["", interactionTable(interactions)]),
    ...(row === undefined ? [] : ["", ...rowLines(row)]),
  ];
}

/** What an output is called. */
export function title({ name, kind }: Pick<OutputExplanation, "name" | "kind">): string {
  if (kind === "logit") return `logit of ${name}`;
  if (kind === "logarithm") return `ln ${name}`;
  return kind === "place" ? `place of ${name} among its quantiles` : name;
}

function importanceTable(inputs: readonly InputImportance[]): string {
  const sorted = inputs.toSorted((a, b) => b.total - a.total);
  const scored = inputs.some(({ attribution }) => attribution !== undefined);
  const head = ["input", "of the variance", "by itself", "slope", ...scored ? ["attribution"] : []];
  const lines = sorted.slice(0, MOST_LINES).map((each) => [
    each.name,
    `${percent(each.total)} ± ${percent(each.totalError)}`,
    percent(each.main),
    shortNumber(each.slope),
    ...(each.attribution === undefined ? [] : [shortNumber(each.attribution)]),
  ]);
  return textTable([head, ...lines], scored ? "lrrrr" : "lrrr") + more(inputs.length, "inputs");
}

function interactionTable(interactions: readonly Interaction[]): string {
  const curved = interactions.some(({ strength }) => strength !== undefined);
  const head = ["together", "of the variance", ...curved ? ["mixed derivative"] : []];
  const lines = interactions.slice(0, MOST_LINES).map(({ inputs, share, shareError, sign }) => [
    inputs.join(" × "),
    `${percent(share)} ± ${percent(shareError)}`,
    ...(sign === undefined ? [] : [shortNumber(sign)]),
  ]);
  return textTable([head, ...lines], curved ? "lrr" : "lr") + more(interactions.length, "pairs");
}

function rowLines({ row, mean, prediction, exact, inputs }: RowExplanation): string[] {
  const sorted = inputs.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const lines = sorted.slice(0, MOST_LINES).map(({ name, x, value, error }) => [
    `${name} = ${shortNumber(x)}`,
    `${value < 0 ? "" : "+"}${shortNumber(value)}`,
    exact ? "" : `± ${shortNumber(error)}`,
  ]);
  return [
    `row ${row}: ${shortNumber(prediction)} = ${shortNumber(mean)} (mean) plus` +
    (exact ? " (Shapley values, exact)" : " (Shapley values, sampled)"),
    textTable(lines, "lrl") + more(inputs.length, "inputs"),
  ];
}

function more(count: number, what: string): string {
  return count > MOST_LINES ? `\n... and ${count - MOST_LINES} more ${what} (--json has all)` : "";
}

function percent(share: number): string {
  const value = 100 * share;
  return `${Math.abs(value) < 0.005 ? "0" : value.toFixed(Math.abs(value) < 10 ? 2 : 1)} %`;
}
