/**
 * Arguments of the command line for the page, where `node:util` is not: what `cli/flags/parse.ts`
 * asks of `@std/cli/parse-args`, and no more.
 *
 * @module
 */

/** What is known of the flags. */
interface ParseOptions {
  /** Flags with a value. */
  readonly string: readonly string[];
  /** Flags without one. */
  readonly boolean: readonly string[];
  /** Called for what is neither; throws, or says whether to keep an argument. */
  readonly unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Every flag with the list of its values; other arguments under `_`. */
export type ParsedArgs = { _: string[] } & Record<string, unknown>;

/** Reads `--flag value`, `--flag=value` and switches. */
export function parseArgs(args: readonly string[], options: ParseOptions): ParsedArgs {
  const { string: valued, boolean: switches, unknown } = options;
  const lists = new Map<string, (string | boolean)[]>(
    [...valued, ...switches].map((name) => [name, []]),
  );
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(args[i]) ?? [];
    if (name === undefined) {
      if (unknown(args[i], args[i].startsWith("-") ? args[i].slice(1) : undefined) !== false) {
        rest.push(args[i]);
      }
    } else if (switches.includes(name)) lists.get(name)!.push(true);
    else if (valued.includes(name)) lists.get(name)!.push(inline ?? args[++i] ?? "");
    else unknown(args[i], name, inline ?? true);
  }
  return { _: rest, ...Object.fromEntries(lists) };
}
