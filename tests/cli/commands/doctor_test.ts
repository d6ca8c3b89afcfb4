import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { simdKinds } from "../../../cli/commands/doctor/simd.ts";
import { run, spawn, withFolder } from "../support.ts";

Deno.test("doctor says what is here and what it means, in lines and as JSON", async () => {
  const { code, out, err } = await run("doctor");
  assertEquals([code, err], [0, ""]);
  for (const word of ["program ", "cores ", "memory ", "simd ", "webgpu ", "mpi ", "cache "]) {
    assertStringIncludes(out, word);
  }
  for (const line of out.split("\n")) assert(line.length <= 100, line);
  const found = JSON.parse((await run("doctor", "--json")).out);
  assertEquals(found.program.value.deno, Deno.version.deno);
  assertEquals(found.cores.value, navigator.hardwareConcurrency);
  for (
    const { found: text, means } of Object.values(found).slice(1) as {
      found: string;
      means: string;
    }[]
  ) {
    assert(text.length > 0 && means.endsWith("."), means);
  }
});

Deno.test("doctor asks for nothing: what it may not look at, it says", async () => {
  await withFolder(async (folder) => {
    const { code, out } = await spawn(["doctor", "--json"], folder);
    assertEquals(code, 0);
    const { memory, cache, permissions } = JSON.parse(out);
    assertStringIncludes(memory.found, "--allow-sys");
    assertStringIncludes(cache.found, "--allow-env");
    assertEquals(permissions.value, { read: true, write: true });
  });
});

Deno.test("SIMD is there where the CPU engine's kernels compile", () => {
  const { simd, relaxed, sharedMemory } = simdKinds();
  assertEquals([simd, relaxed, sharedMemory], [true, true, true]);
});
