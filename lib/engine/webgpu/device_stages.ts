/**
 * The stages of a network as the kernels see them: their tables, sums and numbers.
 *
 * @module
 */

import { numKnotLogits } from "../../knots/inner.ts";
import { findBlock, type LinearStage, type SplineStage, stagesOf } from "../../model/inner.ts";
import type { Network, NetworkConfig } from "../../model/mod.ts";
import type { FieldValues } from "./stage_fields.ts";
import { sharersOf, STATS_LENGTH, TILE } from "./wgsl/mod.ts";

/** The stages that there are kernels for: of linear maps, whether their outputs are `max(0, y)`. */
export type DeviceStage = (LinearStage & { readonly rectifies: boolean }) | SplineStage;

/** The stages of a network; a ReLU belongs to the linear map before it. */
export function deviceStages(config: NetworkConfig): DeviceStage[] {
  const stages = stagesOf(config);
  return stages.flatMap((stage, k): DeviceStage[] => {
    if (stage.kind === "relu") return [];
    if (stage.kind === "spline") return [stage];
    if (stage.kind === "tanh") {
      throw new RangeError(
        "Cannot compile: activation must be spline or relu on the WebGPU engine (the reference " +
          "engine and differential equations have tanh), current value is tanh",
      );
    }
    return [{ ...stage, rectifies: stages[k + 1]?.kind === "relu" }];
  });
}

/** Where the parts of a layer's tables of one trial begin, and their length; see `TABLES_WGSL`. */
export function planTables({ nIn, nOut, space: { degree, intervals }, basis }: SplineStage) {
  const size = degree + 1;
  const tRates = nIn * (intervals + 1 + 2 * degree);
  const tEnds = tRates + nIn * (intervals + 2);
  const tBases = tEnds + nIn * 2;
  const tPieces = tBases + (basis === "relu" ? 0 : nIn * intervals * size * size);
  const tStats = tPieces + nIn * (intervals + 2) * size * nOut;
  return { tRates, tEnds, tBases, tPieces, tStats, tableStride: tStats + nIn * STATS_LENGTH };
}

/** Numbers of one copy of a stage's sums: moments, or the linear map's gradient. */
export function sumSize(stage: DeviceStage): number {
  if (stage.kind === "linear") return (stage.nIn + (stage.bias ? 1 : 0)) * stage.nOut;
  const { nIn, nOut, space: { degree, intervals }, base } = stage;
  return nIn * ((intervals + 2) * (degree + 1) + (base === "silu" ? 1 : 0)) * nOut;
}

/**
 * Whether the next layer's normalisation removes a bias of the linear map. Then kernels leave it
 * out, and statistics have it added: a bias far above the values' range would cost their digits.
 */
export function shiftsAway({ activation, normalisation }: NetworkConfig): boolean {
  return activation === "spline" && normalisation !== "none";
}

/** The fields of a stage that depend on the network alone. */
export function stageFields(network: Network, stage: DeviceStage): FieldValues {
  const at = (name: string) => findBlock(network.layout, name)?.offset ?? 0;
  const { nIn, nOut } = stage;
  const common = { nIn, nOut, numParameters: network.parameters.length, notANumber: NaN };
  if (stage.kind === "linear") {
    return {
      ...common,
      coefficients: at(`${stage.name}.weights`),
      rectifies: Number(stage.rectifies),
    };
  }
  const { space: { intervals, domain, outerKnots }, normalisation, extrapolation } = stage;
  const name = `spline${stage.layer}`;
  const tileInputs = Math.min(nIn, TILE);
  return {
    ...common,
    ...planTables(stage),
    intervals,
    numBasis: stage.numBasis,
    vectors: stage.numKnotVectors,
    free: Number(stage.knots === "free"),
    freeOuter: Number(outerKnots === "free"),
    clampedOuter: Number(outerKnots === "clamped"),
    relu: Number(stage.basis === "relu"),
    hasBase: Number(stage.base === "silu"),
    normalisation: ["none", "minmax", "batchnorm"].indexOf(normalisation),
    extrapolation: ["linear", "clamp", "error"].indexOf(extrapolation),
    coefficients: at(`${name}.coefficients`),
    baseWeights: at(`${name}.baseWeights`),
    knotLogits: at(`${name}.knotLogits`),
    tileInputs,
    tileRows: Math.max(1, Math.min(64, Math.floor(TILE / tileInputs))),
    sharers: sharersOf(nOut),
    domainFrom: domain[0],
    domainTo: domain[1],
  };
}

/** Logits of one knot vector; 0 where knots do not move. */
export function logitsOf({ knots, space }: SplineStage): number {
  return knots === "free" ? numKnotLogits(space) : 0;
}
