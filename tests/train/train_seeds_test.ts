import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createNetwork, type NetworkOptions } from "../../lib/model/mod.ts";
import { customSchedule, multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { summarise, trainSeeds, trainToEnd } from "../../lib/train/mod.ts";
import { randomDataset } from "../support/networks.ts";

const DATA = randomDataset({ rows: 40, nIn: 2, nOut: 1, seed: 1 });
const NETWORK: NetworkOptions = { widths: [2, 2, 1], intervals: 2 };

Deno.test("trainSeeds() gives the runs of single seeds, in their order", async () => {
  const schedule = multilevelSchedule([0, 2, 1]);
  const told = new Map<number, number>();
  const runs = await trainSeeds(NETWORK, DATA, [5, 2], {
    schedule,
    onEvent: (seed) => told.set(seed, (told.get(seed) ?? 0) + 1),
  });
  assertEquals(runs.map(({ seed }) => seed), [5, 2]);
  for (const run of runs) {
    assert("finished" in run);
    const start = createNetwork({ ...NETWORK, intervals: 4 }, { seed: run.seed });
    const alone = await trainToEnd(start, DATA, { schedule });
    assertEquals(run.finished.network, alone.network);
    assertEquals(run.finished.loss, alone.loss);
  }
  assertEquals([...told.keys()], [5, 2]);
});

Deno.test("trainSeeds() goes on after a run that throws", async () => {
  const runs = await trainSeeds(NETWORK, DATA, [1, 1.5, 2], {
    schedule: customSchedule([{ epochs: 1 }]),
  });
  assertEquals(runs.map((run) => "error" in run), [false, true, false]);
  assert("error" in runs[1] && runs[1].error instanceof RangeError);
});

Deno.test("trainSeeds() ends all runs when asked to stop", async () => {
  const runs = await trainSeeds(NETWORK, DATA, [1, 2], { signal: AbortSignal.abort() });
  assertEquals(runs.map((run) => "finished" in run && run.finished.status), [
    "stopped",
    "stopped",
  ]);
});

Deno.test("summarise() has the properties of median, mean and spread", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 9 }),
      fc.double({ min: -10, max: 10, noNaN: true }),
      (values, shift) => {
        const before = values.slice();
        const { count, median, mean, standardDeviation, least, largest } = summarise(values);
        assertEquals(values, before);
        assertEquals([count, least, largest], [
          values.length,
          Math.min(...values),
          Math.max(...values),
        ]);
        assert(values.filter((x) => x <= median).length >= count / 2);
        assert(values.filter((x) => x >= median).length >= count / 2);
        const moved = summarise(values.map((x) => x + shift));
        assertAlmostEquals(moved.mean, mean + shift, 1e-10);
        assertAlmostEquals(moved.standardDeviation, standardDeviation, 1e-10);
        const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
        assertAlmostEquals(standardDeviation ** 2 * Math.max(1, count - 1), squares, 1e-8);
      },
    ),
    { seed: 11, numRuns: 100 },
  );
  assertEquals(summarise([3, 1, 2, 10]).median, 2.5);
  assertEquals(summarise([4]), {
    count: 1,
    median: 4,
    mean: 4,
    standardDeviation: 0,
    least: 4,
    largest: 4,
  });
  assert(Number.isNaN(summarise([]).median) && Number.isNaN(summarise([]).mean));
});
