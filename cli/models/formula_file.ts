/**
 * Formulas as models: what `formula --model-out` writes, and predict, evaluate and inspect read.
 *
 * @module
 */

import { decodeClasses, featureTable, inputColumns } from "../../lib/data/inner.ts";
import {
  type ColumnRecipe,
  numericColumn,
  type Table,
  type TableColumn,
} from "../../lib/data/mod.ts";
import type { Formula } from "../../lib/interpret/mod.ts";
import { joinColumns } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { checkColumns } from "./network_inputs.ts";

/** A column and what formulas call it. */
export interface FormulaColumn {
  /** In the header of the table. */
  readonly column: string;
  /** In formulas: the column without its unit. */
  readonly variable: string;
  readonly unit?: string;
}

/** A formula on a front. */
export interface FrontLine {
  readonly text: string;
  readonly complexity: number;
  readonly rmse: number;
  readonly formula: Formula;
}

/** One target and its formula. */
export interface FormulaTarget {
  readonly name: string;
  /** The formula in plain text, for people. */
  readonly text: string;
  readonly formula: Formula;
  readonly front?: readonly FrontLine[];
}

/** A column of classes. */
export interface FormulaClasses {
  readonly column: string;
  readonly labels: readonly string[];
}

/** The JSON of a formula model. */
export interface FormulaModel {
  readonly format: "freeknot formula";
  readonly formatVersion: 1;
  readonly version: string;
  readonly columns: readonly FormulaColumn[];
  /** What the columns are made of, where they are no plain numbers of a table. */
  readonly recipes?: readonly ColumnRecipe[];
  readonly targets: readonly FormulaTarget[];
  /** Of classes: targets are their logits, of two classes that of the second. */
  readonly classes?: FormulaClasses;
  /** Edges of a network that are functions by `formula --fix`, `0.0.1`, and their names. */
  readonly fixed?: Readonly<Record<string, string>>;
  readonly command: string;
}

/** The room of formulas, a large one, which models that are networks do without. */
const formulaRoom = () => import("../../lib/interpret/inner.ts");

/**
 * Reads a formula model; undefined if the file is something else (a network).
 *
 * @param bytes What is in the file.
 * @throws {UsageError} If it is JSON, but no formula model.
 */
export async function readFormulaModel(
  path: string,
  bytes: Uint8Array,
): Promise<FormulaModel | undefined> {
  if (!looksLikeJson(bytes)) return undefined;
  const fail = (why: string): never => {
    throw new UsageError(`Cannot read formula model ${path}: ${why}`);
  };
  let data: Record<string, unknown> = {};
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("it must be JSON, current value is broken");
  }
  const { format, columns, targets } = data;
  if (format === "freeknot-relu") return undefined;
  if (format !== "freeknot formula") fail('its format must be "freeknot formula"');
  if (data.formatVersion !== 1) {
    fail(`its formatVersion must be 1, current value is ${data.formatVersion}`);
  }
  const texts = (list: unknown, names: readonly string[]): list is Record<string, string>[] =>
    Array.isArray(list) && list.length > 0 &&
    list.every((each) => names.every((name) => typeof each?.[name] === "string"));
  if (!texts(columns, ["column", "variable"])) fail("its columns must have column and variable");
  if (!texts(targets, ["name"])) fail("its targets must have a name and a formula");
  const model = data as unknown as FormulaModel;
  const { classes } = model;
  if (classes !== undefined) {
    const count = classes.labels?.length, logits = count === 2 ? 1 : count;
    if (typeof classes.column !== "string" || model.targets.length !== logits) {
      fail("its classes must have a column and labels, as many as there are formulas of logits");
    }
  }
  const { fixed = {} } = model;
  if (
    typeof fixed !== "object" || fixed === null ||
    !Object.values(fixed).every((name) => typeof name === "string")
  ) fail("its fixed must have names of functions by edges");
  const known = model.columns.map(({ variable }) => variable);
  const { columnsRead } = await formulaRoom();
  const { readFormula } = await import("../../lib/interpret/mod.ts");
  for (const { name, formula } of model.targets) {
    try {
      readFormula(formula);
    } catch (error) {
      fail(`the formula of ${name}: ${(error as Error).message}`);
    }
    const missing = columnsRead(formula).find((each) => !known.includes(each));
    if (missing !== undefined) fail(`the formula of ${name} reads ${missing}, which is no column`);
  }
  return model;
}

function looksLikeJson(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 64);
  const first = start.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  // the first eight bytes of a network's file are a number, with zeros among them
  return first === 0x7b && !start.subarray(0, 8).includes(0);
}

/** The columns of a table that formulas read, by what formulas call them. */
export function formulaColumns(
  table: Table,
  columns: readonly FormulaColumn[],
): { readonly rows: number; readonly columns: ReadonlyMap<string, Float64Array> } {
  checkColumns(table, columns.map(({ column }) => column));
  return {
    rows: table.rows,
    columns: new Map(
      columns.map(({ column, variable }) => [variable, numericColumn(table, column)]),
    ),
  };
}

/** A table with the columns that formulas read, made by their recipes. */
export function withFeatures(
  table: Table,
  columns: readonly FormulaColumn[],
  recipes: readonly ColumnRecipe[] | undefined,
): Table {
  if (recipes === undefined || columns.length === 0) return table;
  const inputs = columns.map(({ column }) => ({ name: column, minimum: 0, maximum: 0 }));
  const fields = { inputs, columns: recipes };
  checkColumns(table, inputColumns(fields));
  return featureTable(table, fields);
}

/** What the columns of formulas are made of, as encodings have it; absent: plain numbers. */
export function formulaFields({ columns, recipes }: FormulaModel) {
  if (recipes === undefined) return undefined;
  const inputs = columns.map(({ column }) => ({ name: column, minimum: 0, maximum: 0 }));
  return { kind: "features", inputs, columns: recipes } as const;
}

/** What formulas say about the rows of a table, one array for each target. */
export async function formulaPredictions(
  { columns, targets, recipes }: FormulaModel,
  table: Table,
): Promise<Float64Array[]> {
  const { columnsRead, formulaValues } = await formulaRoom();
  const used = new Set(targets.flatMap(({ formula }) => columnsRead(formula)));
  const read = columns.filter(({ variable }) => used.has(variable));
  const data = formulaColumns(withFeatures(table, read, recipes), read);
  return targets.map(({ formula }) => formulaValues(formula, data));
}

/** Columns of predictions: the targets, or class and probabilities. */
export async function formulaColumnsSaid(
  model: FormulaModel,
  table: Table,
): Promise<TableColumn[]> {
  const said = await formulaPredictions(model, table), { classes, targets } = model;
  if (classes !== undefined) {
    const decoded = decodeClasses(joinColumns(said, table.rows), classes.labels);
    const count = classes.labels.length;
    return [
      { name: `${classes.column}_prediction`, values: decoded.labels },
      ...classes.labels.map((label, k) => ({
        name: `${classes.column}_probability_${label}`,
        values: Float64Array.from(
          { length: table.rows },
          (_, row) => decoded.probabilities[row * count + k],
        ),
      })),
    ];
  }
  return targets.map(({ name }, t) => ({ name: `${name}_prediction`, values: said[t] }));
}
