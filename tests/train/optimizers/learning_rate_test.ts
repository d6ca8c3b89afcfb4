import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { adam, type LearningRateSchedule } from "../../../lib/train/mod.ts";
import { learningRateShare, resolveLearningRateSchedule } from "../../../lib/train/inner.ts";

Deno.test("learningRateShare() gives the shapes of the formulas", () => {
  const cases: [LearningRateSchedule, [number, number][]][] = [
    [{ kind: "constant" }, [[0, 1], [1e6, 1]]],
    [{ kind: "constant", warmup: 4 }, [[0, 0.25], [2, 0.75], [3, 1], [4, 1], [9, 1]]],
    [{ kind: "cosine", epochs: 10 }, [[0, 1], [5, 0.5], [10, 0], [25, 0]]],
    [{ kind: "cosine", epochs: 12, warmup: 2, final: 0.2 }, [[0, 0.5], [2, 1], [7, 0.6], [
      12,
      0.2,
    ]]],
    [{ kind: "exponential", decay: 0.5 }, [[0, 1], [1, 0.5], [3, 0.125]]],
    [{ kind: "exponential", decay: 0.5, warmup: 3 }, [[3, 1], [4, 0.5]]],
    [{ kind: "cyclic", cycle: 4, lowest: 0.2, decay: 1 }, [[0, 0.2], [1, 0.6], [2, 1], [3, 0.6], [
      4,
      0.2,
    ]]],
  ];
  for (const [schedule, points] of cases) {
    for (const [time, share] of points) {
      assertAlmostEquals(learningRateShare(schedule, time), share, 1e-14, JSON.stringify(schedule));
    }
  }
});

Deno.test("learningRateShare() warms up along the steps of mini-batches, never at 0", () => {
  const schedule = { kind: "constant", warmup: 2 } as const;
  const shares = Array.from({ length: 10 }, (_, k) => learningRateShare(schedule, k / 4, 1 / 4));
  assertEquals(shares, [1, 2, 3, 4, 5, 6, 7, 8, 8, 8].map((k) => k / 8));
});

Deno.test("learningRateShare() stays within 0 and 1", () => {
  const warmup = fc.double({ min: 0, max: 50, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const decay = fc.double({ min: 0.01, max: 1, noNaN: true });
  const schedules = fc.oneof(
    fc.record({ kind: fc.constant("constant" as const), warmup }),
    fc.record({
      kind: fc.constant("cosine" as const),
      warmup,
      epochs: fc.double({ min: 51, max: 500, noNaN: true }),
      final: share,
    }),
    fc.record({ kind: fc.constant("exponential" as const), warmup, decay }),
    fc.record({
      kind: fc.constant("cyclic" as const),
      warmup,
      decay,
      cycle: fc.double({ min: 0.5, max: 300, noNaN: true }),
      lowest: share,
    }),
  );
  const time = fc.double({ min: 0, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(schedules, time, (schedule, t) => {
      const value = learningRateShare(schedule, t);
      assert(value >= 0 && value <= 1, `${value}`);
      assertEquals(learningRateShare(resolveLearningRateSchedule(schedule, "test"), t), value);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("resolveLearningRateSchedule() refuses numbers out of range", () => {
  const cases: LearningRateSchedule[] = [
    { kind: "constant", warmup: -1 },
    { kind: "cosine", epochs: 0 },
    { kind: "cosine", epochs: 5, warmup: 5 },
    { kind: "cosine", epochs: 5, final: 1.5 },
    { kind: "exponential", decay: 0 },
    { kind: "exponential", decay: 1.01 },
    { kind: "cyclic", cycle: 0 },
    { kind: "cyclic", lowest: NaN },
    { kind: "linear" } as unknown as LearningRateSchedule,
  ];
  for (const schedule of cases) {
    assertThrows(() => adam({ schedule }), RangeError, "Cannot create adam: schedule.");
  }
});
