/**
 * The last training of a network that was trained among many useless inputs: from the beginning, from
 * several starts, on several grids.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Network } from "../../model/mod.ts";
import { restrict } from "../../multilevel/mod.ts";
import { rowLosses } from "../../engine/inner.ts";
import { distancesFromMedian, isWithinError, refit } from "./refit.ts";
import { type PruneSearch, type PruneState, withInputs } from "./search.ts";
import { COARSEST, freshStart } from "./second_look.ts";

/** Starts of the last training. */
const STARTS = 4;
/** Epochs after a network went to a coarser grid, in those of refits. */
const LONG = 4;

/** A network that could be the last. */
interface LastNetwork {
  /** The network of the rows that refit, which is judged. */
  readonly fitted: Network;
  /** The same refitted on all rows. */
  readonly all: Network;
  readonly rows: Float64Array;
  readonly loss: number;
}

/**
 * Trains what is left anew where more inputs went than stayed: from several starts, each on all grids
 * down to the coarsest. Those count whose judged losses are within the standard error of the lowest;
 * of these the network is taken that is nearest to what most say where columns are mixed, because
 * splines of hidden nodes may say anything in corners that no row has held, and each something else.
 *
 * @param dataset All rows.
 * @param search Its lowest loss becomes that of the new networks.
 * @returns The network of the rows that refit, and the same refitted on all rows; undefined where as
 * many inputs stayed as went, or networks of its kind cannot be trained anew.
 */
export async function trainAnew(
  search: PruneSearch,
  state: PruneState,
  dataset: Dataset,
): Promise<{ readonly state: PruneState; readonly all: Network } | undefined> {
  const { fitted, judge, options, loss, goal } = search;
  const [inputs] = state.kept, { config } = state.network;
  const free = goal.least[0] === 1 && options.threshold === undefined;
  if (!free || 2 * inputs.length >= fitted.nIn) return undefined;
  if (config.activation !== "spline" || config.edges !== undefined) return undefined;
  const [rows, others, all] = [fitted, judge, dataset].map((each) => withInputs(each, inputs));
  const pool: LastNetwork[] = [];
  async function add(network: Network): Promise<void> {
    const losses = rowLosses(network, others, loss);
    const mean = losses.reduce((sum, x) => sum + x, 0) / losses.length;
    if (!Number.isFinite(mean)) return;
    const last = await refit(network, all, options);
    pool.push({ fitted: network, all: last, rows: losses, loss: mean });
  }
  await add(state.network);
  for (let k = 0; k < STARTS; k++) {
    const seed = (options.seed ?? 1234) + k;
    let network = await freshStart(state.network, inputs.length, rows, { ...options, seed });
    if (network === undefined) return undefined;
    await add(network);
    while (network.config.intervals % 2 === 0 && network.config.intervals > COARSEST) {
      network = await refit(restrict(network), rows, options, LONG);
      await add(network);
    }
  }
  const lowest = pool.reduce((best, each) => each.loss < best.loss ? each : best);
  const far = distancesFromMedian(pool.map(({ all: network }) => network), all);
  const near = pool.map((each, i) => ({ ...each, far: far[i] }))
    .filter((each) => each.loss === lowest.loss || isWithinError(each.rows, lowest.rows))
    .reduce((best, each) => each.far < best.far ? each : best);
  search.best = lowest.loss;
  search.lowest = lowest.rows;
  const left = { network: near.fitted, loss: near.loss, origin: near.fitted, wanted: inputs };
  return { state: { ...state, ...left }, all: near.all };
}
