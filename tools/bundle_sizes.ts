/**
 * Sizes of what bundlers make of programs that use a part of the library: `deno task size`.
 *
 * @module
 */

const root = new URL("../", import.meta.url);

/** Programs, by what they use. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "fit": `import { fit } from "@freeknot/freeknot"; globalThis.made = fit;`,
  "predict": `import { decodeModel, predict } from "@freeknot/freeknot";
globalThis.made = [decodeModel, predict];`,
  "splines": `import { evaluateSpline } from "@freeknot/freeknot/splines";
globalThis.made = evaluateSpline;`,
  "solvePde": `import { solvePde } from "@freeknot/freeknot"; globalThis.made = solvePde;`,
};

/** Bundles a program, made smaller, to one file for browsers and Node. */
export async function bundleProgram(program: string): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: decodeURIComponent(root.pathname) });
  try {
    const entry = `${folder}/entry.ts`;
    await Deno.writeTextFile(entry, `// deno-lint-ignore-file\n// @ts-nocheck\n${program}\n`);
    // csv-parse has a build of its own for programs without Node's Buffer
    const flags = ["--quiet", "--no-lock", "--import-map", "tools/browser_imports.json"];
    flags.push("--platform", "browser", "--format", "esm", "--minify");
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", ...flags, entry],
      cwd: root,
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(text.decode(stderr));
    return text.decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bytes of a text, and compressed. */
export async function sizeOf(text: string): Promise<{ bytes: number; compressed: number }> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(stream).arrayBuffer();
  return { bytes: new TextEncoder().encode(text).length, compressed: byteLength };
}

if (import.meta.main) {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const { bytes, compressed } = await sizeOf(await bundleProgram(program));
    const [plain, small] = [bytes, compressed].map((size) => `${(size / 1000).toFixed(0)} kB`);
    console.log(`${name.padEnd(10)}${plain.padStart(8)}, compressed ${small}`);
  }
}
