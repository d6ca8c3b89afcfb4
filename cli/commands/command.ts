/**
 * What a command is: its page of help, and the three steps of its work.
 *
 * @module
 */

import type { FlagGroup, GivenFlags } from "../flags/parse.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** What the help says of a command. */
export interface CommandPage {
  readonly name: string;
  /** One sentence: what it is for. */
  readonly purpose: string;
  /** The command line in short, one or more. */
  readonly synopsis: readonly string[];
  /** Paragraphs below the flags. */
  readonly notes?: readonly string[];
  readonly flags: readonly FlagGroup[];
  /** How many arguments may come without a flag. Default 0. */
  readonly positionals?: number;
  /** Command lines to learn from, by what they are for. */
  readonly examples: Readonly<Record<string, string>>;
}

/** The steps of every command, in their order. */
export interface CommandSteps<Request, Result> {
  /**
   * Reads the flags; nothing is written before all of them are right.
   *
   * @throws {UsageError} If the request is wrong.
   */
  request(given: GivenFlags, rest: readonly string[]): Request | Promise<Request>;
  /** Does the work; tells of progress on stderr. */
  run(request: Request, terminal: Terminal): Result | Promise<Result>;
  /**
   * Prints the result.
   *
   * @returns The exit code.
   */
  present(result: Result, request: Request, terminal: Terminal): number | Promise<number>;
}

/** A command of the program. */
export interface Command extends CommandPage {
  /**
   * Does all steps.
   *
   * @returns The exit code.
   */
  run(given: GivenFlags, rest: readonly string[], terminal: Terminal): Promise<number>;
}

/**
 * Makes a command of its page and its steps.
 *
 * @param steps The steps, or what loads them: rooms that one command needs and others do not are
 * loaded when it runs, so that the others start sooner.
 */
export function command<Request, Result>(
  page: CommandPage,
  steps: CommandSteps<Request, Result> | (() => Promise<CommandSteps<Request, Result>>),
): Command {
  return {
    ...page,
    async run(given, rest, terminal) {
      const { request: read, run, present } = typeof steps === "function" ? await steps() : steps;
      const request = await read(given, rest);
      const result = await run(request, terminal);
      return await present(result, request, terminal);
    },
  };
}

/** JSON as commands print it. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
