/**
 * What `formula` is asked for: model, rows, limits.
 *
 * @module
 */

import {
  type ClassificationEncoding,
  type ColumnRecipe,
  type Dataset,
  encodeTable,
  numericColumn,
  subset,
  type Table,
  type TableEncoding,
  TableError,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import {
  didYouMean,
  featureTable,
  inputColumns,
  knownRows,
  selectPart,
  targetNames,
} from "../../../lib/data/inner.ts";
import { symbolNames } from "../../../lib/interpret/mod.ts";
import {
  countEdges,
  type EdgeSymbol,
  findSymbol,
  type FormulaRows,
  MOST_EDGES,
  pinConstants,
  type PinnedConstant,
  pinnedValue,
} from "../../../lib/interpret/inner.ts";
import { forward, inputGradient, type Network } from "../../../lib/model/mod.ts";
import { defined, rangeOf } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { lossText } from "../../flags/losses.ts";
import { modelFlag, readOutputs } from "../../flags/shared.ts";
import { choiceFlag, namedValues, numberFlag, requiredFlag, textFlag } from "../../flags/values.ts";
import { additiveNetworkOf, boundsText, foundText } from "../../models/found.ts";
import {
  type FormulaClasses,
  type FormulaColumn,
  type FormulaModel,
  readFormulaModel,
  withFeatures,
} from "../../models/formula_file.ts";
import { type ModelMetadata, readTrainedModel } from "../../models/metadata.ts";
import { checkColumns } from "../../models/network_inputs.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs, type Output, readBytes } from "../../terminal/files.ts";
import { galleryAgain, inputNames, readTable } from "../train/data.ts";
import { STYLES } from "./flags.ts";

/** Rows of one part of the data. */
export interface FormulaPart {
  readonly name: "train" | "test" | "all";
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** One array for each target; of classes the network's logits. */
  readonly targets: readonly Float64Array[];
  /** Of classes: which class every row has, as scores take it. */
  readonly classes?: Float64Array;
}

/** A complete request. */
export interface FormulaRequest {
  readonly modelFile: string;
  readonly dataFile?: string;
  readonly network?: Network;
  readonly metadata?: ModelMetadata;
  /** The model, if it is a formula. */
  readonly start?: FormulaModel;
  readonly columns: readonly FormulaColumn[];
  /** What the columns are made of, where they are no plain numbers of the table. */
  readonly recipes?: readonly ColumnRecipe[];
  readonly targets: readonly { readonly name: string; readonly unit?: string }[];
  /** Of classes: targets are their logits. */
  readonly classes?: FormulaClasses;
  /** The rows that are fitted, and those that are not. */
  readonly parts: readonly FormulaPart[];
  readonly library?: readonly string[];
  readonly complexity?: number;
  readonly fixes: readonly EdgeSymbol[];
  /** Measured constants of the formula that get values. */
  readonly pins: readonly PinnedConstant[];
  readonly style?: typeof STYLES[number];
  readonly output?: Output;
  /** What the model's numbers stay within, which formulas do not: in words. */
  readonly bounds?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Most inputs that a search is made for. */
const MOST_INPUTS = 20;

/** Reads the flags, the model and the rows. */
export async function formulaRequest(given: GivenFlags): Promise<FormulaRequest> {
  const modelFile = modelFlag(given), dataFile = textFlag(given, "data");
  const library = readLibrary(given), { fixes, pins } = readFixes(given);
  const complexity = numberFlag(given, "complexity", { least: 1 });
  const style = choiceFlag(given, "print", STYLES), { modelOut, json, quiet } = readOutputs(given);
  if (fixes.length + pins.length > 0 && (library !== undefined || complexity !== undefined)) {
    throw new UsageError(
      "Cannot read flags: --fix must come without --library and --complexity: it searches nothing",
    );
  }
  const output = modelOut === undefined ? undefined : { flag: "model-out", path: modelOut };
  if (output) await checkOutputs([output], [modelFile, dataFile]);
  const common = {
    ...{ modelFile, fixes, pins, json, quiet },
    ...defined({ dataFile, library, complexity, style, output }),
  };
  const bytes = await readBytes(modelFile), start = await readFormulaModel(modelFile, bytes);
  checkPins(pins, start);
  if (start !== undefined) {
    const file = requiredFlag(given, "data", "a table (the model is a formula)");
    return { ...common, start, ...await formulaParts(file, start) };
  }
  const model = await readTrainedModel(modelFile, bytes), { metadata } = model;
  const network = await additiveNetworkOf("find formula", model) ?? model.network;
  checkModel(foundText(model) === undefined ? model.networks.length : 1);
  const table = dataFile === undefined ? undefined : await readTable(dataFile);
  const data = modelParts(network, metadata, table), bounds = boundsText(metadata.encoding);
  return { ...common, network, metadata, ...data, ...defined({ bounds }) };
}

/**
 * The rows of a network's training, from a problem of the gallery or a table.
 *
 * @throws {UsageError} If the table has other columns, or the network is too large.
 */
export function modelParts(
  network: Network,
  metadata: ModelMetadata,
  table: Table | undefined,
): Pick<FormulaRequest, "columns" | "targets" | "parts" | "classes" | "recipes"> {
  const data = table === undefined
    ? galleryParts(metadata, network)
    : tableParts(table, metadata, network);
  checkSize(network, metadata, data.parts[0]);
  return data;
}

function readLibrary(given: GivenFlags): readonly string[] | undefined {
  const text = textFlag(given, "library");
  return text?.split(",").map((part) => symbolOf(part.trim(), "--library"));
}

function symbolOf(name: string, flag: string): string {
  const found = findSymbol(name);
  if (found !== undefined) return found.name;
  throw new UsageError(
    `Cannot read flags: ${flag} must name functions of the library (${
      symbolNames().join(", ")
    }), ` +
      `current value is ${JSON.stringify(name)}${didYouMean(name, symbolNames())}`,
  );
}

function readFixes(
  given: GivenFlags,
): { readonly fixes: readonly EdgeSymbol[]; readonly pins: readonly PinnedConstant[] } {
  const text = textFlag(given, "fix"), fixes: EdgeSymbol[] = [], pins: PinnedConstant[] = [];
  const fail = (): never => {
    throw new UsageError(
      "Cannot read flags: --fix must be EDGE=NAME with commas between them, an edge such as 0.0.1 " +
        "(spline layer, input, output), or cN=VALUE, a measured constant and a value such as 0.8 or " +
        `pi/2, current value is ${JSON.stringify(text)}`,
    );
  };
  for (const { name = "", value } of text === undefined ? [] : namedValues(text)) {
    const constant = /^c(\d+)$/.exec(name);
    if (constant) {
      const number = Number(constant[1]);
      pins.push({ number, value: pinnedValue(value) ?? fail() });
      continue;
    }
    const [, layer, input, output] = /^(\d+)\.(\d+)\.(\d+)$/.exec(name) ?? [];
    if (output === undefined) fail();
    const edge = [Number(layer), Number(input), Number(output)] as const;
    fixes.push({ edge, name: symbolOf(value, "--fix") });
  }
  return { fixes, pins };
}

/** Constants have numbers in a formula of one target only. */
function checkPins(pins: readonly PinnedConstant[], start: FormulaModel | undefined): void {
  if (pins.length === 0) return;
  if (start === undefined || start.targets.length > 1) {
    throw new UsageError(
      "Cannot find formula: --fix c1=VALUE needs a formula of one target as --model (--model-out " +
        `keeps one), current value is ${start ? "several targets" : "a network"}`,
    );
  }
  const [{ formula }] = start.targets;
  try {
    pinConstants(formula, pins);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function checkModel(networks: number): void {
  if (networks > 1) {
    throw new UsageError(
      `Cannot find formula: the model must be one network, current value is an ensemble of ${networks}`,
    );
  }
}

/** `length [m]`: the name and the unit. */
export function splitUnit(column: string): { readonly name: string; readonly unit?: string } {
  const [, name, unit] = /^(.*\S)\s*\[([^\[\]]*)\]$/.exec(column) ?? [];
  return unit === undefined ? { name: column } : { name, unit: unit.trim() };
}

/** Columns without their units, if they then still differ. */
function columnsOf(names: readonly string[]): FormulaColumn[] {
  const split = names.map(splitUnit);
  const differ = new Set(split.map(({ name }) => name)).size === names.length;
  return names.map((column, i) => ({
    column,
    variable: differ ? split[i].name : column,
    ...defined({ unit: split[i].unit }),
  }));
}

async function formulaParts(
  file: string,
  { columns, targets, classes, recipes }: FormulaModel,
) {
  if (classes !== undefined) {
    throw new UsageError(
      `Cannot find formula: the target must be a number, current value is a formula of the classes ` +
        `of ${JSON.stringify(classes.column)}`,
    );
  }
  const table = withFeatures(await readTable(file), columns, recipes);
  checkColumns(table, [...columns.map(({ column }) => column), ...targets.map(({ name }) => name)]);
  return {
    ...{ columns, ...defined({ recipes }) },
    targets: targets.map(({ name }) => ({ name })),
    parts: [partOf("all", table, columns, targets.map(({ name }) => name))],
  };
}

function partOf(
  name: FormulaPart["name"],
  table: Table,
  columns: readonly FormulaColumn[],
  targets: readonly string[],
  chosen?: Uint32Array,
): FormulaPart {
  const read = (column: string) => {
    const values = numericColumn(table, column);
    return chosen === undefined ? values : Float64Array.from(chosen, (row) => values[row]);
  };
  return {
    name,
    rows: chosen?.length ?? table.rows,
    columns: new Map(columns.map(({ column, variable }) => [variable, read(column)])),
    targets: targets.map(read),
  };
}

/** The network's logits as targets. */
function classParts(table: Table, encoding: ClassificationEncoding, network: Network) {
  const { target, labels } = encoding, names = encoding.inputs.map(({ name }) => name);
  const all = encodeTable(table, encoding, { requireTargets: true }), columns = columnsOf(names);
  const featured = featureTable(table, encoding);
  const outputs = forward(network, all.inputs, all.rows), { nOut } = all;
  const part = (name: FormulaPart["name"], chosen: Uint32Array): FormulaPart => ({
    ...partOf(name, featured, columns, [], chosen),
    targets: Array.from(
      { length: nOut },
      (_, q) => Float64Array.from(chosen, (row) => outputs[row * nOut + q]),
    ),
    classes: subset(all, chosen).targets as Float64Array,
  });
  const rows = (which: "train" | "test") => partRows(table, encoding, which);
  const train = rows("train"), test = rows("test");
  const parts = train === undefined
    ? [part("all", selectPart(table, encoding, "all"))]
    : [part("train", train), ...(test ? [part("test", test)] : [])];
  const logits = nOut === 1 ? [labels[1]] : labels;
  return {
    ...{ columns, parts, ...defined({ recipes: keptRecipes(encoding) }) },
    targets: logits.map((label) => ({ name: `logit(${target} = ${label})` })),
    classes: { column: target, labels },
  };
}

/** The rows of a part; undefined if the table is another, or has no such part. */
function partRows(
  table: Table,
  encoding: TableEncoding,
  which: "train" | "test",
): Uint32Array | undefined {
  try {
    return selectPart(table, encoding, which);
  } catch (error) {
    if (error instanceof TableError) return undefined;
    throw error;
  }
}

function tableParts(whole: Table, metadata: ModelMetadata, network: Network) {
  const { encoding } = metadata;
  if (encoding.kind === "gallery") {
    const table = whole;
    const nIn = network.config.widths[0], names = inputNames(encoding, nIn);
    checkColumns(table, [...names, encoding.target.name]);
    const columns = columnsOf(names), targets = [{ name: encoding.target.name }];
    return { columns, targets, parts: [partOf("all", table, columns, [encoding.target.name])] };
  }
  checkColumns(whole, [...inputColumns(encoding), ...targetNames(encoding)]);
  const { table } = knownRows(whole, encoding);
  if (encoding.task !== "regression") return classParts(table, encoding, network);
  if (encoding.link !== undefined) {
    throw new UsageError(
      "Cannot find formula: --model must be a network of numbers or classes, whose errors a formula " +
        `is judged by, current value was trained with --loss ${lossText(metadata.loss)} (export ` +
        "writes it as code)",
    );
  }
  const names = encoding.targets.map(({ name }) => name);
  const columns = columnsOf(encoding.inputs.map(({ name }) => name));
  const featured = featureTable(table, encoding); // its errors have line and column
  const part = (which: "train" | "test") => {
    const chosen = partRows(table, encoding, which);
    return chosen === undefined ? [] : [partOf(which, featured, columns, names, chosen)];
  };
  const train = part("train");
  const parts = train.length === 0
    ? [partOf("all", featured, columns, names)]
    : [...train, ...part("test")];
  const targets = names.map((name) => ({ name, ...defined({ unit: splitUnit(name).unit }) }));
  return { columns, targets, parts, ...defined({ recipes: keptRecipes(encoding) }) };
}

/** The recipes of a table: they say what stands for a cell that is missing or cannot be read. */
function keptRecipes({ columns }: TableEncoding): readonly ColumnRecipe[] | undefined {
  return columns;
}

function galleryParts({ encoding, options }: ModelMetadata, network: Network) {
  if (encoding.kind !== "gallery") {
    throw new UsageError(
      "Cannot find formula: --data must be a table (the network was trained on one), current value " +
        "is none",
    );
  }
  const { train, test } = galleryAgain(encoding, options);
  const names = inputNames(encoding, network.config.widths[0]), columns = columnsOf(names);
  const part = (name: "train" | "test", { rows, nIn, inputs, targets }: Dataset): FormulaPart => ({
    ...{ name, rows },
    columns: new Map(names.map((each, c) => [
      each,
      Float64Array.from({ length: rows }, (_, r) => inputs[r * nIn + c]),
    ])),
    targets: [unscaleColumns(targets, [encoding.target])],
  });
  return {
    columns,
    targets: [{ name: encoding.problem }],
    parts: [part("train", train), ...(test ? [part("test", test)] : [])],
  };
}

/** Refuses networks that are too large, and says what to prune first. */
function checkSize(network: Network, { encoding }: ModelMetadata, part: FormulaPart): void {
  const edges = countEdges(network), [nIn] = network.config.widths;
  if (edges <= MOST_EDGES && nIn <= MOST_INPUTS) return;
  const names = inputNames(encoding, nIn);
  const rows = Math.min(part.rows, 500), columns = [...part.columns.values()];
  const ranges = columns.map((column) => rangeOf(column.subarray(0, rows)));
  const spreads = ranges.map(([low, high]) => high - low || 1);
  const inputs = new Float64Array(rows * nIn);
  columns.forEach((column, c) => {
    const [low] = ranges[c];
    for (let r = 0; r < rows; r++) {
      inputs[r * nIn + c] = encoding.kind === "table" ? (column[r] - low) / spreads[c] : column[r];
    }
  });
  const gradient = inputGradient(network, inputs, rows), weights = new Float64Array(nIn);
  gradient.forEach((slope, i) => {
    const factor = encoding.kind === "table" ? 1 : spreads[i % nIn];
    weights[i % nIn] += Math.abs(slope) * factor;
  });
  const least = names.map((name, c) => ({ name, weight: weights[c] }))
    .sort((a, b) => a.weight - b.weight).slice(0, 3).map(({ name }) => JSON.stringify(name));
  throw new UsageError(
    `Cannot find formula: the network must have at most ${MOST_EDGES} edges and ${MOST_INPUTS} ` +
      `inputs, current value is ${edges} edges (widths [${
        network.config.widths.join(", ")
      }]); prune ` +
      `it first, or train with fewer nodes or without the inputs that matter least: ${
        least.join(", ")
      }`,
  );
}

/** The rows of one target. */
export function targetRows(part: FormulaPart, target: number): FormulaRows {
  return { rows: part.rows, columns: part.columns, target: part.targets[target] };
}
