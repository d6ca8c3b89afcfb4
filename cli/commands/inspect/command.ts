/**
 * The command `inspect`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { modelFlag, readOutputs, sharedFlag } from "../../flags/shared.ts";
import { integerFlag, textFlag } from "../../flags/values.ts";
import { diagnose, type SupportNumbers, supportNumbers } from "../../models/diagnostics.ts";
import { type LoadedModel, readModel } from "../../models/metadata.ts";
import { type FormulaModel, readFormulaModel } from "../../models/formula_file.ts";
import { networkInputs } from "../../models/network_inputs.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";
import { type Command, command, jsonText } from "../command.ts";
import { readTable } from "../train/data.ts";
import { ensembleJson, ensembleText, inspectJson, inspectText, memberOf } from "./result.ts";

/** What is shown: a network, or formulas. */
interface InspectRequest extends ReturnType<typeof readOutputs> {
  readonly file: string;
  readonly dataFile: string | undefined;
  readonly formulas?: FormulaModel;
  readonly whole?: LoadedModel;
  readonly member?: number | undefined;
}

/** Shows what is in a model file. */
export const inspectCommand: Command = command({
  name: "inspect",
  purpose: "Show what is in a model file: options, layout, and the health of every layer.",
  synopsis: ["freeknot inspect --model FILE [--member N] [--data FILE.csv] [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model"),
      flag(
        "data FILE.csv",
        "Count dead splines on the rows of this table.",
        "the training rows, as train counted",
      ),
      flag("member N", "Of an ensemble: show this network, from 1.", "an overview of all"),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Smallest interval: how near two knots have come, in units of the domain; beside it what it " +
    "would be with uniform knots. It is good above a tenth of that, narrow above a thousandth; " +
    "below, two knots nearly coincide, which lets the spline bend sharply: a kink. Dead: basis " +
    "functions that are 0 at every row, whose coefficients cannot learn. Least batch: rows " +
    "that a mini-batch needs to meet each of the others with probability 0.999. Gram condition: of the " +
    "basis on the domain, the worst over the layer's knot vectors; first-order optimizers slow down as it grows. It is usual that free " +
    "outer knots and powers of ReLU make it large; clamped ones are near 28 (uniform cubics).",
  ],
  examples: {
    "A network of your own": "freeknot inspect --model houses.safetensors",
    "Which splines would new rows leave unused?":
      "freeknot inspect --model houses.safetensors --data new.csv",
  },
}, {
  async request(given): Promise<InspectRequest> {
    const file = modelFlag(given), dataFile = textFlag(given, "data");
    const bytes = await readBytes(file), formulas = await readFormulaModel(file, bytes);
    const read = { file, dataFile, ...readOutputs(given) };
    if (formulas !== undefined) return { ...read, formulas };
    const whole = await readModel(file, bytes);
    const most = whole.networks.length, member = integerFlag(given, "member", { least: 1, most });
    if (member === undefined && most > 1 && dataFile !== undefined) {
      throw new UsageError(
        `Cannot inspect: --data must come with --member for an ensemble of ${most} networks, ` +
          "current value is none",
      );
    }
    return { ...read, whole, member };
  },
  async run(request) {
    if (request.whole === undefined) return undefined;
    const { dataFile, whole, member } = request;
    if (member === undefined && whole.networks.length > 1) return { model: whole };
    const model = member === undefined ? whole : memberOf(whole, member - 1);
    const support = dataFile === undefined ? model.metadata : await supportOf(model, dataFile);
    return { model, layers: diagnose(model.network, support) };
  },
  present(result, { file, json, formulas }, terminal) {
    if (result === undefined) {
      terminal.out(json ? jsonText({ file, ...formulas }) : formulaModelText(formulas!));
      return EXIT.done;
    }
    const { model, layers } = result;
    if (layers) {
      terminal.out(
        json ? jsonText(inspectJson(file, model, layers)) : inspectText(file, model, layers),
      );
    } else terminal.out(json ? jsonText(ensembleJson(file, model)) : ensembleText(file, model));
    return EXIT.done;
  },
});

function formulaModelText({ columns, targets, command }: FormulaModel): string {
  const lines = targets.map(({ name, text }) => `${name} = ${text}`);
  return `formula of ${columns.map(({ column }) => column).join(", ")}\n${lines.join("\n")}\n` +
    `made by: ${command}\n`;
}

async function supportOf(
  { network, metadata }: LoadedModel,
  file: string,
): Promise<SupportNumbers> {
  if (metadata === undefined) {
    throw new UsageError(
      "Cannot inspect: --data must come with a model file that freeknot train wrote, current " +
        "value is a network alone",
    );
  }
  const table = await readTable(file);
  const inputs = networkInputs(table, metadata.encoding, network.config.widths[0]);
  return supportNumbers(network, inputs, table.rows);
}
