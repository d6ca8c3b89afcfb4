/**
 * How to call the program again, as it was called this time.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "./shell_word.ts";

/**
 * The words before the command: `freeknot`, or in a copy of the repository
 * `deno run --allow-read --allow-write cli.ts`.
 *
 * @param calling The module that the process began with, whether it is a compiled binary, and the
 * working directory.
 */
export function programName(
  { mainModule, standalone, folder } = {
    mainModule: Deno.mainModule,
    standalone: Deno.build.standalone,
    folder: Deno.cwd(),
  },
): string {
  if (standalone || !/^file:.*\/cli\.ts$/.test(mainModule)) return "freeknot";
  const script = relative(folder, fileURLToPath(mainModule));
  return `deno run --allow-read --allow-write ${shellWord(script)}`;
}
