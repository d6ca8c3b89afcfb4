import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { ROOT, run } from "../support.ts";

const TRAIN = "train --problem nonsmooth --rows 60 --schedule 1 --intervals 2 --degree 1";

/** Runs the program as a process that sees no adapter. */
async function withoutAdapter(
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", "--no-prompt", "cli.ts", ...args],
    cwd: ROOT,
    env: { DENO_WEBGPU_BACKEND: "dx12", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("devices shows the CPU and the adapter, if there is one", async () => {
  const adapter = await findWebgpuAdapter();
  const { code, out } = await run("devices");
  assertEquals(code, 0);
  assertStringIncludes(out, "cpu");
  assertStringIncludes(out, adapter ? adapter.name : "no adapter");
  const json = JSON.parse((await run("devices", "--json")).out);
  assertEquals(json.webgpu, adapter ?? null);
  assertEquals(json.auto, adapter && !adapter.software ? "webgpu" : "cpu");
  assert(json.cpu.threads >= 1);
});

Deno.test("train --engine webgpu trains in float32 and says where", async () => {
  const adapter = await findWebgpuAdapter();
  if (!adapter) {
    console.warn("SKIPPED: no WebGPU adapter (mesa-vulkan-drivers has one)");
    return;
  }
  const { code, out, err } = await run(...TRAIN.split(" "), "--engine", "webgpu", "--json");
  assertEquals(code, 0, err);
  assertStringIncludes(err, `engine: webgpu, float32, on ${adapter.name}`);
  const { engine, dtype, status, loss } = JSON.parse(out);
  assertEquals([engine, dtype, status], ["webgpu", "float32", "completed"]);
  assert(loss.train < 0.1);
});

Deno.test("train --engine auto takes the CPU without a GPU, and says so", async () => {
  const { code, out, err } = await withoutAdapter(
    ...TRAIN.split(" "),
    "--engine",
    "auto",
    "--json",
  );
  assertEquals(code, 0, err);
  assertMatch(err, /engine: cpu \(there is no (WebGPU adapter|GPU)\)/);
  assertEquals(JSON.parse(out).engine, "cpu");
});

Deno.test("train --engine webgpu without an adapter is a wrong request", async () => {
  const { code, err } = await withoutAdapter(...TRAIN.split(" "), "--engine", "webgpu");
  assertEquals(code, 2);
  assertStringIncludes(err, "--engine must be cpu where there is no WebGPU adapter");
});

Deno.test("solve --engine webgpu computes the first grids in float32 and says where", async () => {
  const adapter = await findWebgpuAdapter();
  if (!adapter) {
    console.warn("SKIPPED: no WebGPU adapter (mesa-vulkan-drivers has one)");
    return;
  }
  const solve =
    "solve --problem heat --hidden 3 --intervals 2 --schedule 2,2 --grid 6 --engine webgpu";
  const { out, err } = await run(...solve.split(" "), "--json");
  assertStringIncludes(err, `engine: webgpu, float32, on ${adapter.name}`);
  assertStringIncludes(err, "the last grid on the cpu, float64");
  const { engines, command } = JSON.parse(out);
  assertEquals(engines, [
    { intervals: 2, engine: adapter.name, dtype: "float32", epochs: 2 },
    { intervals: 4, engine: "cpu", dtype: "float64", epochs: 2 },
  ]);
  assertStringIncludes(command, "--engine webgpu");
  const text = (await run(...solve.split(" "), "--quiet")).out;
  assertMatch(text, /2 +2 +float32/);
  assertMatch(text, /4 +2 +float64 +cpu/);
});

Deno.test("solve --engine webgpu stops where there is no adapter", async () => {
  const { code, err } = await withoutAdapter(
    ..."solve --problem heat --schedule 1 --engine webgpu".split(" "),
  );
  assertEquals(code, 2);
  assertStringIncludes(err, "Cannot solve: --engine must be cpu where there is no WebGPU adapter");
});
