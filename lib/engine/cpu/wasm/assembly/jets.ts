// Runs a phase of jets on one block; see ../../jets/jet_phases.ts, which writes it down.

import { addPairs } from "./strip_pairs";
import {
  jetExtremes, jetMoments, linearJets, pullJetMoments, pullLinearJets, resetJetExtremes,
} from "./jet_rows";
import { backwardJets, forwardJets } from "./jet_spline";
import { addTables, zero } from "./tables";

let call: usize = 0; // the call being run
let block: i32 = 0;
let row: i32 = 0; // its first row in the group

/** Argument i: `base + perRow row + perBlock block`. */
@inline
function argument(i: i32): f64 {
  const at = call + <usize>(16 + 24 * i);
  return load<f64>(at) + load<f64>(at, 8) * <f64>row + load<f64>(at, 16) * <f64>block;
}

@inline
function i(index: i32): i32 {
  return <i32>argument(index);
}

@inline
function u(index: i32): usize {
  return <usize>argument(index);
}

function runCalls(at: usize, count: i32, rows: i32): void {
  for (let n = 0; n < count; n++) {
    call = at;
    // The order of JET_KERNELS in ../../jets/jet_phases.ts.
    switch (<i32>load<f64>(at)) {
      case 0:
        zero(u(0), u(1));
        break;
      case 1:
        addTables(u(0), i(1), u(2), u(3), i(4));
        break;
      case 2:
        linearJets(rows, i(0), i(1), i(2), u(3), u(4), u(5), u(6));
        break;
      case 3:
        pullLinearJets(rows, i(0), i(1), i(2), i(3) != 0, u(4), u(5), u(6), u(7));
        break;
      case 4:
        forwardJets(rows, u(0), u(1), u(2), u(3), u(4), u(5));
        break;
      case 5:
        backwardJets(
          rows, u(0), u(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9), u(10), u(11), u(12),
          i(13) != 0, u(14),
        );
        break;
      case 6:
        resetJetExtremes(i(0), u(1));
        break;
      case 7:
        jetExtremes(rows, i(0), i(1), u(2), u(3));
        break;
      case 8:
        jetMoments(rows, i(0), i(1), u(2), u(3));
        break;
      case 9:
        pullJetMoments(rows, i(0), i(1), u(2), u(3), u(4));
        break;
      case 10: {
        const part = u(0) + (<usize>block << 3);
        addPairs(
          <usize>load<u32>(part), load<i32>(part, 4), i(1), u(2), i(3), u(4), u(5), u(6),
        );
        break;
      }
      default:
        unreachable();
    }
    at += <usize>(16 + 24 * <i32>load<f64>(at, 8));
  }
}

/**
 * A phase: address of the tiles (0: none), number of calls before them and their address, then the
 * same for the calls on tiles of each group. Blocks are `[count, begin, end, begin, ...]` in tiles,
 * tiles `[group, first row, rows]`, int32 all.
 */
export function runJets(phaseAt: usize, blocksAt: usize, index: i32): void {
  block = index;
  row = 0;
  runCalls(<usize>load<f64>(phaseAt, 16), <i32>load<f64>(phaseAt, 8), 0);
  const tiles = <usize>load<f64>(phaseAt);
  if (!tiles) return;
  const begin = load<i32>(blocksAt + (<usize>(2 * index + 1) << 2));
  const end = load<i32>(blocksAt + (<usize>(2 * index + 2) << 2));
  for (let t = begin; t < end; t++) {
    const tile = tiles + <usize>(12 * t);
    const own = phaseAt + <usize>(24 + 16 * load<i32>(tile));
    row = load<i32>(tile, 4);
    runCalls(<usize>load<f64>(own, 8), <i32>load<f64>(own), load<i32>(tile, 8));
  }
}
