/**
 * The pages of help, at most 100 columns wide.
 *
 * @module
 */

import type { Command } from "../commands/command.ts";
import { COMMON_FLAGS, type Flag, type FlagGroup } from "../flags/parse.ts";
import { textTable } from "./text_table.ts";
import { VERSION } from "./version.ts";

const WIDTH = 98;

/** The page of the program. */
export function programHelp(commands: readonly Command[]): string {
  return `Freeknot ${VERSION} trains networks of free-knot splines, coarse to fine.

Usage: freeknot COMMAND [FLAGS]

Commands:
${indent(textTable(commands.map(({ name, purpose }) => [name, purpose]), "ll"))}

freeknot help COMMAND, or freeknot COMMAND --help, explains a command; freeknot --version
prints the version. From a copy of the repository, write
  deno run --allow-read --allow-write cli.ts COMMAND [FLAGS]

Begin with:
  freeknot start                                  a first network, and a report to look at
  freeknot train --data FILE.csv --target COLUMN  a table of your own
`;
}

/** The page of a command. */
export function commandHelp(command: Command): string {
  const { synopsis, flags, notes = [], examples, purpose } = command;
  const usage = synopsis.map((line, i) => `${i === 0 ? "Usage: " : "       "}${line}`).join("\n");
  const groups = [...flags, COMMON_FLAGS].map(groupHelp).join("\n\n");
  const paragraphs = notes.map((note) => `\n\n${wrap(note, WIDTH).join("\n")}`).join("");
  const shown = Object.entries(examples).map(([text, line]) =>
    `  ${text}:\n${line.split("\n").map((part) => `    ${part}`).join("\n")}`
  ).join("\n\n");
  return `${wrap(purpose, WIDTH).join("\n")}\n\n${usage}\n\n${groups}${paragraphs}\n\n` +
    `Examples:\n${shown}\n`;
}

function groupHelp({ title, flags }: FlagGroup): string {
  return `${title}:\n${flags.map(flagHelp).join("\n")}`;
}

/** The flag in a column of its own, the text beside it. */
function flagHelp(flag: Flag): string {
  const column = 31;
  const name = flag.negatable ? `--${flag.name}, --no-${flag.name}` : `--${flag.name}`;
  const short = flag.name === "help" ? "-h, " : "";
  const head = `  ${short}${name}${flag.value === undefined ? "" : ` ${flag.value}`}`;
  const fallback = flag.fallback === undefined ? "" : ` [${flag.fallback}]`;
  const lines = wrap(flag.text + fallback, WIDTH - column);
  const first = head.length + 2 > column ? [head] : [];
  return [
    ...first,
    ...lines.map((line, i) =>
      i === 0 && first.length === 0 ? head.padEnd(column) + line : " ".repeat(column) + line
    ),
  ].join("\n");
}

/** Breaks a text into lines at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
