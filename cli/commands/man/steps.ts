/**
 * The steps of `man`.
 *
 * @module
 */

import { COMMON_FLAGS, type Flag } from "../../flags/parse.ts";
import { switchFlag } from "../../flags/values.ts";
import { didYouMean } from "../../../lib/data/inner.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { VERSION } from "../../terminal/version.ts";
import { type Command, type CommandSteps, jsonText } from "../command.ts";

/** What is asked for: all commands, or one. */
interface ManRequest {
  readonly name?: string;
  readonly json: boolean;
}

/** The steps, for a program of some commands. */
export function manSteps(commands: readonly Command[]): CommandSteps<ManRequest, string> {
  return {
    request(given, [name]) {
      const names = commands.map((each) => each.name);
      if (name !== undefined && !names.includes(name)) {
        throw new UsageError(
          `Cannot print the manual: there is no command ${JSON.stringify(name)}` +
            didYouMean(name, names),
        );
      }
      return { json: switchFlag(given, "json") ?? false, ...(name === undefined ? {} : { name }) };
    },
    run({ name }) {
      const one = commands.find((each) => each.name === name);
      return one === undefined ? wholePage(commands) : commandPage(one);
    },
    present(page, { json }, terminal) {
      terminal.out(json ? jsonText({ page, version: VERSION }) : page);
      return EXIT.done;
    },
  };
}

/** Text of roff: a backslash, a dash of a flag, and a dot or quote that begins a line are letters. */
function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^(['.])/gm, "\\&$1");
}

function head(name: string, text: string): string {
  return `.\\" Made by freeknot man: do not edit.
.TH "${name.toUpperCase()}" "1" "" "freeknot ${VERSION}" "User Commands"
.nh
.ad l
.SH NAME
${plain(name)} \\- ${plain(text)}
`;
}

function wholePage(commands: readonly Command[]): string {
  const parts = commands.map((each) =>
    `.SS "${plain(each.name)}"\n${plain(each.purpose)}\n${synopsis(each)}${body(each, ".TP")}`
  );
  return `${head("freeknot", "train networks of free-knot splines, coarse to fine")}.SH SYNOPSIS
.B freeknot
.I COMMAND
.RI [ FLAGS ]
.SH DESCRIPTION
Freeknot trains networks of free-knot splines, which are Kolmogorov\\-Arnold networks, coarse to
fine. Every command prints its part of this page with
.BR \\-\\-help .
.SH COMMANDS
${parts.join("")}.SH EXIT STATUS
0: done; 1: it ran but failed; 2: a wrong request, nothing was written; 130: stopped by Ctrl\\-C.
`;
}

function commandPage(command: Command): string {
  return `${head(`freeknot-${command.name}`, command.purpose)}.SH SYNOPSIS
${synopsis(command)}.SH DESCRIPTION
${plain(command.purpose)}
${body(command, ".TP")}`;
}

function synopsis({ synopsis: lines }: Command): string {
  return `.PP\n.nf\n${
    lines.map((line) => `.B "${plain(line.replaceAll('"', '""'))}"`).join("\n")
  }\n.fi\n`;
}

function body({ flags, notes = [], examples }: Command, item: string): string {
  const groups = [...flags, COMMON_FLAGS].map(({ title, flags }) =>
    `.PP\n.I "${plain(title)}"\n${flags.map((flag) => `${item}\n${flagText(flag)}`).join("")}`
  );
  const shown = Object.entries(examples).map(([text, line]) =>
    `.PP\n${plain(text)}:\n.PP\n.RS\n.nf\n${plain(line)}\n.fi\n.RE\n`
  );
  return groups.join("") + notes.map((note) => `.PP\n${plain(note)}\n`).join("") + shown.join("");
}

function flagText({ name, value, negatable, text, fallback }: Flag): string {
  const names = negatable ? `--${name}, --no-${name}` : `--${name}`;
  const tag = `\\fB${plain(names)}\\fR${value === undefined ? "" : ` \\fI${plain(value)}\\fR`}`;
  return `${tag}\n${plain(text)}${fallback === undefined ? "" : ` [${plain(fallback)}]`}\n`;
}
