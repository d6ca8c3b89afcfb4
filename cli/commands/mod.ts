/**
 * The commands of the program.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { devices } from "./devices/command.ts";
import { evaluate } from "./evaluate/command.ts";
import { inspect } from "./inspect/command.ts";
import { predict } from "./predict/command.ts";
import { problems } from "./problems/command.ts";
import { reproduce } from "./reproduce/command.ts";
import { solve } from "./solve/command.ts";
import { start } from "./start/command.ts";
import { train } from "./train/command.ts";

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
