import { assertEquals } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { type Policy, trainToEnd } from "../../lib/train/mod.ts";

/** Ends a run as soon as its loss is low enough. */
function goal(loss: number): Policy {
  return {
    name: "goal",
    afterEpoch({ stage: { records } }) {
      const reached = records[records.length - 1].loss;
      if (reached > loss) return undefined;
      return { ending: { status: "converged", reason: `the loss is ${reached}` } };
    },
  };
}

Deno.test("a policy of one's own ends a stage, or the run, after an epoch", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  const schedule = multilevelSchedule([20, 10]);
  const run = (policies: readonly Policy[]) => trainToEnd(network, train, { schedule, policies });
  const ended = await run([goal(1e-2)]);
  assertEquals([ended.status, ended.levels.length], ["converged", 1]);
  const one: Policy = { name: "one epoch a stage", afterEpoch: () => ({}) };
  const { status, levels } = await run([one]);
  assertEquals([status, levels.map(({ epochs }) => epochs)], ["completed", [1, 1]]);
});
