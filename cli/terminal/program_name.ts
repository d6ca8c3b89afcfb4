/**
 * How to call the program again, as it was called this time.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "./shell_word.ts";

/** What decides how the program is called. */
export interface Calling {
  /** The module that the process began with. */
  readonly mainModule: string;
  /** Whether it is a compiled binary. */
  readonly standalone: boolean;
  /** The working directory. */
  readonly folder: string;
}

/**
 * The words before the command: `freeknot`, or in a copy of the repository
 * `deno run --allow-read --allow-write cli.ts`.
 */
export function programName(calling: Calling = currentCalling()): string {
  const { mainModule, standalone, folder } = calling;
  if (standalone || !/^file:.*\/cli\.ts$/.test(mainModule)) return "freeknot";
  const script = relative(folder, fileURLToPath(mainModule));
  return `deno run --allow-read --allow-write ${shellWord(script)}`;
}

function currentCalling(): Calling {
  return {
    mainModule: Deno.mainModule,
    standalone: Deno.build.standalone,
    folder: Deno.cwd(),
  };
}
