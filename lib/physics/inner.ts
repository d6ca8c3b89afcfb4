/**
 * What other rooms may use of lib/physics besides its users' door.
 *
 * @module
 */

export {
  differentiate,
  evaluateExpression,
  type Expression,
  type Operation,
  substitute,
  type UnaryOperation,
  variablesOf,
} from "./equations/expression.ts";
export { isPart, positionsOf, readFaces } from "./equations/faces.ts";
export * from "./equations/inputs.ts";
export { readOutputName } from "./equations/outputs.ts";
export { type FormulaOperators, parseExpression } from "./equations/parse_expression.ts";
export { type ResolvedPde, type ResolvedTerm, resolvePde } from "./equations/resolve.ts";
export * from "./equations/tape.ts";
export * from "./gallery/allen_cahn_solution.ts";
export * from "./gallery/burgers_solution.ts";
export { cavitySolution } from "./gallery/cavity_solution.ts";
export * from "./gallery/ode_solution.ts";
export * from "./gallery/periodic_solution.ts";
export { type ShockTube, shockTubeSolution } from "./gallery/sod_solution.ts";
export { collocationMethod, collocationSteps, lagrangeAt } from "./gallery/split_collocation.ts";
export { checkRenewal, fitContinuation, renewalSchedule } from "./points/renewal.ts";
export { shapeCoordinates } from "./equations/shape.ts";
export { isInDomain } from "./points/domain.ts";
export { evenSampler } from "./points/sampling.ts";
export {
  gridPoints,
  relativeDistance,
  solutionError,
  solutionPoints,
  testPoints,
} from "./solve/solution.ts";
export { DEFAULT_TOLERANCE } from "./solve/solve_pde.ts";
export {
  boundarySampler,
  placeText,
  verifySolution,
  withBoundary,
  worstPoints,
} from "./solve/verification.ts";
