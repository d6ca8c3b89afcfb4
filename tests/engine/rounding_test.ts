import { assert, assertEquals } from "@std/assert";
import { roundsOnce } from "../../lib/engine/inner.ts";

/** Trains and solves; prints how multiply-adds are rounded, and all bits of what comes out. */
const PROGRAM = `
import { createCpuEngine, findPde, fit, gaussNewton, lbfgs, multilevelSchedule, solvePde }
  from "@freeknot/freeknot";
import { roundsOnce } from "./lib/engine/inner.ts";
const inputs = Array.from({ length: 200 }, (_, i) => [(i * 37 % 101) / 101, (i * 53 % 97) / 97]);
const targets = inputs.map(([x, y]) => Math.abs(x - y) + x * y);
const schedule = multilevelSchedule([3, 2]), found = [];
const runs = [
  { optimizer: gaussNewton() },
  { optimizer: lbfgs(), engine: createCpuEngine({ dtype: "float32" }) },
];
for (const options of runs) {
  found.push((await fit({ inputs, targets }, { schedule, ...options })).network);
}
found.push((await solvePde(findPde("heat"), { schedule })).network);
const bits = found.map(({ parameters }) => [...new BigUint64Array(parameters.slice().buffer)].join());
console.log(JSON.stringify([roundsOnce(), ...bits]));
`;

async function results(flags: readonly string[], before = ""): Promise<unknown[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--ext=ts", ...flags, before + PROGRAM],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text !== "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

Deno.test("a run has one of two results: multiply-adds are rounded once, or twice", async () => {
  const here = await results([]);
  assertEquals(here[0], roundsOnce());
  // a browser without relaxed SIMD: it refuses the modules that have it
  const plain = await results([], "WebAssembly.validate = () => false;");
  assertEquals(plain[0], false);
  for (let k = 1; k < here.length; k++) assertEquals(here[k] !== plain[k], roundsOnce());
  if (!roundsOnce() || Deno.build.arch !== "x86_64") return; // there is no other result to be had
  const twice = await results(["--v8-flags=--no-enable-fma3"]);
  assertEquals(twice, plain, "relaxed SIMD on a processor that rounds twice, and none");
});
