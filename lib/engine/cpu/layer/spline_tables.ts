/**
 * The tables that the kernels read and fill for the splines of one layer.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { createCoefficientTables } from "./coefficient_tables.ts";
import { createPieceTables } from "./piece_tables.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import type { SplineTables } from "./tables.ts";

/** Outputs from which on a B-spline layer keeps coefficients rather than pieces. */
const MANY_OUTPUTS = 8;

/** Lays out the tables of a layer, in one of two forms; its pieces' places are at `originsAt`. */
export function createSplineTables(
  stage: SplineStage,
  work: Workspace,
  originsAt: number,
): SplineTables {
  return stage.basis === "bspline" && stage.nOut >= MANY_OUTPUTS
    ? createCoefficientTables(stage, work, originsAt)
    : createPieceTables(stage, work, originsAt);
}
