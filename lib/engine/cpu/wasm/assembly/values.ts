// Runs a phase on one block of rows; see ../kernel_calls.ts, which writes it down.

import { errors, pullRelu, relu } from "./elementwise";
import { linearBackward, linearForward, linearPull } from "./linear";
import {
  columnSums, extremes, momentSums, pullExtremes, pullMoments, resetExtremes,
} from "./normalise";
import {
  normalBaseRow, normalForward, normalLinear, normalLinearRow, normalPair, normalPlace,
  normalSplineRow,
} from "./gauss_newton";
import { place } from "./place";
import { silu } from "./silu";
import { backwardMany, forwardMany } from "./spline_many";
import { backwardOne, forwardOne } from "./spline_one";
import { addTables, flush, zero, zeroRows } from "./tables";

/** Words before the calls: chunk, span, numbers of calls before a span, per chunk, after a span. */
const HEAD: usize = 5;

let call: usize = 0; // the call being run
let block: i32 = 0;
let row: i32 = 0; // its first row

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

@inline
function f(index: i32): f64 {
  return argument(index);
}

/** Runs calls from `at` on; returns the address behind them. */
function runCalls<T>(at: usize, count: i32, rows: i32): usize {
  for (let n = 0; n < count; n++) {
    call = at;
    // The order of KERNELS in ../kernel_calls.ts.
    switch (<i32>load<f64>(at)) {
      case 0:
        place<T>(
          rows, i(0), u(1), u(2), u(3), u(4), u(5), f(6), f(7), f(8) != 0, f(9) != 0, i(10), i(11),
          u(12), u(13), u(14), i(15), u(16), u(17), u(18), u(19), u(20),
        );
        break;
      case 1:
        forwardOne<T>(rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7));
        break;
      case 2:
        backwardOne<T>(
          rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9), f(10) != 0,
        );
        break;
      case 3:
        forwardMany<T>(
          rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9), u(10),
        );
        break;
      case 4:
        backwardMany<T>(
          rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9), u(10), u(11), u(12),
          f(13) != 0, u(14),
        );
        break;
      case 5:
        linearForward<T>(rows, i(0), u(1), u(2), f(3) != 0, u(4), u(5), u(6), u(7));
        break;
      case 6:
        linearBackward<T>(rows, i(0), u(1), u(2), u(3), u(4), u(5), u(6));
        break;
      case 7:
        linearPull<T>(rows, i(0), u(1), u(2), u(3), u(4), u(5), u(6));
        break;
      case 8:
        resetExtremes(i(0), u(1), u(2));
        break;
      case 9:
        extremes<T>(rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7));
        break;
      case 10:
        pullExtremes<T>(
          rows, i(0), i(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9), u(10),
        );
        break;
      case 11:
        columnSums<T>(rows, i(0), u(1), u(2), u(3), u(4));
        break;
      case 12:
        momentSums<T>(rows, i(0), u(1), u(2), u(3), u(4), u(5), u(6));
        break;
      case 13:
        pullMoments<T>(rows, i(0), u(1), u(2), u(3), u(4), u(5), u(6));
        break;
      case 14:
        errors<T>(rows, i(0), u(1), u(2), u(3), u(4), u(5), f(6), u(7), u(8));
        break;
      case 15:
        silu<T>(rows, u(0), u(1), u(2), u(3));
        break;
      case 16:
        relu<T>(rows, u(0), u(1), u(2));
        break;
      case 17:
        pullRelu<T>(rows, u(0), u(1), u(2), u(3));
        break;
      case 18:
        zero(u(0), u(1));
        break;
      case 19:
        zeroRows(rows, u(0), u(1));
        break;
      case 20:
        flush(u(0), u(1), i(2));
        break;
      case 21:
        addTables(u(0), i(1), u(2), u(3), i(4));
        break;
      case 22: {
        const list = u(0) + <usize>(i(1) << 4);
        runCalls<T>(<usize>load<f64>(list), <i32>load<f64>(list, 8), 0);
        break;
      }
      case 23:
        normalPlace(
          i(0), i(1), u(2), u(3), u(4), u(5), f(6), f(7), i(8), i(9), u(10), u(11), u(12), i(13),
          i(14), u(15), u(16), u(17), u(18), u(19),
        );
        break;
      case 24:
        normalForward(i(0), i(1), i(2), i(3), i(4), u(5), u(6), u(7), u(8), u(9), u(10));
        break;
      case 25:
        normalLinear(i(0), i(1), i(2), u(3), u(4), u(5), u(6));
        break;
      case 26:
        normalSplineRow(
          i(0), i(1), i(2), i(3), i(4), i(5), u(6), u(7), u(8), u(9), u(10), u(11), i(12), u(13),
          i(14), u(15),
        );
        break;
      case 27:
        normalBaseRow(
          i(0), i(1), i(2), i(3), u(4), u(5), u(6), u(7), u(8), i(9), u(10), u(11), u(12),
        );
        break;
      case 28:
        normalLinearRow(i(0), i(1), i(2), f(3) != 0, u(4), u(5), u(6));
        break;
      case 29:
        normalPair(i(0), u(1), i(2), i(3), u(4), i(5), u(6), i(7), u(8), i(9), u(10), i(11));
        break;
      default:
        unreachable();
    }
    at += <usize>(16 + 24 * <i32>load<f64>(at, 8));
  }
  return at;
}

/** Runs the phase at phaseAt on block `index` of those at blocksAt: [count, begin, end, begin ...]. */
@inline
function runPhase<T>(phaseAt: usize, blocksAt: usize, index: i32): void {
  const begin = load<i32>(blocksAt + (<usize>(2 * index + 1) << 2));
  const end = load<i32>(blocksAt + (<usize>(2 * index + 2) << 2));
  const chunk = <i32>load<f64>(phaseAt), span = <i32>load<f64>(phaseAt, 8);
  const starts = <i32>load<f64>(phaseAt, 16), chunks = <i32>load<f64>(phaseAt, 24);
  const ends = <i32>load<f64>(phaseAt, 32);
  block = index;
  row = begin;
  const body = runCalls<T>(phaseAt + (HEAD << 3), starts, end - begin);
  for (let from = begin; from < end; from += span) {
    const to = min(end, from + span);
    let tail = body;
    for (let at = from; at < to; at += chunk) {
      row = at;
      tail = runCalls<T>(body, chunks, min(chunk, to - at));
    }
    row = from;
    runCalls<T>(tail, ends, to - from);
  }
}

export function runFloat64(phaseAt: usize, blocksAt: usize, index: i32): void {
  runPhase<f64>(phaseAt, blocksAt, index);
}

export function runFloat32(phaseAt: usize, blocksAt: usize, index: i32): void {
  runPhase<f32>(phaseAt, blocksAt, index);
}
