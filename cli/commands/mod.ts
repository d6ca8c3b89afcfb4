/**
 * The commands of the program.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { completionsOf } from "./completions/command.ts";
import { convertCommand } from "./convert/command.ts";
import { calibrateCommand } from "./calibrate/command.ts";
import { certifyCommand } from "./certify/command.ts";
import { devicesCommand } from "./devices/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { drawCommand } from "./draw/command.ts";
import { evaluateCommand } from "./evaluate/command.ts";
import { explainCommand } from "./explain/command.ts";
import { exportCommand } from "./export/command.ts";
import { formulaCommand } from "./formula/command.ts";
import { importCommand } from "./import/command.ts";
import { inspectCommand } from "./inspect/command.ts";
import { manOf } from "./man/command.ts";
import { pageCommand } from "./page/command.ts";
import { predictCommand } from "./predict/command.ts";
import { problemsCommand } from "./problems/command.ts";
import { pruneCommand } from "./prune/command.ts";
import { regionsCommand } from "./regions/command.ts";
import { reproduceCommand } from "./reproduce/command.ts";
import { solveCommand } from "./solve/command.ts";
import { startCommand } from "./start/command.ts";
import { sweepCommand } from "./sweep/command.ts";
import { trainCommand } from "./train/command.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  trainCommand,
  sweepCommand,
  predictCommand,
  evaluateCommand,
  calibrateCommand,
  inspectCommand,
  explainCommand,
  drawCommand,
  pruneCommand,
  formulaCommand,
  convertCommand,
  regionsCommand,
  exportCommand,
  certifyCommand,
  importCommand,
  problemsCommand,
  reproduceCommand,
  pageCommand,
  devicesCommand,
  solveCommand,
  doctorCommand,
  completionsOf(() => COMMANDS),
  manOf(() => COMMANDS),
];
