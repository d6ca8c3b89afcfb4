/**
 * Checks that the command line compiles to one file.
 *
 * `deno compile` needs a base binary that it downloads; `DENORT_BIN` set to the running Deno lets
 * the build go through without it (the result cannot run the program). So the build is checked
 * here by compiling that way, and the program by running `deno bundle`'s output, which is what is
 * embedded.
 */

/** The text of all kernels, and nothing else. */
const SHADERS = "lib/engine/webgpu/wgsl/mod.ts";

function kibibytes(path: string): string {
  return (Deno.statSync(path).size / 1024).toFixed(0);
}

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
  const shaders = `${folder}/shaders.js`;
  run(["bundle", "--quiet", "--minify", "--output", shaders, SHADERS]);
  const kernels = Deno.readTextFileSync(shaders).match(/@compute/g)?.length ?? 0;
  const bundled = Deno.readTextFileSync(bundle).match(/@compute/g)?.length ?? 0;
  if (kernels === 0 || bundled < kernels) {
    throw new Error(`the bundle must have all ${kernels} shaders, current value is ${bundled}`);
  }
  console.log(
    `bundle: ok, ${kibibytes(bundle)} KiB, of it ${
      kibibytes(shaders)
    } KiB the text of ${kernels} ` +
      `shaders, ${version}`,
  );
} finally {
  Deno.removeSync(folder, { recursive: true });
}
