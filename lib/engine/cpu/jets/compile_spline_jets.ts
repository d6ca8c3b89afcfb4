/**
 * Jets of a network of splines at fixed points, forward and backward, in flat buffers allocated once.
 *
 * @module
 */

import { findBlock, type Network, parameterBlock, stagesOf } from "../../../model/mod.ts";
import type { JetOptions, JetPoints, JetProgram } from "../../jets.ts";
import { numEdges, tableNumbers } from "../values/chain.ts";
import { MOST_CHANNELS } from "../wasm/abi.ts";
import { canShareMemory, createArena, type Slot } from "../wasm/memory.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { createTeam } from "../wasm/team.ts";
import { backwardCalls, forwardCalls, type JetChain, jetRows, type JetStage } from "./jet_chain.ts";
import { checkGroups } from "./jet_groups.ts";
import { createJetNormaliser } from "./jet_normaliser.ts";
import { createJetBlocks, encodeJetPhase, type JetPhase, MOST_PARTS } from "./jet_phases.ts";
import { copyJets, createJetShape, SCRATCH } from "./jet_shape.ts";
import { createJetTables } from "./jet_tables.ts";
import { bindJets, JET_RUNNER, jetModule } from "./kernels.ts";
import { createJetMatrix } from "./gauss_newton_matrix.ts";

/** Compiles the jets of a network of splines; see `compileJets` of ../../compile_jets.ts. */
export function compileSplineJets(
  network: Network,
  groups: readonly JetPoints[],
  { threads = 1, statistics, manyPoints = false }: JetOptions = {},
): JetProgram {
  checkGroups(network, groups);
  checkChannels(groups);
  const knownStatistics = statistics?.values();
  const arena = createArena("float64");
  const n = network.parameters.length;
  const plan = stagesOf(network.config).map((stage) =>
    statistics && stage.kind === "spline" ? { ...stage, normalisation: "none" as const } : stage
  );
  const parameters = arena.float64(n);
  const shapes = groups.map((group) => createJetShape(group, arena));
  const channels = Math.max(...shapes.map(({ padded }) => padded));
  const work = { edges: channels * numEdges(network), numbers: tableNumbers(network) };
  const blocks = createJetBlocks(shapes, work, arena);
  const terms = Math.max(...shapes.map((shape) => shape.terms));
  const scratch = createScratch({ arena, blocks: { most: MOST_PARTS } }, SCRATCH + terms);
  function jets(nodes: number): Slot<Float64Array>[] {
    return shapes.map(({ rows, padded }) => arena.float64(rows * nodes * padded));
  }
  const stages = plan.map((stage, s): JetStage => {
    const inputs = jets(stage.nIn);
    if (stage.kind === "linear") {
      return {
        kind: "linear",
        stage,
        weights: parameterBlock(network, "linear.weights").offset,
        bias: findBlock(network.layout, "linear.bias")?.offset ?? -1,
        inputs,
        sums: createSumTable({ arena, blocks }, (stage.nIn + 1) * stage.nOut),
      };
    }
    if (stage.kind !== "spline") throw unknownStage(stage);
    const layerStatistics = knownStatistics?.next().value;
    const normaliser = createJetNormaliser(stage, shapes, arena, blocks, layerStatistics);
    const moves = s > 0 && stage.normalisation !== "none";
    return {
      kind: "spline",
      stage,
      tables: createJetTables(network, stage, arena, parameters, blocks, {
        maps: normaliser.maps.at,
        moves,
      }),
      normaliser,
      inputs,
      pieces: shapes.map(({ rows }) => arena.int32(rows * stage.nIn)),
    };
  });
  const last = stages.length - 1, nOut = stages[last].stage.nOut;
  const outputs = jets(nOut), widest = Math.max(...network.config.widths);
  const bars = [jets(widest), jets(widest)];
  const results = groups.map(({ rows, derivatives }) =>
    new Float64Array(rows * derivatives.length * nOut)
  );

  const parts = { shapes, parameters, bars, scratch };
  const encode = (phase: JetPhase) => encodeJetPhase(phase, groups.length, blocks, arena);
  const measures = stages.map((layer, s) =>
    layer.kind === "linear" ? 0 : encode({
      start: layer.normaliser.start,
      tile: (g) => [
        ...s > 0 ? forwardCalls(parts, stages[s - 1], g, layer.inputs[g]) : [],
        ...layer.normaliser.measure(g, jetRows(layer.inputs[g], layer.stage.nIn, shapes[g])),
      ],
    })
  );
  const ends = encode({ tile: (g) => forwardCalls(parts, stages[last], g, outputs[g]) });
  /** By stage: whether only values are pulled, whether the bars are given. */
  const pulls = stages.map((layer, s) => {
    const next = s < last ? stages[s + 1] : undefined;
    const sums = layer.kind === "linear" ? [layer.sums] : layer.tables.sums.all;
    const clear = layer.kind === "linear" ? [] : layer.normaliser.clear;
    return [false, true].map((values) =>
      [false, true].map((atEnd) =>
        encode({
          start: [...sums.flatMap(({ start }) => start), ...clear],
          tile: (g) => [
            ...!atEnd && next?.kind === "spline"
              ? next.normaliser.finish(
                g,
                jetRows(next.inputs[g], next.stage.nIn, shapes[g]),
                jetRows(bars[s % 2][g], next.stage.nIn, shapes[g]),
              )
              : [],
            ...backwardCalls(parts, stages, s, g, values),
          ],
        })
      )
    );
  });
  const adds = stages.map((_, s) =>
    encode({
      start: stages.slice(0, s + 1).flatMap((layer) =>
        (layer.kind === "linear" ? [layer.sums] : layer.tables.sums.all)
          .flatMap(({ add }) => add)
      ),
    })
  );

  function forward(next: Float64Array): readonly Float64Array[] {
    parameters.values.set(next);
    stages.forEach((layer, s) => {
      if (layer.kind === "linear") return;
      layer.tables.set(parameters.values);
      run(measures[s]);
      layer.normaliser.conclude();
    });
    run(ends);
    results.forEach((to, g) => copyJets(outputs[g].values, shapes[g], nOut, to, true));
    return results;
  }

  function pull(
    end: number,
    fill: (bars: Float64Array, group: number) => void,
    values: boolean,
    gradientOut: Float64Array,
  ): void {
    const count = stages[end - 1].stage.nOut;
    bars[(end - 1) % 2].forEach(({ values }, g) => {
      const inner = values.subarray(0, shapes[g].rows * count * shapes[g].padded);
      fill(inner.fill(0), g);
    });
    for (let s = end - 1; s >= 0; s--) {
      const layer = stages[s];
      run(pulls[s][Number(values)][Number(s === end - 1)]);
      if (s > 0 && layer.kind === "spline") {
        layer.normaliser.pull(numbers, (at) => {
          const g = layer.inputs.findLastIndex((slot) => slot.at <= at);
          return bars[(s + 1) % 2][g].at + at - layer.inputs[g].at;
        });
      }
    }
    run(adds[end - 1]);
    gradientOut.fill(0);
    for (const layer of stages.slice(0, end)) {
      if (layer.kind === "spline") {
        layer.tables.collect(parameters.values, gradientOut);
        continue;
      }
      const { nIn, nOut } = layer.stage, weights = nIn * nOut, { values: sums } = layer.sums;
      gradientOut.set(sums.subarray(0, weights), layer.weights);
      if (layer.bias >= 0) gradientOut.set(sums.subarray(weights), layer.bias);
    }
  }

  const chain: JetChain = {
    network,
    stages,
    arena,
    blocks,
    run,
    pull,
    numbers: () => numbers,
    ...parts,
  };
  const normalMatrix = createJetMatrix(chain, manyPoints);
  const used = canShareMemory() ? Math.min(threads, MOST_PARTS) : 1;
  const memory = arena.makeMemory(used > 1), module = jetModule(used > 1);
  const numbers = new Float64Array(memory.buffer);
  const runPhase = bindJets(module, memory);
  const team = createTeam({ memory, module, runner: JET_RUNNER, runPhase, blocks }, used);
  function run(phaseAt: number): void {
    team.run(phaseAt);
  }
  groups.forEach(({ inputs }, g) =>
    copyJets(stages[0].inputs[g].values, shapes[g], plan[0].nIn, inputs, false)
  );
  return {
    numParameters: n,
    forward,
    backward: (outputBars, gradientOut) =>
      pull(
        stages.length,
        (to, g) => copyJets(to, shapes[g], nOut, outputBars[g], false),
        false,
        gradientOut,
      ),
    ...(normalMatrix ? { normalMatrix } : {}),
    statistics: () =>
      stages.flatMap((layer) => layer.kind === "spline" ? [layer.normaliser.statistics()] : []),
    dispose: () => team.dispose(),
  };
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
