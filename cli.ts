/**
 * The command line `freeknot`: train, predict, evaluate, inspect, formula, problems, devices, start,
 * reproduce.
 *
 * ```sh
 * deno run --allow-read --allow-write cli.ts train --problem nonsmooth --report nonsmooth.html
 * ```
 *
 * @module
 */

import { COMMANDS } from "./cli/commands/mod.ts";
import type { Command } from "./cli/commands/command.ts";
import {
  errorLine,
  EXIT,
  isRequestError,
  PermissionError,
  UsageError,
} from "./cli/terminal/errors.ts";
import { parseFlags } from "./cli/flags/parse.ts";
import { commandHelp, programHelp } from "./cli/terminal/help.ts";
import { asksForCluster, joinedCluster, leaveCluster } from "./cli/runs/joined.ts";
import { isLaterRank } from "./cli/runs/later_rank.ts";
import { inRunWorker } from "./cli/runs/worker.ts";
import { systemTerminal, type Terminal } from "./cli/terminal/terminal.ts";
import { VERSION } from "./cli/terminal/version.ts";
import { didYouMean } from "./lib/data/inner.ts";

export type { Terminal } from "./cli/terminal/terminal.ts";

/**
 * Runs the program.
 *
 * @param args The arguments, the command first.
 * @param terminal Where text goes. Default: the streams of the process.
 * @returns The exit code: 0 done, 1 ran but failed, 2 a wrong request, 130 stopped by Ctrl-C.
 *
 * @example
 * ```ts
 * import { main } from "@freeknot/freeknot/cli";
 * import { assertEquals } from "@std/assert";
 *
 * let printed = "";
 * const terminal = { out: (text: string) => void (printed += text), err() {}, interactive: false };
 * assertEquals(await main(["--version"], terminal), 0);
 * assertEquals(printed.split(" ")[0], "freeknot");
 * ```
 */
export async function main(
  args: readonly string[],
  terminal: Terminal = systemTerminal(),
): Promise<number> {
  let command: Command | undefined;
  try {
    const [name, ...rest] = args;
    if (name === undefined || name === "--help" || name === "-h") {
      terminal.out(programHelp(COMMANDS));
      return EXIT.done;
    }
    if (name === "--version" || name === "-V") {
      terminal.out(`freeknot ${VERSION}\n`);
      return EXIT.done;
    }
    if (name === "help") {
      terminal.out(rest.length === 0 ? programHelp(COMMANDS) : commandHelp(findCommand(rest[0])));
      return EXIT.done;
    }
    command = findCommand(name);
    if (asksForCluster(rest)) {
      await (await import("./cli/runs/cluster.ts")).joinFirst(args, terminal);
    }
    const { given, rest: positionals } = parseFlags(rest, command.flags, command.positionals);
    if (given.get("help") === true) {
      if ((joinedCluster()?.rank ?? 0) === 0) terminal.out(commandHelp(command));
      leaveCluster();
      return EXIT.done;
    }
    const code = await command.run(given, positionals, terminal);
    leaveCluster(); // where the command had no work for several processes
    return code;
  } catch (fault) {
    const error = joinedCluster()
      ? await (await import("./cli/runs/cluster.ts")).leaveTogether(fault, terminal)
      : fault;
    const flags = command?.flags.flatMap((group) => group.flags.map((flag) => flag.name)) ?? [];
    const request = isRequestError(error);
    const helps = request && !(error instanceof PermissionError);
    const hint = helps ? ` (freeknot ${command ? `${command.name} ` : ""}--help tells more)` : "";
    if (await isLaterRank(args)) return request ? EXIT.request : EXIT.failed; // the first one tells
    terminal.err(`freeknot: ${errorLine(error, flags)}${hint}\n`);
    if (debugging() && error instanceof Error) terminal.err(`${error.stack}\n`);
    return request ? EXIT.request : EXIT.failed;
  }
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((each) => each.name);
  throw new UsageError(
    `Cannot run: the command must be one of ${names.join(", ")}, current value is ` +
      JSON.stringify(name) + didYouMean(name, names),
  );
}

/** Whether FREEKNOT_DEBUG is set, where the program may see it. */
function debugging(): boolean {
  const variable = "FREEKNOT_DEBUG";
  const permission = Deno.permissions.querySync({ name: "env", variable });
  return permission.state === "granted" && Boolean(Deno.env.get(variable));
}

if (import.meta.main && !inRunWorker()) {
  const code = await main(Deno.args);
  Deno.exit(code);
}
