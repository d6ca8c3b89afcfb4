/**
 * The steps of `import`.
 *
 * @module
 */

import type { ColumnScale, TableEncoding } from "../../../lib/data/mod.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { splineStages } from "../../../lib/model/inner.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { readOutputs } from "../../flags/shared.ts";
import { choiceFlag, requiredFlag, textFlag } from "../../flags/values.ts";
import { encodeModelFile } from "../../models/metadata.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { VERSION } from "../../terminal/version.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type ImportSystem, readWeights, SYSTEMS } from "./read.ts";

/** What was asked for. */
interface ImportRequest {
  readonly from: ImportSystem;
  readonly weights: string;
  readonly modelOut: string;
  readonly network: Network;
  /** Of splines that stand for smooth functions: the proven error in the box. */
  readonly error?: number;
  /** The flags of that. */
  readonly smooth: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  readonly targets: readonly string[];
  readonly json: boolean;
}

/** Reads the weights and makes the network; writes it; says what it is. */
export const importSteps: CommandSteps<ImportRequest, void> = {
  async request(given) {
    requiredFlag(given, "from", `one of ${SYSTEMS.join(", ")}`);
    const from = choiceFlag(given, "from", SYSTEMS)!;
    const weights = requiredFlag(given, "weights", "a file of weights");
    const modelOut = requiredFlag(given, "model-out", "the name of a file");
    await checkOutputs([{ flag: "model-out", path: modelOut }], [weights]);
    const file = await readWeights(from, weights, given);
    const names = (flag: "inputs" | "targets", prefix: string, count: number): string[] => {
      const text = textFlag(given, flag);
      const list = text?.split(",").map((name) => name.trim()) ??
        Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
      if (list.length === count && new Set(list).size === count && !list.includes("")) return list;
      throw new UsageError(
        `Cannot import: --${flag} must be ${count} different names with commas between them, ` +
          `current value is ${JSON.stringify(text)}`,
      );
    };
    const inputs = names("inputs", "x", file.nIn), targets = names("targets", "y", file.nOut);
    const smooth = defined({
      error: textFlag(given, "error"),
      box: textFlag(given, "box"),
      degree: textFlag(given, "degree"),
    });
    return {
      ...{ from, weights, modelOut, ...file.make(inputs), smooth, inputs, targets },
      json: readOutputs(given).json,
    };
  },
  async run(request) {
    const { network, modelOut, from } = request;
    const bytes = encodeModelFile([network], {
      version: VERSION,
      encoding: encodingOf(request),
      loss: { kind: "mse", weightDecay: 0 },
      options: { importedFrom: from, widths: network.config.widths },
      command: commandLine(request),
      status: "imported",
      losses: {},
      scores: {},
      deadFunctions: splineStages(network.config).map(() => 0),
    });
    await writeFile(modelOut, bytes);
  },
  present(_, request, terminal) {
    const { network: { config, parameters }, modelOut, from, weights, inputs, targets } = request;
    const { error } = request;
    if (request.json) {
      const what = { from, weights, modelOut, config, parameters: parameters.length };
      terminal.out(
        jsonText({
          ...what,
          ...defined({ error }),
          inputs,
          targets,
          version: VERSION,
          command: commandLine(request),
        }),
      );
      return EXIT.done;
    }
    const kind = config.activation === "spline"
      ? `splines of degree ${config.degree}, ${config.intervals} intervals on [${
        config.domain.join(", ")
      }]`
      : `an MLP of ${config.activation}`;
    terminal.out(
      `[${config.widths.join(", ")}], ${kind}, ${parameters.length} parameters\n` +
        `reads ${inputs.join(", ")}\ngives ${targets.join(", ")}\nnetwork: ${modelOut}\n` +
        (error === undefined ? "" : `proven error in the box: ${shortNumber(error)}\n`),
    );
    return EXIT.done;
  },
};

/** Columns as they are: 0 stands for 0, 1 for 1. */
function encodingOf({ inputs, targets }: ImportRequest): TableEncoding {
  const plain = (name: string): ColumnScale => ({ name, minimum: 0, maximum: 1 });
  return {
    kind: "table",
    task: "regression",
    inputs: inputs.map(plain),
    targets: targets.map(plain),
    split: { seed: 0, testFraction: 0, validationFraction: 0, rows: 0, checksum: "0" },
  };
}

function commandLine(request: ImportRequest): string {
  const { from, weights, modelOut, inputs, targets, smooth } = request;
  const names = { inputs, targets };
  return shellCommand("import", { from, weights, "model-out": modelOut, ...names, ...smooth });
}
