/**
 * What comes back from the device: state, statistics and vectors, in one piece.
 *
 * @module
 */

import { blockValues, splineStages } from "../../model/inner.ts";
import type { Network, NormalisationStatistics } from "../../model/mod.ts";
import type { EpochContext, EpochReading } from "../contract.ts";
import type { Program } from "./webgpu_program.ts";
import type { Step } from "./device_session.ts";
import { planTables, shiftsAway } from "./device_stages.ts";
import { STATE, STATE_LENGTH, STATS_LENGTH } from "./wgsl/mod.ts";

/** Where a program's results lie in its staging buffer, and how they come there. */
export type Reader = ReturnType<typeof createReader>;

/** What is known of one point. */
export type PointReading = ReturnType<Reader["point"]>;

/** Most vectors that come back at once. */
const MOST_VECTORS = 4;

/** Allocates the staging buffer of a program. */
export function createReader(program: Program, network: Network) {
  const layers = splineStages(network.config);
  const n = network.parameters.length;
  const total = layers.reduce((sum, { nIn }) => sum + nIn * STATS_LENGTH, STATE_LENGTH);
  const staging = program.buffers.staging("results", total + MOST_VECTORS * n);

  function statistics(numbers: Float32Array, parameters: Float64Array): NormalisationStatistics[] {
    let at = STATE_LENGTH;
    const bias = shiftsAway(network.config)
      ? blockValues({ ...network, parameters }, "linear.bias")
      : [];
    return layers.map(({ layer, nIn, normalisation }): NormalisationStatistics => {
      const first = at;
      at += nIn * STATS_LENGTH;
      const column = (index: number) =>
        Float64Array.from({ length: nIn }, (_, p) => numbers[first + p * STATS_LENGTH + index]);
      const shifted = (index: number) =>
        column(index).map((value, p) => layer === 0 ? value + (bias[p] ?? 0) : value);
      switch (normalisation) {
        case "none":
          return { kind: "none" };
        case "minmax":
          return { kind: "minmax", minimum: shifted(3), maximum: shifted(4) };
        case "batchnorm":
          return { kind: "batchnorm", mean: shifted(3), variance: column(4) };
      }
    });
  }

  return {
    staging,
    /** Copies of state (first) and statistics of trial 0, then of the given buffers of n numbers. */
    steps(vectors: readonly GPUBuffer[], to = staging): Step[] {
      const steps: Step[] = [{ copy: program.state, from: 0, to, at: 0, count: STATE_LENGTH }];
      let at = STATE_LENGTH;
      for (const stage of layers) {
        const count = stage.nIn * STATS_LENGTH;
        const from = planTables(stage).tStats;
        steps.push({ copy: program.tables[stage.layer], from, to, at, count });
        at += count;
      }
      for (const copy of vectors) {
        steps.push({ copy, from: 0, to, at, count: n });
        at += n;
      }
      return steps;
    },
    /** Numbers copied. */
    count: (vectors: number) => total + vectors * n,
    /** What is known of the point at the given parameters. */
    point: (numbers: Float32Array, parameters: Float64Array) => ({
      parameters,
      objective: numbers[STATE.objective],
      loss: numbers[STATE.loss],
      statistics: statistics(numbers, parameters),
    }),
    /** The given one of the vectors. */
    vector: (numbers: Float32Array, index: number) =>
      Float64Array.from(numbers.subarray(total + index * n, total + (index + 1) * n)),
  };
}

/** An optimizer whose state lives on the device. */
export interface ResidentOptimizer<Method> {
  /**
   * Runs one epoch.
   *
   * @param parameters Where it begins: the array of the latest reading goes on from there, any
   * other starts anew.
   * @param context What was learned before, and what comes after.
   */
  run(method: Method, parameters: Float64Array, context: EpochContext): Promise<EpochReading>;
  /** Frees what the program's buffers do not hold. */
  dispose?(): void;
}
