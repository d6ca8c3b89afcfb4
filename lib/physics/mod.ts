/**
 * Physics: differential equations solved by networks of splines, whose derivatives are exact.
 *
 * @module
 */

export { ExpressionError } from "./equations/parse_expression.ts";
export * from "./equations/parse_pde.ts";
export type { PdeCondition, PdeEquation, PdePlace, PdeProblem } from "./equations/pde.ts";
export type { PdeShape, ShapeDisk, ShapeHalf } from "./equations/shape.ts";
export * from "./gallery/pde_gallery.ts";
export type { AdaptivePoints, Renewal, ResidualWeighting } from "./points/renewal.ts";
export { samplePoints, type Sampler } from "./points/sampling.ts";
export type { PdeLevel, SolveStatus } from "./solve/search_state.ts";
export type {
  CoefficientInterval,
  CoefficientIntervals,
  MeasuredNoise,
} from "./solve/coefficient_intervals.ts";
export * from "./solve/eigenvalues.ts";
export * from "./solve/pde_engine.ts";
export type { DataRows, PdeEvaluator, PdeResiduals } from "./solve/pde_evaluator.ts";
export type { EngineShare, PdeListener, PdeTermLoss, RunSnapshot } from "./solve/piece_runs.ts";
export * from "./solve/renewing_engine.ts";
export {
  decodeSolveCheckpoint,
  encodeSolveCheckpoint,
  type SolveCheckpoint,
  type SolveKeeper,
  type SolveOrigin,
  type SolvePiece,
} from "./solve/solve_checkpoint.ts";
export type { DoneStage } from "./solve/run_journal.ts";
export type { PdeScales } from "./solve/scales.ts";
export { evaluateSolution, type SolutionError, trueSolution } from "./solve/solution.ts";
export {
  pdeNetwork,
  type PdeNetworkOptions,
  type PdeSolution,
  type SolveEnd,
  type SolveOptions,
  solvePde,
} from "./solve/solve_pde.ts";
export type { PdeVerification, ResidualMeasure, TermVerification } from "./solve/verification.ts";
