/**
 * Where Huber's loss turns linear, found by a first fit.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import { forward, type Network } from "../../../lib/model/mod.ts";
import { robustDeviation } from "../../../lib/numerics/inner.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import type { DataParts } from "./data.ts";
import type { ReadyRequest } from "./request.ts";
import type { Fit } from "./target_scale.ts";

/** First fits, each with the spread that the one before has left. */
const FIRST_FITS = 2;

/** The least threshold, in scaled target units: below it the loss is one of absolute values. */
const LEAST_DELTA = 1e-4;

/**
 * Sets the threshold of Huber's loss to so many times the residuals' spread, 1.4826 times their median
 * size after a first fit (Huber and Ronchetti 2009, section 7.8); other losses stay as they are.
 *
 * @param fit Trains as asked, and gives the network.
 * @param note Told of the threshold.
 */
export async function withRobustDelta(
  request: ReadyRequest,
  parts: DataParts,
  fit: Fit,
  note: (text: string) => void,
): Promise<ReadyRequest> {
  if (request.loss.kind !== "huber" || request.huberUnits === undefined) return request;
  let found = request, spread = NaN;
  for (let k = 0; k < FIRST_FITS; k++) {
    spread = residualSpread(await fit(found, parts), parts.train);
    if (!Number.isFinite(spread)) return request;
    const delta = Math.max(LEAST_DELTA, request.huberUnits * spread);
    found = { ...found, loss: { ...request.loss, delta } };
  }
  note(
    `huber: after a first fit residuals spread by ${shortNumber(spread)} of the target's range; ` +
      `the loss turns linear at ${
        shortNumber(found.loss.kind === "huber" ? found.loss.delta! : 0)
      }`,
  );
  return found;
}

/** The robust deviation of the residuals of the rows that count, on scaled targets. */
function residualSpread(
  network: Network,
  { inputs, targets, weights, rows, nOut }: Dataset,
): number {
  const outputs = forward(network, inputs, rows);
  const residuals = outputs.map((y, i) => y - targets[i]);
  if (!weights) return robustDeviation(residuals);
  return robustDeviation(residuals.filter((_, i) => weights[Math.floor(i / nOut)] > 0));
}
