/**
 * Sparsity and smoothness of a run, chosen by the rows where the flags say so.
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
import { lossNumbers, textTable } from "../../terminal/text_table.ts";
import type { TrainData } from "./data.ts";
import type { ReadyRequest } from "./request.ts";

/** What a run trains with, and the paths that it was chosen on. */
export interface ChosenPenalties {
  readonly sparsity?: Sparsity;
  readonly smoothness?: number;
  readonly sparsityPath?: PenaltyPath;
  readonly smoothnessPath?: PenaltyPath;
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

/** The penalties that the options of a model file stand for: the inverse of `penaltyOptions`. */
export function trainedPenalties(
  { sparsity, smoothness }: Readonly<Record<string, unknown>>,
): Pick<ChosenPenalties, "sparsity" | "smoothness"> {
  const numbers = Array.isArray(sparsity) && sparsity.every((each) => typeof each === "number");
  const [lambda, l1, entropy, inputs, nodes] = numbers ? sparsity as number[] : [];
  return defined({
    sparsity: lambda > 0 ? defined({ lambda, l1, entropy, inputs, nodes }) as Sparsity : undefined,
    smoothness: typeof smoothness === "number" && smoothness > 0 ? smoothness : undefined,
  });
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
