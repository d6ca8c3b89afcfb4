/**
 * Makes the package for npm: `deno pack` turns the modules into JavaScript with types; this leaves
 * out what only Deno runs (the command line, clusters), and every file that no door leads to.
 *
 * `deno task npm` writes dist/npm, which `npm pack` and `npm publish` take; `-- FOLDER` writes
 * another one.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";

const root = new URL("../", import.meta.url);

/** Doors that need Deno: the program, and MPI by its foreign functions. */
const ONLY_DENO = ["./cli", "./cluster"];
/** Packages that are left once those doors are. */
const NEEDED = ["csv-parse"];
/** Files that are no code. */
const PAPERS = ["README.md", "LICENSE", "CHANGELOG.md"];

interface Manifest {
  exports: Record<string, { types: string; import: string; default: string }>;
  dependencies: Record<string, string>;
  [field: string]: unknown;
}

async function run(command: string, args: readonly string[], cwd: string | URL): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** All files that imports lead to from some files, these among them. */
async function reachable(folder: string, from: readonly string[]): Promise<Set<string>> {
  const seen = new Set(from.map((path) => join(folder, path)));
  for (const path of seen) {
    const text = (await Deno.readTextFile(path)).replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)) {
      const file = join(dirname(path), target);
      // types are imported by the names of the code
      const typed = path.endsWith(".d.ts") ? file.replace(/\.js$/, ".d.ts") : file;
      seen.add(await exists(typed) ? typed : file);
    }
  }
  return seen;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function* filesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesOf(path);
    else yield path;
  }
}

/**
 * Declares the names of WebGPU that types mention, for compilers whose library does not have them:
 * empty interfaces, which merge with the real ones.
 */
async function declareGpu(out: string): Promise<void> {
  const names = new Set<string>();
  for await (const file of filesOf(join(out, "lib"))) {
    if (!file.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(file);
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
    const found = code.match(/\bGPU[A-Z]\w*/g);
    if (found === null) continue;
    found.forEach((name) => names.add(name));
    const path = relative(dirname(file), join(out, "gpu.d.ts"));
    await Deno.writeTextFile(file, `/// <reference path="${path}" />\n${text}`);
  }
  const lines = [...names].sort().map((name) => `interface ${name} {}\n`);
  await Deno.writeTextFile(join(out, "gpu.d.ts"), lines.join(""));
}

/** Makes the package in a folder, which is replaced. */
export async function buildNpm(out: string): Promise<{ files: number; bytes: number }> {
  const work = await Deno.makeTempDir();
  try {
    const tarball = join(work, "package.tgz");
    await run(
      Deno.execPath(),
      ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", tarball],
      root,
    );
    await run("tar", ["xzf", tarball], work);
    const made = join(work, "package"), path = join(made, "package.json");
    const manifest: Manifest = JSON.parse(await Deno.readTextFile(path));
    for (const door of ONLY_DENO) delete manifest.exports[door];
    const doors = Object.values(manifest.exports);
    const kept = await reachable(made, doors.flatMap(({ types, import: code }) => [types, code]));
    if (await exists(out)) await Deno.remove(out, { recursive: true });
    let files = 0, bytes = 0;
    for await (const file of filesOf(made)) {
      const name = relative(made, file);
      if (!kept.has(file) && !PAPERS.includes(name)) continue;
      await Deno.mkdir(dirname(join(out, name)), { recursive: true });
      await Deno.copyFile(file, join(out, name));
      bytes += (await Deno.stat(file)).size;
      files++;
    }
    await declareGpu(out);
    const { dependencies, ...fields } = manifest;
    const needed = Object.entries(dependencies).filter(([name]) => NEEDED.includes(name));
    await Deno.writeTextFile(
      join(out, "package.json"),
      `${
        JSON.stringify(
          {
            ...fields,
            description:
              "Networks of free-knot splines (Kolmogorov-Arnold networks), coarse to fine.",
            keywords: ["spline", "kan", "kolmogorov-arnold", "machine-learning", "free-knot"],
            sideEffects: false,
            // csv-parse has a build of its own for programs without Node's Buffer
            browser: { "csv-parse/sync": "csv-parse/browser/esm/sync" },
            engines: { node: ">=20.16" },
            dependencies: Object.fromEntries(needed),
          },
          null,
          2,
        )
      }\n`,
    );
    return { files, bytes };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

if (import.meta.main) {
  const out = Deno.args.find((word) => word !== "--") ??
    decodeURIComponent(new URL("dist/npm", root).pathname);
  const { files, bytes } = await buildNpm(out);
  console.log(`${out}: ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
}
