/**
 * From the flags of `reproduce` to the experiment that they ask for.
 *
 * @module
 */

import type { Network } from "../../../../lib/model/mod.ts";
import { defined } from "../../../../lib/numerics/inner.ts";
import type { Experiment, ExperimentOptions } from "../../../../lib/reproduce/mod.ts";
import type { GivenFlags } from "../../../flags/parse.ts";
import { readOutputs, readThreads } from "../../../flags/shared.ts";
import { seedsFlag, switchFlag, textFlag } from "../../../flags/values.ts";
import { readModel } from "../../../models/metadata.ts";
import { UsageError } from "../../../terminal/errors.ts";
import { shellCommand } from "../../../terminal/shell_word.ts";
import { readTable } from "../../train/data.ts";
import { chosenByWords } from "../only.ts";

/** All that was asked for. */
export interface ExperimentRequest extends ReturnType<typeof readOutputs> {
  readonly experiment: Experiment;
  readonly options: ExperimentOptions;
  /** Ids of the parts that run. */
  readonly parts: readonly string[];
  /** Whether these are all parts. */
  readonly whole: boolean;
  readonly keep?: string;
  /** The command line that asks for the same. */
  readonly command: string;
}

/** Flags of the papers' tables alone. */
const TABLE_FLAGS = ["line-search", "perturbation"];
const INPUT_FLAGS = { network: "model", table: "data" } as const;

/**
 * Reads the flags of an experiment, and the files that it takes.
 *
 * @throws {UsageError} If a flag does not belong to it, or a value is out of range.
 */
export async function experimentRequest(
  given: GivenFlags,
  experiment: Experiment,
): Promise<ExperimentRequest> {
  const { name, takes = [] } = experiment;
  const foreign = [
    ...TABLE_FLAGS,
    ...(["network", "table"] as const).filter((input) => !takes.includes(input))
      .map((input) => INPUT_FLAGS[input]),
  ].find((flag) => given.has(flag));
  if (foreign !== undefined) {
    throw new UsageError(
      `Cannot reproduce: --${foreign} must be left out with ${name}, current value is ` +
        `${given.get(foreign)}`,
    );
  }
  const modelFile = textFlag(given, "model"), dataFile = textFlag(given, "data");
  const options: ExperimentOptions = {
    quick: switchFlag(given, "quick") ?? false,
    ...defined({ seeds: seedsFlag(given, "seeds"), threads: readThreads(given) }),
    ...(modelFile === undefined ? {} : { network: await networkOf(modelFile) }),
    ...(dataFile === undefined ? {} : { table: await readTable(dataFile) }),
  };
  const all = experiment.parts(options).map(({ id }) => id);
  const parts = chosenParts(all, textFlag(given, "only"));
  const flags = ["only", "seeds", "quick", "model", "data"];
  return {
    ...{ experiment, options, parts, whole: parts.length === all.length },
    ...defined({ keep: textFlag(given, "keep") }),
    ...readOutputs(given),
    command: shellCommand(
      `reproduce ${name}`,
      Object.fromEntries(flags.map((flag) => [flag, given.get(flag)])),
    ),
  };
}

async function networkOf(file: string): Promise<Network> {
  const { network, networks } = await readModel(file);
  if (networks.length === 1) return network;
  throw new UsageError(
    `Cannot reproduce: --model must be one network, current value is ${networks.length} of them`,
  );
}

/** The parts that `--only` names. */
function chosenParts(all: readonly string[], text: string | undefined): readonly string[] {
  const shown = all.length > 12 ? `${all.slice(0, 12).join(", ")}, ...` : all.join(", ");
  return chosenByWords(all, (id) => id, text, `parts among ${shown}`);
}
