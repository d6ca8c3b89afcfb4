import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readSchedule } from "../../../cli/flags/schedule.ts";
import { adaptiveSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { run, withFolder } from "../support.ts";

/** What `--schedule TEXT` means. */
const read = (schedule: string, ...more: [string, string][]) =>
  readSchedule(new Map<string, string | boolean>([["schedule", schedule], ...more]));

Deno.test("--schedule reads lists, auto, and stages with optimizers and frozen groups", () => {
  assertEquals(readSchedule(new Map()).schedule, multilevelSchedule([32, 16, 8, 4]));
  assertEquals(read("4, 0,2").schedule, multilevelSchedule([4, 0, 2]));
  assertEquals(read("1e2,5").epochs, [100, 5]);
  assertEquals(read("auto").schedule, adaptiveSchedule());
  const { schedule, epochs } = read("100@adam-knots+32, 0, 8-knots-linear+8");
  assertEquals(epochs, "100@adam-knots+32,0,8-knots-linear+8");
  assertEquals(schedule.stages, [
    { epochs: 100, optimizer: "adam", freeze: ["knots"] },
    { epochs: 32 },
    { epochs: 8, refine: 4, freeze: ["knots", "linear"] },
    { epochs: 8 },
  ]);
  assertEquals(read("0+0,3@lbfgs").schedule.startFactor, 2);
  assertEquals(
    read("3,2+1,1", ["refinement", "residual"]).schedule.stages.map(({ placement }) => placement),
    [undefined, "residual", undefined, "residual"],
  );
});

Deno.test("--schedule says what it cannot read", () => {
  for (
    const text of ["x", "6@newton", "3-foo", "3+", "+3", "3@adam@adam", "3.5+1", "-3+1", "AUTO,3"]
  ) {
    assertThrows(() => read(text), Error, "--schedule must be auto, or epochs per level");
  }
  assertThrows(() => read("0+0"), RangeError, "a number above 0");
  assertThrows(() => read("5", ["refinement", "residual"]), Error, "several levels");
});

Deno.test("train keeps schedules of stages: the printed command repeats the run", async () => {
  await withFolder(async (folder) => {
    const flags = ["--problem", "nonsmooth", "--rows", "200", "--intervals", "3", "--quiet"];
    const mine = ["--schedule", "5@adam-knots+2,2", "--refinement", "residual"];
    const more = ["--knots", "uniform", "--learning-rate", "0.02", "--optimizer", "lbfgs"];
    const one = await run(
      "train",
      ...flags,
      ...mine,
      ...more,
      "--json",
      "--model-out",
      `${folder}/m`,
    );
    assertEquals(one.code, 0, one.err);
    const { loss, options } = JSON.parse(one.out);
    assertEquals([options.schedule, options.refinement], ["5@adam-knots+2,2", "residual"]);
    assertEquals([options.optimizer, options.learningRate], ["lbfgs", 0.02]);
    const inspected = await run("inspect", "--model", `${folder}/m`);
    assertStringIncludes(inspected.out, "fixed, one set per input");
    const evaluated = await run("evaluate", "--model", `${folder}/m`, "--json");
    assertEquals(evaluated.code, 0, evaluated.err);
    // A checkpoint of the same options goes on: here from the end.
    const kept = ["--checkpoint", `${folder}/c`, "--checkpoint-every", "1", "--json"];
    await run("train", ...flags, ...mine, ...more, ...kept);
    const resumed = await run("train", "--resume", `${folder}/c`, "--quiet", "--json");
    assertEquals(resumed.code, 0, resumed.err);
    assertEquals(JSON.parse(resumed.out).loss, loss);
  });
});

Deno.test("train refuses flags of an optimizer that no stage uses", async () => {
  const flags = ["train", "--problem", "nonsmooth", "--rows", "50", "--quiet"];
  const rate = ["--learning-rate", "0.1"];
  const refused = await run(...flags, "--schedule", "2+1", ...rate);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "--learning-rate must come with --optimizer adam");
  assertEquals((await run(...flags, "--schedule", "2@adam+1", ...rate)).code, 0);
  const memory = await run(
    ...flags,
    "--schedule",
    "1@lbfgs+2",
    "--optimizer",
    "adam",
    "--memory",
    "5",
  );
  assert(memory.code === 0, memory.err);
});
