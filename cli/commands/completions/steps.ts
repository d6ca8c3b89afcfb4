/**
 * The steps of `completions`.
 *
 * @module
 */

import { completionTable } from "../../completions/table.ts";
import { bashScript, fishScript, zshScript } from "../../completions/scripts.ts";
import { switchFlag } from "../../flags/values.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { type Command, type CommandSteps, jsonText } from "../command.ts";

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Shell = keyof typeof SHELLS;

/** The steps, for a program of some commands. */
export function completionSteps(
  commands: readonly Command[],
): CommandSteps<{ readonly shell: Shell; readonly json: boolean }, string> {
  return {
    request(given, [shell]) {
      if (shell === undefined || !Object.hasOwn(SHELLS, shell)) {
        throw new UsageError(
          `Cannot complete: the shell must be one of ${Object.keys(SHELLS).join(", ")}, current ` +
            `value is ${shell === undefined ? "none" : JSON.stringify(shell)}`,
        );
      }
      return { shell: shell as Shell, json: switchFlag(given, "json") ?? false };
    },
    async run({ shell }) {
      return SHELLS[shell](await completionTable(commands));
    },
    present(script, { shell, json }, terminal) {
      terminal.out(json ? jsonText({ shell, script }) : script);
      return EXIT.done;
    },
  };
}
