import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { decodeModel } from "../../../lib/model/mod.ts";
import { program, run, withFolder } from "../support.ts";

/** Starts a training that would take hours and waits until its first epoch has begun. */
async function startLong(folder: string): Promise<{
  process: Deno.ChildProcess;
  /** Text of stderr until a text occurs in it, or all. */
  until(text: string): Promise<string>;
}> {
  const process = program([
    ...["train", "--problem", "nonsmooth", "--rows", "2000", "--schedule", "100000", "--json"],
    ...["--model-out", "m.safetensors", "--report", "r.html"],
  ], folder).spawn();
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  async function until(text: string): Promise<string> {
    while (!seen.includes(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      seen += value;
    }
    return seen;
  }
  await until("level 1/1");
  return { process, until };
}

Deno.test({
  name: "Ctrl-C stops training with the best network saved: code 130, status stopped",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const { process, until } = await startLong(folder);
      await new Promise((resolve) => setTimeout(resolve, 700));
      process.kill("SIGINT");
      const [out, err, { code }] = await Promise.all([
        new Response(process.stdout).text(),
        until("never"),
        process.status,
      ]);
      assertEquals(code, 130, err);
      assertStringIncludes(err, "stopping with the best network so far");
      const result = JSON.parse(out);
      assertEquals([result.status, result.model], ["stopped", "m.safetensors"]);
      assertLess(result.loss.train, 0.1);
      const { network, metadata } = decodeModel(await Deno.readFile(`${folder}/m.safetensors`));
      assertEquals(network.parameters.length, result.parameters);
      assertEquals(metadata.status, "stopped");
      assertStringIncludes(await Deno.readTextFile(`${folder}/r.html`), "stopped");
      const { out: text } = await run(
        ...["evaluate", "--model", `${folder}/m.safetensors`, "--part", "train", "--json"],
      );
      assertEquals(JSON.parse(text).loss, result.loss.train);
    });
  },
});

Deno.test({
  name: "a second Ctrl-C leaves at once: code 130",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const { process, until } = await startLong(folder);
      process.kill("SIGINT");
      process.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 5));
      try {
        process.kill("SIGINT"); // two signals at once may arrive as one
      } catch {
        // it has gone already
      }
      const [out, , { code }] = await Promise.all([
        new Response(process.stdout).text(),
        until("never"),
        process.status,
      ]);
      assertEquals(code, 130);
      assert(out === "" || JSON.parse(out).status === "stopped");
    });
  },
});
