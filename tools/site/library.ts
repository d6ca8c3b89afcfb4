/**
 * The library as files for a browser: one module for each of its doors, and what they share.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);

/** Doors that need what no browser has. */
const LEFT_OUT = ["./cli", "./cluster"];

/** The doors of the library that a browser can open: name of the module, file. */
export function browserDoors(exports: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(
    Object.entries(exports).filter(([door]) => !LEFT_OUT.includes(door)).map(([door, path]) => [
      door === "." ? "mod" : door.slice(2),
      path.slice(2),
    ]),
  );
}

/** Writes the modules of the doors, and `assert` of the standard library, for examples that check. */
export async function writeLibrary(
  exports: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  const entries = await Deno.makeTempDir({ dir: decodeURIComponent(root.pathname) });
  try {
    const texts = new Map<string, string>(
      [...browserDoors(exports)].map(([name, path]) => [name, `export * from "../${path}";\n`]),
    );
    texts.set("assert", `export * from "@std/assert";\n`);
    for (const [name, text] of texts) await Deno.writeTextFile(`${entries}/${name}.ts`, text);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--no-lock", "--import-map", "tools/site_imports.json"],
        ...["--platform", "browser", "--format", "esm", "--minify", "--code-splitting"],
        ...["--outdir", folder, ...[...texts.keys()].map((name) => `${entries}/${name}.ts`)],
      ],
      cwd: root,
      stdout: "null",
    }).output();
    if (!success) throw new Error(`deno bundle: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(entries, { recursive: true });
  }
}
