import { assert, assertEquals, assertRejects } from "@std/assert";
import { countParameters, createNetwork, resolveConfig } from "../../lib/model/mod.ts";
import { multilevelSchedule, scheduleCost } from "../../lib/multilevel/mod.ts";
import { findPde, pdeEngine, solvePde } from "../../lib/physics/mod.ts";
import { reproduceTable3, table3, table3Rows } from "../../lib/reproduce/mod.ts";

Deno.test("table3Rows() has the published networks, steps and seeds", () => {
  const rows = table3Rows();
  for (const { network, schedule, paper } of rows) {
    const { finestIntervals } = scheduleCost(schedule, 1);
    const config = resolveConfig(network);
    const intervals = config.intervals / schedule.startFactor * finestIntervals;
    if (paper) assertEquals(countParameters({ ...config, intervals }), paper.parameters);
  }
  const steps = (id: string) =>
    rows.find((row) => row.id === id)!.schedule.stages.map(({ epochs }) => epochs);
  assertEquals(steps("spline-uniform-coarse"), [3200]);
  assertEquals(steps("spline-uniform-fine"), [800]);
  assertEquals(steps("spline-uniform-multilevel"), [800, 400, 200]);
  assertEquals(steps("relu-uniform-long"), [10_000]);
  assertEquals(steps("mlp-relu-2-20-20-1"), [10_000]);
  assertEquals(table3.seeds, [1234, 1244, 1254, 1264, 1274]);
  assertEquals(table3.problem.name, findPde("burgers-perturbed").name);
});

Deno.test("reproduceTable3() runs rows of every kind, and leaves out what is done", async () => {
  const rows = table3Rows({ quick: true })
    .filter(({ id }) => /multilevel|long|relu-2-20|gauss-newton/.test(id))
    .map((row) => ({ ...row, schedule: shortened(row.schedule) }));
  const done = rows[0];
  const runs = await Array.fromAsync(reproduceTable3({
    rows,
    seeds: [1234],
    grid: [6, 6],
    skip: (row) => row === done,
  }));
  assertEquals(runs.map(({ row }) => row.id), rows.slice(1).map(({ id }) => id));
  for (const { loss, lastLoss, testLoss, history, status } of runs) {
    assertEquals(status, "completed");
    assert(loss > 0 && loss <= lastLoss && Number.isFinite(testLoss));
    assert(history.length >= 2);
  }
});

function shortened(schedule: ReturnType<typeof multilevelSchedule>) {
  const stages = schedule.stages.slice(0, 2);
  return { ...schedule, stages: stages.map((stage) => ({ ...stage, epochs: 2 })) };
}

Deno.test("pdeEngine() refuses a ReLU MLP unless asked to, and takes tanh", async () => {
  const problem = table3.problem, sampler = { kind: "grid", counts: [4, 4] } as const;
  const network = createNetwork({ widths: [2, 5, 1], activation: "relu" }, { seed: 1 });
  const strict = pdeEngine(problem, { sampler });
  await assertRejects(
    () => strict.compile({ network, loss: { kind: "mse" } }),
    RangeError,
    "activation must be spline or tanh for derivatives of order 2",
  );
  const free = pdeEngine(problem, { sampler, allowMissingDerivatives: true });
  const evaluator = await free.compile({ network, loss: { kind: "mse" } });
  assert(Number.isFinite((await evaluator.evaluate(network.parameters)).objective));
  const { finished } = await solvePde(problem, {
    network: { widths: [2, 5, 1], activation: "tanh" },
    schedule: multilevelSchedule([2]),
    sampler,
  });
  assertEquals(finished.status, "unresolved"); // two epochs are no solution
});
