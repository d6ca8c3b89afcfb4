/**
 * A tournament of first guesses: several are trained a little on a coarse grid, the best goes on.
 *
 * From one random start Gauss-Newton may end in a poor local minimum; after a few epochs it shows
 * which start does. Entrants come in heats of eight. A heat is decided by successive halving
 * (Jamieson and Talwalkar 2016): every entrant trains for the round's epochs, the better half enters
 * the next round. Another heat is held only while none stands out: a tournament costs little where
 * starts differ much, or not at all.
 *
 * @module
 */

import { checkRecord } from "../numerics/inner.ts";
import { evenlySpread } from "../data/inner.ts";
import { crc32 } from "../model/inner.ts";
import {
  createNetwork,
  encodeModel,
  type Network,
  type NetworkOptions,
  resolveConfig,
} from "../model/mod.ts";
import { prolong } from "../multilevel/mod.ts";
import type { TournamentEvent } from "./events.ts";
import { orInfinity } from "./policies/best.ts";
import type { Run, RunState, Tournament } from "./run.ts";
import { constrained, heldTo, inNetwork } from "./constraints/constrained.ts";
import { interruptible, StopRequest } from "./evaluators/interruptible.ts";
import type { OptimizerState } from "./optimizers/optimizer.ts";

const ROUNDS = [8, 4, 4], ROWS = 2000, HEAT = 8;
/** An objective below this share of the median one stands out. */
const STANDS_OUT = 1 / 30;
/** Objectives of a heat's first round within this share of each other: starts do not matter. */
const ALIKE = 0.1;
/** Seeds of entrants lie this far apart, so that runs of neighbouring seeds share none. */
const SEED_STEP = 7919;

/**
 * Seeds of first guesses that compete, the first one given; runs of neighbouring seeds share none.
 */
export function startSeeds(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => seed + SEED_STEP * k);
}

/** What {@linkcode createTournament} needs beside the configuration. */
export interface CreateTournamentOptions {
  /** Seed of the first entrant. */
  readonly seed: number;
  /** Most entrants. Default 24 with a first layer of splines, else 8. */
  readonly starts?: number;
}

/**
 * Creates first guesses for a network.
 *
 * Networks whose first layer is splines compete with one interval per spline: as sums and chains of
 * polynomials, whose landscape has fewer poor minima than wiggly splines have. Behind a linear map
 * they compete on the configured grid: which directions matter shows in the splines' detail. So do
 * networks with given breakpoints or of even spacing that one interval cannot be halved into.
 *
 * @param options The configuration, on the grid of the first stage.
 * @param create Seed and number of entrants.
 * @returns The tournament; entrant `k` has the seed `seed + 7919 k`.
 * @throws {RangeError} If the number of starts is not an integer >= 1, or as `createNetwork`.
 *
 * @example
 * ```ts
 * import { createNetwork, findProblem, trainToEnd, galleryDatasets } from "@freeknot/freeknot";
 * import { createTournament } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const options = { widths: [2, 2, 1], firstLayer: "spline" } as const, seed = 1;
 * const { train } = galleryDatasets(findProblem("product"), { rows: 300 });
 * const tournament = createTournament(options, { seed });
 * const { loss } = await trainToEnd(createNetwork(options, { seed }), train, { tournament });
 * assert(loss < 1e-8);
 * ```
 */
export function createTournament(
  options: NetworkOptions,
  { seed, starts = defaultStarts(options) }: CreateTournamentOptions,
): Tournament {
  checkRecord("create tournament", "options", options, "a record such as { widths: [2, 5, 1] }", [
    "widths",
  ]);
  if (!Number.isInteger(starts) || starts < 1) {
    throw new RangeError(
      `Cannot create tournament: starts must be an integer >= 1, current value is ${starts}`,
    );
  }
  const config = resolveConfig(options);
  const coarse = config.firstLayer === "spline" && config.knots !== "fixed";
  const entrant = coarse ? { ...options, intervals: 1 } : options;
  return {
    entrants: startSeeds(seed, starts).map((each) => createNetwork(entrant, { seed: each })),
  };
}

/**
 * First guesses that pay by Gauss-Newton: 24 with a first layer of splines, where polynomials are
 * cheap and few of them find the way through several layers; else 8.
 */
export function defaultStarts(
  { firstLayer = "linear" }: Pick<NetworkOptions, "firstLayer">,
): number {
  return firstLayer === "spline" ? 24 : 8;
}

/** What a checkpoint says of a tournament. */
export function tournamentOrigin({ entrants, rounds = ROUNDS, rows = ROWS }: Tournament): {
  entrants: string[];
  rounds: readonly number[];
  rows: number;
} {
  return { entrants: entrants.map((each) => crc32(encodeModel(each))), rounds, rows };
}

/**
 * Holds a tournament before the first stage: the state is then at the winner, on the network's grid,
 * or has the ending `stopped`.
 *
 * @throws {RangeError} If the network's grid does not refine the entrants', or a number is out of
 * range.
 */
export async function* holdTournament(
  run: Run,
  state: RunState,
): AsyncGenerator<TournamentEvent, void, void> {
  const won = await winnerOf(run, run.tournament!);
  if (!won) {
    state.ending = { status: "stopped", reason: "training was asked to stop" };
    return;
  }
  state.network = won.network;
  state.evaluations += won.event.evaluations;
  state.events.push(won.event);
  yield won.event;
}

/** The winner on the network's grid, and what to tell; undefined if the tournament was stopped. */
async function winnerOf(
  run: Run,
  { entrants, rounds = ROUNDS, rows = ROWS }: Tournament,
): Promise<{ readonly network: Network; readonly event: TournamentEvent } | undefined> {
  const factor = checkTournament(run.network, entrants, rounds, rows);
  const begun = performance.now();
  const dataset = run.dataset && evenlySpread(run.dataset, rows);
  const count = dataset?.rows ?? run.rows;
  const compiled = await run.engine.compile({ network: entrants[0], loss: run.loss, dataset });
  const shape = run.constraints && heldTo(entrants[0], run.constraints).shape;
  const evaluator = interruptible(shape ? constrained(compiled, shape) : compiled, run.signal);
  const states: OptimizerState[] = [], epochs: number[] = [];
  const objective = (i: number) => orInfinity(states[i].objective);
  const better = (a: number, b: number) => objective(a) - objective(b) || a - b;

  /** Trains the entrants of a heat, round by round. Returns whether their first round tells nothing. */
  async function holdHeat(field: number[]): Promise<boolean> {
    let alike = false;
    const ended = new Set<number>();
    for (const [round, count] of rounds.entries()) {
      for (const i of field) {
        for (let epoch = 0; epoch < count && !ended.has(i); epoch++) {
          if (await run.optimizer.epoch(states[i], evaluator) !== "running") ended.add(i);
          epochs[i]++;
        }
      }
      field.sort(better);
      if (round === 0) alike = !(objective(field.at(-1)!) > (1 + ALIKE) * objective(field[0]));
      if (alike) break;
      if (round + 1 < rounds.length) field.length = Math.ceil(field.length / 2);
    }
    return alike;
  }

  function oneStandsOut(): boolean {
    const all = states.map((_, i) => objective(i)).sort((a, b) => a - b);
    return all[0] < STANDS_OUT * all[Math.floor(all.length / 2)];
  }

  try {
    while (states.length < entrants.length) {
      const heat = entrants.slice(states.length, states.length + HEAT).map(({ parameters }) => {
        epochs.push(0);
        const from = shape ? shape.encode(parameters) : parameters;
        return states.push(run.optimizer.init(from, count)) - 1;
      });
      if (await holdHeat(heat) || oneStandsOut()) break;
    }
  } catch (error) {
    if (error instanceof StopRequest) return undefined;
    throw error;
  } finally {
    compiled.dispose();
  }
  const [winner] = states.map((_, i) => i).sort(better);
  const { parameters } = objective(winner) < Infinity
    ? inNetwork(shape, states[winner])
    : entrants[winner];
  const won = { ...entrants[winner], parameters: parameters.slice() };
  return {
    network: factor === 1 ? won : prolong(won, factor),
    event: {
      type: "tournament",
      intervals: entrants[0].config.intervals,
      rows: count,
      winner,
      objectives: states.map((_, i) => objective(i)),
      epochs,
      evaluations: states.reduce((sum, { evaluations }) => sum + evaluations, 0),
      seconds: (performance.now() - begun) / 1000,
    },
  };
}

/** By how much the network's grid is finer than the entrants'. */
function checkTournament(
  network: Network,
  entrants: readonly Network[],
  rounds: readonly number[],
  rows: number,
): number {
  function check(ok: boolean, name: string, rule: string, current: string | number): void {
    if (ok) return;
    throw new RangeError(`Cannot train: ${name} must be ${rule}, current value is ${current}`);
  }
  check(entrants.length >= 1, "tournament entrants", "at least 1", entrants.length);
  check(
    rounds.length >= 1 && rounds.every((count) => Number.isInteger(count) && count >= 1),
    "tournament rounds",
    "integers >= 1",
    `[${rounds}]`,
  );
  check(Number.isInteger(rows) && rows >= 1, "tournament rows", "an integer >= 1", rows);
  const { intervals } = entrants[0].config, factor = network.config.intervals / intervals;
  const config = JSON.stringify({ ...network.config, intervals });
  check(
    Number.isInteger(factor) && entrants.every((each) => JSON.stringify(each.config) === config),
    "tournament entrants",
    "networks of the given configuration on a grid that it refines",
    `${intervals} intervals for ${network.config.intervals}`,
  );
  return factor;
}
