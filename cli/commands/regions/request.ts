/**
 * What `regions` is asked for.
 *
 * @module
 */

import { findProblem } from "../../../lib/data/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { modelFlag, outputFiles, readOutputs } from "../../flags/shared.ts";
import { namedValues, nameIndex, numberPart, textFlag } from "../../flags/values.ts";
import { refuseFound } from "../../models/found.ts";
import { type LoadedModel, readModel } from "../../models/metadata.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs } from "../../terminal/files.ts";
import { inputNames, numOutputs } from "../train/data.ts";

/** An input: its name, its range, and how the network's scale comes about. */
export interface RegionInput {
  readonly name: string;
  /** Ends of the training range, in the units that flags speak in. */
  readonly range: readonly [number, number];
  /** `scaled = (value - origin) / unit`. */
  readonly origin: number;
  readonly unit: number;
}

/** Where regions are counted; the ends are in the inputs' units. */
export type RegionPlace =
  | { readonly kind: "line"; readonly from: readonly number[]; readonly to: readonly number[] }
  | {
    readonly kind: "plane";
    /** Inputs that move, from 0. */
    readonly inputs: readonly number[];
    readonly box: readonly (readonly [number, number])[];
    /** Where all inputs are; those that move are ignored. */
    readonly at: readonly number[];
  }
  | { readonly kind: "bounds" };

/** What is to be counted, and where it goes. */
export interface RegionsRequest {
  readonly modelFile: string;
  readonly model: LoadedModel;
  readonly inputs: readonly RegionInput[];
  readonly outputs: readonly string[];
  readonly place: RegionPlace;
  /** The output of the picture, from 0. */
  readonly output: number;
  readonly svg?: string;
  readonly report?: string;
  readonly out?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reads the flags of `regions` and the model. */
export async function readRegionsRequest(given: GivenFlags): Promise<RegionsRequest> {
  const modelFile = modelFlag(given), model = await readModel(modelFile);
  refuseFound("find regions", model);
  checkModel(model);
  const inputs = regionInputs(model), outputs = outputNames(model);
  const place = readPlace(given, inputs);
  const output = readOutput(given, outputs), svg = textFlag(given, "svg");
  if (svg !== undefined && (place.kind !== "plane" || place.inputs.length !== 2)) {
    throw new UsageError(
      "Cannot find regions: --svg must come with a plane of two inputs, current value is " +
        (place.kind === "plane" ? `${place.inputs.length} inputs` : `a ${place.kind}`),
    );
  }
  if (textFlag(given, "report") !== undefined && place.kind !== "plane") {
    throw new UsageError(
      `Cannot find regions: --report must come with a plane, current value is a ${place.kind}`,
    );
  }
  if (textFlag(given, "out") !== undefined && place.kind === "bounds") {
    throw new UsageError("Cannot find regions: --out must come with --line or --plane only");
  }
  await checkOutputs(outputFiles(given, ["svg", "report", "out"]), [modelFile]);
  const { json, quiet, report } = readOutputs(given);
  return {
    ...{ modelFile, model, inputs, outputs, place, output, json, quiet },
    ...defined({ svg, report, out: textFlag(given, "out") }),
  };
}

function checkModel({ networks, network: { config } }: LoadedModel): void {
  const fail = (current: string): never => {
    throw new UsageError(
      "Cannot find regions: --model must be a ReLU network or splines of degree 1 without a base " +
        `branch, current value is ${current}`,
    );
  };
  if (networks.length > 1) fail(`an ensemble of ${networks.length}`);
  if (config.activation === "tanh") fail("an MLP with tanh");
  if (config.activation === "spline" && config.degree > 1) {
    fail(`splines of degree ${config.degree}`);
  }
  if (config.base !== "none") fail(`a base ${config.base}`);
}

function regionInputs({ network, metadata }: LoadedModel): RegionInput[] {
  const nIn = network.config.widths[0], encoding = metadata?.encoding;
  if (encoding?.kind === "table") {
    return encoding.inputs.map(({ name, minimum, maximum, map }) =>
      map === undefined && maximum > minimum
        ? { name, range: [minimum, maximum], origin: minimum, unit: maximum - minimum }
        : { name, range: [0, 1], origin: 0, unit: 1 }
    );
  }
  const domain = encoding === undefined ? undefined : findProblem(encoding.problem).domain;
  const names = encoding === undefined
    ? Array.from({ length: nIn }, (_, i) => `x${i + 1}`)
    : inputNames(encoding, nIn);
  return names.map((name, p) => ({ name, range: domain?.[p] ?? [-1, 1], origin: 0, unit: 1 }));
}

function outputNames({ network, metadata }: LoadedModel): string[] {
  const nOut = network.config.widths.at(-1)!, encoding = metadata?.encoding;
  if (encoding === undefined || numOutputs(encoding) !== nOut) {
    return Array.from({ length: nOut }, (_, q) => `y${q + 1}`);
  }
  if (encoding.kind === "gallery") return [encoding.problem];
  if (encoding.task === "regression") return encoding.targets.map(({ name }) => name);
  return nOut === 1 ? [encoding.labels[1]] : [...encoding.labels];
}

function readOutput(given: GivenFlags, names: readonly string[]): number {
  const name = textFlag(given, "output");
  if (name === undefined) return 0;
  return nameIndex(name, names, `Cannot find regions: --output must be one of ${names.join(", ")}`);
}

function readPlace(given: GivenFlags, inputs: readonly RegionInput[]): RegionPlace {
  const line = readEnds(given, "line", inputs), plane = textFlag(given, "plane");
  const box = readEnds(given, "box", inputs), at = readPoint(given, inputs);
  const middles = inputs.map(({ range }, p) => at.get(p) ?? (range[0] + range[1]) / 2);
  if (line.size > 0 && plane !== undefined) {
    throw new UsageError("Cannot find regions: --line and --plane exclude each other");
  }
  if (line.size > 0 || (plane === undefined && inputs.length === 1)) {
    if (box.size > 0) {
      throw new UsageError("Cannot find regions: --box must come with --plane only");
    }
    const ends = (k: 0 | 1) =>
      inputs.map(({ range }, p) =>
        line.get(p)?.[k] ?? (line.size === 0 && inputs.length === 1 ? range[k] : middles[p])
      );
    return { kind: "line", from: ends(0), to: ends(1) };
  }
  if (plane === undefined && inputs.length > 3) {
    if (box.size > 0 || at.size > 0) {
      throw new UsageError("Cannot find regions: --box and --at must come with --plane or --line");
    }
    return { kind: "bounds" };
  }
  const chosen = plane === undefined
    ? inputs.map((_, p) => p)
    : plane.split(",").map((name) => inputIndex("plane", name.trim(), inputs));
  if (chosen.length < 2 || chosen.length > 3 || new Set(chosen).size < chosen.length) {
    throw new UsageError(
      "Cannot find regions: --plane must be two or three different inputs, current value is " +
        JSON.stringify(plane),
    );
  }
  for (const [flag, named] of [["box", box], ["at", at]] as const) {
    const wrong = [...named.keys()].find((p) => chosen.includes(p) !== (flag === "box"));
    if (wrong === undefined) continue;
    throw new UsageError(
      `Cannot find regions: --${flag} must name ${
        flag === "box" ? "inputs of --plane" : "other inputs"
      }` +
        `, current value is ${inputs[wrong].name}`,
    );
  }
  return {
    kind: "plane",
    inputs: chosen,
    at: middles,
    box: chosen.map((p) => box.get(p) ?? inputs[p].range),
  };
}

/** `COL=A:B,COL=A:B`. */
function readEnds(
  given: GivenFlags,
  flag: "line" | "box",
  inputs: readonly RegionInput[],
): Map<number, [number, number]> {
  const text = textFlag(given, flag), ends = new Map<number, [number, number]>();
  if (text === undefined) return ends;
  for (const { name = "", value } of namedValues(text)) {
    const numbers = value.split(":").map(numberPart);
    const fits = numbers.length === 2 && numbers.every(Number.isFinite) &&
      (flag === "line" ? numbers[0] !== numbers[1] : numbers[0] < numbers[1]);
    if (!fits) {
      const rule = flag === "line" ? "A and B different" : "A < B";
      throw new UsageError(
        `Cannot find regions: --${flag} must be COL=A:B with ${rule}, commas between several, ` +
          `current value is ${JSON.stringify(text)}`,
      );
    }
    ends.set(inputIndex(flag, name, inputs), [numbers[0], numbers[1]]);
  }
  return ends;
}

/** `COL=X,COL=X`. */
function readPoint(given: GivenFlags, inputs: readonly RegionInput[]): Map<number, number> {
  const text = textFlag(given, "at"), point = new Map<number, number>();
  if (text === undefined) return point;
  for (const { name = "", value } of namedValues(text)) {
    const number = numberPart(value);
    if (!Number.isFinite(number)) {
      throw new UsageError(
        "Cannot find regions: --at must be COL=X, commas between several, current value is " +
          JSON.stringify(text),
      );
    }
    point.set(inputIndex("at", name, inputs), number);
  }
  return point;
}

function inputIndex(flag: string, name: string, inputs: readonly RegionInput[]): number {
  const names = inputs.map((input) => input.name);
  const shown = names.slice(0, 8).join(", ") + (names.length > 8 ? ", ..." : "");
  return nameIndex(name, names, `Cannot find regions: --${flag} must name inputs (${shown})`);
}
