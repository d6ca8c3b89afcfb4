/**
 * Freeknot trains networks of free-knot splines (Kolmogorov-Arnold networks) from coarse to fine.
 *
 * @example Quick start: fit, look, predict
 * ```ts
 * import { createNetwork, findProblem, trainToEnd, forward, galleryDatasets, multilevelSchedule } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train, test } = galleryDatasets(findProblem("nonsmooth"), { rows: 500, testRows: 100 });
 * const network = createNetwork({ widths: [2, 5, 1], intervals: 5, knots: "free" }, { seed: 1234 });
 * const result = await trainToEnd(network, train, { schedule: multilevelSchedule([8, 4, 2]) });
 * for (const { intervals, loss } of result.levels) console.log(intervals, loss);
 * const predictions = forward(result.network, test.inputs); // [100, 1]
 * assert(result.loss < 1e-2 && predictions.length === 100);
 * ```
 *
 * The rooms, each importing only from those before it: `knots` (where the pieces are), `basis`
 * (what lives on them), `model` (networks as data), `multilevel` (how coarse and fine talk),
 * `data` (tables and problems), `engine` (loss and gradient), `train` (how parameters move),
 * `report` (pictures), `physics` (differential equations).
 *
 * @module
 */

export * from "./lib/knots/mod.ts";
export * from "./lib/basis/mod.ts";
export * from "./lib/model/mod.ts";
export * from "./lib/multilevel/mod.ts";
export * from "./lib/data/mod.ts";
export * from "./lib/engine/mod.ts";
export * from "./lib/train/mod.ts";
export * from "./lib/physics/mod.ts";
export * from "./lib/theory/mod.ts";
export * from "./lib/reproduce/mod.ts";
export * from "./lib/report/mod.ts";
