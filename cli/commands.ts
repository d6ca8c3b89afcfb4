/**
 * The commands of the program.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { devices } from "./devices.ts";
import { evaluate } from "./evaluate.ts";
import { inspect } from "./inspect.ts";
import { predict } from "./predict.ts";
import { problems } from "./problems.ts";
import { reproduce } from "./reproduce.ts";
import { solve } from "./solve.ts";
import { start } from "./start.ts";
import { train } from "./train.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  start,
  train,
  predict,
  evaluate,
  inspect,
  problems,
  reproduce,
  devices,
  solve,
];
