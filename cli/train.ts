/**
 * The command `train`.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { countDeadFunctions } from "./diagnostics.ts";
import { checkOutputs, type Output, writeFile } from "./files.ts";
import type { GivenFlags } from "./flags.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { openEngine } from "./engines.ts";
import { encodeModelFile } from "./model_metadata.ts";
import { overfitNote, targetNote } from "./notes.ts";
import { showProgress } from "./progress.ts";
import { runCommand, runOptions } from "./run_options.ts";
import { runReport } from "./run_report.ts";
import { resultJson, resultText, type RunResult } from "./run_result.ts";
import { type PartResult, partResult } from "./scores.ts";
import type { Terminal } from "./terminal.ts";
import { PARTS, type TrainData, trainData } from "./train_data.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";
import { trainRequest } from "./train_request.ts";
import { networkOptions, type Run, runExitCode, runTraining } from "./training.ts";
import type { TrainRequest } from "./train_request.ts";
import { VERSION } from "./version.ts";

/** Trains a network, keeps it, and tells how well it does. */
export const train: Command = {
  name: "train",
  purpose: "Train a network on a table or on a problem of the gallery, coarse to fine.",
  synopsis: [
    "freeknot train --data FILE.csv --target COLUMN [FLAGS]",
    "freeknot train --problem NAME [FLAGS]",
  ],
  flags: TRAIN_FLAGS,
  notes: [
    "Columns of a table are scaled to [0, 1] by the training rows, targets too, and scaled back " +
    "for scores and predictions. Losses are on scaled targets, without weight decay.",
    "A test loss far above the training loss means that the rows are too few for so free a " +
    "network: --validation-fraction 0.2 with --weight-decay 0.001 often helps.",
    "Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 diverged or " +
    "failed, 2 wrong request (nothing is written), 130 stopped.",
  ],
  examples: [
    {
      text: "The paper's nonsmooth function, with a report",
      line: "freeknot train --problem nonsmooth --report nonsmooth.html",
    },
    {
      text: "Numbers from a table of your own, and the network kept",
      line: "freeknot train --data houses.csv --target price --model-out houses.safetensors",
    },
    {
      text:
        "Benign or malignant: classes, a quarter held out; few rows want a short, smooth training",
      line: "freeknot train --data examples/data/wisconsin_breast_cancer.csv --target benign \\\n" +
        "  --loss cross-entropy --test-fraction 0.25 --intervals 2 --schedule 1 \\\n" +
        "  --weight-decay 0.001 --report cancer.html --model-out cancer.safetensors",
    },
  ],
  async run(given: GivenFlags, _rest, terminal: Terminal): Promise<number> {
    const request = trainRequest(given);
    const result = await performTraining(request, terminal);
    tell(overfitNote(result), request, terminal);
    terminal.out(
      request.json ? `${JSON.stringify(resultJson(result), null, 2)}\n` : resultText(result),
    );
    return runExitCode(result.run.finished);
  },
};

/**
 * Does what a request asks for, up to writing the files.
 *
 * @throws {UsageError} If the request does not fit the data or the files cannot be written; then
 * nothing was written.
 */
export async function performTraining(
  asked: TrainRequest,
  terminal: Terminal,
): Promise<RunResult> {
  const { source, modelOut, report } = asked;
  const outputs: Output[] = [
    ...(modelOut === undefined ? [] : [{ flag: "model-out", path: modelOut }]),
    ...(report === undefined ? [] : [{ flag: "report", path: report }]),
  ];
  const inputs = source.kind === "table" ? [source.file] : [];
  await checkOutputs(outputs, inputs);
  const data = await trainData(asked);
  const { engine, note, close } = await openEngine(asked);
  const request = { ...asked, engine };
  tell(note, request, terminal);
  tell(targetNote(data), request, terminal);
  const network = networkOptions(request, data);
  const options = runOptions(request, network, data);
  const progress = showProgress(terminal, request.schedule.stages.length, request.quiet);
  const interrupt = listenForInterrupt(
    () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
    () => progress.stop(),
  );
  try {
    const run = await runTraining(request, network, data.parts, progress, interrupt.signal);
    const judged = judge(request, data, run, terminal);
    const result = { request, data, run, ...judged, options, command: runCommand(options) };
    return { ...result, files: await writeOutputs({ ...result, files: {} }, terminal) };
  } finally {
    interrupt.dispose();
    close();
  }
}

function tell(note: string | undefined, { quiet }: TrainRequest, terminal: Terminal): void {
  if (note !== undefined && !quiet) terminal.err(`${note}\n`);
}

/** Losses and scores of every part; a part that the network refuses to extrapolate to has none. */
function judge(
  request: TrainRequest,
  data: TrainData,
  run: Run,
  terminal: Terminal,
): Pick<RunResult, "losses" | "scores"> {
  const results: Record<string, PartResult> = {};
  for (const part of PARTS) {
    const dataset = data.parts[part];
    if (dataset === undefined) continue;
    try {
      results[part] = partResult(run.finished.network, request.loss, dataset, data.encoding);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      terminal.err(`freeknot: no ${part} scores: ${error.message}\n`);
    }
  }
  return {
    losses: Object.fromEntries(Object.entries(results).map(([part, { loss }]) => [part, loss])),
    scores: Object.fromEntries(Object.entries(results).map(([part, { scores }]) => [part, scores])),
  };
}

/** Writes network and report, the network first; nothing if there is no network worth keeping. */
async function writeOutputs(result: RunResult, terminal: Terminal): Promise<RunResult["files"]> {
  const { request, data, run, losses, scores, options, command } = result;
  const { network, status } = run.finished;
  const { modelOut, report, loss } = request;
  if (!network.parameters.every(Number.isFinite) || !Number.isFinite(run.finished.loss)) {
    if (modelOut !== undefined || report !== undefined) {
      terminal.err("freeknot: nothing was written: the loss was never finite\n");
    }
    return {};
  }
  if (modelOut !== undefined) {
    const { train: rows } = data.parts;
    const bytes = encodeModelFile(network, {
      version: VERSION,
      encoding: data.encoding,
      loss,
      options,
      command,
      status,
      losses,
      scores,
      deadFunctions: countDeadFunctions(network, rows.inputs, rows.rows),
    });
    await writeFile(modelOut, bytes);
  }
  if (report !== undefined) await writeFile(report, runReport(result));
  return {
    ...(modelOut === undefined ? {} : { model: modelOut }),
    ...(report === undefined ? {} : { report }),
  };
}
