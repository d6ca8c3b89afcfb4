/**
 * The steps of `draw`.
 *
 * @module
 */

import { basename } from "node:path";
import { findProblem } from "../../../lib/data/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  type CollectOptions,
  type CollectSolutionOptions,
  type Figure,
  solutionFigure,
  trainingFigure,
} from "../../../lib/report/mod.ts";
import { DRAW_PICTURES, type PictureRequest, readPictures } from "../../flags/pictures.ts";
import { modelFlag, outputFiles, readOutputs } from "../../flags/shared.ts";
import { textFlag } from "../../flags/values.ts";
import { createGapTally } from "../../models/gap_tally.ts";
import { readTrainedModel, type TrainedModel } from "../../models/metadata.ts";
import { createRangeTally } from "../../models/range_tally.ts";
import { readSolutionModel, type SolutionModel } from "../../models/solution_file.ts";
import { explainedEffects } from "../../pictures/effects.ts";
import {
  checkPictures,
  pictureLines,
  writeFigure,
  type WrittenPictures,
} from "../../pictures/write.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readBytes } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { drawnAgain, fromTable } from "../evaluate/data.ts";
import { solutionFields, solutionInputs } from "../solve/report.ts";
import { namesAndScales, scaledTruth } from "../train/report.ts";

/** What is to be drawn, and where it goes. */
interface DrawRequest {
  readonly modelFile: string;
  readonly model: { readonly trained: TrainedModel } | { readonly solution: SolutionModel };
  readonly dataFile?: string;
  readonly pictures: PictureRequest;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reads the model, draws, tells the files. */
export const drawSteps: CommandSteps<DrawRequest, WrittenPictures> = {
  async request(given) {
    const modelFile = modelFlag(given), dataFile = textFlag(given, "data");
    const pictures = readPictures(given, "draw", DRAW_PICTURES);
    if (pictures === undefined) {
      throw new UsageError(
        "Cannot draw: --svg FILE.svg or --png FILE.png must be given, current value is none",
      );
    }
    const bytes = await readBytes(modelFile), solution = readSolutionModel(modelFile, bytes);
    const model = solution ? { solution } : { trained: await readTrainedModel(modelFile, bytes) };
    checkRequest(model, dataFile, pictures);
    await checkOutputs(outputFiles(given, ["svg", "png"]), [modelFile, dataFile]);
    await checkPictures(pictures);
    const { json, quiet } = readOutputs(given);
    return { modelFile, model, pictures, json, quiet, ...defined({ dataFile }) };
  },
  async run(request, terminal) {
    const { model, pictures, modelFile } = request;
    const tell = (text: string) => terminal.err(`${text}\n`);
    const title = basename(modelFile);
    if ("solution" in model) {
      const options = solutionOptions(title, model.solution);
      const usual = ["network", "solution", "error"];
      return await writeFigure(pictures, (names = usual) => solutionFigure(options, names), tell);
    }
    const { trained } = model, options = await trainedOptions(request, title, trained);
    const usual = trained.networks.length > 1 ? ["effects"] : ["network", "prediction", "error"];
    return await writeFigure(pictures, (names = usual): Figure => {
      if (!names.includes("effects")) return trainingFigure(options, names);
      return explainedEffects(trained.networks, trained.metadata.encoding, options.train.inputs);
    }, tell);
  },
  present(written, { json, quiet }, terminal) {
    const some = Object.keys(written).length > 0;
    if (json) terminal.out(jsonText({ ...written, version: VERSION }));
    else if (!quiet && some) terminal.out(`${pictureLines(written).join("\n")}\n`);
    return some ? EXIT.done : EXIT.failed;
  },
};

/** Refuses what the model cannot be drawn by. */
function checkRequest(
  model: DrawRequest["model"],
  dataFile: string | undefined,
  { names = [] }: PictureRequest,
): void {
  if ("solution" in model) {
    if (dataFile === undefined) return;
    throw new UsageError(
      `Cannot draw: --data must not come with a solution, which needs none, current value is ${dataFile}`,
    );
  }
  const { networks, metadata } = model.trained;
  if (metadata.encoding.kind === "table" && dataFile === undefined) {
    throw new UsageError(
      "Cannot draw: --data must be a table (the network was trained on one), current value is none",
    );
  }
  const wrong = names.find((name) => name !== "effects");
  if (networks.length > 1 && wrong !== undefined) {
    throw new UsageError(
      `Cannot draw: --pictures must be effects of a model of ${networks.length} networks, current ` +
        `value is ${JSON.stringify(wrong)}`,
    );
  }
}

/** A figure's view of a solution: without a run. */
function solutionOptions(
  title: string,
  { problem, network, coefficients }: SolutionModel,
): CollectSolutionOptions {
  return {
    ...{ title, network, events: [], problem: [], terms: [], reproduce: "", version: VERSION },
    fields: solutionFields(problem, network, coefficients),
    ...solutionInputs(problem),
  };
}

async function trainedOptions(
  { dataFile }: DrawRequest,
  title: string,
  { network, metadata }: TrainedModel,
): Promise<CollectOptions> {
  const { encoding } = metadata;
  const tally = createRangeTally(encoding), gaps = createGapTally(encoding);
  const train = dataFile === undefined
    ? drawnAgain(metadata, network, "train")
    : await fromTable(dataFile, metadata, network, "all", tally, gaps);
  return {
    ...{ title, network, events: [], train, losses: { train: NaN }, scores: { train: {} } },
    ...{ reproduce: "", version: VERSION },
    ...namesAndScales(encoding, train.nIn),
    ...(encoding.kind === "gallery"
      ? { truth: scaledTruth(findProblem(encoding.problem), encoding) }
      : {}),
  };
}
