import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { completionTable } from "../../../cli/completions/table.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { trainRequest } from "../../../cli/commands/train/request.ts";
import { run, withFolder } from "../support.ts";

/** Runs a shell, where it is there. */
async function shell(name: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr, code } = await new Deno.Command(name, { args: [...args] }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""], name);
    return text.decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.warn(`SKIPPED: no ${name} on this machine`);
    return undefined;
  }
}

async function withScript(
  name: string,
  use: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const { code, out, err } = await run("completions", name);
    assertEquals([code, err], [0, ""]);
    await Deno.writeTextFile(`${folder}/_freeknot`, out);
    await use(`${folder}/_freeknot`, folder);
  });
}

Deno.test("bash completes commands, flags, values, files and words behind an equals sign", async () => {
  await withScript("bash", async (path, folder) => {
    await Deno.writeTextFile(`${folder}/houses.csv`, "a\n1\n");
    const cases: readonly (readonly [words: string, found: string])[] = [
      ["tra", "train"],
      ["train --engine w", "webgpu"],
      ["train --engine = w", "webgpu"],
      ["train --no-b", "--no-bias"],
      [`train --data ${folder}/hou`, `${folder}/houses.csv`],
      ["train --seed 1", ""],
      ["solve --problem burgers-", "burgers-perturbed"],
      ["export --to on", "onnx"],
      ["completions f", "fish"],
      ["help insp", "inspect"],
    ];
    // complete -F in a shell that does not talk to a person: the words are laid as bash lays them
    const lines = cases.map(([words]) =>
      `COMP_WORDS=(freeknot ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _freeknot; ` +
      `echo "\${COMPREPLY[*]}"`
    );
    const script = `compopt() { :; }; source ${path}; complete -p freeknot; ${lines.join("\n")}`;
    const out = await shell("bash", ["--norc", "--noprofile", "-c", script]);
    if (out === undefined) return;
    const [registered, ...found] = out.split("\n");
    assertStringIncludes(registered, "_freeknot");
    assertEquals(found.slice(0, cases.length), cases.map(([, words]) => words));
  });
});

Deno.test("fish completes commands, flags and values", async () => {
  await withScript("fish", async (path) => {
    const ask = (line: string) =>
      shell("fish", ["--no-config", "-c", `source ${path}; complete -C '${line}'`]);
    const engines = await ask("freeknot train --engine ");
    if (engines === undefined) return;
    assertEquals(engines.trim().split("\n").map((line) => line.split("\t")[0]).sort(), [
      ...["auto", "cpu", "reference", "webgpu"],
    ]);
    assertStringIncludes((await ask("freeknot tra"))!, "train\t");
    assertStringIncludes((await ask("freeknot train --monot"))!, "--monotone\t");
  });
});

Deno.test("zsh reads its script and knows the function", async () => {
  await withScript("zsh", async (path, folder) => {
    const script = `fpath=(${folder} $fpath); autoload -Uz compinit; ` +
      `compinit -u -d ${folder}/dump; print $_comps[freeknot]; zsh -n ${path} && print fine`;
    const out = await shell("zsh", ["-f", "-c", script]);
    if (out !== undefined) assertEquals(out, "_freeknot\nfine\n");
  });
});

Deno.test("every value that a shell offers for train is one that train takes", async () => {
  const table = await completionTable(COMMANDS);
  const train = table.find(({ name }) => name === "train")!;
  const page = COMMANDS.find(({ name }) => name === "train")!;
  let count = 0;
  for (const { name, value } of train.flags) {
    if (typeof value === "string" || ["--cluster", "--part", "--keep"].includes(name)) continue;
    for (const word of value) {
      const source = name === "--problem" ? [] : ["--data", "t.csv", "--target", "y"];
      const args = [...source, name, word, ...(name === "--pictures" ? ["--svg", "f.svg"] : [])];
      try {
        trainRequest(parseFlags(args, page.flags).given);
      } catch (error) {
        const about = `${name.slice(2)} must be`;
        assert(!String(error).includes(about), `${name} ${word}: ${error}`);
      }
      count++;
    }
  }
  assert(count > 60, `${count}`);
  assertEquals((await run("completions", "tcsh")).code, 2);
});

Deno.test("the manual has every command and flag, and man renders it without a warning", async () => {
  await withFolder(async (folder) => {
    const { code, out, err } = await run("man");
    assertEquals([code, err], [0, ""]);
    const unfolded = out.replaceAll("\\-", "-");
    for (const { name, flags } of COMMANDS) {
      assertStringIncludes(unfolded, `.SS "${name}"`);
      for (const flag of flags.flatMap((group) => group.flags)) {
        assertStringIncludes(unfolded, `--${flag.name}`);
      }
    }
    await Deno.writeTextFile(`${folder}/freeknot.1`, out);
    const page = await shell("man", ["--warnings", "-P", "cat", "-l", `${folder}/freeknot.1`]);
    if (page !== undefined) assertStringIncludes(page, "freeknot train --problem NAME [FLAGS]");
  });
  assertStringIncludes((await run("man", "solve")).out, ".TH");
  const wrong = await run("man", "slove");
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, "solve");
});
