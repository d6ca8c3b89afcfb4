import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../../lib/model/mod.ts";
import {
  continueWindow,
  halvePieces,
  type Line,
  lineOn,
  ORDER,
  prolongLine,
  timeKnots,
  valuesOnLine,
} from "../../../lib/physics/solve/window_space.ts";
import { bsplineDerivatives } from "../../../lib/basis/mod.ts";

const POINTS = Float64Array.from({ length: 25 }, (_, i) => -1 + i / 12);

function valueOf(line: Line, coefficients: Float64Array, x: number): number {
  const { piece, values } = valuesOnLine(line, x, 0);
  let sum = 0;
  for (let i = 0; i < ORDER; i++) sum += values[i] * coefficients[(piece + i) % line.count];
  return sum;
}

for (const isPeriodic of [false, true]) {
  Deno.test(`halved pieces hold the same function, ${isPeriodic ? "around" : "across"}`, () => {
    const line = lineOn(POINTS, isPeriodic), random = createRandom(1, "tests/window");
    const coefficients = Float64Array.from({ length: line.count }, () => random.normal());
    const finer = halvePieces(line, (piece) => piece === 3),
      fine = prolongLine(coefficients, line, finer);
    assertEquals(finer.breakpoints.length, POINTS.length + 1);
    for (let k = 0; k <= 60; k++) {
      const x = -1 + k / 30;
      assertAlmostEquals(valueOf(finer, fine, x), valueOf(line, coefficients, x), 1e-12);
    }
    if (isPeriodic) {
      assertAlmostEquals(valueOf(line, coefficients, -1), valueOf(line, coefficients, 1), 1e-12);
    }
  });
}

Deno.test("pieces beside halved ones are halved where they would be too long", () => {
  let line = lineOn(POINTS, false);
  for (let k = 0; k < 4; k++) line = halvePieces(line, (piece) => piece === 0);
  const lengths = Array.from(line.breakpoints.subarray(1), (x, i) => x - line.breakpoints[i]);
  assertAlmostEquals(lengths[0], 1 / 12 / 16, 1e-15);
  lengths.slice(1).forEach((length, i) => assert(length < 2.5 * lengths[i]));
});

Deno.test("a window goes on with the values and slopes at the end of the one before", () => {
  const random = createRandom(2, "tests/window"), line = lineOn(POINTS, false), unknowns = 2;
  const coefficients = Float64Array.from(
    { length: line.count * unknowns * ORDER },
    () => random.normal(),
  );
  const before = { span: [0, 0.5] as const, line, coefficients };
  const after = continueWindow(before, 0.2, [1, 3]);
  const derivatives = (window: typeof after, t: number, at: number) => {
    const { values } = bsplineDerivatives(timeKnots(window.span), t, 3);
    return Array.from({ length: 4 }, (_, k) => {
      let sum = 0;
      for (let j = 0; j < ORDER; j++) sum += values[k * ORDER + j] * window.coefficients[at + j];
      return sum;
    });
  };
  for (const at of [0, ORDER]) {
    const end = derivatives(before, 0.5, at), begin = derivatives(after, 0.5, at);
    const kept = at === 0 ? 2 : 3; // the slope is continued anyway
    for (let k = 0; k < kept; k++) assertAlmostEquals(begin[k] / end[k], 1, 1e-9);
    assertAlmostEquals(begin[kept], 0, 1e-6 * Math.abs(end[kept]));
  }
});
