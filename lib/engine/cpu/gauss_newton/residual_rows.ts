/**
 * Rows of the Jacobian of residuals, chunk by chunk: the adjoint run for every row by itself.
 *
 * @module
 */

import type { ResidualRows } from "../../jets.ts";
import { type JetChain, jetRows, rowCall } from "../jets/jet_chain.ts";
import { cutTiles, jetPhaseWords, type JetTile, TILE_ROWS } from "../jets/jet_phases.ts";
import { copyJets } from "../jets/jet_shape.ts";
import type { Call, Cursor } from "../wasm/kernel_calls.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { recordLength } from "../wasm/records.ts";
import type { MovedColumns } from "./moved_columns.ts";
import {
  createStageRows,
  type MappedStage,
  mapStage,
  type RowStrip,
  type StageRows,
} from "./row_strips.ts";

/** The rows of a chunk, for each of the points that a residual depends on. */
export type RowsOfPoints = ReturnType<typeof createResidualRows>;

/** What a residual takes of one of its points. */
type Part = ResidualRows["parts"][number];

/** What rows need room for. */
export interface RowRoom {
  /** Most rows at a time. */
  readonly chunk: number;
  /** Most points of a residual. */
  readonly points: number;
  /** Whether a residual may depend on one output alone. */
  readonly separate: boolean;
  /** Threads that have a chunk each. */
  readonly rooms: number;
}

/** Rows of a block, and of a chunk of it. */
type RowsOfBlock = Readonly<Record<"blockRows" | "chunk", number>>;

/** One value of a hidden node: of node `node` of the inputs of a stage, at a row of a group. */
export interface NodeValue {
  readonly group: number;
  readonly row: number;
  readonly node: number;
}

/** Numbers of the words of a call, and more. */
const CALL_WORDS = 64;

/** Lays out rows. */
export function createResidualRows(
  chain: JetChain,
  moved: readonly (MovedColumns | undefined)[],
  room: RowRoom,
) {
  const { stages, shapes, arena } = chain;
  const last = stages.length - 1, nOut = stages[last].stage.nOut;
  const mapped = stages.map((layer, s) => mapStage(layer, moved[s], chain));
  const { stageRows, place, shift } = layOutRows(mapped, room, arena);
  const outputBars = shapes.map(({ rows, padded }) => arena.float64(rows * nOut * padded));
  const sequence = createSequence(chain, room.chunk, mapped, stageRows);
  let copied: { readonly group: number; readonly bars: Float64Array } | undefined;

  /** The strips of a residual's point, under all outputs or one. */
  function strips(point: number, output = -1): readonly RowStrip[] {
    return stageRows[point].flatMap(({ strips, ofOutput }, s) =>
      output >= 0 && s === last ? ofOutput[output] : strips
    );
  }

  /** Takes the gradients by the outputs that the rows of a residual begin with. */
  function takeBars({ group, bars }: Part): void {
    if (copied?.group === group && copied.bars === bars) return;
    copyJets(outputBars[group].values, shapes[group], nOut, bars, false);
    copied = { group, bars };
  }

  /** Those of one output, or of all. */
  function barRows(group: number, output: number): Cursor {
    const rows = jetRows(outputBars[group], nOut, shapes[group]);
    return { ...rows, at: rows.at + 8 * shapes[group].padded * Math.max(0, output) };
  }

  return {
    strips,
    takeBars,
    /** Bytes from a thread's numbers to those of the next. */
    shift,
    /** The calls that compute rows of group 0 in all blocks, of chunk `c` of each. */
    blockCalls(c: number, { blockRows, chunk }: RowsOfBlock, output: number): Call[] {
      const blocks = { shift, blockRows };
      const placeOf = (rows: StageRows, one: boolean) => rows.rows(c * chunk, one, blocks);
      return sequence.calls(0, stages.length, 0, barRows(0, output), placeOf, output);
    },
    /** Begins with new parameters and that many unknowns before scales and shifts. */
    begin(known: number) {
      place(known);
      copied = undefined;
    },
    /** Computes rows `firstRow` to `lastRow` of residuals, the part of one of their points. */
    fill(point: number, part: Part, firstRow: number, lastRow: number) {
      const { group, from = 0, output = -1 } = part, begin = from + firstRow, end = from + lastRow;
      takeBars(part);
      const placeOf = (rows: StageRows, one: boolean) => rows.rows(begin, one);
      const bars = barRows(group, output);
      const calls = sequence.calls(point, stages.length, group, bars, placeOf, output);
      sequence.run(cutTiles(group, begin, end), shapes.map((_, g) => g === group ? calls : []));
      stageRows[point].forEach(({ pick }, s) => {
        if (output < 0 || s < last) pick(end - begin);
      });
      for (const strip of strips(point, output)) strip.move(group, from);
    },
    /**
     * Computes the gradients of inputs of stage `end` as rows of a chunk.
     *
     * @returns For each the function that adds its gradient to a row of all columns.
     */
    fillNodes(end: number, nodes: readonly NodeValue[]): ((dense: Float64Array) => void)[] {
      sequence.runNodes(end, nodes);
      for (const { pick } of stageRows[0].slice(0, end)) pick(nodes.length);
      const before = stageRows[0].slice(0, end).flatMap(({ strips }) => strips);
      return nodes.map(({ group, row }, k) => (dense) => {
        for (const strip of before) strip.addRow(k, group, row, dense);
      });
    },
  };
}

/** The rows of all stages, by point of a residual. */
function layOutRows(
  mapped: readonly MappedStage[],
  { chunk, points, separate, rooms }: RowRoom,
  arena: Arena,
) {
  const last = mapped.length - 1, begin = arena.float64(0).at;
  const stageRows = Array.from(
    { length: points },
    () =>
      mapped.map((each, s) =>
        createStageRows(each, s, { chunk, separate: separate && s === last }, arena)
      ),
  );
  const shift = arena.float64(0).at - begin;
  arena.float64((rooms - 1) * shift / 8); // the same for every other thread
  const all = stageRows.flat().flatMap(({ strips, ofOutput }) => [strips, ...ofOutput].flat());
  let placed = "";

  /** Takes maps and columns, for the parameters of the latest forward pass. */
  function place(known: number): void {
    for (const { maps } of mapped) maps?.build();
    const firsts = mapped.map(({ maps }) => maps?.firsts().join(";"));
    const key = `${known}: ${firsts.join("|")}`; // intervals become empty, or no longer are
    if (key !== placed) { for (const strip of all) strip.place(known); }
    placed = key;
  }

  return { stageRows, place, shift };
}

/** The arrays of a sequence. */
function sequenceRoom(
  { network: { config: { widths } }, stages, shapes, arena, threads }: JetChain,
  chunk: number,
) {
  const widestLayer = Math.max(...widths);
  const widest = widestLayer * Math.max(...shapes.map((s) => s.padded));
  const mostLists = Math.max(shapes.length, 2 * widestLayer);
  const phaseWords = 64 + (CALL_WORDS * stages.length + 2) * mostLists;
  const mostTiles = Math.max(mostLists, Math.ceil(chunk / TILE_ROWS));
  return {
    widest,
    /** Gradients by the values between stages, of a tile. */
    tileBars: [0, 1].map(() => ({
      at: arena.float64(threads * TILE_ROWS * widest).at,
      perThread: 8 * TILE_ROWS * widest,
    })),
    /** Gradients 1 by one node's value, and 0 around it. */
    unit: arena.float64(2 * widest, (values) => values[widest] = 1),
    phaseSlot: arena.float64(phaseWords),
    nodePhases: stages.map(() => ({ slot: arena.float64(phaseWords), groups: "" })),
    tileSlot: arena.int32(recordLength("Tile") * mostTiles),
  };
}

/** The calls that compute rows, and the phase that runs them. */
function createSequence(
  chain: JetChain,
  chunk: number,
  mapped: readonly MappedStage[],
  stageRows: readonly (readonly StageRows[])[],
) {
  const { stages, shapes, blocks } = chain, last = stages.length - 1;
  const { widest, tileBars, unit, phaseSlot, nodePhases, tileSlot } = sequenceRoom(chain, chunk);

  /** The calls of stages 0 to `end - 1` on rows of a group, the last first. */
  function calls(
    point: number,
    end: number,
    group: number,
    bars: Cursor,
    placeOf: (rows: StageRows, ofOutput: boolean) => Parameters<typeof rowCall>[5],
    output = -1,
  ): Call[] {
    return stages.slice(0, end).map((layer, s) =>
      rowCall(
        chain,
        layer,
        group,
        s === end - 1 ? bars : tileBars[s % 2],
        s === 0 ? 0 : tileBars[(s + 1) % 2],
        placeOf(stageRows[point][s], output >= 0 && s === last),
        mapped[s].maps?.described[s === last ? output + 1 : 0] ?? 0,
      )
    ).reverse();
  }

  /** Writes a phase with lists of calls, each on the tiles of its number. */
  function write(slot: Slot<Float64Array>, lists: readonly (readonly Call[])[]): void {
    const tile = (g: number) => lists[g];
    slot.values.set(jetPhaseWords({ tile }, lists.length, tileSlot.at, slot.at));
  }

  /** Runs lists of calls on tiles. */
  function run(tiles: readonly JetTile[], lists: readonly (readonly Call[])[]): void {
    write(phaseSlot, lists);
    runOn(phaseSlot, tiles);
  }

  /** Runs a phase in a slot on tiles. */
  function runOn(slot: Slot<Float64Array>, tiles: readonly JetTile[]): void {
    blocks.useTiles(tiles, tileSlot);
    chain.run(slot.at);
    blocks.useRows();
  }

  /** The calls of the k-th of some nodes: its row comes k-th in the chunk. */
  function nodeCalls(end: number, { group, node }: NodeValue, k: number): Call[] {
    const at = unit.at + 8 * (widest - node * shapes[group].padded);
    return calls(0, end, group, { at }, (each) => {
      const rows = each.rows(-k, false);
      return { ...rows, at: { at: rows.at.at } };
    });
  }

  /** Computes rows by the inputs of stage `end`, each of one node at one row. */
  function runNodes(end: number, nodes: readonly NodeValue[]): void {
    const phase = nodePhases[end], groups = nodes.map(({ group }) => group).join();
    if (groups !== phase.groups) { // the calls are the same for all rows
      write(phase.slot, nodes.map((each, k) => nodeCalls(end, each, k)));
    }
    phase.groups = groups;
    runOn(phase.slot, nodes.map(({ row }, k) => ({ group: k, row, rows: 1 })));
  }

  return { calls, run, runNodes };
}
