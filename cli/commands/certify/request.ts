/**
 * What `certify` is asked for.
 *
 * @module
 */

import type { CertifyOptions, Claim } from "../../../lib/certify/mod.ts";
import type { ColumnScale } from "../../../lib/data/mod.ts";
import { encodingUnits, type ExplanationUnits } from "../../../lib/interpret/mod.ts";
import { decodeEnsemble, type Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { betweenFlag, columnIndex, columnsFlag, monotoneFlag } from "../../flags/claims.ts";
import { modelFlag, readOutputs } from "../../flags/shared.ts";
import { integerFlag, nameIndex, numberFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { type LoadedModel, readModel } from "../../models/metadata.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";
import { plainUnits } from "../../../lib/interpret/inner.ts";
import { answerBounds, checkBends, claimOfSum } from "./answer.ts";
import { namedRanges } from "./box.ts";
import { checkStraight, scaledRange, scaledValue } from "./scales.ts";
import type { SolutionRequest } from "./solution.ts";

/** What is to be proven. */
export interface CertifyRequest
  extends Omit<ReturnType<typeof readOutputs>, "modelOut" | "report"> {
  readonly kind: "network";
  readonly modelFile: string;
  /** One, or the members of an ensemble, whose mean is looked at. */
  readonly networks: readonly Network[];
  readonly units: ExplanationUnits;
  /** The box in the units of the columns, as it was asked for. */
  readonly box: readonly (readonly [number, number])[];
  /** The same for the network, with box and claims in its own units. */
  readonly options: CertifyOptions;
  /** What numbers stay within, per output of the networks; absent: anything. */
  readonly bounds?: readonly (readonly [number, number])[];
  /** Claims, in the units of the columns. */
  readonly claims: readonly Claim[];
}

/** Reads the flags of `certify` and the model. */
export async function readCertifyRequest(
  given: GivenFlags,
): Promise<CertifyRequest | SolutionRequest> {
  const modelFile = modelFlag(given);
  const limits = defined({
    tolerance: numberFlag(given, "tolerance", { above: 0 }),
    boxes: integerFlag(given, "boxes", { least: 1, most: 100_000_000 }),
  });
  const bytes = await readBytes(modelFile), model = await readModel(modelFile, bytes);
  const { network, metadata } = model;
  if (metadata === undefined && model.relu === undefined) {
    const beside = decodeEnsemble(bytes).metadata;
    if ("problem" in beside) return await solutionRequest(given, modelFile, network, beside);
  }
  if (given.has("residual")) {
    throw new UsageError(
      "Cannot certify: --residual must come with the solution of an equation (freeknot solve " +
        "--model-out), current value is another model",
    );
  }
  const { widths } = network.config, bounds = answerBounds(metadata?.encoding);
  const { units, average } = meanOf(
    model,
    metadata === undefined
      ? plainUnits(widths[0], widths.at(-1)!)
      : encodingUnits(metadata.encoding, widths[0]),
  );
  const box = readBox(textFlag(given, "box"), units.inputs, metadata?.encoding.kind === "table");
  const claims = readClaims(given, units), curvature = switchFlag(given, "curvature");
  checkBends(claims, curvature, bounds);
  const slopes = switchFlag(given, "slopes") || curvature || !isLarge(model);
  const outputs = chosenOutputs(textFlag(given, "output"), units);
  const { json, quiet } = readOutputs(given);
  return {
    ...{ kind: "network", modelFile, networks: model.networks, units, box, claims, json, quiet },
    ...defined({ bounds }),
    options: {
      box: box.map((range, i) => scaledRange(units.inputs[i], range)),
      claims: claims.map((claim) => scaledClaim(claim, units, outputs, bounds)),
      derivatives: curvature ? 2 : slopes ? 1 : 0,
      average,
      ...limits,
      ...defined({ outputs }),
    },
  };
}

/** Numbers of a model of a search beyond which slopes, of steps mostly, are bounded on request. */
const LARGE = 10_000;

/** Whether slopes take minutes, and say little: of models of a search with many trees. */
function isLarge({ networks, metadata }: LoadedModel): boolean {
  const encoding = metadata?.encoding;
  if (encoding?.kind !== "table" || encoding.answer === undefined) return false;
  return networks.reduce((sum, { parameters }) => sum + parameters.length, 0) > LARGE;
}

/** The request of a solution, whose rooms are loaded where they are needed. */
async function solutionRequest(
  given: GivenFlags,
  modelFile: string,
  network: Network,
  metadata: Readonly<Record<string, unknown>>,
): Promise<SolutionRequest> {
  const { readSolutionRequest } = await import("./solution.ts");
  return readSolutionRequest(given, modelFile, network, metadata);
}

/**
 * What is averaged of an ensemble, and its units: of two classes the probabilities, unless a search
 * has found it.
 */
function meanOf(
  { networks, metadata }: LoadedModel,
  units: ExplanationUnits,
): { readonly average: "values" | "probabilities"; readonly units: ExplanationUnits } {
  const encoding = metadata?.encoding;
  const classes = encoding?.kind === "table" && encoding.task === "classification"
    ? encoding.labels
    : [];
  const found = encoding?.kind === "table" && encoding.answer !== undefined;
  if (networks.length === 1 || classes.length === 0 || found) return { average: "values", units };
  if (classes.length > 2) {
    throw new UsageError(
      "Cannot certify: --model of an ensemble must be of numbers or of two classes, current value " +
        `is one of ${classes.length} classes; train --keep best keeps one network`,
    );
  }
  const name = `probability of ${classes[1]}`;
  const outputs = [{ name, factor: 1, offset: 0, kind: "value" }] as const;
  return { average: "probabilities", units: { ...units, outputs } };
}

/** Inputs that `--box` does not name keep the range of the training rows. */
function readBox(
  text: string | undefined,
  columns: readonly ColumnScale[],
  table: boolean,
): (readonly [number, number])[] {
  const ranges = namedRanges(text, columns.map((column) => column.name));
  return columns.map(({ name, minimum, maximum, offset }) => {
    const range = ranges.get(name);
    if (range) return range;
    if (!table) {
      throw new UsageError(
        `Cannot certify: --box must name every input of a network without a table, current value ` +
          `lacks ${name}`,
      );
    }
    const shift = Number(offset ?? 0);
    return [minimum + shift, maximum + shift];
  });
}

function readClaims(given: GivenFlags, { inputs }: ExplanationUnits): Claim[] {
  const names = inputs.map(({ name }) => name);
  const signs = (monotoneFlag(given) ?? []).map(({ name, sign }): Claim => ({
    kind: sign > 0 ? "increasing" : "decreasing",
    input: columnIndex("monotone", name, names),
  }));
  const bends = (["convex", "concave"] as const).flatMap((kind) =>
    (columnsFlag(given, kind) ?? []).map((name): Claim => {
      const input = columnIndex(kind, name, names);
      checkStraight(kind, inputs[input]);
      return { kind, input };
    })
  );
  const range = betweenFlag(given);
  return [
    ...signs,
    ...bends,
    ...range ? [{ kind: "range", low: range[0], high: range[1] } as const] : [],
  ];
}

/** A claim about outputs and inputs as the network has them: ranges change, signs do not. */
function scaledClaim(
  claim: Claim,
  { outputs }: ExplanationUnits,
  chosen: readonly number[] | undefined,
  bounds: CertifyRequest["bounds"],
): Claim {
  if (claim.kind !== "range") return claim;
  const looked = chosen ?? outputs.map((_, q) => q);
  if (looked.length > 1) {
    throw new UsageError(
      "Cannot certify: --range must come with --output where there are several outputs, current " +
        `value is ${looked.length} outputs`,
    );
  }
  const unit = outputs[looked[0]];
  if (unit.kind === "logit" && outputs.length > 1) {
    throw new UsageError(
      "Cannot certify: --range must be of a number or of one of two classes, current value is one " +
        `of ${outputs.length} classes`,
    );
  }
  const scaled = (value: number, side: -1 | 1) => scaledValue(unit, value, side);
  const range = { kind: "range", low: scaled(claim.low, 1), high: scaled(claim.high, -1) } as const;
  return claimOfSum(range, looked[0], bounds);
}

/** The output of a name. */
function chosenOutputs(
  name: string | undefined,
  { outputs }: ExplanationUnits,
): number[] | undefined {
  if (name === undefined) return undefined;
  const names = outputs.map((output) => output.name);
  return [nameIndex(name, names, `Cannot certify: --output must be one of ${names.join(", ")}`)];
}
