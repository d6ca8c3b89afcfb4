import { assertEquals } from "@std/assert";
import { resolveConfig } from "../../../lib/model/mod.ts";
import { fineSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { cpuEngine, referenceEngine } from "../../../lib/engine/mod.ts";
import { defaultOptimizer } from "../../../lib/train/mod.ts";

Deno.test("defaultOptimizer() is gauss-newton for small networks with squared losses", () => {
  const schedule = multilevelSchedule([32, 16, 8, 4]);
  const small = resolveConfig({ widths: [2, 5, 5, 1] });
  const large = resolveConfig({ widths: [2, 8, 8, 1] });
  const name = (...given: Parameters<typeof defaultOptimizer>) => defaultOptimizer(...given).name;
  assertEquals(name(small, schedule, { kind: "mse" }, cpuEngine), "gauss-newton");
  assertEquals(name(small, schedule, { kind: "huber" }, cpuEngine), "lbfgs");
  assertEquals(name(small, schedule, { kind: "crossEntropy" }, cpuEngine), "lbfgs");
  assertEquals(name(small, schedule, { kind: "mse" }, referenceEngine), "lbfgs");
  // The finest grid counts, 40 intervals here, however the schedule comes there.
  assertEquals(name(large, schedule, { kind: "mse" }, cpuEngine), "lbfgs");
  const fine = resolveConfig({ widths: [2, 8, 8, 1], intervals: 40 });
  assertEquals(name(fine, fineSchedule(16, 3), { kind: "mse" }, cpuEngine), "lbfgs");
  const coarse = multilevelSchedule([32]);
  assertEquals(name(large, coarse, { kind: "mse" }, cpuEngine), "gauss-newton");
});
