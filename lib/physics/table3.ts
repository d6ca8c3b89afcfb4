/**
 * The rows of seeds/003's Table 3 as data: the perturbed Burgers problem, networks, schedules.
 *
 * @module
 */

import type { NetworkOptions } from "../model/mod.ts";
import {
  coarseSchedule,
  fineSchedule,
  multilevelSchedule,
  type Schedule,
} from "../multilevel/mod.ts";
import { burgers } from "./gallery.ts";
import type { PdeProblem } from "./pde.ts";

/** One published row that splines can repeat. */
export interface Table3Row {
  /** Words with dashes between them. */
  readonly id: "coarse" | "fine" | "multilevel";
  /** The network on the coarsest grid. */
  readonly network: NetworkOptions;
  /** Steps of AdamW per grid. */
  readonly schedule: Schedule;
  /** Published number of parameters, on the finest grid. */
  readonly parameters: number;
  /** Published loss, mean of five seeds. */
  readonly loss: number;
  /** Its standard deviation. */
  readonly deviation: number;
}

/** Table 3 of seeds/003: problem, rows, seeds, learning rates. */
export interface Table3 {
  /** The problem: our choices where the paper prints none (perturbation 1e-3, mean squares). */
  readonly problem: PdeProblem;
  /** The rows. */
  readonly rows: readonly Table3Row[];
  /** Seeds of the runs: 1234 and every tenth after it. */
  readonly seeds: readonly number[];
  /** AdamW's learning rate: waves of 100 steps between the two, their height times decay^step. */
  readonly learningRate: {
    readonly lowest: number;
    readonly highest: number;
    readonly cycle: number;
    readonly decay: number;
  };
  /** Fully connected networks beside them: widths, parameters, loss and deviation as published. */
  readonly mlp: readonly {
    readonly widths: readonly number[];
    readonly parameters: number;
    readonly loss: number;
    readonly deviation: number;
  }[];
}

const NETWORK: NetworkOptions = {
  widths: [2, 20, 20, 1],
  degree: 3,
  intervals: 5,
  knots: "uniform",
  bias: false,
  normalisation: "batchnorm",
};

/**
 * Table 3 of seeds/003, with section 6's schedules and appendix D's optimizer.
 *
 * @example
 * ```ts
 * import { countParameters, resolveConfig, table3 } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * for (const { network, schedule, parameters } of table3.rows) {
 *   const { stages, startFactor } = schedule;
 *   const factor = stages.reduce((all, { refine = 1 }) => all * refine, startFactor);
 *   const config = resolveConfig({ ...network, intervals: 5 * factor });
 *   assertEquals(countParameters(config), parameters);
 * }
 * ```
 */
export const table3: Table3 = {
  problem: burgers({ perturbation: 1e-3 }),
  rows: [
    {
      id: "coarse",
      network: NETWORK,
      schedule: coarseSchedule(3200),
      parameters: 3400,
      loss: 6.635e-3,
      deviation: 4.06e-3,
    },
    {
      id: "fine",
      network: NETWORK,
      schedule: fineSchedule(800, 2),
      parameters: 9700,
      loss: 4.072e-3,
      deviation: 2.514e-3,
    },
    {
      id: "multilevel",
      network: NETWORK,
      schedule: multilevelSchedule([800, 400, 200]),
      parameters: 9700,
      loss: 2.402e-5,
      deviation: 1.897e-5,
    },
  ],
  seeds: [1234, 1244, 1254, 1264, 1274],
  learningRate: { lowest: 1e-4, highest: 1e-3, cycle: 100, decay: 0.9995 },
  mlp: [
    { widths: [2, 20, 20, 1], parameters: 500, loss: 2.334e-2, deviation: 1.74e-3 },
    { widths: [2, 56, 56, 1], parameters: 3416, loss: 1.734e-2, deviation: 7.989e-3 },
  ],
};
