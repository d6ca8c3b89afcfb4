/**
 * Examples in TypeScript, as addresses of the page that runs them, and what their values look like.
 *
 * @module
 */

/** How often lists and objects are opened within each other, and how long a list is. */
const DEEP = 4, LONG = 40;
/** Longer values of lists and objects get a line each. */
const WIDE = 76;

/** Whether the page can run a code: it uses the library, and no file, server or process. */
export function runs(code: string): boolean {
  return /from "@freeknot\/freeknot[^"]*"/.test(code) &&
    code.replaceAll(/\bimport\b[^"]*"[^"]*";?/g, "").trim() !== "" &&
    !/\bDeno\b|\bprocess\b|from "(?!@freeknot\/freeknot|@std\/assert")/.test(code) &&
    !/freeknot\/(cluster|cli)"/.test(code);
}

/** The address, after the page's, of a code. */
export function addressOf(code: string): string {
  return `#code=${encodeURIComponent(code)}`;
}

/** The code of an address; undefined where there is none. */
export function codeOfAddress(hash: string): string | undefined {
  const [, text] = /^#code=(.*)$/s.exec(hash) ?? [];
  return text === undefined ? undefined : decodeURIComponent(text);
}

/** The code with the files of the library in place of its names. */
export function withAddresses(code: string, library: string): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)(["'])@(freeknot\/freeknot|std\/assert)(?:\/([a-z]+))?\2/g,
    (_, before, quote, name, door) =>
      `${before}${quote}${library}${name === "std/assert" ? "assert" : door ?? "mod"}.js${quote}`,
  );
}

/** A value as people read it. */
export function shownValue(value: unknown, depth = 0): string {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : `${value}`;
  if (value instanceof Error) return String(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  if (depth >= DEEP) return `[${name}]`;
  const within = (item: unknown) => shownValue(item, depth + 1);
  if (value instanceof Map || value instanceof Set) return `${name} ${within([...value])}`;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const all = Array.from(value as unknown as ArrayLike<unknown>);
    const items = all.slice(0, LONG).map(within);
    if (all.length > LONG) items.push(`… ${all.length - LONG} more`);
    return joined(`${name === "Array" ? "" : `${name} `}[`, items, "]", depth);
  }
  const items = Object.entries(value).map(([key, item]) => `${key}: ${within(item)}`);
  return joined(name === "Object" ? "{" : `${name} {`, items, "}", depth);
}

function joined(open: string, items: readonly string[], close: string, depth: number): string {
  if (items.length === 0) return open + close;
  const line = `${open} ${items.join(", ")} ${close}`;
  if (line.length + 2 * depth <= WIDE) return line;
  const indent = "  ".repeat(depth + 1);
  return `${open}\n${items.map((item) => `${indent}${item}`).join(",\n")}\n${
    "  ".repeat(depth)
  }${close}`;
}
