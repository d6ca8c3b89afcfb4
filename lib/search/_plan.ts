/**
 * Which candidates a search tries, by a model of their cost: the same on every machine.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import {
  additiveCandidate,
  type Candidate,
  linearCandidate,
  lossOf,
  obliqueCandidate,
  pairsCandidate,
  sideBySideCandidate,
  type Task,
  treeCandidate,
} from "./_candidates.ts";
import { constantCandidate } from "./_constant_candidate.ts";
import { forestCandidate } from "./_forest_candidate.ts";
import { type Dealing, planDealing } from "./_folds.ts";
import { networkCandidate } from "./_network_candidate.ts";
import { refinedCandidate } from "./_refined_candidate.ts";
import type { TreeOptions } from "./_trees.ts";
import { hasFamily } from "../additive/inner.ts";

/** Columns that may act together: pairs that the rows choose, named ones, or none. */
export type Interactions = number | "none" | readonly (readonly [number, number])[];

/** What a search does. */
export interface Plan extends Dealing {
  /** From the simplest on. */
  readonly candidates: readonly Candidate[];
  /** More candidates, where rows turn out to hold hardly any noise. */
  readonly forClean: readonly Candidate[];
  /** Estimated seconds. */
  readonly estimate: number;
  /** Names of candidates for which there is no time. */
  readonly left: readonly string[];
  /** Names of candidates that cannot keep what is asked, or have not the loss. */
  readonly unfit: readonly string[];
}

/** More rows than these have richer candidates, and fewer of them. */
const HUGE = 100_000;

/** Chooses candidates, folds and repeats; `allRows` are those of the last fits. */
export function planCandidates(
  dataset: Dataset,
  task: Task,
  form: "auto" | "linear" | "additive",
  timeLimit: number,
  interactions: Interactions,
  allRows = dataset.rows,
): Plan {
  const dealing = planDealing(dataset, task), fits = dealing.holdouts * dealing.repeats + 1;
  const asked = candidatesOf(dataset, task, form, interactions, allRows > HUGE);
  const candidates: Candidate[] = [], left: string[] = [], unfit: string[] = [];
  let estimate = 0;
  for (const { candidate, fit } of asked) {
    const cost = fits * candidate.cost(dataset);
    if (!fit) unfit.push(candidate.name);
    else if (candidates.length > 0 && estimate + cost > timeLimit) left.push(candidate.name);
    else {
      candidates.push(candidate);
      estimate += cost;
    }
  }
  const refined = refinedCandidate();
  const open = task.constraints === undefined && typeof interactions === "number";
  const time = estimate + fits * refined.cost(dataset) <= timeLimit;
  const forClean = form === "auto" && lossOf(task).kind === "mse" && open && time ? [refined] : [];
  return { ...dealing, candidates, forClean, estimate, left, unfit };
}

/** Trees and networks of many rows; steps of single columns where columns may not act together. */
function hugeCandidates(apart: boolean): Candidate[] {
  const boosted = { rowShare: 0.7, columnShare: 0.6, leastRows: 15, ridge: 1 };
  if (apart) return [treeCandidate("steps", { ...boosted, leaves: 2, trees: 400, rate: 0.1 })];
  return [
    treeCandidate("trees of 8 leaves", { ...boosted, leaves: 8, trees: 200, rate: 0.1 }),
    treeCandidate("trees of 32 leaves", { ...boosted, leaves: 32, trees: 120, rate: 0.1 }),
    networkCandidate("networks of 10", {
      ...{ hidden: 10, intervals: 4, weightDecay: 1e-5, guesses: 2 },
    }),
  ];
}

/** A candidate, and whether it can do what is asked. */
interface Asked {
  readonly candidate: Candidate;
  readonly fit: boolean;
}

/** Factors of a forest's logits, and how many rows can tell which one is right. */
const FACTORS = [1, 1.4, 2], ROWS_FOR_FACTORS = 500;

/** Few columns at a split make trees differ, many make each of them better; so do small leaves. */
function waysSideBySide(rows: number, usual: boolean): TreeOptions[] {
  const common = { leaves: 64, rate: 0, rowShare: 1, trees: rows < 500 ? 100 : 60 };
  if (!usual) return [{ ...common, columnShare: 0.5, ridge: 1, leastRows: 5 }];
  const ways = rows < 2000 ? [[1, 1], [0.4, 1], [0.7, 3]] : [[0.7, 2]];
  return ways.map(([columnShare, leastRows]) => ({ ...common, columnShare, leastRows, ridge: 0 }));
}

/** How many pairs, or which; 0: none. */
function pairsAsked(interactions: Interactions, nIn: number): Exclude<Interactions, "none"> {
  if (typeof interactions === "number") return Math.min(interactions, nIn * (nIn - 1) / 2);
  return interactions === "none" ? 0 : interactions;
}

function candidatesOf(
  { rows, nIn, nOut }: Dataset,
  task: Task,
  form: string,
  interactions: Interactions,
  huge: boolean,
): Asked[] {
  const { constraints } = task, loss = lossOf(task);
  const usual = loss.kind === "mse" || loss.kind === "crossEntropy";
  const sums = hasFamily(loss) && constraints === undefined;
  const bent = (constraints?.convex ?? constraints?.concave) !== undefined;
  const twoWays = constraints?.convex !== undefined && constraints.concave !== undefined;
  const chosen = typeof interactions !== "number";
  const free = !chosen && constraints === undefined;
  const as = (fit: boolean, ...candidates: Candidate[]) =>
    candidates.map((candidate): Asked => ({ candidate, fit }));
  const intervals = rows < 100 ? 5 : huge ? 12 : 8,
    sum = { hidden: 0, weightDecay: 1e-4, guesses: 1 };
  const linear = as(
    true,
    sums ? linearCandidate(task) : networkCandidate("linear", {
      ...{ ...sum, intervals: 1, degree: 1 },
    }),
  );
  const floor = usual && constraints === undefined ? [] : as(true, constantCandidate());
  if (form === "linear") return [...floor, ...linear];
  const additive = as(
    true,
    sums ? additiveCandidate(task, intervals) : networkCandidate(
      "additive splines",
      { ...sum, intervals: 4 },
    ),
  );
  const most = pairsAsked(interactions, nIn);
  const pairs = typeof most === "number" && most === 0
    ? []
    : as(sums, pairsCandidate(task, most, huge ? 8 : 5));
  if (form === "additive") return [...floor, ...linear, ...additive, ...pairs];
  const leastRows = rows < 100 ? 3 : rows < 2000 ? 5 : 10;
  const boosted = { rowShare: 0.7, columnShare: 0.6, leastRows, ridge: 1 };
  const signs = constraints?.monotone;
  const numbers = task.family === "gaussian";
  if (huge && constraints === undefined) {
    return [...floor, ...linear, ...additive, ...pairs, ...as(true, ...hugeCandidates(chosen))];
  }
  return [
    ...floor,
    ...linear,
    ...additive,
    ...pairs,
    ...as(
      free,
      numbers
        ? sideBySideCandidate("trees side by side", waysSideBySide(rows, usual))
        : forestCandidate("trees side by side", rows < ROWS_FOR_FACTORS ? [1] : FACTORS),
    ),
    ...as(
      !bent,
      treeCandidate("steps", {
        ...{ ...boosted, leaves: 2, trees: 400, rate: 0.1 },
        ...(signs && { signs }),
      }),
    ),
    ...as(
      free,
      treeCandidate("trees of 4 leaves", { ...boosted, leaves: 4, trees: 300, rate: 0.07 }),
      treeCandidate("trees of 8 leaves", { ...boosted, leaves: 8, trees: 250, rate: 0.06 }),
    ),
    ...as(
      !chosen && !twoWays,
      networkCandidate("networks of 5", {
        ...{ hidden: 5, intervals: 2, weightDecay: 1e-4, guesses: rows > 3000 ? 2 : 3 },
      }),
      networkCandidate("networks of 10", {
        ...{ hidden: 10, intervals: 2, weightDecay: 3e-4, guesses: 2 },
      }),
    ),
    ...(nIn > 1 ? as(free && sums, obliqueCandidate(task, nOut > 1 ? 12 : 40, 4)) : []),
  ];
}
