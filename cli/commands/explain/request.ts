/**
 * What `explain` is asked for.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { encodingUnits, type ExplanationUnits } from "../../../lib/interpret/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { modelFlag, outputFiles, readOutputs, readSeed } from "../../flags/shared.ts";
import { integerFlag, nameIndex, textFlag } from "../../flags/values.ts";
import { readTrainedModel, type TrainedModel } from "../../models/metadata.ts";
import { readFormulaModel } from "../../models/formula_file.ts";
import { hasEdge, splineStages } from "../../../lib/model/inner.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readBytes } from "../../terminal/files.ts";

/** What is to be explained, and where it goes. */
export interface ExplainRequest {
  readonly modelFile: string;
  readonly model: TrainedModel;
  readonly units: ExplanationUnits;
  /** Absent: the points of a gallery problem. */
  readonly dataFile?: string;
  /** Outputs, from 0; absent: all. */
  readonly outputs?: readonly number[];
  /** The row that is taken apart, from 1. */
  readonly row: number;
  readonly background?: number;
  readonly points?: number;
  readonly samples?: number;
  readonly seed: number;
  readonly report?: string;
  readonly svg?: string;
  /** Functions of edges, by a formula's file, or found; absent: none are drawn. */
  readonly symbols?: { readonly file: string; readonly names: FixedNames } | "auto";
  readonly csv?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Names of functions by edges, `0.0.1`. */
type FixedNames = Readonly<Record<string, string>>;

/** The flags that name files to be written. */
const FILES = ["report", "svg", "csv"] as const;

/** Reads the flags of `explain` and the model. */
export async function readExplainRequest(given: GivenFlags): Promise<ExplainRequest> {
  const modelFile = modelFlag(given), dataFile = textFlag(given, "data");
  const sizes = {
    row: integerFlag(given, "row", { least: 1 }) ?? 1,
    seed: readSeed(given),
    ...defined({
      background: integerFlag(given, "rows", { least: 1, most: 10_000 }),
      points: integerFlag(given, "points", { least: 2, most: 1000 }),
      samples: integerFlag(given, "samples", { least: 2, most: 1_000_000 }),
    }),
  };
  const model = await readTrainedModel(modelFile);
  const { encoding } = model.metadata;
  if (encoding.kind === "table" && dataFile === undefined) {
    throw new UsageError(
      "Cannot explain: --data must be a table (the network was trained on one), current value is " +
        "none",
    );
  }
  if (model.networks.length > 1 && textFlag(given, "svg") !== undefined) {
    throw new UsageError(
      "Cannot explain: --svg must come with a model of one network, current value is an ensemble " +
        `of ${model.networks.length}`,
    );
  }
  const units = encodingUnits(encoding, model.network.config.widths[0]);
  const symbols = await readSymbols(textFlag(given, "symbols"), model);
  if (
    symbols !== undefined && textFlag(given, "svg") === undefined &&
    textFlag(given, "report") === undefined
  ) {
    throw new UsageError(
      "Cannot explain: --symbols must come with --svg or --report, which draw the network",
    );
  }
  const outputs = chosenOutputs(textFlag(given, "output"), units);
  await checkOutputs(outputFiles(given, FILES), [modelFile, dataFile]);
  const { modelOut: _, report: __, ...others } = readOutputs(given);
  const files = Object.fromEntries(FILES.map((flag) => [flag, textFlag(given, flag)]));
  return {
    modelFile,
    model,
    units,
    ...sizes,
    ...defined({ dataFile, outputs, symbols, ...files }),
    ...others,
  };
}

/** Functions that edges are by `formula --fix`, or `auto`. */
async function readSymbols(
  text: string | undefined,
  { network }: TrainedModel,
): Promise<ExplainRequest["symbols"]> {
  if (text === undefined || text === "auto") return text;
  const { fixed } = await readFormulaModel(text, await readBytes(text)) ?? {};
  if (fixed === undefined) {
    throw new UsageError(
      `Cannot explain: --symbols must be auto or a formula that formula --fix EDGE=NAME has written ` +
        `(--model-out), current value is ${text}, in which no edge is fixed`,
    );
  }
  const stages = splineStages(network.config);
  for (const edge of Object.keys(fixed)) {
    const [layer, input, output] = edge.split(".").map(Number), stage = stages[layer];
    if (stage && input < stage.nIn && output < stage.nOut && hasEdge(stage, input, output)) {
      continue;
    }
    throw new UsageError(
      `Cannot explain: --symbols must be a formula of this network, current value is ${text}, ` +
        `whose edge ${edge} it does not have`,
    );
  }
  return { file: text, names: fixed };
}

/** The output of a name: all that an output may be called. */
function chosenOutputs(
  name: string | undefined,
  { outputs }: ExplanationUnits,
): number[] | undefined {
  if (name === undefined) return undefined;
  const names = outputs.map((output) => output.name);
  const listed = names.map((each) => JSON.stringify(each)).join(", ");
  return [nameIndex(name, names, `Cannot explain: --output must be one of ${listed}`)];
}
