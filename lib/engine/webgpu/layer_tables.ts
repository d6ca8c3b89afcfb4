/**
 * The tables of a spline layer: knots, pieces and statistics, where kernels build and read them.
 *
 * @module
 */

import { layerKnots, type Network } from "../../model/mod.ts";
import type { SplineStage } from "../../model/inner.ts";
import { type Buffers, upload } from "./buffers.ts";
import { logitsOf, planTables } from "./device_stages.ts";

/**
 * Allocates the tables of a layer, with knots that do not move and maps that are not measured in
 * place.
 */
export function createTables(
  device: GPUDevice,
  buffers: Buffers,
  network: Network,
  stage: SplineStage,
  trials: number,
): GPUBuffer {
  const { tableStride, tStats } = planTables(stage);
  const table = buffers.storage(`tables ${stage.layer}`, trials * tableStride);
  for (let trial = 0; trial < trials; trial++) {
    const at = trial * tableStride;
    if (logitsOf(stage) === 0) {
      for (let p = 0; p < stage.nIn; p++) {
        const { values } = layerKnots(network, stage.layer, p);
        upload(device, table, at + p * values.length, values);
      }
    }
    if (stage.normalisation === "none") {
      const stats = new Float32Array(tableStride - tStats);
      for (let i = 1; i < stats.length; i += stats.length / stage.nIn) stats[i] = 1; // scale
      upload(device, table, at + tStats, stats);
    }
  }
  return table;
}
