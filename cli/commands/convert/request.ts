/**
 * What `convert` is asked for.
 *
 * @module
 */

import type { ReluNetwork } from "../../../lib/convert/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { modelFlag, outputFiles, readOutputs } from "../../flags/shared.ts";
import { choiceFlag, integerFlag, requiredFlag, switchFlag } from "../../flags/values.ts";
import { refuseFound } from "../../models/found.ts";
import { type LoadedModel, readModel } from "../../models/metadata.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs } from "../../terminal/files.ts";

/** What is to be rewritten, as what, and where it goes. */
export interface ConvertRequest {
  readonly modelFile: string;
  readonly model: LoadedModel;
  /** Of a file of a sparse ReLU network: the network in the file. */
  readonly relu?: ReluNetwork;
  readonly to: "relu" | "splines";
  /** Whether what changes nothing is taken away. */
  readonly minimal: boolean;
  /** Whether a ReLU network is written as an MLP. */
  readonly full: boolean;
  readonly degree?: number;
  readonly knots?: "fixed" | "free";
  readonly modelOut: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reads the flags of `convert` and the model. */
export async function readConvertRequest(given: GivenFlags): Promise<ConvertRequest> {
  const modelFile = modelFlag(given);
  requiredFlag(given, "to", "relu or splines");
  const to = choiceFlag(given, "to", ["relu", "splines"])!;
  const modelOut = requiredFlag(given, "model-out", "the name of a file");
  const full = switchFlag(given, "full") ?? false;
  const minimal = switchFlag(given, "minimal") ?? false;
  const degree = integerFlag(given, "degree", { least: 1, most: 9 });
  const knots = choiceFlag(given, "knots", ["fixed", "free"]);
  refuseFor(to === "splines" && full, "full", "relu");
  refuseFor(to === "relu" && degree !== undefined, "degree", "splines");
  refuseFor(to === "relu" && knots !== undefined, "knots", "splines");
  if (knots === "fixed" && (degree ?? 1) > 1) {
    throw new UsageError(
      "Cannot convert: --knots must be free above degree 1 (knots at one place), current value is " +
        "fixed",
    );
  }
  const model = await readModel(modelFile);
  if (model.networks.length > 1) refuseFound("convert", model);
  checkModel(model, to, minimal);
  await checkOutputs(outputFiles(given, ["model-out"]), [modelFile]);
  const { json, quiet } = readOutputs(given);
  return {
    ...{ modelFile, model, to, minimal, full, modelOut, json, quiet },
    ...defined({ relu: model.relu, degree, knots }),
  };
}

function refuseFor(wrong: boolean, flag: string, kind: string): void {
  if (wrong) throw new UsageError(`Cannot convert: --${flag} must come with --to ${kind} only`);
}

function checkModel(
  { networks, network, relu }: LoadedModel,
  to: "relu" | "splines",
  minimal: boolean,
): void {
  const fail = (text: string): never => {
    throw new UsageError(`Cannot convert: ${text}`);
  };
  const { activation, degree, base } = network.config;
  if (networks.length > 1) {
    fail(`--model must be one network, current value is an ensemble of ${networks.length}`);
  }
  if (activation === "tanh") {
    fail("--model must be piecewise linear, current value is an MLP with tanh");
  }
  const splines = activation === "spline" && relu === undefined;
  if (to === "splines" && splines && (!minimal || degree > 1)) {
    fail(
      `--model must be a ReLU network${
        degree > 1 ? "" : ", or splines of degree 1 with --minimal"
      }, current value is splines of degree ${degree}`,
    );
  }
  if (base !== "none") {
    fail(`--model must be splines without a base branch, current value is base ${base}`);
  }
}
