/**
 * What other rooms may use of lib/train besides its users' door.
 *
 * @module
 */

export { decodePlain, encodePlain } from "./_plain_data.ts";
export { checkOrigin, checkpointOrigin } from "./checkpoint.ts";
export { constrained, heldTo } from "./constraints/constrained.ts";
export {
  chooseTraining,
  placedSchedule,
  type TrainingChoice,
  type TrainingRequest,
} from "./defaults.ts";
export * from "./local_refinement.ts";
export { learningRateShare, resolveLearningRateSchedule } from "./optimizers/learning_rate.ts";
export * from "./optimizers/line_search.ts";
export { startingPoint, takeReading } from "./optimizers/optimizer.ts";
export * from "./optimizers/stage_optimizers.ts";
export { GAUSS_NEWTON_SMOOTHING } from "./run_options.ts";
export { defaultStarts, holdTournament, startSeeds, tournamentOrigin } from "./tournament.ts";
export { fitsDirectly } from "./optimizers/default_optimizer.ts";
