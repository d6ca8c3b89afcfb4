/**
 * One network, trained from coarse to fine as `--form network` trains it: for tables whose rows hold
 * hardly any noise, where trees and smooth sums stop short.
 *
 * @module
 */

import type { Loss } from "../engine/mod.ts";
import { createNetwork, forward, type Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { chooseTraining } from "../train/inner.ts";
import { createTournament, trainToEnd } from "../train/mod.ts";
import type { Candidate, Task } from "./_candidates.ts";

const HIDDEN = 5, COARSE = 5, FINE = 40, EPOCHS = 80;

/** Numbers that the engine multiplies and adds in a second for Gauss-Newton's matrix. */
const MATRIX_SPEED = 2e9;

/** Trains with refinement, for squared errors. */
export function refinedCandidate(): Candidate {
  async function trainOne(dataset: Dataset, { seed, engine }: Task): Promise<Network> {
    const widths = [dataset.nIn, HIDDEN, dataset.nOut], loss: Loss = { kind: "mse" };
    const choice = chooseTraining({ widths }, { loss, engine });
    const grid = { widths, intervals: COARSE * choice.schedule.startFactor };
    const { network } = await trainToEnd(createNetwork(grid, { seed }), dataset, {
      ...{ loss, engine, schedule: choice.schedule, optimizer: choice.optimizer },
      smoothing: choice.smoothing,
      ...(choice.starts > 1
        ? { tournament: createTournament(grid, { seed, starts: choice.starts }) }
        : {}),
    });
    return network;
  }
  return {
    ...{ name: "refined network", kind: "networks" },
    mostRows: 50_000,
    cost({ rows, nIn, nOut }) {
      const parameters = nIn * HIDDEN + HIDDEN * nOut * (FINE + 8);
      return EPOCHS * rows * parameters ** 2 / MATRIX_SPEED;
    },
    async fold(train, held, task) {
      return [forward(await trainOne(train, task), held.inputs, held.rows)];
    },
    refit: async (dataset, _, task) => [await trainOne(dataset, task)],
  };
}
