/**
 * Flags: declared once, for the parser and for the help.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "../../lib/data/inner.ts";
import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { shellWord } from "../terminal/shell_word.ts";

/** A flag of a command. */
export interface Flag {
  /** Name without dashes. */
  readonly name: string;
  /** What its value is called in the help; absent: a switch without a value. */
  readonly value?: string;
  /** A switch that `--no-NAME` turns off. */
  readonly negatable?: boolean;
  /** What it does, with units. */
  readonly text: string;
  /** The default, as the help prints it. */
  readonly fallback?: string;
  /** Flags that do not exist but are looked for, and what to say about them. */
  readonly lookedFor?: Readonly<Record<string, string>>;
}

/** A flag as the help writes it: `flag("degree N", "Degree of the splines.", "3")`. */
export function flag(usage: string, text: string, fallback?: string): Flag {
  const [name, value] = usage.split(" ");
  return { name, text, ...defined({ value, fallback }) };
}

/** Flags under a heading of the help. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

/** The flags that were given: text, or whether a switch is on. */
export type GivenFlags = ReadonlyMap<string, string | boolean>;

/** Flags that every command has. */
export const COMMON_FLAGS: FlagGroup = {
  title: "Help",
  flags: [flag("help", "Print this page.")],
};

/**
 * Reads the arguments of a command.
 *
 * @param args The arguments after the command's name.
 * @param groups The command's flags.
 * @param positionals How many arguments may come without a flag. Default 0.
 * @returns The flags that were given, and the other arguments.
 * @throws {UsageError} If a flag is unknown, given twice, or has no value or one too many.
 */
export function parseFlags(
  args: readonly string[],
  groups: readonly FlagGroup[],
  positionals = 0,
): { readonly given: GivenFlags; readonly rest: readonly string[] } {
  const flags = [...groups, COMMON_FLAGS].flatMap((group) => group.flags);
  const valued = flags.filter((flag) => flag.value !== undefined).map((flag) => flag.name);
  const switches = flags.filter((flag) => flag.value === undefined)
    .flatMap(({ name, negatable }) => negatable ? [name, `no-${name}`] : [name]);
  const known = [...valued, ...switches];
  const parsed = parseArgs(joinValues(args, valued, switches), {
    string: valued,
    boolean: switches,
    collect: known,
    alias: { help: "h" },
    unknown: (arg, key) => {
      if (key === undefined && !arg.startsWith("-")) return true;
      const word = arg.split("=")[0];
      const advice = flags.map(({ lookedFor }) => lookedFor?.[word]).find(Boolean);
      const near = didYouMean(word, known.map((name) => `--${name}`));
      throw new UsageError(
        `Cannot read flags: ${word} is not a flag of this command` +
          (advice === undefined ? near : `; ${advice}`),
      );
    },
  });
  const given = new Map<string, string | boolean>();
  for (const name of known) {
    const values = parsed[name] as (string | boolean)[];
    if (values.length > 1) {
      throw new UsageError(
        `Cannot read flags: --${name} must be given once, current value is ` +
          `${values.length} times`,
      );
    }
    if (values.length === 1) given.set(name, values[0]);
  }
  for (const { name, negatable } of flags) {
    if (!negatable || !given.delete(`no-${name}`)) continue;
    if (given.has(name)) {
      throw new UsageError(`Cannot read flags: --${name} and --no-${name} exclude each other`);
    }
    given.set(name, false);
  }
  const rest = parsed._.map(String);
  if (rest.length > positionals) {
    throw new UsageError(
      `Cannot read flags: ${JSON.stringify(rest[positionals])} stands alone, a flag (--...) ` +
        `must come before it${flagOfFile(rest[positionals], valued)}`,
    );
  }
  return { given, rest };
}

/** Ends the message about an argument without a flag where it looks like a file. */
function flagOfFile(word: string, valued: readonly string[]): string {
  const flag = word.endsWith(".safetensors") ? "model" : "data";
  if (!valued.includes(flag) || !(/\.(csv|tsv|safetensors)$/i.test(word) || isFile(word))) {
    return "";
  }
  return `; did you mean --${flag} ${shellWord(word)}?`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** No flag is longer with its value, but those that have one. */
const MOST_LETTERS = 200;

/**
 * Writes every `--flag value` as `--flag=value`, so that values may begin with a dash (`-1,1`).
 */
function joinValues(
  args: readonly string[],
  valued: readonly string[],
  switches: readonly string[],
): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = args[i].match(/^--([^=]+)(?:=(.*))?$/s) ?? [];
    if (name !== undefined && switches.includes(name) && value !== undefined) {
      throw new UsageError(
        `Cannot read flags: --${name} must come without a value, current value is ` +
          JSON.stringify(value),
      );
    }
    if (name === undefined || !valued.includes(name)) {
      if (args[i].startsWith("-") && args[i].length > MOST_LETTERS) {
        throw new UsageError(`Cannot read flags: ${args[i]} is not a flag of this command`);
      }
      joined.push(args[i]);
      continue;
    }
    const next = args[i + 1];
    const own = value ?? (next === undefined || /^--?[A-Za-z]/.test(next) ? undefined : next);
    if (own === undefined || own === "") {
      const found = value === undefined && own === undefined && next !== undefined
        ? `the next flag, ${next}`
        : "none";
      throw new UsageError(
        `Cannot read flags: --${name} must have a value, current value is ${found}`,
      );
    }
    if (value === undefined) i++;
    joined.push(`--${name}=${own}`);
  }
  return joined;
}
