import { assert } from "@std/assert";
import { createRandom, forward } from "../../../lib/model/mod.ts";
import { bsplineBasis } from "../../../lib/basis/mod.ts";
import { windowNetwork } from "../../../lib/physics/solve/window_network.ts";
import { sumOfWindows } from "../../../lib/physics/solve/window_products.ts";
import {
  lineOn,
  ORDER,
  timeKnots,
  valuesOnLine,
  type Window,
} from "../../../lib/physics/solve/window_space.ts";

const UNKNOWNS = 2;
const TIMES = [2, 5] as const, PLACES = [-1, 3] as const;

/** One window: sums of two products for every unknown, the line's functions by `shape`. */
function windowOf(
  pieces: number,
  isPeriodic: boolean,
  shape: (at: number, product: number) => number,
): Window {
  const points = Float64Array.from({ length: pieces + 1 }, (_, i) => {
    const even = i / pieces;
    return PLACES[0] + 4 * (isPeriodic ? even : even ** 2); // graded where it has ends
  });
  const line = lineOn(points, isPeriodic), random = createRandom(5, "tests/network");
  const times = Array.from({ length: 2 * UNKNOWNS * ORDER }, () => random.normal());
  const coefficients = new Float64Array(line.count * UNKNOWNS * ORDER);
  for (let f = 0; f < line.count; f++) {
    for (let u = 0; u < UNKNOWNS; u++) {
      for (let j = 0; j < ORDER; j++) {
        for (const product of [0, 1]) {
          coefficients[(f * UNKNOWNS + u) * ORDER + j] += shape(f / line.count, product + u) *
            times[(2 * u + product) * ORDER + j];
        }
      }
    }
  }
  return { span: TIMES, line, coefficients };
}

/** Largest difference between a window and its network, as a share of the largest value. */
function difference(window: Window, isSwapped: boolean): number {
  const { line, coefficients } = window, { count, isPeriodic } = line;
  const sum = sumOfWindows([window], UNKNOWNS, 1e-14);
  const network = windowNetwork(sum, {
    ...{ cut: 1e-13, time: isSwapped ? 1 : 0, isPeriodic, unknowns: UNKNOWNS },
    pieces: Math.max(sum.time.pieces, sum.line.pieces),
  });
  let most = 0, largest = 0;
  for (let r = 0; r < 60; r++) {
    const t = TIMES[0] + 3 * (r * 0.7549 % 1), x = PLACES[0] + 4 * (r * 0.5698 % 1);
    const atTime = 2 * (t - TIMES[0]) / 3 - 1, angle = 2 * Math.PI * (x - PLACES[0]) / 4;
    const along = isPeriodic ? [Math.cos(angle), Math.sin(angle)] : [(x - PLACES[0]) / 2 - 1];
    const inputs = isSwapped ? [...along, atTime] : [atTime, ...along];
    const outputs = forward(network, Float64Array.from(inputs));
    const time = bsplineBasis(timeKnots(TIMES), t).values, at = valuesOnLine(line, x, 0);
    for (let u = 0; u < UNKNOWNS; u++) {
      let sum = 0;
      for (let i = 0; i < ORDER; i++) {
        const from = ((at.piece + i) % count * UNKNOWNS + u) * ORDER;
        for (let j = 0; j < ORDER; j++) sum += at.values[i] * time[j] * coefficients[from + j];
      }
      most = Math.max(most, Math.abs(sum - outputs[u]));
      largest = Math.max(largest, Math.abs(sum));
    }
  }
  return most / largest;
}

Deno.test("a window between ends is its network, up to rounding", () => {
  const random = createRandom(6, "tests/network");
  const drawn = Array.from({ length: 3 * 40 }, () => random.normal());
  const window = windowOf(12, false, (at, product) => drawn[40 * product + Math.round(21 * at)]);
  for (const isSwapped of [false, true]) assert(difference(window, isSwapped) < 1e-12);
});

Deno.test("a window around a circle is its network as far as functions of the angle are smooth", () => {
  const turn = 2 * Math.PI;
  const all = windowOf(48, true, (at, k) => Math.exp(Math.sin(turn * at + k)));
  for (const isSwapped of [false, true]) {
    const far = difference(all, isSwapped);
    assert(far < 1e-8, `${far}`);
  }
});
