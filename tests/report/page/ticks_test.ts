import { assertEquals } from "@std/assert";
import {
  isLogarithmicTick,
  logarithmicRange,
  placedTicks,
} from "../../../lib/report/page/ticks.ts";

Deno.test("placedTicks() takes round numbers, also one just beyond an end", () => {
  assertEquals(placedTicks([0, 0.9999], 5).map(({ tick }) => tick), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assertEquals(placedTicks([0, 0.9999], 5)[5].share, 1);
  assertEquals(placedTicks([-3, 4], 3).map(({ tick }) => tick), [0]);
  assertEquals(placedTicks([2, 2], 3).length, 1);
  const logarithmic = (low: number, high: number) =>
    placedTicks([low, high], 5, true).map(({ tick }) => tick);
  assertEquals(logarithmic(2e-4, 5), [1e-3, 1e-2, 0.1, 1]);
  assertEquals(logarithmic(0.3, 0.9), [0.5]);
  assertEquals(placedTicks([1, 100], 5, true)[1].share, 0.5);
});

Deno.test("isLogarithmicTick() takes 1, 2, 5 on a short range, few powers of ten on a long one", () => {
  const values = Array.from({ length: 9 }, (_, i) => (i + 1) / 100);
  const shown = (low: number, high: number) =>
    values.filter((value) => isLogarithmicTick(value, low, high));
  assertEquals(shown(0.005, 0.1), [0.01, 0.02, 0.05]);
  assertEquals(shown(0.001, 1), [0.01]);
  assertEquals(isLogarithmicTick(1e-3, 1e-16, 1), false);
  assertEquals(isLogarithmicTick(1e-4, 1e-16, 1), true);
});

Deno.test("logarithmicRange() leaves out what has no logarithm or is far below the rest", () => {
  assertEquals(logarithmicRange([null, -1, 0, 1.5, 3], 1e-6), [1, 4.5]);
  assertEquals(logarithmicRange([1e-12, 3], 0.5), [1, 4.5]);
  assertEquals(logarithmicRange([1.5, 100], 0, 10), [1, 15]);
  assertEquals(logarithmicRange([null, 0], 1e-6), undefined);
});
