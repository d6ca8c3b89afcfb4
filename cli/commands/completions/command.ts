/**
 * The command `completions`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** The command, for a program of some commands: it is one of them. */
export function completionsOf(commands: () => readonly Command[]): Command {
  return command({
    name: "completions",
    purpose: "Print what makes a shell complete commands, flags, files and values.",
    synopsis: ["freeknot completions bash|zsh|fish"],
    positionals: 1,
    flags: [{ title: "Flags", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
    notes: [
      "The text is made of the same table as the help. Where the program is not called freeknot, " +
      "give the shell that name for it: alias freeknot='deno run --allow-read --allow-write cli.ts'.",
    ],
    examples: {
      "bash, for every shell from now on":
        "freeknot completions bash > ~/.local/share/bash-completion/completions/freeknot",
      "zsh, in a folder of $fpath": "freeknot completions zsh > ~/.zfunc/_freeknot",
      "fish": "freeknot completions fish > ~/.config/fish/completions/freeknot.fish",
    },
  }, async () => (await import("./steps.ts")).completionSteps(commands()));
}
