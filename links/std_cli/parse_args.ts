/**
 * A stand-in for `jsr:@std/cli/parse-args` on machines that cannot reach JSR: the same
 * meaning, for the options that this project uses (`string`, `boolean`, `negatable`,
 * `collect`, `alias`, `default`, `unknown`), on the tokens of `node:util` parseArgs.
 * A published package ignores `links`; see CONTRIBUTING.md.
 *
 * @module
 */

import { parseArgs as nodeParseArgs } from "node:util";

/** The options of {@linkcode parseArgs} that this stand-in knows. */
export interface ParseOptions {
  /** Flags whose value is text. */
  readonly string?: readonly string[];
  /** Flags without a value. */
  readonly boolean?: readonly string[];
  /** Boolean flags that `--no-NAME` sets to false. */
  readonly negatable?: readonly string[];
  /** Flags that may be repeated: their value is a list. */
  readonly collect?: readonly string[];
  /** Other names: `{ help: "h" }`. */
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of absent flags. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Called for every argument that is not declared; `false` drops it. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parsed flags by name; positional arguments under `_`. */
export type Args = { _: string[] } & Record<string, unknown>;

/** Parses command-line arguments as `jsr:@std/cli/parse-args` does. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const booleans = new Set(options.boolean ?? []);
  const strings = new Set(options.string ?? []);
  const negatable = new Set(options.negatable ?? []);
  const collected = new Set(options.collect ?? []);
  const canonical = new Map<string, string>();
  for (const [name, others] of Object.entries(options.alias ?? {})) {
    for (const other of typeof others === "string" ? [others] : others) canonical.set(other, name);
  }
  const declared: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const name of booleans) declared[name] = { type: "boolean" };
  for (const name of strings) declared[name] = { type: "string" };
  for (const name of negatable) declared[`no-${name}`] = { type: "boolean" };
  for (const [other, name] of canonical) {
    const target = declared[name];
    if (target && other.length === 1) target.short = other;
  }

  const { tokens } = nodeParseArgs({
    args: [...args],
    options: declared,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const result: Args = { _: [] };
  for (const name of booleans) result[name] = false;
  for (const name of collected) result[name] = [];
  Object.assign(result, options.default ?? {});
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (options.unknown?.(token.value) !== false) result._.push(token.value);
      continue;
    }
    if (token.kind === "option-terminator") continue;
    const raw = token.name;
    if (raw.startsWith("no-") && negatable.has(raw.slice(3))) {
      result[raw.slice(3)] = false;
      continue;
    }
    const name = canonical.get(raw) ?? raw;
    if (!booleans.has(name) && !strings.has(name)) {
      if (options.unknown?.(token.rawName, name, token.value ?? true) !== false) {
        result[name] = token.value ?? true;
      }
      continue;
    }
    const value = booleans.has(name)
      ? token.value === undefined || token.value !== "false"
      : token.value ?? "";
    if (collected.has(name)) (result[name] as unknown[]).push(value);
    else result[name] = value;
  }
  return result;
}
