/**
 * The command `train`.
 *
 * @module
 */

import { withResumedFlags } from "../../runs/checkpoint.ts";
import { performSweep, sweepExitCode } from "../../runs/sweep.ts";
import { sweepJson, sweepText } from "../../runs/sweep_result.ts";
import { EXIT, runExitCode, UsageError } from "../../terminal/errors.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { switchFlag } from "../../flags/values.ts";
import { type Command, command, jsonText } from "../command.ts";
import { TRAIN_FLAGS } from "./flags.ts";
import { overfitNote } from "./notes.ts";
import { type TrainRequest, trainRequest } from "./request.ts";
import { resultJson, resultText } from "./result.ts";
import { performTraining, tellNote } from "./run.ts";

/** One run, or one for each of several seeds. */
type Request =
  | { readonly kind: "run"; readonly request: TrainRequest }
  | { readonly kind: "sweep"; readonly given: GivenFlags; readonly json: boolean };

/** Trains a network, keeps it, and tells how well it does. */
export const trainCommand: Command = command({
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
    "--checkpoint makes a run survive anything: the same command line, given again after the " +
    "program was killed, goes on where it was and ends with the same bits as without a break. " +
    "--resume FILE does so with no flags but those of output: the others are in the file. A " +
    "checkpoint of other data, options or another version is refused, and so is one that another " +
    "run is writing. Where it cannot be written that is said at once, training goes on, and the " +
    "exit code is 1. The file stays when training is done.",
    "--seeds 1..5 trains from five first guesses and prints a table of them, with --json one " +
    "object whose runs are those of single runs. --keep best keeps the network with the lowest " +
    "validation loss (training loss without --validation-fraction), never chosen by the test " +
    "rows; --keep mean keeps all in one file, and predict and evaluate take their mean, of " +
    "classes the mean probability. A table's split follows the seed, unless --split-seed says " +
    "otherwise or --keep mean needs one for all. Checkpoints are FILE.SEED.",
    "Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 diverged, " +
    "failed or checkpoint not written, 2 wrong request (nothing is written), 130 stopped.",
  ],
  examples: {
    "The paper's nonsmooth function, with a report":
      "freeknot train --problem nonsmooth --report nonsmooth.html",
    "Numbers from a table of your own, and the network kept":
      "freeknot train --data houses.csv --target price --model-out houses.safetensors",
    "Claims of drivers watched for parts of a year: counts over an exposure":
      "freeknot train --data claims.csv --target claims --loss poisson --exposure years \\\n" +
      "  --validation-fraction 0.2 --model-out claims.safetensors",
    "Five first guesses, and their mean as the model":
      "freeknot train --problem nonsmooth --seeds 1234..1238 --keep mean \\\n" +
      "  --model-out nonsmooth.safetensors",
    "A long run that may be killed: give the same line again, or only --resume":
      "freeknot train --data houses.csv --target price --model-out houses.safetensors \\\n" +
      "  --checkpoint houses.checkpoint",
    "Benign or malignant: classes, a quarter held out; few rows want a short, smooth training":
      "freeknot train --data examples/data/wisconsin_breast_cancer.csv --target benign \\\n" +
      "  --loss cross-entropy --test-fraction 0.25 --intervals 2 --schedule 1 \\\n" +
      "  --weight-decay 0.001 --report cancer.html --model-out cancer.safetensors",
  },
}, {
  async request(given): Promise<Request> {
    if (given.has("seeds")) {
      return { kind: "sweep", given, json: switchFlag(given, "json") ?? false };
    }
    if (given.has("keep")) throw new UsageError("Cannot train: --keep must come with --seeds only");
    return { kind: "run", request: trainRequest(await withResumedFlags(given, TRAIN_FLAGS)) };
  },
  async run(asked, terminal) {
    return asked.kind === "sweep"
      ? { sweep: await performSweep(asked.given, terminal) }
      : { run: await performTraining(asked.request, terminal) };
  },
  present({ sweep, run }, asked, terminal) {
    if (sweep) {
      const json = asked.kind === "sweep" && asked.json;
      terminal.out(json ? jsonText(sweepJson(sweep)) : sweepText(sweep));
      return sweepExitCode(sweep);
    }
    const { request, checkpointFault } = run;
    tellNote(overfitNote(run), request, terminal);
    terminal.out(request.json ? jsonText(resultJson(run)) : resultText(run));
    return checkpointFault === undefined ? runExitCode(run.run.finished) : EXIT.failed;
  },
});
