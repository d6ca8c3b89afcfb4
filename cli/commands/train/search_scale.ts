/**
 * What a search finds out before it begins: whether targets are fitted by their logarithms, and where
 * Huber's loss turns linear.
 *
 * @module
 */

import { gainsTwice, predictedValues, withSmearing } from "../../../lib/data/inner.ts";
import { type RegressionEncoding, unscaleColumns } from "../../../lib/data/mod.ts";
import { column, robustDeviation } from "../../../lib/numerics/inner.ts";
import type { FoundModel } from "../../../lib/search/mod.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import type { TrainData } from "./data.ts";
import type { SearchRequest } from "./search_result.ts";

/** Searches as asked, in less time. */
export type Probe = (
  request: SearchRequest,
  data: TrainData,
  form: SearchRequest["form"],
  timeLimit: number,
) => Promise<FoundModel>;

/** A request and its data, both settled. */
export interface Settled {
  readonly request: SearchRequest;
  readonly data: TrainData;
}

/** Each trial may take this share of the time limit. */
const TRIAL = 1 / 6;
/** The least threshold of Huber's loss, in scaled target units, and fits that set it. */
const LEAST_DELTA = 1e-4, FITS = 2;

/**
 * Chooses between the range and the logarithm where `--target-scale auto` asks for it: by the squared
 * errors, in the target's units, on rows that were held out, lower in their mean and for most rows.
 */
export async function withSearchedScale(
  { request, data }: Settled,
  probe: Probe,
  note: (text: string) => void,
): Promise<Settled> {
  const { source } = request, { logarithmic } = data;
  if (source.targetScale !== "auto") return { request, data };
  const chosen = (targetScale: "range" | "log"): SearchRequest => ({
    ...request,
    source: { ...source, targetScale },
  });
  if (!logarithmic) return { request: chosen("range"), data };
  const errors: Float64Array[] = [];
  for (const [scale, each] of [["range", data], ["log", { ...data, ...logarithmic }]] as const) {
    const found = await probe(chosen(scale), each, request.form, TRIAL * request.timeLimit);
    errors.push(squaredErrors(found, smearedBySearch(each, found)));
  }
  const { weights } = data.parts.train;
  const pays = gainsTwice(
    errors[0],
    errors[1],
    weights?.length === errors[0].length ? weights : undefined,
  );
  note(
    `target scale: ${pays ? "log" : "range"} (root of the held-out mean squared error ` +
      `${errors.map(rootMean).map(shortNumber).join(" by the range, ")} by logarithms)`,
  );
  return {
    request: chosen(pays ? "log" : "range"),
    data: pays ? { ...data, ...logarithmic } : data,
  };
}

/** Data whose targets on logarithmic scales know their smearing, from errors on held-out rows. */
export function smearedBySearch(data: TrainData, { heldOut }: FoundModel): TrainData {
  const { encoding } = data;
  if (encoding.kind !== "table" || encoding.task !== "regression") return data;
  if (!encoding.targets.some(({ map }) => map?.kind === "log")) return data;
  const nOut = encoding.targets.length, { weights } = data.parts.train;
  const own = weights && weights.length * nOut === heldOut.outputs.length ? weights : undefined;
  const targets = encoding.targets.map((scale, q) => {
    if (scale.map?.kind !== "log") return scale;
    if (encoding.link !== undefined) return { ...scale, smearing: 1 }; // a quantile stays one
    const [outputs, right] = [heldOut.outputs, heldOut.targets].map((all) => column(all, nOut, q));
    return withSmearing(scale, outputs, right, own);
  });
  return { ...data, encoding: { ...encoding, targets } };
}

/** Squared errors in the targets' units, row by row; of several targets each by its own range. */
function squaredErrors({ heldOut }: FoundModel, { encoding }: TrainData): Float64Array {
  const scales = (encoding as RegressionEncoding).targets, nOut = scales.length;
  const said = predictedValues(scales, undefined, heldOut.outputs);
  const right = unscaleColumns(heldOut.targets, scales);
  const unit = (q: number) => nOut === 1 ? 1 : scales[q].maximum - scales[q].minimum || 1;
  return Float64Array.from({ length: said.length / nOut }, (_, r) => {
    let sum = 0;
    for (let q = 0; q < nOut; q++) {
      sum += ((said[r * nOut + q] - right[r * nOut + q]) / unit(q)) ** 2;
    }
    return sum;
  });
}

function rootMean(squares: Float64Array): number {
  return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
}

/**
 * Sets the threshold of Huber's loss to so many times the spread of additive models' errors on
 * held-out rows, 1.4826 times their median size; other losses stay as they are.
 */
export async function withSearchedDelta(
  { request, data }: Settled,
  probe: Probe,
  note: (text: string) => void,
): Promise<Settled> {
  const { loss, huberUnits } = request;
  if (loss.kind !== "huber" || huberUnits === undefined) return { request, data };
  let settled = request, spread = NaN, delta = NaN;
  for (let fit = 0; fit < FITS; fit++) {
    const { heldOut } = await probe(settled, data, "additive", TRIAL * request.timeLimit);
    spread = robustDeviation(heldOut.outputs.map((y, i) => y - heldOut.targets[i]));
    if (!Number.isFinite(spread)) return { request, data };
    delta = Math.max(LEAST_DELTA, huberUnits * spread);
    settled = { ...settled, loss: { ...loss, delta } };
  }
  note(
    `huber: errors of additive models on held-out rows spread by ${shortNumber(spread)} of the ` +
      `target's range; the loss turns linear at ${shortNumber(delta)}`,
  );
  return { request: settled, data };
}
