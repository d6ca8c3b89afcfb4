/**
 * Jets of a network of splines at fixed points, forward and backward, in flat buffers allocated once.
 *
 * @module
 */

import {
  edgeMask,
  findBlock,
  type LinearStage,
  parameterBlock,
  stagesOf,
} from "../../../model/inner.ts";
import type { Network, NetworkConfig, NormalisationStatistics } from "../../../model/mod.ts";
import type { JetOptions, JetPoints, JetProgram } from "../../jets.ts";
import { createParameterSlots, type ParameterSlots } from "../layer/edge_polynomials.ts";
import { numEdges, tableNumbers } from "../values/chain.ts";
import { MOST_CHANNELS } from "../wasm/abi.ts";
import { type Arena, canShareMemory, createArena, type Slot } from "../wasm/memory.ts";
import { JET_RUNNER, jetModule } from "../wasm/module.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { createTeam } from "../wasm/team.ts";
import type { JetChain, JetStage, LinearJetStage } from "./jet_chain.ts";
import { checkGroups } from "./jet_groups.ts";
import { createJetSharing, type JetSharing } from "./jet_sharing.ts";
import { jetsOfEdges } from "../../with_all_edges.ts";
import { createJetNormaliser } from "./jet_normaliser.ts";
import {
  createJetBlocks,
  encodeJetPhase,
  type JetBlocks,
  type JetPhase,
  MOST_BLOCKS,
} from "./jet_phases.ts";
import { encodeJetRuns, type JetRuns } from "./jet_runs.ts";
import { copyJets, createJetShape, type JetShape, SCRATCH } from "./jet_shape.ts";
import { createJetTables } from "./jet_tables.ts";
import {
  createRowMatrix,
  equationRows,
  type MatrixSteps,
  type RowKinds,
  type RowMatrix,
} from "../gauss_newton/row_matrix.ts";

/**
 * Compiles the jets of a network of splines; see `compileJets` of ../../compile_jets.ts.
 *
 * @param rowKinds Residuals whose matrix may be wanted.
 */
export function compileSplineJets(
  network: Network,
  groups: readonly JetPoints[],
  options: JetOptions = {},
  rowKinds: RowKinds = equationRows(options.manyPoints ?? false, options.peers),
): JetProgram {
  const { edges } = network.config;
  return jetsOfEdges(network, (all) => compileAllEdges(all, groups, options, rowKinds, edges));
}

/** A program for rows that come block by block, under statistics that were measured elsewhere. */
export interface BlockJets {
  /** Overwrites the inputs of all rows, shape `[rows, nIn]`. */
  setRows(inputs: Float64Array): void;
  /** The outputs of the rows, shape `[rows, nOut]`, overwritten by the next call. */
  forward(parameters: Float64Array, statistics: readonly NormalisationStatistics[]): Float64Array;
  /** Their Gauss-Newton matrix. */
  readonly steps: MatrixSteps;
  dispose(): void;
}

/**
 * Compiles the values of a network that `canAssemble` and has no masks, and their Gauss-Newton
 * matrix, for so many rows at a time.
 */
export function compileBlockJets(
  network: Network,
  rows: number,
  threads: number,
  rowKinds: RowKinds,
): BlockJets {
  const inputs = new Float64Array(rows * network.config.widths[0]);
  const groups = [{ rows, derivatives: [[]], inputs }];
  const { setRows, forwardUnder, steps, dispose } = compileAllEdges(
    ...[network, groups, { threads }, rowKinds, undefined] as const,
  );
  return {
    setRows,
    forward: (parameters, statistics) => forwardUnder(parameters, statistics)[0],
    steps: steps!,
    dispose,
  };
}

/** The same for a network with all edges; those that masks leave out have no Gauss-Newton rows. */
function compileAllEdges(
  network: Network,
  groups: readonly JetPoints[],
  { threads = 1, statistics, peers }: JetOptions,
  rowKinds: RowKinds,
  masks: NetworkConfig["edges"],
) {
  checkGroups(network, groups);
  checkChannels(groups);
  const arena = createArena("float64");
  const n = network.parameters.length;
  const slots = createParameterSlots(arena, n), { parameters } = slots;
  const shapes = groups.map((group) => createJetShape(group, arena));
  const channels = Math.max(...shapes.map(({ padded }) => padded));
  const work = { edges: channels * numEdges(network), numbers: tableNumbers(network) };
  const blocks = createJetBlocks(shapes, work, arena);
  const { scratch, rowRoom, widest } = layOutScratch(network, shapes, arena);
  const jets = (nodes: number) => createJets(shapes, nodes, arena);
  const room = { shapes, arena, blocks, slots, rowRoom };
  const stages = createStages(network, room, statistics, masks);
  const last = stages.length - 1, nOut = stages[last].stage.nOut;
  const outputs = jets(nOut);
  const bars = [jets(widest), jets(widest)];
  const results = groups.map(({ rows, derivatives }) =>
    new Float64Array(rows * derivatives.length * nOut)
  );

  const parts = { shapes, parameters, bars, scratch };
  const encode = (phase: JetPhase) => encodeJetPhase(phase, groups.length, blocks, arena);
  const runs = encodeJetRuns(stages, parts, outputs, encode);

  const sharing = createJetSharing(peers, blocks, shapes, (at) => team.run(at, true));
  const { forward, forwardUnder, complete } = createForward(
    stages,
    parameters,
    runs,
    sharing,
    run,
    () => {
      sharing.gatherRows(outputs, nOut);
      results.forEach((to, g) => copyJets(outputs[g].values, shapes[g], nOut, to, true));
      return results;
    },
  );
  const used = canShareMemory() ? Math.min(threads, MOST_BLOCKS) : 1;
  const whole = { network, stages, arena, blocks, threads: used, run, ...parts };
  const pull = createPull(whole, runs, sharing, () => numbers);
  const chain: JetChain = { ...whole, pull };
  const rowMatrix = createRowMatrix(chain, rowKinds);
  const rowFunctions = afterwards(rowMatrix, complete);
  const memory = arena.makeMemory(used > 1), module = jetModule(used > 1);
  const numbers = new Float64Array(memory.buffer);
  const team = createTeam({ memory, module, runner: JET_RUNNER, blocks }, used);
  function run(phaseAt: number, shared = false): void {
    team.run(phaseAt, shared);
  }
  const setInputs = (inputs: Float64Array, g: number) =>
    copyJets(stages[0].inputs[g].values, shapes[g], stages[0].stage.nIn, inputs, false);
  groups.forEach(({ inputs }, g) => setInputs(inputs, g));
  return {
    numParameters: n,
    forward,
    forwardUnder,
    setRows: (inputs: Float64Array) => setInputs(inputs, 0),
    steps: rowMatrix?.steps,
    backward: (outputBars: readonly Float64Array[], gradientOut: Float64Array) =>
      pull(
        stages.length,
        (to, g) => copyJets(to, shapes[g], nOut, outputBars[g], false),
        false,
        gradientOut,
      ),
    ...rowFunctions,
    statistics: () =>
      stages.flatMap((layer) =>
        layer.kind === "spline" ? [structuredClone(layer.normaliser.statistics())] : []
      ),
    dispose: () => team.dispose(),
  };
}

/** Room of a thread: the terms of the chain rule, behind them the polynomials of a row's piece. */
function layOutScratch({ config }: Network, shapes: readonly JetShape[], arena: Arena) {
  const terms = Math.max(...shapes.map((shape) => shape.terms)),
    widest = Math.max(...config.widths);
  const numbers = SCRATCH + terms + terms % 2, behind = widest * (config.degree + 2);
  const blocks = { most: MOST_BLOCKS };
  return {
    scratch: createScratch({ arena, blocks }, numbers + behind),
    rowRoom: 8 * numbers,
    widest,
  };
}

/**
 * Creates `JetProgram.forward`: nothing is computed again at the parameters of the latest call.
 * `complete` computes what other processes have computed of it.
 */
function createForward(
  stages: readonly JetStage[],
  parameters: Slot<Float64Array>,
  runs: JetRuns,
  sharing: JetSharing,
  run: (phaseAt: number) => void,
  collect: () => readonly Float64Array[],
): {
  readonly forward: JetProgram["forward"];
  /** The same under other statistics than those of the points; nothing is kept from before. */
  forwardUnder(
    parameters: Float64Array,
    statistics: readonly NormalisationStatistics[] | undefined,
  ): readonly Float64Array[];
  complete(): void;
} {
  let latest: readonly Float64Array[] | undefined, whole = false;
  function forward(next: Float64Array): readonly Float64Array[] {
    if (latest && isSame(next, parameters.values)) return latest;
    return forwardUnder(next, undefined);
  }
  function forwardUnder(
    next: Float64Array,
    statistics: readonly NormalisationStatistics[] | undefined,
  ): readonly Float64Array[] {
    const others = statistics?.values();
    latest = undefined; // until all is well
    whole = false;
    parameters.values.set(next);
    let fresh = false;
    for (const layer of stages) {
      if (layer.kind === "spline") fresh = layer.tables.place(next) || fresh;
    }
    run(fresh ? runs.fresh : runs.build);
    stages.forEach((layer, s) => {
      if (layer.kind === "linear") return;
      sharing.run(runs.measures[s]);
      if (!others) sharing.gather(layer.normaliser.found);
      layer.normaliser.conclude(others?.next().value);
    });
    sharing.run(runs.outputs);
    return latest = collect();
  }
  function complete(): void {
    if (!whole) sharing.runOthers([...runs.measures, runs.outputs]);
    whole = true;
  }
  return { forward, forwardUnder, complete };
}

/** The functions of all points' rows, before which these are completed. */
function afterwards(
  functions: RowMatrix | undefined,
  complete: () => void,
): Pick<RowMatrix, "normalMatrix" | "jacobian"> | undefined {
  return functions && {
    normalMatrix(residuals, extra) {
      complete();
      return functions.normalMatrix(residuals, extra);
    },
    jacobian(residuals, extra) {
      complete();
      return functions.jacobian(residuals, extra);
    },
  };
}

/** Whether two vectors hold the same numbers. */
function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Jets of a stage's nodes, for every group. */
function createJets(shapes: readonly JetShape[], nodes: number, arena: Arena) {
  return shapes.map(({ rows, padded }) => arena.float64(rows * nodes * padded));
}

/** Lays out all stages; given statistics are constants. */
function createStages(
  network: Network,
  room: Pick<JetChain, "shapes" | "arena" | "blocks"> & {
    readonly slots: ParameterSlots;
    readonly rowRoom: number;
  },
  statistics: JetOptions["statistics"],
  masks: NetworkConfig["edges"],
): JetStage[] {
  const { shapes, arena, blocks, slots, rowRoom } = room, known = statistics?.values();
  return stagesOf(network.config).map((each, s): JetStage => {
    const inputs = createJets(shapes, each.nIn, arena);
    if (each.kind === "linear") return createLinearStage(network, each, room, inputs);
    if (each.kind !== "spline") throw unknownStage(each);
    const masked = { ...each, edges: edgeMask(masks?.[each.layer]) };
    const stage = known ? { ...masked, normalisation: "none" as const } : masked;
    const normaliser = createJetNormaliser(stage, shapes, arena, blocks, known?.next().value);
    const moves = s > 0 && stage.normalisation !== "none", maps = normaliser.maps.at;
    const around = { maps, moves, rowRoom };
    const tables = createJetTables(network, stage, arena, slots, blocks, around);
    const pieces = shapes.map(({ rows }) => arena.int32(rows * stage.nIn));
    return { kind: "spline", stage, tables, normaliser, inputs, pieces };
  });
}

/** Creates `JetChain.pull`. */
function createPull(
  { stages, shapes, bars, blocks, run }: Omit<JetChain, "pull">,
  runs: JetRuns,
  sharing: JetSharing,
  memory: () => Float64Array,
): JetChain["pull"] {
  return (end, fill, values, gradientOut) => {
    const count = stages[end - 1].stage.nOut;
    bars[(end - 1) % 2].forEach(({ values }, g) => {
      const inner = values.subarray(0, shapes[g].rows * count * shapes[g].padded);
      fill(inner.fill(0), g);
    });
    for (let s = end - 1; s >= 0; s--) {
      const layer = stages[s];
      sharing.run(runs.pulls[s][Number(values)][Number(s === end - 1)]);
      if (s > 0 && layer.kind === "spline") {
        sharing.gather(layer.normaliser.added);
        layer.normaliser.pull(memory(), (at) => {
          const g = layer.inputs.findLastIndex((slot) => slot.at <= at);
          return bars[(s + 1) % 2][g].at + at - layer.inputs[g].at;
        });
      }
    }
    sharing.gather(blocks.tables);
    run(runs.adds[end - 1]);
    gradientOut.fill(0);
    for (const layer of stages.slice(0, end)) {
      if (layer.kind === "spline") layer.tables.collect(gradientOut);
      else collectLinear(layer, gradientOut);
    }
  };
}

function createLinearStage(
  network: Network,
  stage: LinearStage,
  room: { readonly arena: Arena; readonly blocks: JetBlocks },
  inputs: readonly Slot<Float64Array>[],
): LinearJetStage {
  return {
    kind: "linear",
    stage,
    weights: parameterBlock(network, "linear.weights").offset,
    bias: findBlock(network.layout, "linear.bias")?.offset ?? -1,
    inputs,
    sums: createSumTable(room, (stage.nIn + 1) * stage.nOut),
  };
}

function collectLinear(
  { stage: { nIn, nOut }, weights, bias, sums }: LinearJetStage,
  gradient: Float64Array,
): void {
  gradient.set(sums.values.subarray(0, nIn * nOut), weights);
  if (bias >= 0) gradient.set(sums.values.subarray(nIn * nOut), bias);
}

/** The error for a network with layers of another kind. */
function unknownStage({ kind }: { readonly kind: string }): RangeError {
  return new RangeError(
    `Cannot compile jets: layers must be linear or splines, current value is ${kind}`,
  );
}

/** Scratch of the kernels has room for so many derivatives. */
function checkChannels(groups: readonly JetPoints[]): void {
  const most = Math.max(...groups.map(({ derivatives }) => derivatives.length));
  if (most <= MOST_CHANNELS) return;
  throw new RangeError(
    `Cannot compile jets: derivatives must be at most ${MOST_CHANNELS}, current value is ${most}`,
  );
}
