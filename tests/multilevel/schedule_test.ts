import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  coarseSchedule,
  customSchedule,
  fineSchedule,
  formatSchedule,
  multilevelSchedule,
  scheduleCost,
  type ScheduleStage,
} from "../../lib/multilevel/mod.ts";

Deno.test("multilevelSchedule() halves the grid after each entry", () => {
  assertEquals(multilevelSchedule([32, 16, 8, 4]), {
    name: "multilevel [32, 16, 8, 4]",
    startFactor: 1,
    stages: [
      { epochs: 32 },
      { epochs: 16, refine: 2 },
      { epochs: 8, refine: 2 },
      { epochs: 4, refine: 2 },
    ],
  });
});

Deno.test("multilevelSchedule() skips stages of 0 epochs but keeps their refinements", () => {
  const shape = (epochs: number[]) => {
    const { startFactor, stages } = multilevelSchedule(epochs);
    return [startFactor, stages];
  };
  assertEquals(shape([0, 0, 0, 16]), [8, [{ epochs: 16 }]]);
  assertEquals(shape([4, 0, 0, 2]), [1, [{ epochs: 4 }, { epochs: 2, refine: 8 }]]);
  assertEquals(shape([0, 4, 0, 2]), [2, [{ epochs: 4 }, { epochs: 2, refine: 4 }]]);
  assertEquals(shape([128, 0, 0, 0]), [1, [{ epochs: 128 }]]);
});

Deno.test("coarseSchedule() and fineSchedule() are one stage each", () => {
  const { startFactor, stages } = coarseSchedule(128);
  assertEquals([startFactor, stages], [1, [{ epochs: 128 }]]);
  const fine = fineSchedule(16, 3);
  assertEquals([fine.startFactor, fine.stages], [8, [{ epochs: 16 }]]);
  assertEquals(fine.name, "fine [0, 0, 0, 16]");
  assertEquals(fineSchedule(16, 0).startFactor, 1);
});

Deno.test("schedules reject numbers that make no sense", () => {
  for (const epochs of [[], [0], [0, 0], [1, -1], [1.5], [NaN], [Infinity], [2 ** 60]]) {
    assertThrows(() => multilevelSchedule(epochs), RangeError, "epochs must");
  }
  for (const epochs of [0, -1, 2.5, NaN]) {
    assertThrows(() => coarseSchedule(epochs), RangeError, "epochs must");
    assertThrows(() => fineSchedule(epochs, 1), RangeError, "epochs must");
  }
  for (const levels of [-1, 1.5, NaN, 21]) {
    assertThrows(() => fineSchedule(1, levels), RangeError, "levels must");
  }
  const custom = (stage: unknown) => () => customSchedule([stage as ScheduleStage]);
  assertThrows(() => customSchedule([]), RangeError, "at least one stage");
  assertThrows(custom({ epochs: 0 }), RangeError, "stages[0].epochs");
  assertThrows(custom({ epochs: 1, refine: 0 }), RangeError, "stages[0].refine");
  assertThrows(custom({ epochs: 1, freeze: ["bias"] }), RangeError, "stages[0].freeze");
  assertThrows(
    custom({ epochs: 1, freeze: ["knots", "coefficients", "linear"] }),
    RangeError,
    "some, not all",
  );
  assertThrows(() => customSchedule([{ epochs: 1 }], { startFactor: 0.5 }), RangeError, "start");
  assertThrows(() => scheduleCost(coarseSchedule(1), 0), RangeError, "intervals must");
});

Deno.test("customSchedule() copies and freezes its stages", () => {
  const freeze: ("knots" | "linear")[] = ["knots"];
  const stages = [{ epochs: 8, freeze }, { epochs: 4, refine: 3 }];
  const schedule = customSchedule(stages, { name: "mine", startFactor: 2 });
  stages[0].epochs = 99;
  freeze.push("linear");
  assertEquals(JSON.parse(JSON.stringify(schedule)), {
    name: "mine",
    startFactor: 2,
    stages: [{ epochs: 8, freeze: ["knots"] }, { epochs: 4, refine: 3 }],
  });
  assert(Object.isFrozen(schedule) && Object.isFrozen(schedule.stages));
  assert(schedule.stages.every(Object.isFrozen) && Object.isFrozen(schedule.stages[0].freeze));
});

Deno.test("scheduleCost() gives equal work for the paper's three fidelities", () => {
  const schedules = [multilevelSchedule([32, 16, 8, 4]), coarseSchedule(128), fineSchedule(16, 3)];
  assertEquals(schedules.map((schedule) => scheduleCost(schedule, 5)), [
    { workUnits: 128, epochs: 60, maxEvaluations: 1500, finestIntervals: 40 },
    { workUnits: 128, epochs: 128, maxEvaluations: 3200, finestIntervals: 5 },
    { workUnits: 128, epochs: 16, maxEvaluations: 400, finestIntervals: 40 },
  ]);
});

Deno.test("formatSchedule() prints a table", () => {
  const schedule = customSchedule([{ epochs: 8, freeze: ["knots", "linear"] }, {
    epochs: 4,
    refine: 3,
  }]);
  const text = formatSchedule(schedule, 5);
  assertEquals(text.split("\n"), [
    "custom [8, 4]",
    "stage  intervals  epochs  work  frozen",
    "    1          5       8     8  knots, linear",
    "    2         15       4    12  -",
    "total         15      12    20",
  ]);
  assertMatch(formatSchedule(fineSchedule(16, 3), 5), / {4}1 {9}40 {6}16 {3}128 {2}-/);
});
