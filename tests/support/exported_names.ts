/**
 * The names that a module exports, and where each is declared.
 *
 * @module
 */

import { ROOT } from "./source_files.ts";

/** An exported name. */
export interface ExportedName {
  readonly name: string;
  /** Path of the file that declares it, from the root. */
  readonly path: string;
  /** Whether it is an interface or a type. */
  readonly isType: boolean;
  /** Its doc comment; empty without one. */
  readonly doc: string;
}

/** Reads a module's exports, following those of other files. */
export function exportedNames(path: string): ExportedName[] {
  const text = Deno.readTextFileSync(new URL(path, ROOT)), found: ExportedName[] = [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
  const at = (specifier: string) => new URL(specifier, `file:///${path}`).pathname.slice(1);
  for (const [, specifier] of code.matchAll(/^export (?:type )?\* from "([^"]+)"/gm)) {
    found.push(...exportedNames(at(specifier)));
  }
  for (
    const [, list, specifier] of code.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)
  ) {
    const names = list.split(",").map((name) => name.replace(/^\s*type\s/, "").trim());
    found.push(...exportedNames(at(specifier)).filter(({ name }) => names.includes(name)));
  }
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:async )?(function\*?|class|const|let|interface|type) (\w+)/gm;
  for (const match of code.matchAll(declaration)) {
    const before =
      text.slice(0, match.index).trimEnd().split("\n").at(-1)?.startsWith("// deno-lint")
        ? text.slice(0, match.index).trimEnd().split("\n").slice(0, -1).join("\n")
        : text.slice(0, match.index).trimEnd();
    const doc = before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : "";
    const isType = match[1] === "interface" || match[1] === "type";
    if (!found.some(({ name }) => name === match[2])) {
      found.push({ name: match[2], path, isType, doc });
    }
  }
  return found;
}
