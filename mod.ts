/**
 * Freeknot trains networks of free-knot splines (Kolmogorov-Arnold networks) from coarse to fine.
 *
 * @example From two arrays to predictions
 * ```ts
 * import { fit, predict } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [i / 100 - 1, Math.sin(i)]);
 * const targets = inputs.map(([x, y]) => Math.abs(x + y));
 * const { network, rmse } = await fit({ inputs, targets });
 * assertAlmostEquals(predict(network, [[0.25, 0.5]])[0][0], 0.75, 1e-3);
 * assertAlmostEquals(rmse, 0, 1e-3);
 * ```
 *
 * This door has what most programs need. More is behind the doors of the rooms: `./splines` (knots
 * and bases), `./model` (networks as data), `./multilevel` (how coarse and fine talk), `./data`
 * (tables, problems, scores), `./engine` (loss and gradient), `./train` (optimizers, checkpoints,
 * policies), `./physics` (differential equations), `./interpret` (what a network has learned),
 * `./convert` (ReLU networks), `./additive` (additive
 * models), `./uncertainty` (bands and intervals), `./theory` (measurements), `./reproduce` (the papers' tables),
 * `./report` (pictures), `./tfjs`, `./cli`.
 *
 * @module
 */

export {
  createNetwork,
  decodeModel,
  encodeModel,
  ensembleOutputs,
  forward,
  type Network,
  type NetworkOptions,
} from "./lib/model/mod.ts";
export {
  adaptiveSchedule,
  coarseSchedule,
  customSchedule,
  fineSchedule,
  multilevelSchedule,
  prolong,
  type Schedule,
} from "./lib/multilevel/mod.ts";
export {
  classificationScores,
  type Dataset,
  findProblem,
  galleryDatasets,
  parseTable,
  prepareTable,
  regressionScores,
  type RowData,
  type Rows,
} from "./lib/data/mod.ts";
export {
  compilePredictor,
  cpuEngine,
  createCpuEngine,
  createWebgpuEngine,
  type Engine,
  type Loss,
} from "./lib/engine/mod.ts";
export {
  adam,
  type Fit,
  fit,
  type FitOptions,
  gaussNewton,
  lbfgs,
  predict,
  train,
  type TrainEvent,
  type TrainOptions,
  trainToEnd,
} from "./lib/train/mod.ts";
export {
  evaluateSolution,
  findPde,
  parsePde,
  type PdeProblem,
  solvePde,
} from "./lib/physics/mod.ts";
export { collectReport, renderReport } from "./lib/report/mod.ts";
