/**
 * Sparsity and smoothness of a run: as the flags have them, and as the rows choose them.
 *
 * @module
 */

import { createNetwork, type NetworkOptions } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  choosePenalty,
  createTournament,
  type PenaltyPath,
  type PenaltyPoint,
  type Sparsity,
} from "../../../lib/train/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { lossNumbers, textTable } from "../../terminal/text_table.ts";
import type { TrainData } from "./data.ts";
import type { ReadyRequest } from "./request.ts";

/** What the flags ask for; `auto`: the rows choose. */
export interface PenaltyRequest {
  readonly sparsity?: Omit<Sparsity, "lambda"> & { readonly lambda: number | "auto" };
  readonly smoothness?: number | "auto";
}

/** What a run trains with, and the paths that it was chosen on. */
export interface ChosenPenalties {
  readonly sparsity?: Sparsity;
  readonly smoothness?: number;
  readonly sparsityPath?: PenaltyPath;
  readonly smoothnessPath?: PenaltyPath;
}

/** The parts of `--sparsity` in their order. */
const SPARSITY_PARTS = ["lambda", "l1", "entropy", "inputs", "nodes"] as const;

/** Reads `--sparsity LAMBDA[,MU1,MU2[,INPUTS,NODES]]` and `--smoothness X`, or auto. */
export function readPenalties(given: GivenFlags): PenaltyRequest {
  const text = textFlag(given, "sparsity"), smooth = textFlag(given, "smoothness");
  return defined({
    sparsity: text === undefined ? undefined : readSparsity(text),
    smoothness: smooth === undefined ? undefined : readWeight("smoothness", smooth, smooth, true),
  });
}

function readSparsity(text: string): NonNullable<PenaltyRequest["sparsity"]> {
  const words = text.split(",");
  if (![1, 3, 5].includes(words.length)) {
    throw new UsageError(
      "Cannot read flags: --sparsity must be LAMBDA, LAMBDA,MU1,MU2 or " +
        `LAMBDA,MU1,MU2,INPUTS,NODES, current value is ${JSON.stringify(text)}`,
    );
  }
  const numbers = words.map((word, i) => readWeight("sparsity", word.trim(), text, i === 0));
  return Object.fromEntries(
    numbers.map((number, i) => [SPARSITY_PARTS[i], number]),
  ) as unknown as NonNullable<PenaltyRequest["sparsity"]>;
}

function readWeight(flag: string, word: string, text: string, auto: boolean): number | "auto" {
  if (auto && word === "auto") return "auto";
  const value = word === "" ? NaN : Number(word);
  if (value >= 0 && value < Infinity) return value;
  throw new UsageError(
    `Cannot read flags: --${flag} must be ${auto ? "auto or " : ""}numbers >= 0, ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

/** The flags that repeat the penalties of a run. */
export function penaltyOptions(
  { sparsity, smoothness }: ChosenPenalties,
): { readonly sparsity?: readonly number[]; readonly smoothness?: number } {
  if (!sparsity) return defined({ smoothness });
  const { lambda, l1 = 1, entropy = 1, inputs = 0, nodes = 0 } = sparsity;
  const groups = inputs > 0 || nodes > 0 ? [inputs, nodes] : [];
  return { sparsity: [lambda, l1, entropy, ...groups], ...defined({ smoothness }) };
}

/**
 * Chooses the weights that are to be chosen: sparsity first, then smoothness beside it.
 *
 * @param note Told every point of a path.
 */
export async function choosePenalties(
  request: ReadyRequest,
  options: NetworkOptions,
  { parts }: TrainData,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<ChosenPenalties> {
  const { sparsity, smoothness } = request;
  const fixed = smoothness === "auto" ? undefined : smoothness;
  const own = { ...options, intervals: request.network.intervals! };
  const { seed, loss, optimizer, engine, starts, smoothing } = request;
  const shared = {
    ...{ seed, loss, optimizer, engine, smoothing, signal },
    ...defined({ validation: parts.validation }),
  };
  const network = createNetwork(own, { seed });
  const tournament = starts > 1 ? createTournament(own, { seed, starts }) : undefined;
  async function path(
    kind: "sparsity" | "smoothness",
    more: Parameters<typeof choosePenalty>[2],
  ): Promise<PenaltyPath> {
    return await choosePenalty(network, parts.train, {
      ...{ ...shared, ...more, kind },
      ...defined({ tournament }),
      onPoint: (point) => note(`${kind} ${pointText(point)}`),
    });
  }
  const { lambda, ...mus } = sparsity ?? { lambda: 0 };
  const sparsityPath = lambda === "auto"
    ? await path("sparsity", { sparsity: mus, ...defined({ smoothness: fixed }) })
    : undefined;
  const chosen = sparsity && {
    ...mus,
    lambda: lambda === "auto" ? sparsityPath!.chosen : lambda,
  };
  const smoothnessPath = smoothness === "auto"
    ? await path("smoothness", defined({ sparsity: chosen }))
    : undefined;
  return defined({
    ...{ sparsity: chosen, sparsityPath, smoothnessPath },
    smoothness: smoothnessPath ? smoothnessPath.chosen : fixed,
  });
}

function pointText({ weight, loss, standardError, edges }: PenaltyPoint): string {
  return `${weight}: loss of held-out rows ${loss.toPrecision(4)}, standard error ` +
    `${standardError.toPrecision(2)}, ${Number(edges.toFixed(1))} active edges`;
}

/** What was chosen and why, for people. */
export function penaltyText(
  { sparsityPath, smoothnessPath }: ChosenPenalties,
): string[] {
  return [
    ...(sparsityPath ? pathLines("sparsity", sparsityPath) : []),
    ...(smoothnessPath ? pathLines("smoothness", smoothnessPath) : []),
  ];
}

function pathLines(kind: string, { chosen, points }: PenaltyPath): string[] {
  const losses = lossNumbers(points.map(({ loss }) => loss));
  const errors = lossNumbers(points.map(({ standardError }) => standardError));
  const rows = points.map(({ weight, edges }, i) => [
    `${weight}`,
    losses[i],
    errors[i],
    `${Number(edges.toFixed(1))}`,
    weight === chosen ? "chosen" : "",
  ]);
  return [
    "",
    `${kind} ${chosen}: the largest whose loss of held-out rows is within one standard error of ` +
    "the lowest",
    textTable([[kind, "held-out loss", "standard error", "active edges", ""], ...rows], "rrrrl"),
  ];
}
