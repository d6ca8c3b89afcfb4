/**
 * Pruning: inputs and hidden nodes that do no good go, the most useless first.
 *
 * @module
 */

import { type Dataset, splitRows, subset } from "../../data/mod.ts";
import type { Loss } from "../../engine/mod.ts";
import { checkProblem, keepHelpers, rowLosses } from "../../engine/inner.ts";
import { checkNetwork, numSplineEdges } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { restrict } from "../../multilevel/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { edgeScores } from "../scores/mod.ts";
import { evenRows } from "./edge_costs.ts";
import { edgesLeft } from "./edges_left.ts";
import { keepEdges } from "./keep_edges.ts";
import { keepNodes } from "./keep_nodes.ts";
import type { Pruned, PrunedNode, PruneOptions } from "./options.ts";
import { constantLoss, isWild, isWithinError, judgedLoss, refit } from "./refit.ts";
import { removeEdges } from "./remove_edges.ts";
import {
  goneNodes,
  judgedRowLosses,
  type PruneGoal,
  type PruneSearch,
  type PruneState,
  refitted,
  removeAsLong,
  withInputs,
} from "./search.ts";
import { centred, freshStart, leftOver, missedInputs } from "./second_look.ts";

/** Single removals that are refused one after the other before the end. */
const PATIENCE = 6;
/** Rows that removals are ranked by. */
const RANK_ROWS = 1000;
/** Epochs of the first refit, in those of the others: it has to forget the rows that judge. */
const FORGETTING = 4;
/** Numbers of the dataset per parameter below which the choice is made on a coarser grid. */
const NUMBERS_PER_PARAMETER = 4;
const COARSEST = 5;
/** Losses below this share of a constant prediction's count as that. */
const FLOOR = 1e-6;
const TOLERANCE = 0.01;

/**
 * Prunes a network: takes away inputs and hidden nodes, then edges of spline layers, whose removal
 * hardly raises the loss, the most useless first, refits in between, and gives a network of smaller
 * widths, with a mask where edges went.
 *
 * Rows are split: most refit, the others judge, so that an input that only helped to learn the noise
 * by heart goes. Removals are ranked by the judged loss without refit, with means in their place.
 * Half of those that cost nothing by themselves are tried at once; where that costs too much half as
 * many, and so on down to one; a single one that is refused stays. A removal is accepted if the
 * judged loss after the refit is at most the lowest so far plus the tolerance. At the end the network
 * is refitted on all rows.
 *
 * Refits on classes have a weight decay of 1e-3 where the loss has none: without it the logits of
 * separated classes grow without end.
 *
 * A network with many parameters for its rows, which may know the rows that judge by heart, is put on
 * coarser grids for the choice; of the two networks with the nodes that are left, on the fine and on
 * the coarse grid, the one with the lower judged loss is given back.
 *
 * Inputs that went although what is left over depends on them, because the network had never learned
 * what they do, come back: a new network of the same kind is trained on them and the ones that are
 * left, and pruned in its turn.
 *
 * Edges go in the same way when no node can: their means go into the other edges that lead to the same
 * node. A node that is left without an edge goes, too; an output keeps a path from the inputs.
 *
 * @param network A trained network; not changed.
 * @param dataset Rows it was trained on, or more of their kind.
 * @param options What may go, and what it may cost.
 * @returns The smaller network, what is left, what went.
 * @throws {TypeError} If the rows are not the network's.
 * @throws {RangeError} If an option is out of range, or `keepEdges` below what outputs need.
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
    "loss tolerance keepInputs keepNodes keepEdges threshold inputs edges judge epochs sparsity " +
      "smoothness seed engine onTrial",
  );
  const { loss = { kind: "mse" } } = options;
  checkProblem(network, loss, dataset);
  const letGo = keepHelpers(); // refits follow each other
  try {
    return await pruneRows(network, dataset, loss, options);
  } finally {
    letGo();
  }
}

async function pruneRows(
  network: Network,
  dataset: Dataset,
  loss: Loss,
  options: PruneOptions,
): Promise<Pruned> {
  const goal = goalOf(network, options);
  const { fitted, judge } = partsOf(dataset, options);
  const floor = FLOOR * constantLoss(judge, loss);
  const start = await refit(coarser(network, fitted), fitted, options, FORGETTING);
  const before = judgedLoss(start, judge, loss);
  const all = network.config.widths.map((width) => Array.from({ length: width }, (_, i) => i));
  let state: PruneState = {
    ...{ network: start, kept: all, loss: before, origin: network, wanted: all[0] },
  };
  const found: PruneSearch = {
    ...{ fitted, judge, options, goal, loss, best: before, trials: 0, removed: [] },
    lowest: rowLosses(start, judge, loss),
    allowed: (lowest) => lowest + goal.tolerance * Math.max(lowest, floor),
  };
  state = await removeNodes(found, state);
  state = await lookAgain(found, network, state);
  state = await removeEdges(found, state);
  state = await finer(found, state);
  const { best, allowed, removed, trials } = found;
  const { kept, loss: after } = state, { rows: judged } = judge;
  const last = await lastRefit(state, dataset, options, allowed(best));
  return { network: last, kept, removed, trials, before, after, judged };
}

/** Removes inputs and nodes as long as it costs little. */
async function removeNodes(search: PruneSearch, start: PruneState): Promise<PruneState> {
  const { judge, options, goal, allowed } = search, refused = new Set<string>();
  return await removeAsLong(search, start, {
    ...{ patience: PATIENCE, refused },
    async attempt(state, most) {
      const candidates = rank(state, judge, options, goal)
        .filter(({ node }) => !refused.has(keyOf(node)));
      const batch = chooseBatch(candidates, state, goal, { most, allowed: allowed(state.loss) });
      if (batch.length === 0) return undefined;
      const left = await tryRemoval(state, batch, search), keys = batch.map(keyOf);
      const others = goneNodes(state.kept, left.kept).filter((node) => !keys.includes(keyOf(node)));
      return { keys, nodes: [...batch, ...others], edges: [], left };
    },
    accepts: (left) =>
      left.loss <= allowed(search.best) ||
      isWithinError(judgedRowLosses(search, left), search.lowest),
  });
}

/**
 * Where what is left over depends on inputs that were taken away, a new network is trained on these
 * and the ones that are left; if it does better it is pruned in its turn.
 */
async function lookAgain(
  search: PruneSearch,
  network: Network,
  state: PruneState,
): Promise<PruneState> {
  const { fitted, judge, options, loss, goal } = search, [inputs] = state.kept;
  if (goal.least[0] > 1 || options.threshold !== undefined) return state;
  const left = new Set(inputs), { nIn } = fitted;
  const gone = Array.from({ length: nIn }, (_, i) => i).filter((input) => !left.has(input));
  const missed = missedInputs(fitted, judge, {
    fitted: leftOver(state.network, withInputs(fitted, inputs), loss),
    judge: leftOver(state.network, withInputs(judge, inputs), loss),
  }, gone);
  const lists = [
    ...(missed.length > 0 ? [[...inputs, ...missed].sort((a, b) => a - b)] : []),
    ...leanLists(search, inputs, missed),
    ...(gone.length > inputs.length ? [[...inputs]] : []), // what is left was trained among noise
  ];
  let best: PruneState | undefined;
  for (const wanted of lists) {
    const fresh = await freshState(search, network, wanted);
    if (fresh !== undefined && fresh.loss < (best?.loss ?? state.loss)) best = fresh;
  }
  if (best === undefined) return state;
  search.best = Math.min(search.best, best.loss);
  search.lowest = judgedRowLosses(search, best);
  const { wanted } = best, dropped = [...left, ...gone].filter((each) => !wanted.includes(each));
  search.removed = [{
    nodes: dropped.sort((a, b) => a - b).map((node) => ({ level: 0, node })),
    edges: [],
    ...{ before: state.loss, after: best.loss, accepted: true },
  }];
  return await removeNodes(search, best);
}

/**
 * The inputs that say something about the targets by themselves, where twice as many are left or
 * more: a network that has learned noise by heart does not tell which of its inputs these are.
 */
function leanLists(
  { fitted, judge, loss }: PruneSearch,
  inputs: readonly number[],
  missed: readonly number[],
): number[][] {
  const every = Array.from({ length: fitted.nIn }, (_, i) => i);
  const alone = missedInputs(
    fitted,
    judge,
    centred(fitted, judge, loss),
    every,
  );
  const lean = [...new Set([...alone, ...missed])].sort((a, b) => a - b);
  return lean.length > 0 && 2 * lean.length <= inputs.length ? [lean] : [];
}

/** New networks that are trained at most, until one is not wild. */
const STARTS = 3;

/** A new network on some inputs, judged. */
async function freshState(
  { fitted, judge, options, loss }: PruneSearch,
  network: Network,
  wanted: readonly number[],
): Promise<PruneState | undefined> {
  const rows = withInputs(fitted, wanted), { seed = 1234 } = options;
  let fine: Network | undefined;
  for (let k = 0; k < STARTS && (fine === undefined || isWild(fine, rows)); k++) {
    fine = await freshStart(network, wanted.length, rows, { ...options, seed: seed + k });
    if (fine === undefined) return undefined;
  }
  if (fine === undefined) return undefined;
  const coarse = coarser(fine, fitted);
  const fresh = coarse === fine ? fine : await refit(coarse, rows, options, FORGETTING);
  const kept = [
    wanted,
    ...network.config.widths.slice(1).map((width) => Array.from({ length: width }, (_, i) => i)),
  ];
  const judged = judgedLoss(fresh, withInputs(judge, wanted), loss);
  return { network: fresh, kept, loss: judged, origin: fine, wanted };
}

/** The network on a grid that its rows can carry. */
function coarser(network: Network, { rows, nOut }: Dataset): Network {
  let result = network;
  const tooMany = () => result.parameters.length * NUMBERS_PER_PARAMETER > rows * nOut;
  if (network.config.activation !== "spline") return network;
  while (tooMany() && result.config.intervals % 2 === 0 && result.config.intervals > COARSEST) {
    result = restrict(result);
  }
  return result;
}

/** The nodes that are left on the grid that the network came with, if they do better there. */
async function finer(search: PruneSearch, state: PruneState): Promise<PruneState> {
  const { fitted, judge, options, loss } = search, { kept, origin, wanted } = state;
  if (origin.config.intervals === state.network.config.intervals) return state;
  const [inputs, ...others] = kept;
  const places = [inputs.map((input) => wanted.indexOf(input)), ...others];
  const all = keepNodes(origin, places, withInputs(fitted, wanted).inputs);
  const columns = withInputs(fitted, inputs), { edges } = state.network.config;
  const start = edges ? keepEdges(all, edges, columns.inputs) : all;
  const trained = await refit(start, columns, options);
  const judged = judgedLoss(trained, withInputs(judge, inputs), loss);
  if (isWild(trained, columns)) return state;
  return judged <= state.loss ? { ...state, network: trained, loss: judged } : state;
}

function goalOf({ config }: Network, options: PruneOptions): PruneGoal {
  const { widths } = config;
  const { keepInputs, keepNodes: keep, threshold, tolerance, inputs = true } = options;
  const { keepEdges: edges } = options, nOut = widths[widths.length - 1];
  const hidden = widths.slice(1, -1), nodesCounted = keepInputs !== undefined || keep !== undefined;
  const counted = nodesCounted || edges !== undefined;
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
  const mostEdges = config.activation === "spline" ? numSplineEdges(config) : 0;
  check(
    "keepEdges",
    edges === undefined || (count(edges, mostEdges) && edges >= nOut),
    mostEdges === 0
      ? "left out (the network has no splines)"
      : `an integer from ${nOut} (an edge to every output) to ${mostEdges}`,
    edges,
  );
  check("threshold", threshold === undefined || threshold > 0, "a number > 0", threshold);
  check("tolerance", tolerance === undefined || tolerance >= 0, "a number >= 0", tolerance);
  const free = counted || threshold !== undefined ? Infinity : TOLERANCE;
  const stay = inputs && !counted ? 1 : widths[0];
  return {
    tolerance: tolerance ?? free,
    edges: edges !== undefined || !nodesCounted && (options.edges ?? true),
    inputs,
    least: [
      keepInputs ?? stay,
      ...hidden.map((width, k) => keep?.[k] ?? (counted ? width : 1)),
      nOut,
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

/** What may go, and what that costs. */
interface Candidate {
  readonly node: PrunedNode;
  /** The judged loss with the mean in its place, without refit. */
  readonly cost: number;
}

/** What may go, the most useless first. */
function rank(
  state: PruneState,
  judge: Dataset,
  { loss = { kind: "mse" }, threshold }: PruneOptions,
  goal: PruneGoal,
): Candidate[] {
  const { network, kept } = state, { least } = goal;
  const rows = evenRows(judge, RANK_ROWS);
  const { inputs } = withInputs(rows, kept[0]);
  const scores = threshold === undefined ? undefined : edgeScores(network, inputs).nodes;
  const found: Candidate[] = [];
  kept.forEach((nodes, level) => {
    if (level === kept.length - 1 || nodes.length <= least[level]) return;
    nodes.forEach((node, i) => {
      if (scores !== undefined && !(scores[level][i].attribution < threshold!)) return;
      const without = withoutNodes(state, [{ level, node }], goal);
      if (without === undefined) return;
      const smaller = takeNodes(network, kept, without, inputs);
      const cost = judgedLoss(smaller, withInputs(rows, without[0]), loss);
      found.push({ node: { level, node }, cost });
    });
  });
  return found.sort((a, b) => a.cost - b.cost);
}

/** Half of the candidates that cost nothing by themselves, as far as every width keeps enough. */
function chooseBatch(
  candidates: readonly Candidate[],
  state: PruneState,
  goal: PruneGoal,
  { most, allowed }: { readonly most: number; readonly allowed: number },
): PrunedNode[] {
  const harmless = candidates.filter(({ cost }) => cost <= allowed).length;
  const size = Math.max(1, Math.min(most, Math.ceil(harmless / 2)));
  const batch: PrunedNode[] = [];
  for (const { node } of candidates) {
    if (batch.length === size) break;
    const left = withoutNodes(state, [...batch, node], goal);
    if (left?.every(({ length }, level) => length >= goal.least[level])) batch.push(node);
  }
  return batch;
}

async function tryRemoval(
  state: PruneState,
  batch: readonly PrunedNode[],
  { fitted, judge, options, goal, best, allowed }: PruneSearch,
): Promise<PruneState> {
  const { network, kept } = state;
  const without = withoutNodes(state, batch, goal)!;
  const [columns] = kept;
  const start = takeNodes(network, kept, without, withInputs(fitted, columns).inputs);
  const [fittedRows, rows] = [fitted, judge].map((each) => withInputs(each, without[0]));
  const trial = await refitted(start, fittedRows, rows, options, allowed(best));
  return { ...state, ...trial, kept: without };
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
  const trained = await refit(network, rows, options);
  const judged = withInputs(judge ?? dataset, kept[0]);
  const better = judgedLoss(trained, judged, loss) <=
    Math.max(judgedLoss(network, judged, loss), judge === undefined ? 0 : allowed);
  const last = better && !isWild(trained, rows) ? trained : network;
  return await tamed(last, rows, judged, options);
}

/** What a calmer network on a coarser grid may cost. */
const CALM = 1.5;

/** A network that is wild between its rows goes to a coarser grid, as long as that costs little. */
async function tamed(
  network: Network,
  rows: Dataset,
  judged: Dataset,
  options: PruneOptions,
): Promise<Network> {
  const { loss = { kind: "mse" } } = options, most = CALM * judgedLoss(network, judged, loss);
  let calm = network;
  while (isWild(calm, rows)) {
    const { activation, intervals } = calm.config;
    if (activation !== "spline" || intervals % 2 !== 0 || intervals <= COARSEST) return network;
    calm = await refit(restrict(calm), rows, options, FORGETTING);
    if (!(judgedLoss(calm, judged, loss) <= most)) return network;
  }
  return calm;
}

/** The nodes that are left; undefined where a mask would leave an output without a path. */
function withoutNodes(
  { network: { config }, kept }: Pick<PruneState, "network" | "kept">,
  batch: readonly PrunedNode[],
  { inputs }: PruneGoal,
): (readonly number[])[] | undefined {
  if (!config.edges) {
    const gone = new Set(batch.map(keyOf));
    return kept.map((nodes, level) => nodes.filter((node) => !gone.has(keyOf({ level, node }))));
  }
  const places = batch.map(({ level, node }) => ({ level, node: kept[level].indexOf(node) }));
  const left = edgesLeft(config, [], inputs, places);
  return left?.nodes.map((nodes, level) => nodes.map((i) => kept[level][i]));
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
