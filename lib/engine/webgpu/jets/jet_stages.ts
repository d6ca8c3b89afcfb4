/**
 * The stages of a network of splines bound to the buffers of jets: forwards, along a direction of the
 * parameters, and backwards.
 *
 * @module
 */

import { type LinearStage, type SplineStage, stagesOf } from "../../../model/inner.ts";
import type { Network, NormalisationStatistics } from "../../../model/mod.ts";
import type { JetPoints } from "../../jets.ts";
import type { Buffers } from "../buffers.ts";
import { shiftsAway, stageFields } from "../device_stages.ts";
import { type Bind, type Dispatch, manyGroups } from "../kernel.ts";
import { encodeFields, type FieldValues } from "../stage_fields.ts";
import { PULL, SUM_COPIES } from "../wgsl/backward.ts";
import { FINISH_MEASURE, MEASURE } from "../wgsl/forward.ts";
import { type GroupKernels, groupKernels, stageKernels } from "./jet_kernels.ts";
import {
  type JetPlaces,
  jetTables,
  planRanges,
  polynomialSums,
  type RowRanges,
  rowsPerGroup,
} from "./jet_plan.ts";
import { jetText } from "./jet_wgsl.ts";

/** The stages of a network of splines. */
export type DeviceJetStage = LinearStage | SplineStage;

/** A stage's buffers and dispatches. */
export interface BoundStage {
  readonly stage: DeviceJetStage;
  /** Of a layer of splines its tables, and how polynomials move. */
  readonly tables?: GPUBuffer;
  readonly moved?: GPUBuffer;
  /** Where its sums begin among all, and how many there are. */
  readonly sumsAt: number;
  readonly numSums: number;
  readonly forwards: readonly Dispatch[];
  readonly along: readonly Dispatch[];
  readonly backwards: readonly Dispatch[];
}

/** What all stages are bound with. */
interface Surroundings {
  readonly network: Network;
  readonly places: JetPlaces;
  readonly buffers: Buffers;
  readonly bind: Bind;
  /** Jets, how they move, and gradients by them: at index k of the inputs of stage k. */
  readonly jets: Readonly<Record<"values" | "rates" | "bars", readonly GPUBuffer[]>>;
  readonly theta: GPUBuffer;
  readonly direction: GPUBuffer;
  /** Statistics that are given, and not measured. */
  readonly fixed: readonly NormalisationStatistics[] | undefined;
}

/**
 * The stages that there are kernels for.
 *
 * @throws {RangeError} If the network has others, a base branch or masks.
 */
export function deviceJetStages(
  { config }: Network,
): DeviceJetStage[] {
  const refuse = (what: string, value: string) =>
    new RangeError(
      `Cannot compile jets: ${what} on WebGPU (the cpu engine has all), current value is ${value}`,
    );
  if (config.edges) throw refuse("edges must be left out", "a mask");
  if (config.base !== "none") throw refuse("base must be none", config.base);
  return stagesOf(config).map((stage) => {
    if (stage.kind === "linear" || stage.kind === "spline") return stage;
    throw refuse("activation must be spline", config.activation);
  });
}

/** Numbers of a stage's sums. */
export function stageSums(stage: DeviceJetStage, config: Network["config"]): number {
  if (stage.kind === "spline") return polynomialSums(stage);
  return (stage.nIn + Number(hasBias(stage, config))) * stage.nOut;
}

/** Whether a bias counts: the next layer's own statistics would take it away again. */
function hasBias({ bias }: LinearStage, config: Network["config"]): boolean {
  return bias && !shiftsAway(config);
}

/** The ranges of rows that a stage's sums are taken over. */
export function stageRanges(
  stage: DeviceJetStage,
  config: Network["config"],
  { rows, places }: JetPlaces,
): RowRanges[] {
  const size = stageSums(stage, config);
  return stage.kind === "linear"
    ? planRanges([{ rows }], size, size)
    : planRanges(places, size, stage.nIn * stage.nOut);
}

/** Binds all stages. */
export function bindStages(
  stages: readonly DeviceJetStage[],
  groups: readonly JetPoints[],
  around: Surroundings,
): BoundStage[] {
  const { degree } = around.network.config, kernels = stageKernels();
  const known = new Map<string, GroupKernels>();
  const ofGroups = groups.map(({ derivatives }) => {
    const text = jetText(derivatives, degree), kernels = known.get(text.name) ?? groupKernels(text);
    known.set(text.name, kernels);
    return kernels;
  });
  let sumsAt = 0;
  return stages.map((stage, k) => {
    const numSums = stageSums(stage, around.network.config), at = { k, sumsAt, numSums };
    sumsAt += numSums;
    return stage.kind === "linear"
      ? bindLinear(stage, at, kernels, around)
      : bindSplines(stage, at, kernels, ofGroups, around);
  });
}

/** Which stage it is, and where its sums lie. */
type StagePlace = Readonly<Record<"k" | "sumsAt" | "numSums", number>>;

/** Workgroups for so many threads. */
const threads = (count: number) => manyGroups(Math.ceil(count / 64));

/** The dispatch that adds the sums of all ranges. */
function sumDispatch(
  { sumsAt, numSums }: StagePlace,
  copies: number,
  { bind, buffers }: Surroundings,
): Dispatch {
  const fields = { copies, sumSize: numSums, sumTarget: sumsAt };
  const uniform = buffers.uniform("jet sums", encodeFields(fields));
  return bind(SUM_COPIES, uniform, {}, manyGroups(Math.ceil(numSums / 16)));
}

function bindLinear(
  stage: LinearStage,
  place: StagePlace,
  { linear, pullLinear }: ReturnType<typeof stageKernels>,
  around: Surroundings,
): BoundStage {
  const { network, places, buffers, bind, jets, theta, direction } = around, { k, numSums } = place;
  const [{ rowsPerCopy, count }] = stageRanges(stage, network.config, places);
  const uniform = buffers.uniform(
    `jets ${k}`,
    encodeFields({
      ...stageFields(network, { ...stage, rectifies: false }),
      hasBias: Number(hasBias(stage, network.config)),
      ...{ rows: places.rows, totalRows: places.points, sumSize: numSums },
      ...{ rowsPerCopy, chunkCopies: count },
    }),
  );
  const outputs = threads(places.rows * stage.nOut), x = jets.values[k];
  const pulled = threads(count * numSums);
  return {
    ...{ stage, sumsAt: place.sumsAt, numSums },
    forwards: [bind(linear, uniform, { theta, x, y: jets.values[k + 1] }, outputs)],
    // it is the first stage, whose inputs stay: only its weights move
    along: [bind(linear, uniform, { theta: direction, x, y: jets.rates[k + 1] }, outputs)],
    backwards: [
      bind(pullLinear, uniform, { x, yBar: jets.bars[k + 1] }, pulled),
      sumDispatch(place, count, around),
    ],
  };
}

function bindSplines(
  stage: SplineStage,
  place: StagePlace,
  kernels: ReturnType<typeof stageKernels>,
  ofGroups: readonly GroupKernels[],
  around: Surroundings,
): BoundStage {
  const { network, places, buffers, bind, jets, fixed } = around, { k, numSums } = place;
  const { nIn, nOut } = stage, measured = stage.normalisation !== "none";
  const ranges = stageRanges(stage, network.config, places);
  const layout = jetTables(stage), perGroup = rowsPerGroup(places.points);
  const tables = buffers.storage(`jet tables ${stage.layer}`, layout.tableStride);
  const moved = buffers.storage(`moved pieces ${stage.layer}`, layout.tStats - layout.tPieces);
  const common: FieldValues = {
    ...stageFields(network, stage),
    ...layout,
    ...(fixed?.[stage.layer].kind === "minmax" && { normalisation: 3 }),
    ...{ totalRows: places.points, sumSize: numSums },
  };
  const numGroups = Math.ceil(places.points / perGroup);
  const all = buffers.uniform(
    `jets ${k}`,
    encodeFields({ ...common, rows: places.points, rowsPerGroup: perGroup, groups: numGroups }),
  );
  let firstCopy = 0;
  const uniforms = places.places.map(({ rows, firstRow, jetRow }, g) => {
    const { rowsPerCopy, count } = ranges[g], first = firstCopy;
    firstCopy += count;
    return buffers.uniform(
      `jets ${k}, group ${g}`,
      encodeFields({
        ...{ ...common, rows, firstRow, jetRow, rowsPerCopy },
        ...{ chunkCopies: count, firstCopy: first },
      }),
    );
  });
  const x = jets.values[k], xMoved = jets.rates[k], xBar = jets.bars[k], yBar = jets.bars[k + 1];
  const named = { tables, moved, x, xMoved, xBar, yBar };
  const forGroups = (
    kernel: keyof GroupKernels,
    y: GPUBuffer,
    count: (rows: number, group: number) => number,
  ) =>
    places.places.flatMap(({ rows }, g) =>
      rows === 0
        ? []
        : [bind(ofGroups[g][kernel], uniforms[g], { ...named, y }, threads(count(rows, g)))]
    );
  return {
    ...{ stage, tables, moved, sumsAt: place.sumsAt, numSums },
    forwards: [
      ...measured
        ? [
          bind(MEASURE, all, named, [numGroups, Math.ceil(nIn / 64)]),
          bind(FINISH_MEASURE, all, named, [nIn, 1]),
        ]
        : [],
      ...forGroups("spline", jets.values[k + 1], (rows) => rows * nOut),
    ],
    along: [
      bind(kernels.turns, all, named, [nIn, 1]),
      ...forGroups("moved", jets.rates[k + 1], (rows) => rows * nOut),
    ],
    backwards: [
      ...forGroups("moments", x, (_, g) => ranges[g].count * nIn * nOut),
      sumDispatch(place, firstCopy, around),
      ...k > 0 ? forGroups("slopes", x, (rows) => rows * nIn) : [],
      ...k > 0 && measured
        ? [
          bind(kernels.statistics, all, named, [nIn, 1]),
          bind(PULL, all, named, threads(places.points * nIn)),
        ]
        : [],
    ],
  };
}
