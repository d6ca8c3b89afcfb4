/**
 * Prolongation on the device: the parameters of a finer grid without a way through the host.
 *
 * @module
 */

import { findBlock, splineStages } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { Buffers } from "./buffers.ts";
import { encodeFields } from "./stage_fields.ts";
import { createBind, manyGroups } from "./kernel.ts";
import type { Gpu } from "./device.ts";
import { createTables } from "./program_buffers.ts";
import type { Step } from "./device_session.ts";
import { logitsOf, stageFields } from "./device_stages.ts";
import { BUILD, PROLONG, SPLIT_LOGITS } from "./wgsl/mod.ts";

/**
 * Whether the kernels can make such a refinement: one even split of all intervals, and outer knots
 * that stay in the ReLU basis.
 *
 * @param coarse The network before.
 * @param fine Its prolongation.
 */
export function canProlong({ config: coarse }: Network, { config: fine }: Network): boolean {
  const { intervals, ...rest } = fine;
  const { intervals: before, ...other } = coarse;
  const staysOutside = fine.knots === "free" && fine.outerKnots === "free";
  return fine.activation === "spline" && intervals > before && intervals % before === 0 &&
    JSON.stringify(rest) === JSON.stringify(other) &&
    (fine.basis === "bspline" || staysOutside);
}

/**
 * The steps from a coarse network's parameters to its prolongation's.
 *
 * As `prolong`, in float32: the knots of both grids are computed on the device from their logits,
 * fine knots that are coarse ones take their bits.
 *
 * @param coarse The network before, see {@linkcode canProlong}.
 * @param fine Its prolongation, of which the parameters are not read.
 * @param target Where the fine parameters go, all of them.
 * @param buffers Takes the steps' buffers, to be freed after they have been submitted.
 */
export function prolongationSteps(
  { device }: Gpu,
  coarse: Network,
  fine: Network,
  target: GPUBuffer,
  buffers: Buffers,
): Step[] {
  const { degree } = fine.config;
  const factor = fine.config.intervals / coarse.config.intervals;
  const coarseTheta = buffers.filled("coarse parameters", coarse.parameters);
  const bind = createBind(device, degree, { theta: target, coarseTheta });
  const steps: Step[] = [];
  const offset = (network: Network, name: string) => findBlock(network.layout, name)?.offset ?? 0;

  // Parameters that belong to no interval stay as they are.
  for (const { name, size, offset: at } of fine.layout) {
    if (name.endsWith(".coefficients") || name.endsWith(".knotLogits")) continue;
    const from = offset(coarse, name);
    steps.push({ copy: coarseTheta, from, to: target, at, count: size });
  }
  const coarseStages = splineStages(coarse.config);
  for (const stage of splineStages(fine.config)) {
    const { layer, nIn } = stage;
    const coarseStage = coarseStages[layer];
    const coarseUniform = buffers.uniform("coarse", encodeFields(stageFields(coarse, coarseStage)));
    const uniform = buffers.uniform(
      "fine",
      encodeFields({
        ...stageFields(fine, stage),
        factor,
        coarseCoefficients: offset(coarse, `spline${layer}.coefficients`),
        coarseLogits: offset(coarse, `spline${layer}.knotLogits`),
      }),
    );
    const coarseTables = createTables(device, buffers, coarse, coarseStage, 1);
    const tables = createTables(device, buffers, fine, stage, 1);
    const split = manyGroups(Math.ceil(stage.numKnotVectors * logitsOf(stage) / 64));
    const build = [nIn, 1] as const;
    const named = { tables, coarseTables };
    steps.push({
      run: [
        ...logitsOf(stage) > 0 ? [bind(SPLIT_LOGITS, uniform, named, split)] : [],
        bind(BUILD, coarseUniform, { theta: coarseTheta, tables: coarseTables }, build),
        bind(BUILD, uniform, named, build),
        bind(PROLONG, uniform, named, build),
      ],
      trials: 1,
    });
  }
  return steps;
}
