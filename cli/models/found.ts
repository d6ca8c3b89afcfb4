/**
 * Models that a search has found: weighed sums of networks, whose numbers stay within bounds.
 *
 * @module
 */

import type { Network } from "../../lib/model/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import type { DataEncoding } from "../commands/train/data.ts";
import type { LoadedModel } from "./metadata.ts";

/** What a model of a search is, in a few words; undefined of other models. */
export function foundText({ networks, metadata }: LoadedModel): string | undefined {
  const encoding = metadata?.encoding;
  if (encoding?.kind !== "table" || encoding.answer === undefined) return undefined;
  const count = networks.length, bounded = encoding.answer.bounds !== undefined;
  return `a model that a search has found (${count} network${count === 1 ? "" : "s"}` +
    `${bounded ? ", numbers within bounds" : ""})`;
}

/**
 * Refuses a model of a search where only a network by itself can be dealt with.
 *
 * @param verb What cannot be done: `prune`.
 * @throws {UsageError} If a search has found the model.
 */
export function refuseFound(verb: string, model: LoadedModel): void {
  const current = foundText(model);
  if (current === undefined) return;
  throw new UsageError(
    `Cannot ${verb}: --model must be one network, current value is ${current}; ` +
      "train --form network trains one",
  );
}

/**
 * The weighed sum of a model of a search as one network, where it is a sum of functions of single
 * columns; undefined of other models than those of a search.
 *
 * @param verb What cannot be done otherwise: `find formula`.
 * @throws {UsageError} If a search has found a sum of another kind.
 */
export async function additiveNetworkOf(
  verb: string,
  model: LoadedModel,
): Promise<Network | undefined> {
  const current = foundText(model);
  if (current === undefined) return undefined;
  const { mergeAdditive } = await import("../../lib/additive/mod.ts");
  const one = mergeAdditive(model.networks);
  if (one) return one;
  throw new UsageError(
    `Cannot ${verb}: --model must be a network or a sum of functions of single columns, current ` +
      `value is ${current}; train --form additive --interactions none finds such a sum`,
  );
}

/** What the bounds of a model's numbers come from; undefined where it has none. */
export function boundsText(encoding: DataEncoding | undefined): string | undefined {
  if (encoding?.kind !== "table" || encoding.answer?.bounds === undefined) return undefined;
  if (encoding.task !== "regression") return undefined;
  const { link, targets } = encoding;
  if (link?.kind === "logit") return "what the number of training rows allows";
  const logs = link?.kind === "log" || targets.some(({ map }) => map?.kind === "log");
  return `the range of the training targets${logs ? "' logarithms" : ""}, widened by a tenth`;
}
