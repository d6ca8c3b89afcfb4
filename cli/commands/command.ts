/**
 * What a command is: its page of help, and what it does.
 *
 * @module
 */

import type { FlagGroup, GivenFlags } from "../flags/parse.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** A command line to learn from. */
export interface Example {
  /** What it is for. */
  readonly text: string;
  /** The command line. */
  readonly line: string;
}

/** A command of the program. */
export interface Command {
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
  readonly examples: readonly Example[];
  /**
   * Does the work.
   *
   * @returns The exit code.
   */
  run(given: GivenFlags, rest: readonly string[], terminal: Terminal): Promise<number>;
}
