/**
 * Pruning: inputs and hidden nodes that do no good go, the most useless first.
 *
 * @module
 */

import { type Dataset, splitRows, subset } from "../../data/mod.ts";
import { checkProblem } from "../../engine/inner.ts";
import { checkNetwork } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { edgeScores } from "../scores/mod.ts";
import { keepNodes } from "./keep_nodes.ts";
import type { Pruned, PrunedNode, PruneOptions, PruneTrial } from "./options.ts";
import { constantLoss, judgedLoss, refit } from "./refit.ts";

/** Rows that removals are ranked by. */
const RANK_ROWS = 1000;
/** Single removals that are refused one after the other before the end. */
const PATIENCE = 6;
/** Losses below this share of a constant prediction's count as that. */
const FLOOR = 1e-3;
const TOLERANCE = 0.01;

/**
 * Prunes a network: takes away inputs and hidden nodes whose removal hardly raises the loss, the
 * most useless first, refits in between, and gives a network of smaller widths.
 *
 * Rows are split: most refit, the others judge, so that an input that only helped to learn the noise
 * by heart goes. Removals are ranked by the loss without refit, with means in their place. Half of
 * the candidates are tried at once; where that costs too much half as many, and so on down to one; a
 * single one that is refused stays. A removal is accepted if the judged loss after the refit is at
 * most the lowest so far plus the tolerance. At the end the network is refitted on all rows.
 *
 * @param network A trained network; not changed.
 * @param dataset Rows it was trained on, or more of their kind.
 * @param options What may go, and what it may cost.
 * @returns The smaller network, what is left, what went.
 * @throws {TypeError} If the rows are not the network's.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { fit } from "@freeknot/freeknot";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { prune } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 300 }, (_, i) => [1, 2.3, 4.1].map((k) => Math.sin(k * i)));
 * const data = { inputs, targets: inputs.map(([x, , z]) => x * z) };
 * const { network } = await fit(data);
 * const { kept } = await prune(network, datasetOf(data));
 * assertEquals(kept[0], [0, 2]); // the second input has no part in it
 * ```
 */
export async function prune(
  network: Network,
  dataset: Dataset,
  options: PruneOptions = {},
): Promise<Pruned> {
  const verb = "prune";
  checkNetwork(verb, network);
  checkOptions(
    verb,
    options,
    "loss tolerance keepInputs keepNodes threshold inputs judge epochs seed engine onTrial",
  );
  const { loss = { kind: "mse" } } = options;
  checkProblem(network, loss, dataset);
  const goal = goalOf(network, options);
  const { fitted, judge } = partsOf(dataset, options);
  const floor = FLOOR * constantLoss(judge, loss);
  const start = await refit(network, fitted, options);
  const before = judgedLoss(start, judge, loss);
  let state: PruneState = {
    network: start,
    kept: network.config.widths.map((width) => Array.from({ length: width }, (_, i) => i)),
    loss: before,
  };
  let best = before, most = Infinity, refusals = 0, trials = 0;
  const refused = new Set<string>(), removed: PruneTrial[] = [];
  while (refusals < PATIENCE) {
    const candidates = rank(state, fitted, options, goal)
      .filter((node) => !refused.has(keyOf(node)));
    const batch = chooseBatch(candidates, state, goal, most);
    if (batch.length === 0) break;
    const trial = await tryRemoval(state, batch, fitted, judge, options);
    trials++;
    const accepted = trial.loss <= best + goal.tolerance * Math.max(best, floor);
    const record = { nodes: batch, before: state.loss, after: trial.loss, accepted };
    options.onTrial?.(record);
    if (accepted) {
      removed.push(record);
      state = trial;
      best = Math.min(best, trial.loss);
      refusals = 0;
    } else if (batch.length > 1) most = batch.length >> 1;
    else {
      refused.add(keyOf(batch[0]));
      refusals++;
    }
  }
  const { kept, loss: after } = state, { rows: judged } = judge;
  const last = await lastRefit(
    state,
    dataset,
    options,
    best + goal.tolerance * Math.max(best, floor),
  );
  return { network: last, kept, removed, trials, before, after, judged };
}

/** A network on the way, and its nodes as they were at the start. */
interface PruneState {
  readonly network: Network;
  readonly kept: readonly (readonly number[])[];
  /** Judged. */
  readonly loss: number;
}

/** What may go. */
interface PruneGoal {
  /** Fewest nodes of every width. */
  readonly least: readonly number[];
  readonly tolerance: number;
}

function goalOf({ config: { widths } }: Network, options: PruneOptions): PruneGoal {
  const { keepInputs, keepNodes: keep, threshold, tolerance, inputs = true } = options;
  const hidden = widths.slice(1, -1), counted = keepInputs !== undefined || keep !== undefined;
  const check = (name: string, fits: boolean, rule: string, value: unknown): void => {
    if (fits) return;
    throw new RangeError(`Cannot prune: ${name} must be ${rule}, current value is ${value}`);
  };
  const count = (value: number, most: number) =>
    Number.isInteger(value) && value >= 1 && value <= most;
  check(
    "keepInputs",
    keepInputs === undefined || count(keepInputs, widths[0]),
    `an integer from 1 to ${widths[0]}`,
    keepInputs,
  );
  check(
    "keepNodes",
    keep === undefined ||
      (keep.length === hidden.length && keep.every((each, k) => count(each, hidden[k]))),
    hidden.length === 0
      ? "left out (the network has no hidden nodes)"
      : `${hidden.length} integers from 1 to ${hidden.join(", ")}`,
    keep,
  );
  check("threshold", threshold === undefined || threshold > 0, "a number > 0", threshold);
  check("tolerance", tolerance === undefined || tolerance >= 0, "a number >= 0", tolerance);
  const free = counted || threshold !== undefined ? Infinity : TOLERANCE;
  const stay = inputs && !counted ? 1 : widths[0];
  return {
    tolerance: tolerance ?? free,
    least: [
      keepInputs ?? stay,
      ...hidden.map((width, k) => keep?.[k] ?? (counted ? width : 1)),
      widths[widths.length - 1],
    ],
  };
}

/** The rows that refit and the rows that judge. */
function partsOf(dataset: Dataset, { judge, seed = 1234 }: PruneOptions) {
  if (judge !== undefined) return { fitted: dataset, judge };
  const { rows } = dataset;
  if (rows < 10) {
    throw new RangeError(`Cannot prune: rows must be at least 10, current value is ${rows}`);
  }
  const split = splitRows({ rows, testFraction: 0.2, validationFraction: 0, seed });
  return { fitted: subset(dataset, split.train), judge: subset(dataset, split.test) };
}

function keyOf({ level, node }: PrunedNode): string {
  return `${level} ${node}`;
}

/** What may go, the most useless first: by the loss with means in its place, without refit. */
function rank(
  { network, kept }: PruneState,
  fitted: Dataset,
  { loss = { kind: "mse" }, threshold }: PruneOptions,
  { least }: PruneGoal,
): PrunedNode[] {
  const count = Math.min(fitted.rows, RANK_ROWS);
  const rows = subset(
    fitted,
    Array.from({ length: count }, (_, i) => Math.floor(i * fitted.rows / count)),
  );
  const { inputs } = withInputs(rows, kept[0]);
  const scores = threshold === undefined ? undefined : edgeScores(network, inputs).nodes;
  const found: { readonly node: PrunedNode; readonly cost: number }[] = [];
  kept.forEach((nodes, level) => {
    if (level === kept.length - 1 || nodes.length <= least[level]) return;
    nodes.forEach((node, i) => {
      if (scores !== undefined && !(scores[level][i].attribution < threshold!)) return;
      const without = withoutNodes(kept, [{ level, node }]);
      const smaller = takeNodes(network, kept, without, inputs);
      const cost = judgedLoss(smaller, withInputs(rows, without[0]), loss);
      found.push({ node: { level, node }, cost });
    });
  });
  return found.sort((a, b) => a.cost - b.cost).map(({ node }) => node);
}

/** The first half of the candidates, at most so many, as far as every width keeps enough. */
function chooseBatch(
  candidates: readonly PrunedNode[],
  { kept }: PruneState,
  { least }: PruneGoal,
  most: number,
): PrunedNode[] {
  const size = Math.max(1, Math.min(most, Math.ceil(candidates.length / 2)));
  const left = kept.map((nodes, level) => nodes.length - least[level]);
  const batch: PrunedNode[] = [];
  for (const candidate of candidates) {
    if (batch.length === size) break;
    if (left[candidate.level]-- > 0) batch.push(candidate);
  }
  return batch;
}

async function tryRemoval(
  { network, kept }: PruneState,
  batch: readonly PrunedNode[],
  fitted: Dataset,
  judge: Dataset,
  options: PruneOptions,
): Promise<PruneState> {
  const { loss = { kind: "mse" } } = options;
  const without = withoutNodes(kept, batch);
  const [columns] = kept;
  const start = takeNodes(network, kept, without, withInputs(fitted, columns).inputs);
  const refitted = await refit(start, withInputs(fitted, without[0]), options);
  return {
    network: refitted,
    kept: without,
    loss: judgedLoss(refitted, withInputs(judge, without[0]), loss),
  };
}

/** Refits on all rows; keeps the network as it is where the judged loss would rise too far. */
async function lastRefit(
  { network, kept }: PruneState,
  dataset: Dataset,
  options: PruneOptions,
  allowed: number,
): Promise<Network> {
  const { loss = { kind: "mse" }, judge } = options;
  const rows = withInputs(dataset, kept[0]);
  const refitted = await refit(network, rows, options);
  const judged = withInputs(judge ?? dataset, kept[0]);
  const better = judgedLoss(refitted, judged, loss) <=
    Math.max(judgedLoss(network, judged, loss), judge === undefined ? 0 : allowed);
  return better ? refitted : network;
}

function withoutNodes(
  kept: readonly (readonly number[])[],
  batch: readonly PrunedNode[],
): (readonly number[])[] {
  const gone = new Set(batch.map(keyOf));
  return kept.map((nodes, level) => nodes.filter((node) => !gone.has(keyOf({ level, node }))));
}

/** The nodes that are left of a network whose nodes are `kept`; `inputs` has its columns. */
function takeNodes(
  network: Network,
  kept: readonly (readonly number[])[],
  without: readonly (readonly number[])[],
  inputs: Float64Array,
): Network {
  return keepNodes(
    network,
    without.map((nodes, level) => nodes.map((node) => kept[level].indexOf(node))),
    inputs,
  );
}

/** A dataset with some of its input columns. */
function withInputs(dataset: Dataset, columns: readonly number[]): Dataset {
  const { rows, nIn, inputs } = dataset, width = columns.length;
  if (width === nIn) return dataset;
  const taken = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) taken[r * width + c] = inputs[r * nIn + columns[c]];
  }
  return { ...dataset, nIn: width, inputs: taken };
}
