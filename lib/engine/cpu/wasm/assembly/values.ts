// Runs a phase of values on one block of rows; ../kernel_calls.ts writes it down.

import { PhaseHead } from "./_abi";
import { runCalls } from "./_value_calls";
import { setBlock, setRow } from "./calls";

/** Runs the phase at phaseAt on block `index` of those at blocksAt: [count, begin, end, begin ...]. */
@inline
function runPhase<T>(phaseAt: usize, blocksAt: usize, index: i32, thread: i32): void {
  const phase = changetype<PhaseHead>(phaseAt);
  const begin = load<i32>(blocksAt + (<usize>(2 * index + 1) << 2));
  const end = load<i32>(blocksAt + (<usize>(2 * index + 2) << 2));
  const chunk = <i32>phase.chunkRows, span = <i32>phase.spanRows;
  const starts = <i32>phase.starts, chunks = <i32>phase.chunks, ends = <i32>phase.ends;
  setBlock(index, thread);
  setRow(begin);
  const body = runCalls<T>(phaseAt + offsetof<PhaseHead>(), starts, end - begin);
  for (let from = begin; from < end; from += span) {
    const to = min(end, from + span);
    let tail = body;
    for (let at = from; at < to; at += chunk) {
      setRow(at);
      tail = runCalls<T>(body, chunks, min(chunk, to - at));
    }
    setRow(from);
    runCalls<T>(tail, ends, to - from);
  }
}

export function runFloat64(phaseAt: usize, blocksAt: usize, index: i32, thread: i32): void {
  runPhase<f64>(phaseAt, blocksAt, index, thread);
}

export function runFloat32(phaseAt: usize, blocksAt: usize, index: i32, thread: i32): void {
  runPhase<f32>(phaseAt, blocksAt, index, thread);
}
