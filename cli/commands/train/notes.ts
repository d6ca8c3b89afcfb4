/**
 * Notes on stderr about runs that are likely to disappoint.
 *
 * @module
 */

import type { RunResult } from "./result.ts";
import { type DataParts, PARTS, type TrainData } from "./data.ts";
import type { TrainRequest } from "./request.ts";

/** A test loss this many times the training loss is worth a note. */
const MOST_RATIO = 10;

/** A loss below this is rounding. */
const LEAST_LOSS = 1e-12;

/** Says that a target of zeros and ones could be classes; undefined where it is none. */
export function targetNote(data: TrainData): string | undefined {
  const { encoding, parts } = data;
  if (encoding.kind !== "table" || encoding.task !== "regression") return undefined;
  if (encoding.link !== undefined || encoding.targets.length !== 1 || !onlyZeroAndOne(parts)) {
    return undefined;
  }
  const [{ name, minimum, maximum }] = encoding.targets;
  if (minimum !== 0 || maximum !== 1) return undefined;
  return `note: ${JSON.stringify(name)} holds only 0 and 1; ` +
    "--loss cross-entropy trains a classifier";
}

/** All that there is to say about the data before training. */
export function dataNotes(data: TrainData): string[] {
  return [...(data.notes ?? []), targetNote(data) ?? [], imbalanceNote(data) ?? []].flat();
}

/** A class with this many times the rows of another one is worth a note. */
const MOST_IMBALANCE = 4;

/** Says that classes are of very different sizes; undefined where they are not, or have weights. */
export function imbalanceNote({ encoding, parts }: TrainData): string | undefined {
  if (encoding.kind !== "table" || encoding.task !== "classification") return undefined;
  if (encoding.classWeights !== undefined) return undefined;
  const { rows, nOut, targets } = parts.train;
  const counts = encoding.labels.map((_, k) => {
    let count = 0;
    for (let row = 0; row < rows; row++) {
      count += nOut === 1 ? Number(targets[row] === k) : targets[row * nOut + k];
    }
    return count;
  });
  const least = Math.min(...counts);
  if (!(Math.max(...counts) >= MOST_IMBALANCE * least)) return undefined;
  const share = Number((100 * least / rows).toPrecision(2));
  return `note: the classes are imbalanced (${
    JSON.stringify(encoding.labels[counts.indexOf(least)])
  } has ${share} % of the training rows): look at its recall and at the balanced accuracy, not at ` +
    "accuracy; --class-weights balanced makes every class count alike";
}

function onlyZeroAndOne(parts: DataParts): boolean {
  return PARTS.every((part) => parts[part]?.targets.every((t) => t === 0 || t === 1) ?? true);
}

/** Says that a network knows its training rows too well; undefined where it does not. */
export function overfitNote(
  { request, losses }: Pick<RunResult, "losses"> & { readonly request: TrainRequest },
): string | undefined {
  if (request.loss.kind === "cox") return undefined; // it grows with the number of rows
  const { train = NaN, test = NaN } = losses;
  if (!(test > MOST_RATIO * train && test > LEAST_LOSS)) return undefined;
  const found = train > LEAST_LOSS
    ? `${Number((test / train).toPrecision(2))} times the training loss`
    : `${test.toPrecision(2)}, the training loss practically 0`;
  return `note: the test loss is ${found}; ${remedy(request)} may help`;
}

/** What the run did not try yet, in the order in which it helps. */
function remedy({ validationFraction, loss }: TrainRequest): string {
  const flags = [
    ...(validationFraction > 0 ? [] : ["--validation-fraction 0.2"]),
    ...((loss.weightDecay ?? 0) > 0 ? [] : ["--weight-decay 0.001"]),
  ];
  return flags.length === 0 ? "more rows" : flags.join(" with ");
}
