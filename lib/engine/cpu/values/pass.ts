/**
 * A network's forward and backward passes over a batch: memory, phases, threads.
 *
 * @module
 */

import { type Dataset, subset } from "../../../data/mod.ts";
import type { Network } from "../../../model/mod.ts";
import { evaluateLoss, type Loss } from "../../loss.ts";
import { createChain, workloadOf } from "./chain.ts";
import { createLossCalls } from "./loss_calls.ts";
import { createArena, type Dtype } from "../wasm/memory.ts";
import { kernelModule, RUNNERS } from "../wasm/module.ts";
import { layOutPhases, type PhaseRun } from "./phases.ts";
import { createBlocks } from "../wasm/row_blocks.ts";
import { getRows, setRows } from "../wasm/row_array.ts";
import { createTeam, type Team } from "../wasm/team.ts";

/** The passes; parameters are finite. */
export type Pass = Awaited<ReturnType<typeof createPass>>;

/**
 * Lays out the passes of a network.
 *
 * @param threads Threads, the caller included.
 * @param fused Whether the loss is part of the kernels' phases.
 */
export async function createPass(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  { threads, dtype }: { readonly threads: number; readonly dtype: Dtype },
  fused: boolean,
) {
  const arena = createArena(dtype);
  const blocks = createBlocks(arena, dataset.rows, workloadOf(network, arena));
  const work = { arena, blocks, rows: dataset.rows };
  const chain = createChain(network, dataset, work, fused);
  const lossCalls = fused ? createLossCalls(loss, dataset, work) : undefined;
  const phases = layOutPhases(chain, lossCalls, work);

  const used = Math.min(threads, blocks.most);
  const memory = arena.makeMemory(used > 1);
  const module = await kernelModule(used > 1);
  const team = createTeam({ memory, module, runner: RUNNERS[dtype], blocks }, used);
  const { links, inputs, output, outputBar, slots } = chain;
  let batch = dataset;
  let placed = false;

  function select(rows: Int32Array | undefined): void {
    batch = rows ? subset(dataset, rows) : dataset;
    blocks.cut(batch.rows);
    setRows(inputs, batch.inputs);
    lossCalls?.setRows(batch);
    placed = false;
  }
  function runForward(parameters: Float64Array, runs: readonly PhaseRun[]): void {
    slots.parameters.values.set(parameters);
    const fresh = links.map((link) => link.prepare(parameters)).includes(true);
    runAll(team, fresh ? phases.fresh : phases.build);
    if (!placed) {
      runAll(team, phases.once);
      placed = true;
    }
    runAll(team, runs);
  }

  function runBackward(gradientOut: Float64Array): void {
    runAll(team, phases.backward);
    gradientOut.set(slots.gradient.values);
    for (const link of links) link.collect(gradientOut);
  }

  select(undefined);
  return {
    /** The loss without weight decay. */
    value(parameters: Float64Array) {
      runForward(parameters, phases.value);
      return lossCalls ? lossCalls.sum() : evaluateLoss(loss, getRows(output, batch.rows), batch);
    },
    /** The loss and, overwritten, its gradient. */
    valueAndGradient(parameters: Float64Array, gradientOut: Float64Array) {
      runForward(parameters, phases.forward);
      let value: number;
      if (lossCalls) value = lossCalls.sum();
      else {
        const bar = new Float64Array(batch.rows * batch.nOut);
        value = evaluateLoss(loss, getRows(output, batch.rows), batch, bar);
        setRows(outputBar, bar);
      }
      runBackward(gradientOut);
      return value;
    },
    /** The gradient of `sum outputsBar * outputs`, of passes that are not fused with their loss. */
    pull(parameters: Float64Array, outputsBar: Float64Array, gradientOut: Float64Array) {
      if (fused) throw new Error("A pass fused with its loss pulls nothing else");
      runForward(parameters, phases.forward);
      setRows(outputBar, outputsBar);
      runBackward(gradientOut);
    },
    selectRows: select,
    bytes: memory.buffer.byteLength,
    statistics: () => links.flatMap((link) => link.statistics()),
    outputs: () => getRows(output, batch.rows),
    dispose: () => team.dispose(),
  };
}

function runAll(team: Team, runs: readonly PhaseRun[]): void {
  for (const { at, conclude } of runs) {
    if (at > 0) team.run(at);
    conclude?.();
  }
}
