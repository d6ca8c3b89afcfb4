import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withFolder } from "../support/folder.ts";

const root = new URL("../../", import.meta.url);
const text = new TextDecoder();

/** Surroundings without a home, in which nothing can be kept. */
const BARE = { PATH: Deno.env.get("PATH") ?? "", HOME: "/nonexistent", XDG_RUNTIME_DIR: "/tmp" };

async function deno(...args: string[]) {
  return await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
}

/** Starts a program in bare surroundings; trains, draws and looks around. */
async function check(command: string, before: readonly string[], folder: string): Promise<void> {
  const start = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      ...{ args: [...before, ...args], cwd: folder, env: BARE, clearEnv: true },
    }).output();
    return { code, out: text.decode(stdout), err: text.decode(stderr) };
  };
  const { code, out } = await start("--version");
  assertEquals(code, 0);
  assertMatch(out, /^freeknot \d/);
  const model = ["--model-out", "m", "--svg", "m.svg", "--quiet"];
  const trained = await start("train", "--problem", "xor", "--schedule", "2", ...model);
  assertEquals(trained.code, 0, trained.err);
  assertStringIncludes((await start("inspect", "--model", "m")).out, "parameters");
  assert((await Deno.stat(`${folder}/m.svg`)).size > 1000);
  assertEquals((await start("doctor", "--quiet")).code, 0);
  assertEquals((await start("completions", "bash")).code, 0);
}

Deno.test("what is compiled runs without network, cache and home", async () => {
  await withFolder(async (folder) => {
    const bundle = `${folder}/freeknot.js`;
    const made = await deno("bundle", "--quiet", "--minify", "--output", bundle, "cli.ts");
    assert(made.success, text.decode(made.stderr));
    const flags = ["run", "--no-config", "--cached-only", "--allow-read", "--allow-write"];
    await check(Deno.execPath(), [...flags, bundle], folder);
  });
});

Deno.test("the standalone binary runs without network, cache and home", async () => {
  await withFolder(async (folder) => {
    const binary = `${folder}/freeknot`;
    const flags = ["--bundle", "--minify", "--allow-read", "--allow-write", "--quiet"];
    const made = await deno("compile", ...flags, "--output", binary, "cli.ts");
    if (!made.success) {
      console.warn("SKIPPED: deno compile cannot fetch the runtime that it puts into binaries");
      return;
    }
    await check(binary, [], folder);
  });
});
