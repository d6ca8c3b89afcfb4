// Runs a phase of jets on one block; ../../jets/jet_phases.ts writes it down.

import { CallList, Tile } from "./_abi";
import { runCalls } from "./_jet_calls";
import { setBlock, setRow } from "./calls";

@inline
function run(list: CallList, rows: i32): void {
  runCalls<f64>(<usize>list.callsAt, <i32>list.count, rows);
}

/**
 * A phase: address of the tiles (0: none), the calls before them, the calls on tiles of each group.
 * Blocks are `[count, begin, end, begin, ...]` in tiles, int32.
 */
export function runJets(phaseAt: usize, blocksAt: usize, index: i32, thread: i32): void {
  const lists = phaseAt + sizeof<f64>(), size = offsetof<CallList>();
  setBlock(index, thread);
  setRow(0);
  run(changetype<CallList>(lists), 0);
  const tiles = <usize>load<f64>(phaseAt);
  if (!tiles) return;
  const begin = load<i32>(blocksAt + (<usize>(2 * index + 1) << 2));
  const end = load<i32>(blocksAt + (<usize>(2 * index + 2) << 2));
  for (let t = begin; t < end; t++) {
    const tile = changetype<Tile>(tiles + <usize>t * offsetof<Tile>());
    setRow(tile.row);
    run(changetype<CallList>(lists + <usize>(tile.group + 1) * size), tile.rows);
  }
}
