/**
 * The command `problems`.
 *
 * @module
 */

import { findProblem, type Problem, problems as gallery } from "../../../lib/data/mod.ts";
import { type Command, command, jsonText } from "../command.ts";
import { EXIT } from "../../terminal/errors.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { shortNumber, textTable } from "../../terminal/text_table.ts";
import { switchFlag } from "../../flags/values.ts";

/** Lists the gallery. */
export const problemsCommand: Command = command({
  name: "problems",
  purpose: "List the benchmark problems of the gallery, or tell all about one.",
  synopsis: ["freeknot problems [NAME] [--json]"],
  flags: [{ title: "Flags", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
  positionals: 1,
  examples: {
    "What there is": "freeknot problems",
    "One problem, with the published results": "freeknot problems xor",
  },
}, {
  request: (given, [name]) => ({ name, json: switchFlag(given, "json") ?? false }),
  run: ({ name }) => name === undefined ? gallery : [findProblem(name)],
  present(chosen, { name, json }, terminal) {
    terminal.out(
      json
        ? jsonText({ problems: chosen })
        : name === undefined
        ? list(chosen)
        : details(chosen[0]),
    );
    return EXIT.done;
  },
});

function list(chosen: readonly Problem[]): string {
  const rows = chosen.map(({ name, nIn, defaults, title }) => [
    name,
    `${nIn}`,
    `[${defaults.widths.join(", ")}]`,
    title,
  ]);
  const head = ["name", "inputs", "widths", "what it is"];
  return `${textTable([head, ...rows], "lrll")}\n\n` +
    "freeknot problems NAME tells more; freeknot train --problem NAME trains on one.\n";
}

function details({ name, title, formula, source, domain, rows, defaults, paper }: Problem): string {
  const ranges = domain.map(([low, high]) => `[${low}, ${high}]`);
  const same = ranges.every((range) => range === ranges[0]);
  const inputs = same && ranges.length > 1 ? `${ranges[0]}^${ranges.length}` : ranges.join(" x ");
  const { widths, firstLayer = "linear", bias } = defaults;
  const first = firstLayer === "spline" ? "spline" : `linear, ${bias ? "with" : "no"} bias`;
  const facts = textTable([
    ["formula", formula.replaceAll(", ", ",\n         ")],
    ["inputs", `uniform on ${inputs}`],
    ["points", `${rows} to train; targets scaled to [0, 1]`],
    ["widths", `[${widths.join(", ")}], first layer ${first}`],
    ["source", source],
  ], "ll");
  const published = paper === undefined
    ? ""
    : `\n${paper.table}: mean squared error, five seeds\n${
      textTable([
        ["network", "widths", "parameters", "mean", "deviation"],
        ...paper.rows.map((row) => [
          row.label,
          `[${row.widths.join(", ")}]`,
          `${row.parameters}`,
          shortNumber(row.mse),
          shortNumber(row.deviation),
        ]),
      ], "llrrr")
    }\n`;
  return `${name}: ${title}\n\n${facts}\n${published}`;
}
