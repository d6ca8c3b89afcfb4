/**
 * The report of a run.
 *
 * @module
 */

import { basename } from "node:path";
import { type Problem, scaleValue } from "../../../lib/data/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  type CollectOptions,
  collectReport,
  type Figure,
  type NamedScores,
  type OwnScores,
  renderReport,
  trainingFigure,
} from "../../../lib/report/mod.ts";
import { formatSchedule } from "../../../lib/multilevel/mod.ts";
import type { RunResult } from "./result.ts";
import { tableName } from "../../terminal/files.ts";
import { judgingReport } from "../../runs/judging_report.ts";
import { judgingCommand } from "../../runs/judging_result.ts";
import { plainScores, type Scores, type ScoresByPart } from "../../models/metadata.ts";
import { type DataEncoding, inputNames, type PartName } from "./data.ts";
import type { TrainRequest } from "./request.ts";
import { VERSION } from "../../terminal/version.ts";

/** What losses are called on a page. */
export const LOSS_NAMES: Readonly<Record<TrainRequest["loss"]["kind"], string>> = {
  mse: "mean squared error",
  huber: "Huber loss",
  crossEntropy: "cross-entropy",
  quantile: "quantile loss",
  poisson: "half the Poisson deviance",
  gamma: "half the gamma deviance",
  tweedie: "half the Tweedie deviance",
  binomial: "half the binomial deviance",
  cox: "partial likelihood, -log per event",
};

/** The HTML text of a run's report. */
export function runReport(result: RunResult): string {
  return renderReport(collectReport(reportOptions(result)));
}

/** The figure of a run: some pictures, without names the usual ones. */
export async function runFigure(
  result: RunResult,
  names: readonly string[] | undefined,
): Promise<Figure> {
  if (names?.includes("effects")) return await effectsOf(result);
  return trainingFigure(reportOptions(result), names);
}

/** How single columns act, over the training rows. */
async function effectsOf(
  { data: { encoding, parts: { train } }, run }: RunResult,
): Promise<Figure> {
  const { explainedEffects } = await import("../../pictures/effects.ts");
  return explainedEffects([run.finished.network], encoding, train.inputs);
}

/** What a report, or a figure, is told of a run. */
function reportOptions(
  { request, data, run, losses, scores, options, command, judging }: RunResult,
): CollectOptions {
  const { encoding, parts } = data;
  const { network } = run.finished;
  const { source } = request;
  const problem = source.kind === "gallery" ? source.problem : undefined;
  const schedule = formatSchedule(request.schedule, request.network.intervals!).split("\n")[0];
  const configuration: [string, string][] = [
    ["schedule", schedule],
    ["loss", `${options.loss}, weight decay ${options.weightDecay}`],
    ["optimizer", request.optimizer.name],
    ["engine", `${request.engine.name}, ${request.engine.dtype}`],
    ["seed", String(request.seed)],
    [
      "rows",
      `${parts.train.rows} to train, ${parts.test?.rows ?? 0} to test` +
      (parts.validation === undefined ? "" : `, ${parts.validation.rows} to validate`),
    ],
  ];
  const { train, ...otherLosses } = losses;
  const { train: trainScores, ...otherScores } = mapParts(scores, reportScores);
  return {
    title: source.kind === "gallery"
      ? source.problem.name
      : `${basename(tableName(source.file))}: ${source.target}`,
    events: run.events,
    network,
    train: parts.train,
    ...(scores.test && defined({ test: parts.test })),
    lossName: LOSS_NAMES[request.loss.kind],
    losses: { train: train ?? NaN, ...otherLosses },
    scores: { train: trainScores ?? {}, ...otherScores },
    ownScores: ownScores(scores),
    ...namesAndScales(encoding, parts.train.nIn),
    ...defined({ truth: problem && scaledTruth(problem, encoding), paper: problem?.paper?.rows }),
    ...(judging && defined({
      judging: judgingReport(judging, LOSS_NAMES[request.loss.kind]),
      heldOut: judging.pooled?.rows,
    })),
    configuration,
    reproduce: (judging && judgingCommand(judging)) ?? command,
    version: VERSION,
  };
}

/** What inputs and targets are called and how they were scaled, for reports and figures. */
export function namesAndScales(encoding: DataEncoding, nIn: number) {
  return {
    inputNames: inputNames(encoding, nIn),
    ...(encoding.kind === "table" ? { inputScales: encoding.inputs } : {}),
    ...(encoding.kind === "gallery"
      ? { targetScales: [encoding.target] }
      : encoding.task === "regression"
      ? { targetScales: encoding.targets, ...defined({ link: encoding.link }) }
      : { classLabels: encoding.labels }),
  };
}

/** The function of a gallery problem on scaled targets. */
export function scaledTruth(problem: Problem, encoding: DataEncoding) {
  return (inputs: Float64Array, rows: number): Float64Array => {
    const values = new Float64Array(rows);
    if (encoding.kind !== "gallery") return values;
    for (let r = 0; r < rows; r++) {
      values[r] = scaleValue(encoding.target, problem.evaluate(inputs, r * problem.nIn));
    }
    return values;
  };
}

/** The numbers of a part; without those that add up targets of different units. */
function reportScores(scores: Scores): NamedScores {
  const several = "targets" in scores && scores.targets !== undefined;
  if (!several) return plainScores(scores);
  return "pinball" in scores ? { coverage: scores.coverage } : { r2: scores.r2 };
}

/** The scores of every target where there are several, or of every class. */
export function ownScores(scores: ScoresByPart): OwnScores[] {
  const own = mapParts(
    scores,
    (each): Readonly<Record<string, object>> =>
      "confusion" in each ? each.classes : "targets" in each ? each.targets ?? {} : {},
  );
  const { train } = scores;
  const names = train !== undefined && "confusion" in train
    ? train.labels
    : Object.keys(own.train ?? {});
  return names.map((name) => {
    const { train, ...others } = mapParts(own, (each) => ({ ...each[name] }) as NamedScores);
    return { name, scores: { train: train ?? {}, ...others } };
  });
}

/** Applies a function to what there is of every part. */
function mapParts<From, To>(
  parts: { readonly [part in PartName]?: From },
  map: (part: From) => To,
): { [part in PartName]?: To } {
  return Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, map(value)]));
}
