/**
 * The steps of `export`.
 *
 * @module
 */

import {
  EXPORT_TARGETS,
  type ExportedModel,
  exportModel,
  type ExportTarget,
  formulaProgram,
  type ModelProgram,
  networkProgram,
} from "../../../lib/export/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { modelFlag, readOutputs } from "../../flags/shared.ts";
import { choiceFlag, numberFlag, requiredFlag, textFlag } from "../../flags/values.ts";
import { readFormulaModel } from "../../models/formula_file.ts";
import { readModel } from "../../models/metadata.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readBytes, writeFile } from "../../terminal/files.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";

/** What was asked for. */
interface ExportRequest {
  readonly modelFile: string;
  readonly to: ExportTarget;
  readonly dtype: "float32" | "float64";
  readonly program: ModelProgram;
  readonly model: ExportedModel;
  /** Where the files go, in their order. */
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What the name of the main file must end with, where there are others beside it. */
const ENDINGS: Readonly<Partial<Record<ExportTarget, readonly string[]>>> = {
  js: [".js", ".mjs"],
  c: [".c"],
  lut: [".c"],
};

/** Reads the request and makes the files; writes them; says what they are. */
export const exportSteps: CommandSteps<ExportRequest, void> = {
  async request(given) {
    const modelFile = modelFlag(given);
    const choices = EXPORT_TARGETS.join(", ");
    requiredFlag(given, "to", `one of ${choices}`);
    const to = choiceFlag(given, "to", EXPORT_TARGETS)!;
    const out = requiredFlag(given, "out", "the name of a file");
    const dtype = choiceFlag(given, "dtype", ["float32", "float64"]);
    const error = numberFlag(given, "error", { above: 0 }), table = textFlag(given, "table");
    if (error !== undefined && to !== "lut") throw only("error", "--to lut");
    if (table !== undefined && to !== "sql") throw only("table", "--to sql");
    if (dtype !== undefined && to === "lut") throw only("dtype", "another target than lut");
    const [main, stem, ending] = outName(out, to);
    await checkOutputs([{ flag: "out", path: main }], [modelFile]);
    const program = await readProgram(modelFile);
    const model = exportModel(program, {
      to,
      name: identifier(stem),
      header: stem.replace(/^.*[/\\]/, ""),
      ...defined({ dtype, error, table }),
    });
    const paths = model.files.map(({ extension }, i) =>
      i === 0 ? main : stem + (ending === ".mjs" ? ".d.mts" : extension)
    );
    await checkOutputs(paths.map((path) => ({ flag: "out", path })), [modelFile]);
    const { json, quiet } = readOutputs(given);
    return { modelFile, to, dtype: dtype ?? "float64", program, model, paths, json, quiet };
  },
  async run({ model: { files }, paths }) {
    for (const [i, path] of paths.entries()) await writeFile(path, files[i].content);
  },
  present(_, request, terminal) {
    const { modelFile, to, dtype, program, model, paths, json } = request;
    const files = paths.map((path, i) => ({ path, bytes: size(model.files[i].content) }));
    const columns = program.columns.map(({ name }) => name);
    const { outputs, error } = model;
    if (json) {
      const format = to === "lut" ? "integers" : dtype;
      const head = { model: modelFile, to, dtype: format, files, columns, outputs };
      terminal.out(jsonText({ ...head, ...defined({ error }), version: VERSION }));
      return EXIT.done;
    }
    const lines = files.map(({ path, bytes }) => `${path}: ${bytes} bytes\n`);
    lines.push(`reads ${listed(columns)}\ngives ${listed(outputs)}\n`);
    if (error !== undefined) {
      lines.push(`proven error inside the ranges of training: ${shortNumber(error)}\n`);
    }
    terminal.out(lines.join(""));
    return EXIT.done;
  },
};

function only(flag: string, other: string): UsageError {
  return new UsageError(`Cannot export: --${flag} must come with ${other} only`);
}

async function readProgram(file: string): Promise<ModelProgram> {
  const bytes = await readBytes(file), formulas = await readFormulaModel(file, bytes);
  if (formulas !== undefined) return formulaProgram(formulas.columns, formulas.targets);
  const { networks, metadata } = await readModel(file, bytes), encoding = metadata?.encoding;
  if (encoding?.kind === "table" && encoding.answer !== undefined) {
    throw new UsageError(
      `Cannot export: --model must be a network or the mean of several, current value is a model ` +
        `that a search has found (${file}), whose bounds programs do not know yet; train with ` +
        "--form network",
    );
  }
  return networkProgram(networks, metadata?.encoding);
}

/** The name of the main file, what comes before its ending, and the ending. */
function outName(out: string, to: ExportTarget): [string, string, string] {
  const endings = ENDINGS[to], ending = endings?.find((each) => out.endsWith(each));
  if (endings !== undefined && ending === undefined) {
    throw new UsageError(
      `Cannot export: --out must end with ${endings.join(" or ")} for ${to}, current value is ` +
        JSON.stringify(out),
    );
  }
  const stem = ending === undefined ? out.replace(/\.[^./\\]+$/, "") : out.slice(0, -ending.length);
  return [out, stem, ending ?? ""];
}

/** A name for code from the name of a file. */
function identifier(stem: string): string {
  const plain = stem.replace(/^.*[/\\]/, "").replace(/\W/g, "_").slice(0, 60);
  return /^[A-Za-z]/.test(plain) ? plain : `model${plain === "" ? "" : `_${plain}`}`.slice(0, 60);
}

function size(content: string | Uint8Array): number {
  return typeof content === "string" ? new TextEncoder().encode(content).length : content.length;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown}, ... (${names.length})` : shown;
}
