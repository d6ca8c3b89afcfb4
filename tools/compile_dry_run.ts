/**
 * Checks that the command line compiles to one file.
 *
 * `deno compile` needs a base binary that it downloads; `DENORT_BIN` set to the running Deno lets
 * the build go through without it (the result cannot run the program). So the build is checked
 * here by compiling that way, and the program by running `deno bundle`'s output, which is what is
 * embedded.
 */

const folder = Deno.makeTempDirSync();

function run(args: string[], env: Record<string, string> = {}): string {
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, env }).outputSync();
  const text = new TextDecoder();
  if (!success) {
    console.error(text.decode(stderr));
    throw new Error(`deno ${args.join(" ")} failed`);
  }
  return text.decode(stdout);
}

try {
  const binary = `${folder}/freeknot`;
  run(["compile", "--bundle", "--minify", "--quiet", "--output", binary, "cli.ts"], {
    DENORT_BIN: Deno.execPath(),
  });
  console.log(`compile: ok, ${(Deno.statSync(binary).size / 2 ** 20).toFixed(0)} MiB`);
  const bundle = `${folder}/freeknot.js`;
  run(["bundle", "--quiet", "--minify", "--output", bundle, "cli.ts"]);
  const version = run(["run", "--no-config", "--allow-read", bundle, "--version"]).trim();
  console.log(`bundle: ok, ${(Deno.statSync(bundle).size / 1024).toFixed(0)} KiB, ${version}`);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
