/**
 * The command `train`.
 *
 * @module
 */

import { withResumedFlags } from "../../runs/checkpoint.ts";
import { judge } from "../../runs/judging.ts";
import { type Judging, judgingExitCode } from "../../runs/judging_data.ts";
import { judgingJson, judgingOnlyText } from "../../runs/judging_result.ts";
import { performSweep, sweepExitCode } from "../../runs/sweep.ts";
import { sweepJson, type SweepResult, sweepText } from "../../runs/sweep_result.ts";
import { EXIT, runExitCode, UsageError } from "../../terminal/errors.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { checkPictures } from "../../pictures/write.ts";
import { checkOutputs } from "../../terminal/files.ts";
import { switchFlag } from "../../flags/values.ts";
import { type Command, command, jsonText } from "../command.ts";
import type { ClusterRequest } from "../../flags/cluster.ts";
import { clusterRequest, searchOnCluster, trainOnCluster } from "./cluster.ts";
import { TRAIN_FLAGS } from "./flags.ts";
import { overfitNote } from "./notes.ts";
import { requestOutputs, RESULT_FILES, tableFiles } from "./outputs.ts";
import { type TrainRequest, trainRequest } from "./request.ts";
import { performSearch, searchRequest } from "./search.ts";
import {
  searchExitCode,
  searchJson,
  type SearchRequest,
  type SearchResult,
  searchText,
} from "./search_result.ts";
import { resultJson, resultText, type RunResult } from "./result.ts";
import { performTraining, tellNote } from "./run.ts";

/** A search, one run, or one for each of several seeds. */
type Request =
  | {
    readonly kind: "search";
    readonly given: GivenFlags;
    readonly request: SearchRequest;
    readonly cluster: ClusterRequest | undefined;
  }
  | {
    readonly kind: "run";
    readonly given: GivenFlags;
    readonly request: TrainRequest;
    readonly cluster: ClusterRequest | undefined;
  }
  | { readonly kind: "sweep"; readonly given: GivenFlags; readonly json: boolean };

/** What was done: a judging alone where nothing is kept. */
type Done =
  | { readonly search: SearchResult }
  | { readonly sweep: SweepResult }
  | { readonly judging: Judging }
  | { readonly run: RunResult };

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
    "With --data and no flag of network or training the model is searched for: lines, splines, " +
    "trees and networks are judged by cross-validation, and the best weighed sum of them is the " +
    "model; see docs/model_search.md. Numbers that it predicts stay within the targets' range, " +
    "widened by a tenth. --form network is one network; formula, prune and certify want one.",
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
    "--folds 5 trains five networks, or searches five times, each without a fifth of the rows, and " +
    "judges on that fifth: " +
    "mean, standard error, and the scores of all held-out rows together. --group patient keeps the " +
    "rows of a patient on one side, --order date trains on the past only. With --model-out or " +
    "--report or --svg a network is trained on all rows, too, and kept. --learning-curve trains on a tenth " +
    "to all of the rows: a held-out loss that still falls at the end asks for more rows.",
    "Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 diverged, " +
    "failed or checkpoint not written, 2 wrong request (nothing is written), 130 stopped.",
  ],
  examples: {
    "A function with kinks, with a report":
      "freeknot train --problem nonsmooth --report nonsmooth.html",
    "The loss and the error of the same function, as one picture for a paper":
      "freeknot train --problem nonsmooth --svg nonsmooth.svg --pictures loss,error",
    "Numbers from a table of your own, and the network kept":
      "freeknot train --data houses.csv --target price --model-out houses.safetensors",
    "Claims of drivers watched for parts of a year: counts over an exposure":
      "freeknot train --data claims.csv --target claims --loss poisson --exposure years \\\n" +
      "  --validation-fraction 0.2 --model-out claims.safetensors",
    "Five first guesses, and their mean as the model":
      "freeknot train --problem nonsmooth --seeds 1234..1238 --keep mean \\\n" +
      "  --model-out nonsmooth.safetensors",
    "How good is it? Five folds, and the model of all rows":
      "freeknot train --data houses.csv --target price --folds 5 --model-out houses.safetensors",
    "A long run that may be killed: give the same line again, or only --resume":
      "freeknot train --data houses.csv --target price --model-out houses.safetensors \\\n" +
      "  --checkpoint houses.checkpoint",
    "Benign or malignant: classes, a quarter held out":
      "freeknot train --data examples/data/wisconsin_breast_cancer.csv --target benign \\\n" +
      "  --loss cross-entropy --test-fraction 0.25 --report cancer.html --model-out cancer.safetensors",
    "The same with one network; few rows want a short, smooth training":
      "freeknot train --data examples/data/wisconsin_breast_cancer.csv --target benign \\\n" +
      "  --loss cross-entropy --test-fraction 0.25 --intervals 2 --schedule 1 \\\n" +
      "  --weight-decay 0.001 --model-out network.safetensors",
  },
}, {
  async request(given): Promise<Request> {
    const search = searchRequest(given);
    if (search !== undefined) {
      return { kind: "search", given, request: search, cluster: clusterRequest(given, search) };
    }
    if (given.has("seeds")) clusterRequest(given, undefined);
    if (given.has("seeds")) {
      return { kind: "sweep", given, json: switchFlag(given, "json") ?? false };
    }
    if (given.has("keep")) throw new UsageError("Cannot train: --keep must come with --seeds only");
    const flags = await withResumedFlags(given, TRAIN_FLAGS);
    const request = trainRequest(flags);
    return { kind: "run", given: flags, request, cluster: clusterRequest(flags, request) };
  },
  async run(asked, terminal): Promise<Done> {
    if (asked.kind === "sweep") return { sweep: await performSweep(asked.given, terminal) };
    if (asked.kind === "run" && asked.cluster) {
      return { run: await trainOnCluster(asked.request, asked.cluster, asked.given, terminal) };
    }
    if (asked.kind === "search" && asked.cluster) {
      return { search: await searchOnCluster(asked.request, asked.cluster, asked.given, terminal) };
    }
    const { request, given } = asked, { judging: { folds } = {} } = request;
    const perform = async (known?: Judging): Promise<Done> =>
      asked.kind === "search"
        ? { search: await performSearch(asked.request, terminal, known) }
        : { run: await performTraining(request, terminal, known) };
    if (request.judging === undefined) return await perform();
    const outputs = requestOutputs(request, RESULT_FILES);
    await checkOutputs(outputs, tableFiles(request.source));
    await checkPictures(request.pictures);
    const judging = await judge(given, request, terminal);
    const kept = folds === undefined || outputs.length > 0;
    if (judging.stopped || !kept) return { judging };
    return await perform(judging);
  },
  present(done, asked, terminal) {
    if ("search" in done) {
      const { search } = done;
      if (!search.silent) {
        terminal.out(search.request.json ? jsonText(searchJson(search)) : searchText(search));
      }
      return searchExitCode(search);
    }
    if ("judging" in done) {
      const { judging } = done;
      const json = asked.kind !== "sweep" && asked.request.json;
      terminal.out(json ? jsonText(judgingJson(judging)) : judgingOnlyText(judging));
      return judgingExitCode(judging);
    }
    if ("sweep" in done) {
      const { sweep } = done;
      const json = asked.kind === "sweep" && asked.json;
      terminal.out(json ? jsonText(sweepJson(sweep)) : sweepText(sweep));
      return sweepExitCode(sweep);
    }
    const { run } = done, { request, checkpointFault } = run;
    if (!run.silent) {
      tellNote(overfitNote(run), request, terminal);
      terminal.out(request.json ? jsonText(resultJson(run)) : resultText(run));
    }
    if (checkpointFault !== undefined) return EXIT.failed;
    const code = runExitCode(run.run.finished);
    return code === EXIT.done && run.judging ? judgingExitCode(run.judging) : code;
  },
});
