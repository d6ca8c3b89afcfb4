/**
 * The resolved options of a run: as data, and as the command line that repeats it.
 *
 * @module
 */

import { type NetworkOptions, resolveConfig } from "../../../lib/model/mod.ts";
import { inputColumns } from "../../../lib/data/inner.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { FIRST_ORDER_FIELDS, firstOrderFields } from "../../flags/first_order.ts";
import { isPlain, linkOptions, lossText } from "../../flags/losses.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { shapeOptions } from "./constraints.ts";
import type { FileSource, ReadyRequest } from "./request.ts";
import { type ChosenPenalties, penaltyOptions } from "./penalties.ts";
import type { TrainData } from "./data.ts";

/** Every resolved option, by the flag's name in camel case. */
export type RunOptions = Readonly<Record<string, string | number | boolean | readonly unknown[]>>;

/** Collects every option that decides the result. */
export function runOptions(
  request: ReadyRequest,
  network: NetworkOptions,
  data: TrainData,
  penalties: ChosenPenalties,
): RunOptions {
  const { source, loss, optimizer, validationFraction, engine: { name, dtype } } = request;
  const { activation, ...config } = resolveConfig(network), isMlp = activation !== "spline";
  return {
    ...(source.kind === "gallery"
      ? { problem: source.problem.name, rows: source.rows, dataSeed: source.dataSeed }
      : columnOptions(source, loss, data)),
    validationFraction,
    ...(isMlp ? { activation, widths: config.widths, bias: config.bias } : config),
    schedule: request.epochs,
    ...(request.schedule.stages.some(({ refine }) => refine)
      ? { refinement: request.refinement }
      : {}),
    loss: lossText(loss),
    ...(loss.kind === "huber" ? { huberDelta: request.huberUnits! } : {}),
    weightDecay: loss.weightDecay ?? 0,
    optimizer: optimizer.name,
    ...optimizerFields([optimizer, ...Object.values(request.optimizers)]),
    ...(validationFraction > 0 ? { patience: request.patience } : {}),
    ...(isMlp ? {} : { starts: request.starts, smoothing: request.smoothing }),
    ...penaltyOptions(penalties),
    ...shapeOptions(request.shape),
    seed: request.seed,
    ...(request.splitSeed === request.seed ? {} : { splitSeed: request.splitSeed }),
    engine: name,
    ...(name === "cpu" ? { dtype } : {}),
  };
}

/** Options that say what a table's columns are for. */
export function columnOptions(
  source: FileSource,
  loss: ReadyRequest["loss"],
  data: TrainData,
): RunOptions {
  return {
    data: source.file,
    target: source.target,
    inputs: inputColumnNames(data.encoding),
    ...defined({ types: typesOption(source, data.encoding), missing: source.missing }),
    ...defined({ memoryLimit: source.memoryLimit }),
    ...offsetOption(data.encoding),
    ...defined({ weight: source.weight, classWeights: classWeightsText(source.classWeights) }),
    scale: source.scale,
    ...linkOptions(source.link),
    ...(isPlain(loss) || loss.kind === "quantile" ? { targetScale: source.targetScale } : {}),
    testFraction: source.testFraction,
  };
}

/**
 * Writes the command line that repeats a run.
 *
 * @param options From {@linkcode runOptions}.
 */
export function runCommand(options: RunOptions): string {
  const words = runArguments(options).map((word) => {
    const [, flag, value] = word.match(/^(--[a-z-]+=)(.*)$/s) ?? ["", "", word];
    return flag + shellWord(value);
  });
  return ["freeknot", "train", ...words].join(" ");
}

/**
 * The arguments of `freeknot train` that repeat a run.
 *
 * @param options From {@linkcode runOptions}.
 */
export function runArguments(options: RunOptions): string[] {
  return Object.entries(options).flatMap(([key, value]) => {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (key === "bias") {
      return options.firstLayer !== "spline" ? [value === true ? "--bias" : "--no-bias"] : [];
    }
    if (key === "learningCurve" || key === "nesterov") return [flag];
    const text = Array.isArray(value) ? value.join(",") : String(value);
    return text.startsWith("-") ? [`${flag}=${text}`] : [flag, text];
  });
}

/** As the flag has it. */
function classWeightsText(weights: FileSource["classWeights"]): string | undefined {
  if (weights === undefined || weights === "balanced") return weights;
  return Object.entries(weights).map(([label, weight]) => `${label}=${weight}`).join(",");
}

/** The columns of the table that the network reads. */
function inputColumnNames(encoding: TrainData["encoding"]): string[] {
  return encoding.kind === "table" ? inputColumns(encoding) : [];
}

/** The types that were asked for, of columns that are inputs. */
function typesOption(
  { types }: FileSource,
  encoding: TrainData["encoding"],
): readonly string[] | undefined {
  const inputs = inputColumnNames(encoding);
  const kept = types?.split(",").map((part) => part.trim()).filter((part) =>
    inputs.includes(part.slice(0, part.lastIndexOf("=")).trim())
  );
  return kept === undefined || kept.length === 0 ? undefined : kept;
}

/** The offsets as numbers, also where the smallest was asked for. */
function offsetOption(encoding: TrainData["encoding"]): { readonly offset?: readonly string[] } {
  if (encoding.kind !== "table") return {};
  const offset = encoding.inputs.flatMap(({ name, offset }) =>
    offset === undefined ? [] : [`${name}=${offset}`]
  );
  return offset.length === 0 ? {} : { offset };
}

/** The numbers of some optimizers that have a flag. */
function optimizerFields(
  optimizers: readonly Pick<ReadyRequest["optimizer"], "options">[],
): Record<string, string | number | boolean> {
  const fields: Record<string, string | number | boolean> = {};
  for (const { options } of optimizers) {
    const own = { ...options, ...firstOrderFields(options) };
    for (const key of ["lineSearch", "memory", "weightDecay", ...FIRST_ORDER_FIELDS]) {
      const value = own[key];
      if (typeof value === "string" || typeof value === "number" || value === true) {
        fields[key] = value;
      }
    }
  }
  return fields;
}
