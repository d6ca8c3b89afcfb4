/**
 * The command `calibrate`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { modelFlag, readOutputs, sharedFlag } from "../../flags/shared.ts";
import { requiredFlag } from "../../flags/values.ts";
import { heldErrors } from "../../models/intervals.ts";
import { encodeModelFile, readTrainedModel, type Sureness } from "../../models/metadata.ts";
import { createGapTally } from "../../models/gap_tally.ts";
import { createRangeTally } from "../../models/range_tally.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { type Command, command, jsonText } from "../command.ts";
import { fromTable } from "../evaluate/data.ts";

/** Parameters up to which covariances are found: the matrix has their square. */
const MOST_PARAMETERS = 2000;

/** Finds out how sure a network is, and keeps it in the model file for `predict --interval`. */
export const calibrateCommand: Command = command({
  name: "calibrate",
  purpose: "Find how sure a network is, and keep it in the model file for predict --interval.",
  synopsis: ["freeknot calibrate --model FILE --data FILE.csv --model-out FILE [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", { text: "A network or an ensemble that train kept." }),
      flag("data FILE.csv", "The table that it was trained on, with the same rows."),
      sharedFlag("model-out", { text: "Where the model goes; may be the file of --model." }),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Two things are kept. Errors on the table's test rows, which training never saw, give " +
    "intervals, and of classes sets, that cover as often as they say for any model (conformal " +
    "prediction). The " +
    "covariance of the parameters on the training rows (Laplace's approximation, one network of " +
    `at most ${MOST_PARAMETERS} parameters, loss mse or cross-entropy) gives intervals that are ` +
    "longer where data are scarce, and intervals of probabilities.",
  ],
  examples: {
    "Make intervals of predictions possible":
      "freeknot calibrate --model houses.safetensors --data houses.csv --model-out sure.safetensors",
  },
}, {
  async request(given) {
    const modelFile = modelFlag(given), dataFile = requiredFlag(given, "data", "a table");
    const modelOut = requiredFlag(given, "model-out", "a file");
    await checkOutputs(
      [{ flag: "model-out", path: modelOut }],
      [dataFile, ...modelOut === modelFile ? [] : [modelFile]],
    );
    const model = await readTrainedModel(modelFile);
    if (model.metadata.encoding.kind !== "table") {
      throw new UsageError(
        "Cannot calibrate: --model must be a network that was trained on a table, current value " +
          "is one of the gallery",
      );
    }
    return {
      ...{ modelFile, dataFile, modelOut, model },
      json: readOutputs(given).json,
      quiet: readOutputs(given).quiet,
    };
  },
  async run({ model: { networks, network, metadata }, dataFile, modelOut }) {
    const { encoding, loss } = metadata;
    const tally = createRangeTally(encoding), gaps = createGapTally(encoding);
    const train = await fromTable(dataFile, metadata, network, "train", tally, gaps);
    const hasTest = metadata.losses.test !== undefined;
    const test = hasTest
      ? await fromTable(dataFile, metadata, network, "test", tally, gaps)
      : undefined;
    const held = await heldErrors(networks, encoding, test), { errors } = held;
    const rule = encoding.kind === "table" ? encoding.answer : undefined; // of a search
    const known = networks.length === 1 && rule === undefined &&
      ["mse", "crossEntropy"].includes(loss.kind) &&
      network.parameters.length <= MOST_PARAMETERS;
    const { laplaceCovariance } = await import("../../../lib/uncertainty/mod.ts");
    const found = known ? await laplaceCovariance(network, train, { loss }) : undefined;
    const nOut = network.config.widths.at(-1)!;
    const sureness: Sureness = {
      ...(errors ? held : rule && metadata.sureness),
      ...(found && loss.kind === "mse" &&
        { noise: Array.from({ length: nOut }, () => found.scale) }),
    };
    const bytes = encodeModelFile(networks, { ...metadata, sureness }, {
      covariance: found?.covariance,
    });
    await writeFile(modelOut, bytes);
    return {
      testRows: errors?.[0].length ?? 0,
      parameters: network.parameters.length,
      effectiveParameters: found === undefined ? null : found.edf,
      rank: found === undefined ? null : found.covariance.rank,
    };
  },
  present(result, { modelOut, json, quiet }, terminal) {
    if (json) terminal.out(jsonText({ model: modelOut, ...result, version: VERSION }));
    else if (!quiet) terminal.out(calibrationText(result, modelOut));
    return EXIT.done;
  },
});

function calibrationText(
  { testRows, parameters, effectiveParameters, rank }: {
    readonly testRows: number;
    readonly parameters: number;
    readonly effectiveParameters: number | null;
    readonly rank: number | null;
  },
  file: string,
): string {
  const errors = testRows > 0
    ? `errors of ${testRows} test rows`
    : "no errors of test rows (there are none, or predictions are no targets)";
  const covariance = effectiveParameters === null
    ? "no covariance (it takes one network of mse or cross-entropy, " +
      `at most ${MOST_PARAMETERS} parameters)`
    : `the covariance of ${parameters} parameters, ${effectiveParameters.toFixed(1)} of them ` +
      `effective (rank ${rank})`;
  return `kept in ${file}: ${errors}; ${covariance}\n`;
}
