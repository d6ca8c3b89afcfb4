/**
 * The command `man`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** The command, for a program of some commands: it is one of them. */
export function manOf(commands: () => readonly Command[]): Command {
  return command({
    name: "man",
    purpose: "Print the manual of the program, or of a command, as a page for man.",
    synopsis: ["freeknot man [COMMAND]"],
    positionals: 1,
    flags: [{ title: "Flags", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
    notes: [
      "Without a command the page has all of them, with all their flags: the same table as the help.",
    ],
    examples: {
      "Read it": "freeknot man | man -l -",
      "Keep it": "freeknot man > ~/.local/share/man/man1/freeknot.1",
      "One command": "freeknot man train | man -l -",
    },
  }, async () => (await import("./steps.ts")).manSteps(commands()));
}
