/**
 * The command `start`: the first thing to run.
 *
 * @module
 */

import type { PaperRow } from "../../../lib/data/mod.ts";
import type { NetworkConfig } from "../../../lib/model/mod.ts";
import { type Command, command, jsonText } from "../command.ts";
import type { FlagGroup, GivenFlags } from "../../flags/parse.ts";
import { programName } from "../../terminal/program_name.ts";
import { levelsText, resultJson, type RunResult, scoresText } from "../train/result.ts";
import { duration, lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { performTraining } from "../train/run.ts";
import { TRAIN_FLAGS } from "../train/flags.ts";
import { trainRequest } from "../train/request.ts";
import { runExitCode } from "../../terminal/errors.ts";

const PROBLEM = "nonsmooth-left";
const REPORT = "freeknot-nonsmooth.html", MODEL = "freeknot-nonsmooth.safetensors";

/** What `train` would be told; flags of `start` come on top. */
const PRESET: GivenFlags = new Map([
  ["problem", PROBLEM],
  ["knots", "free"],
  ["report", REPORT],
  ["model-out", MODEL],
]);

const OWN_FLAGS = ["seed", "schedule", "rows", "json", "quiet"];

const FLAGS: FlagGroup = {
  title: "Flags",
  flags: TRAIN_FLAGS.flatMap((group) => group.flags).filter(({ name }) => OWN_FLAGS.includes(name)),
};

/** Trains the paper's first problem and lays the result beside the paper's. */
export const startCommand: Command = command({
  name: "start",
  purpose: "Train a first network, the paper's nonsmooth function, and write its report.",
  synopsis: ["freeknot start [FLAGS]"],
  flags: [FLAGS],
  notes: [
    `Writes ${REPORT} and ${MODEL} to the working directory. The same run by hand: freeknot ` +
    `train --problem ${PROBLEM} --report ${REPORT} --model-out ${MODEL}`,
  ],
  examples: {
    "The first network": "freeknot start",
    "Another first guess": "freeknot start --seed 1235",
  },
}, {
  request: (given) => trainRequest(new Map([...PRESET, ...given])),
  run(request, terminal) {
    if (!request.quiet) {
      const { source, schedule, scheduled } = request;
      const name = scheduled ? schedule.name : "refined as soon as progress stalls";
      const title = source.kind === "gallery" ? source.problem.formula : "";
      terminal.err(
        `${PROBLEM}: ${title.split(", u =")[0]}, turned left by 0.175\n`,
      );
      terminal.err(`free-knot cubic splines, ${name}\n\n`);
    }
    return performTraining(request, terminal);
  },
  present(result, { json }, terminal) {
    terminal.out(json ? jsonText(resultJson(result)) : startText(result));
    return runExitCode(result.run.finished);
  },
});

/** Epochs times intervals, in units of the coarsest grid's; of the first guesses nothing counts. */
function workUnits({ run }: RunResult): string {
  const last = run.events.findLast((event) => event.type === "epoch");
  return last === undefined ? "none" : shortNumber(last.record.work);
}

function startText(result: RunResult): string {
  const { request, run, files } = result;
  const { network, levels, status, reason, evaluations, seconds } = run.finished;
  const { source } = request;
  const program = programName();
  const paper = source.kind === "gallery" ? source.problem.paper : undefined;
  const rows = (paper?.rows ?? []).filter((row) => matches(row, network.config));
  const cells = levels.map((level, i) => {
    const fidelity = i === 0 && levels.length > 1 ? ["coarse"] : ["fine", "multilevel"];
    const own = rows.filter((row) =>
      row.parameters === level.parameters && row.fidelity !== undefined &&
      fidelity.includes(row.fidelity)
    );
    return own.map((row) => `${shortNumber(row.mse)} (${row.fidelity} only)`).join(", ") || "-";
  });
  return [
    levelsText(result, { title: `paper, ${paper?.table ?? ""}`, cells }),
    "",
    ...(paper === undefined ? [] : [
      "Mean squared error on scaled training targets; the paper's are means over five seeds, 128",
      `work units each (> marks this run: ${workUnits(result)}, epochs x intervals / coarsest):`,
      rankingText(paper.rows, result),
      "",
    ]),
    scoresText(result),
    "",
    `${status}: ${reason} (${evaluations} evaluations, ${duration(seconds)})`,
    ...(files.report === undefined ? [] : [
      "",
      `Look at ${files.report} in a browser: loss, activations, knots, errors.`,
      "Then:",
      `  ${program} inspect --model ${files.model}`,
      `  ${program} problems`,
      `  ${program} train --data FILE.csv --target COLUMN`,
      `  ${program} help train`,
    ]),
  ].join("\n") + "\n";
}

/** The paper's spline networks and MLPs, with this run among them, the best first. */
function rankingText(rows: readonly PaperRow[], { run, options }: RunResult): string {
  const { network, loss } = run.finished;
  const chosen = rows.filter((row) => row.basis !== "relu").map(({ label, parameters, mse }) => ({
    label: `  ${label}`,
    parameters,
    mse,
  }));
  const own = {
    label: `> this run, spline, ${options.knots} knots, seed ${options.seed}`,
    parameters: network.parameters.length,
    mse: loss,
  };
  const all = [...chosen, own].sort((a, b) => a.mse - b.mse);
  const errors = lossNumbers(all.map(({ mse }) => mse));
  return textTable([
    ["  network", "parameters", "error"],
    ...all.map(({ label, parameters }, i) => [label, `${parameters}`, errors[i]]),
  ], "lrr");
}

function matches(row: PaperRow, { widths, basis, knots }: NetworkConfig): boolean {
  return row.network === "kan" && row.basis === basis && row.knots === knots &&
    row.widths.join() === widths.join();
}
