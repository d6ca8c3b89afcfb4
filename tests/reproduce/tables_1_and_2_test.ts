import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { findProblem } from "../../lib/data/mod.ts";
import { reproduce, type RowRun, summariseRow, tableRows } from "../../lib/reproduce/mod.ts";
import { seedStatistics } from "../../lib/reproduce/inner.ts";

const XOR = findProblem("xor");
const ROWS = tableRows(XOR, { quick: true })
  .filter(({ id }) => ["spline-uniform-fine", "mlp-2-5-5-1"].includes(id));

Deno.test("reproduce() runs row by row, seed by seed, and tells of every epoch", async () => {
  const epochs = new Map<string, number>();
  const runs = await Array.fromAsync(reproduce(XOR, {
    rows: ROWS,
    seeds: [5, 3],
    points: 150,
    onEpoch: ({ id }, seed, { epoch }) => epochs.set(`${id} ${seed}`, epoch),
  }));
  assertEquals(
    runs.map(({ row, seed, parameters }) => [row.id, seed, parameters]),
    [["spline-uniform-fine", 5, 1300], ["spline-uniform-fine", 3, 1300]].concat(
      [["mlp-2-5-5-1", 5, 50], ["mlp-2-5-5-1", 3, 50]],
    ),
  );
  for (const { row, seed, loss, testLoss, evaluations, history } of runs) {
    assertLess(loss, 0.25);
    assert(testLoss > 0 && evaluations > 0);
    assertEquals(history.length, epochs.get(`${row.id} ${seed}`));
    assertEquals(history[0].loss >= loss, true, "the result is the best state");
  }
  const again = reproduce(XOR, { rows: ROWS.slice(1), seeds: [3], points: 150 });
  assertEquals((await Array.fromAsync(again))[0].loss, runs[3].loss);
});

Deno.test("reproduce() stops at the signal and drops the run in progress", async () => {
  const controller = new AbortController();
  const runs: RowRun[] = [];
  const running = reproduce(XOR, {
    rows: ROWS,
    seeds: [1, 2],
    points: 150,
    signal: controller.signal,
    onEpoch: (_, seed) => seed === 2 ? controller.abort() : undefined,
  });
  for await (const run of running) runs.push(run);
  assertEquals(runs.map(({ seed }) => seed), [1]);
});

Deno.test("the paper's unit steps go on after a tolerance is met, as torch's do", async () => {
  const rows = tableRows(findProblem("nonsmooth-left"), { quick: true, lineSearch: "none" })
    .filter(({ id }) => id === "spline-uniform-coarse-unit");
  const [run] = await Array.fromAsync(
    reproduce(findProblem("nonsmooth-left"), { rows, seeds: [1234], points: 100 }),
  );
  assert(run.status === "completed" || run.status === "diverged");
  if (run.status === "completed") assertEquals(run.history.length, 32);
});

Deno.test("summariseRow() says mean, deviation, median, worst and compares with the paper", () => {
  const run = (loss: number, testLoss: number, row = ROWS[1]): RowRun => ({
    row,
    seed: 1,
    loss,
    lastLoss: loss,
    testLoss,
    parameters: 50,
    evaluations: 100 * loss,
    seconds: 2,
    status: "completed",
    reason: "",
    history: [],
  });
  const summary = summariseRow([run(1, 1.5), run(4, 4), run(2, 2)]);
  assertAlmostEquals(summary.mse.mean, 7 / 3);
  assertAlmostEquals(summary.mse.deviation, Math.sqrt(7 / 3));
  assertEquals([summary.mse.median, summary.mse.worst], [2, 4]);
  assertEquals([summary.heldOutRatio, summary.workUnits], [1.5, 32]);
  assertEquals([summary.seconds, summary.worse], [2, true]);
  assertEquals(summariseRow([run(3.54e-2, 1)]).worse, false, "the paper's mean itself");
  assertEquals(summariseRow([run(NaN, NaN)]).worse, true, "not a number never wins");
  const own = tableRows(XOR).find(({ paper }) => paper === undefined);
  assertEquals(summariseRow([run(1, 1, own)]).worse, false);
  assertThrows(() => summariseRow([]), RangeError, "at least one run");
});

Deno.test("seedStatistics() of one seed has no deviation, of four the middle pair's median", () => {
  const one = seedStatistics([3]);
  assertEquals([one.mean, one.median, one.worst], [3, 3, 3]);
  assert(Number.isNaN(one.deviation));
  assertEquals(seedStatistics([9, 1, 2, 4]).median, 3);
});
