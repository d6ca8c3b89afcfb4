/**
 * The library's own source files and what they import, for tests of the architecture.
 *
 * @module
 */

/** Root of the repository. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** One source file. */
export interface SourceFile {
  /** Path from the root: `lib/knots/mod.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Whether its first lines say that a program wrote it. */
  readonly generated: boolean;
  readonly imports: readonly SourceImport[];
}

/** One import, re-export or dynamic import. */
export interface SourceImport {
  /** Where: `lib/knots/mod.ts:8`. */
  readonly at: string;
  /** As written. */
  readonly specifier: string;
  /** Path from the root of a relative specifier. */
  readonly target: string | undefined;
  /** Whether it passes names on: `export ... from`. */
  readonly exports: boolean;
  /** Whether the module is loaded with the file: types are erased, `import()` waits. */
  readonly loads: boolean;
}

/** Reads `lib/**`, `cli/**`, `cli.ts` and `mod.ts`, sorted by path. */
export function readSources(): SourceFile[] {
  const paths: string[] = [];
  for (const top of ["lib", "cli"]) walk(top, paths);
  for (const top of ["mod.ts", "cli.ts"]) if (exists(top)) paths.push(top);
  return paths.sort().map((path) => parseSource(path, Deno.readTextFileSync(new URL(path, ROOT))));
}

/** Splits a file into lines and finds its imports; text in comments and doc examples is skipped. */
export function parseSource(path: string, text: string): SourceFile {
  const lines = text.split("\n");
  const generated = /generated|do not edit/i.test(lines.slice(0, 5).join("\n"));
  const imports: SourceImport[] = [];
  const patterns = [
    /^(import|export)\s[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm,
    /^(import)\s*["']([^"']+)["']/gm,
    /^(?!\s*(?:\*|\/\/)).*\b(import)\(\s*["']([^"']+)["']/gm,
  ];
  for (const pattern of generated ? [] : patterns) {
    for (const match of text.matchAll(pattern)) {
      const line = text.slice(0, match.index + match[0].length).split("\n").length;
      const specifier = match[2];
      imports.push({
        at: `${path}:${line}`,
        specifier,
        target: specifier.startsWith(".") ? resolve(path, specifier) : undefined,
        exports: match[1] === "export",
        loads: !/^(import|export) type\b|\bimport\(/.test(match[0]),
      });
    }
  }
  return { path, text, lines, generated, imports };
}

/** The room of a file: `knots` of `lib/knots/mod.ts`; `cli` and `mod` for the top. */
export function roomOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "lib" ? parts[1] : parts[0].replace(/\.ts$/, "");
}

/** Paths that lead from a node back to it, one per strongly connected pair found. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  function visit(node: string, trail: string[]): void {
    const seen = trail.indexOf(node);
    if (seen >= 0) {
      cycles.push([...trail.slice(seen), node].join(" -> "));
      return;
    }
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  }
  for (const node of edges.keys()) visit(node, []);
  return cycles;
}

function resolve(path: string, specifier: string): string {
  const base = new URL(path, "file:///");
  return new URL(specifier, base).pathname.slice(1);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

function walk(folder: string, paths: string[]): void {
  if (!exists(folder)) return;
  for (const entry of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) walk(path, paths);
    else if (/\.(ts|js|wgsl)$/.test(entry.name)) paths.push(path);
  }
}
