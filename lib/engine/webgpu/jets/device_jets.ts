/**
 * Jets of a network on a device: values with derivatives, how they move along a direction of the
 * parameters, and gradients of functions of them.
 *
 * The rows are the device's work, in float32; what grows with the parameters alone is the host's, in
 * float64 (edge_tables.ts). The equations stay on the host, too: a residual is a difference of terms
 * that cancel, and takes a few numbers of every point.
 *
 * @module
 */

import { blockValues, nodeMap } from "../../../model/inner.ts";
import type { Network, NormalisationStatistics } from "../../../model/mod.ts";
import type { DeviceJets, JetPoints } from "../../jets.ts";
import { type Buffers, createBuffers, upload } from "../buffers.ts";
import type { Session, Step } from "../device_session.ts";
import { shiftsAway } from "../device_stages.ts";
import { createBind } from "../kernel.ts";
import { STATE_LENGTH, STATS_LENGTH } from "../wgsl/common.ts";
import { createEdgeTables, type EdgeTables } from "./edge_tables.ts";
import { type JetPlaces, jetTables, moveJets, placeGroups, rowsPerGroup } from "./jet_plan.ts";
import {
  bindStages,
  type BoundStage,
  type DeviceJetStage,
  deviceJetStages,
  stageRanges,
  stageSums,
} from "./jet_stages.ts";

/** A layer of splines with its tables on both sides. */
interface Layer {
  readonly bound: BoundStage;
  readonly tables: GPUBuffer;
  readonly moved: GPUBuffer;
  readonly stage: Extract<DeviceJetStage, { kind: "spline" }>;
  readonly edges: EdgeTables;
}

/**
 * Allocates and binds all that a network's jets need on groups of points.
 *
 * @param fixed Statistics per spline layer that replace the points' own.
 * @throws {RangeError} If the network has what there are no kernels for, or points do not fit one
 * binding.
 */
export function createDeviceJets(
  session: Session,
  measured: Network,
  groups: readonly JetPoints[],
  fixed: readonly NormalisationStatistics[] | undefined,
  buffers: Buffers = createBuffers(session.gpu.device),
): DeviceJets {
  // under given statistics nothing is measured: their maps are constants of the tables
  const network: Network = fixed
    ? { ...measured, config: { ...measured.config, normalisation: "none" } }
    : measured;
  const { gpu: { device } } = session, stages = deviceJetStages(network);
  const places = placeGroups(groups), { config } = network, n = network.parameters.length;
  checkSize(session, places, config.widths);
  const named = commonBuffers(buffers, network, places, stages);
  const jetsOf = (name: string) =>
    config.widths.map((nodes) => buffers.storage(name, places.rows * nodes));
  const jets = { values: jetsOf("jets"), rates: jetsOf("moved jets"), bars: jetsOf("jet bars") };
  const theta = buffers.storage("parameters", n), direction = buffers.storage("direction", n);
  const bound = bindStages(stages, groups, {
    ...{ network, places, buffers, jets, theta, direction, fixed },
    bind: createBind(device, config.degree, named),
  });
  const layers = bound.flatMap((each): Layer[] => {
    const { stage, tables, moved } = each;
    if (stage.kind !== "spline" || !tables || !moved) return [];
    return [{ bound: each, tables, moved, stage, edges: createEdgeTables(network, stage) }];
  });
  layers.forEach(({ stage, tables }) => {
    const { tStats } = jetTables(stage);
    const statistics = fixed?.[stage.layer] ?? { kind: "none" };
    upload(device, tables, tStats, statisticNumbers(statistics, stage));
  });
  const last = config.widths.length - 1, nOut = config.widths[last];
  const reader = createJetReader(session, buffers, places, groups, nOut, layers);
  const packed = new Float32Array(places.rows * Math.max(config.widths[0], nOut));
  groups.forEach(({ inputs }, g) =>
    moveJets(places.places[g], config.widths[0], inputs, packed, false)
  );
  upload(device, jets.values[0], 0, packed.subarray(0, places.rows * config.widths[0]));
  let latest: { readonly parameters: Float64Array; readonly jets: Float64Array[] } | undefined;
  const numSums = bound.reduce((sum, each) => sum + each.numSums, 0);
  const results = [0, 1].map(() => reader.createArrays());

  return {
    numParameters: n,
    async forward(parameters) {
      if (latest && parameters.every((x, i) => x === latest!.parameters[i])) return latest.jets;
      latest = undefined;
      upload(device, theta, 0, parameters);
      for (const layer of layers) uploadTables(device, layer, parameters);
      const dispatches = bound.flatMap(({ forwards }) => forwards);
      const outputs = await reader.read(dispatches, jets.values[last], results[0], true);
      latest = { parameters: parameters.slice(), jets: outputs };
      return outputs;
    },
    async moved(vector) {
      upload(device, direction, 0, vector);
      for (const { edges, moved } of layers) upload(device, moved, 0, edges.moved(vector));
      const dispatches = bound.flatMap(({ along }) => along);
      return await reader.read(dispatches, jets.rates[last], results[1], false);
    },
    async backward(bars, gradientOut) {
      bars.forEach((bar, g) => moveJets(places.places[g], nOut, bar, packed, false));
      upload(device, jets.bars[last], 0, packed.subarray(0, places.rows * nOut));
      const dispatches = bound.toReversed().flatMap(({ backwards }) => backwards);
      const sums = await reader.readSums(dispatches, named.sums, numSums);
      pullSums(bound, layers, sums, network, gradientOut);
    },
    statistics: () => fixed ? structuredClone([...fixed]) : reader.statistics(network, latest),
    dispose: () => buffers.destroy(),
  };
}

/** Refuses points whose jets do not fit one binding. */
function checkSize(
  { gpu: { bindingBytes } }: Session,
  { rows, points }: JetPlaces,
  widths: readonly number[],
): void {
  const bytes = 4 * rows * Math.max(...widths);
  if (bytes <= bindingBytes) return;
  throw new RangeError(
    `Cannot compile jets: their numbers must fit ${bindingBytes} bytes on this adapter, current ` +
      `value is ${bytes} bytes of ${points} points; use fewer points or the cpu engine`,
  );
}

/** Buffers that several stages use, by the names that kernels give them. */
function commonBuffers(
  buffers: Buffers,
  { config }: Network,
  places: JetPlaces,
  stages: readonly DeviceJetStage[],
) {
  const widest = Math.max(...stages.map(({ nIn }) => nIn)), { points } = places;
  const copies = stages.map((stage) =>
    stageSums(stage, config) *
    stageRanges(stage, config, places).reduce((sum, { count }) => sum + count, 0)
  );
  return {
    state: buffers.storage("state", STATE_LENGTH),
    /** What groups of rows measure. */
    partial: buffers.storage("statistics", 4 * widest * Math.ceil(points / rowsPerGroup(points))),
    turns: buffers.storage("moved statistics", 2 * widest),
    spread: buffers.storage("shares of derivatives", points * widest),
    copies: buffers.storage("sums by ranges", Math.max(...copies)),
    sums: buffers.storage("sums", stages.reduce((sum, each) => sum + stageSums(each, config), 0)),
    theta: buffers.storage("no parameters", 0),
  };
}

/** Maps of nodes as the tables have them. */
function statisticNumbers(
  statistics: NormalisationStatistics,
  { nIn, space: { domain } }: Layer["stage"],
): Float32Array {
  const numbers = new Float32Array(nIn * STATS_LENGTH);
  for (let p = 0; p < nIn; p++) {
    const { from, scale, origin } = nodeMap(statistics, domain, p);
    numbers.set([from, scale, origin], p * STATS_LENGTH);
  }
  return numbers;
}

/** Writes the tables of a layer at parameters; statistics stay. */
function uploadTables(device: GPUDevice, layer: Layer, parameters: Float64Array): void {
  const { stage, tables, edges } = layer, { tRates, tEnds, tPieces, tStats } = jetTables(stage);
  edges.place(parameters);
  const { knots, rates, ends } = edges.places(), all = new Float64Array(tStats);
  all.set(knots);
  all.set(rates, tRates);
  all.set(ends, tEnds);
  all.set(edges.pieces(), tPieces);
  upload(device, tables, 0, all);
}

/** From the sums of all stages to the gradient. */
function pullSums(
  bound: readonly BoundStage[],
  layers: readonly Layer[],
  sums: Float64Array,
  network: Network,
  gradientOut: Float64Array,
): void {
  gradientOut.fill(0);
  for (const { stage, sumsAt, numSums } of bound) {
    if (stage.kind !== "linear") continue;
    const weights = network.layout.find(({ name }) => name === `${stage.name}.weights`)!.offset;
    const size = stage.nIn * stage.nOut;
    gradientOut.set(sums.subarray(sumsAt, sumsAt + size), weights);
    if (numSums === size) continue;
    const bias = network.layout.find(({ name }) => name === `${stage.name}.bias`)!.offset;
    gradientOut.set(sums.subarray(sumsAt + size, sumsAt + numSums), bias);
  }
  for (const { bound: { sumsAt, numSums }, edges } of layers) {
    edges.pull(sums.subarray(sumsAt, sumsAt + numSums), gradientOut);
  }
}

/** What comes back: jets, statistics, sums. */
function createJetReader(
  session: Session,
  buffers: Buffers,
  { rows, places }: JetPlaces,
  groups: readonly JetPoints[],
  nOut: number,
  layers: readonly Layer[],
) {
  const numJets = rows * nOut;
  const numStats = layers.reduce((sum, { stage }) => sum + stage.nIn * STATS_LENGTH, 0);
  const numSums = layers.reduce((sum, { bound }) => Math.max(sum, bound.sumsAt + bound.numSums), 0);
  const staging = buffers.staging("results of jets", Math.max(numJets + numStats, numSums));
  let measured = new Float32Array(numStats);

  return {
    createArrays: () =>
      groups.map(({ rows, derivatives }) => new Float64Array(rows * derivatives.length * nOut)),
    /** Runs dispatches, and takes jets out of a buffer into arrays; statistics where they are new. */
    async read(
      run: Parameters<typeof stepsOf>[0],
      from: GPUBuffer,
      arrays: Float64Array[],
      withStatistics: boolean,
    ): Promise<Float64Array[]> {
      const steps = stepsOf(run, from, staging, numJets);
      let at = numJets;
      for (const { stage, tables } of withStatistics ? layers : []) {
        const count = stage.nIn * STATS_LENGTH, { tStats } = jetTables(stage);
        steps.push({ copy: tables, from: tStats, to: staging, at, count });
        at += count;
      }
      const numbers = await session.read(steps, staging, at);
      arrays.forEach((array, g) => moveJets(places[g], nOut, array, numbers, true));
      if (withStatistics) measured = numbers.slice(numJets);
      return arrays;
    },
    async readSums(
      run: Parameters<typeof stepsOf>[0],
      from: GPUBuffer,
      count: number,
    ): Promise<Float64Array> {
      const steps = stepsOf(run, from, staging, count);
      return Float64Array.from(await session.read(steps, staging, count));
    },
    /** The statistics of the latest forward pass. */
    statistics(
      network: Network,
      latest: { readonly parameters: Float64Array } | undefined,
    ): NormalisationStatistics[] {
      const { parameters } = latest ?? network;
      const bias = shiftsAway(network.config)
        ? blockValues({ ...network, parameters }, "linear.bias")
        : [];
      let first = 0;
      return layers.map(({ stage: { layer, nIn, normalisation } }): NormalisationStatistics => {
        const begin = first;
        first += nIn * STATS_LENGTH;
        const column = (index: number, shifts: boolean) =>
          Float64Array.from({ length: nIn }, (_, p) =>
            measured[begin + p * STATS_LENGTH + index] +
            (shifts && layer === 0 ? bias[p] ?? 0 : 0));
        if (normalisation === "none") return { kind: "none" };
        return normalisation === "minmax"
          ? { kind: normalisation, minimum: column(3, true), maximum: column(4, true) }
          : { kind: normalisation, mean: column(3, true), variance: column(4, false) };
      });
    },
  };
}

/** Dispatches, and the copy of what comes first. */
function stepsOf(
  run: Extract<Step, { run: unknown }>["run"],
  copy: GPUBuffer,
  to: GPUBuffer,
  count: number,
): Step[] {
  return [{ run, trials: 1 }, { copy, from: 0, to, at: 0, count }];
}
