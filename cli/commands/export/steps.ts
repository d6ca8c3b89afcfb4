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
  reluProgram,
  withSqlFeatures,
} from "../../../lib/export/mod.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { modelFlag, readOutputs } from "../../flags/shared.ts";
import {
  choiceFlag,
  nameIndex,
  numberFlag,
  numberPart,
  requiredFlag,
  textFlag,
} from "../../flags/values.ts";
import { readFormulaModel } from "../../models/formula_file.ts";
import { readModel } from "../../models/metadata.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readBytes, writeFile } from "../../terminal/files.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type FeatureFields, withFeatureCode } from "./feature_code.ts";

/** What was asked for. */
interface ExportRequest {
  readonly modelFile: string;
  readonly to: ExportTarget;
  readonly dtype: "float32" | "float64";
  readonly program: ModelProgram;
  readonly model: ExportedModel;
  /** Where the files go, in their order. */
  readonly paths: readonly string[];
  /** Where an error is proven; absent: in the ranges of training. */
  readonly box?: string;
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
    const box = textFlag(given, "box");
    if (box !== undefined && (error === undefined || to === "lut")) {
      throw only("box", "--error, and another target than lut");
    }
    if (table !== undefined && to !== "sql") throw only("table", "--to sql");
    if (dtype !== undefined && to === "lut") throw only("dtype", "another target than lut");
    const [main, stem, ending] = outName(out, to);
    await checkOutputs([{ flag: "out", path: main }], [modelFile]);
    const { program: whole, encoding } = await readProgram(modelFile, to);
    const program = boxed(whole, box);
    const written = exportModel(program, {
      to,
      name: identifier(stem),
      header: stem.replace(/^.*[/\\]/, ""),
      ...defined({ dtype, error, table }),
    });
    const model = to === "sql"
      ? withFeatureQuery(
        written,
        table ?? "data",
        encoding,
        (from) => exportModel(program, { to, table: from, ...defined({ dtype, error }) }),
      )
      : withFeatureCode(written, to, encoding);
    const paths = model.files.map(({ extension }, i) =>
      i === 0 ? main : stem + (ending === ".mjs" ? ".d.mts" : extension)
    );
    await checkOutputs(paths.map((path) => ({ flag: "out", path })), [modelFile]);
    const { json, quiet } = readOutputs(given);
    const format = model.reduced?.dtype ?? dtype ?? "float64";
    const ends = { ...defined({ box }), json, quiet };
    return { modelFile, to, dtype: format, program, model, paths, ...ends };
  },
  async run({ model: { files }, paths }) {
    for (const [i, path] of paths.entries()) await writeFile(path, files[i].content);
  },
  present(_, request, terminal) {
    const { modelFile, to, dtype, program, model, paths, json } = request;
    const files = paths.map((path, i) => ({ path, bytes: size(model.files[i].content) }));
    const columns = program.columns.map(({ name }) => name);
    const { outputs, error, reduced } = model;
    if (json) {
      const format = to === "lut" ? "integers" : dtype;
      const head = { model: modelFile, to, dtype: format, files, columns, outputs };
      terminal.out(jsonText({ ...head, ...defined({ error, reduced }), version: VERSION }));
      return EXIT.done;
    }
    const lines = files.map(({ path, bytes }) => `${path}: ${bytes} bytes\n`);
    lines.push(`reads ${listed(columns)}\ngives ${listed(outputs)}\n`);
    if (reduced !== undefined) {
      const { numbers, numbersBefore } = reduced;
      lines.push(`${reduced.dtype}, ${numbers} numbers instead of ${numbersBefore}\n`);
    }
    if (error !== undefined) lines.push(`${errorText(request, error)}\n`);
    terminal.out(lines.join(""));
    return EXIT.done;
  },
};

function errorText({ program, to, box }: ExportRequest, error: number): string {
  const what = program.result.kind === "classes" && to !== "lut" ? " of probabilities" : "";
  const where = box ? "inside the box" : "inside the ranges of training";
  return `proven error${what} ${where}: ${shortNumber(error)}`;
}

/** The program with the ranges of a box instead of those of training. */
function boxed(program: ModelProgram, box: string | undefined): ModelProgram {
  if (box === undefined) return program;
  const names = program.columns.map(({ name }) => name), columns = [...program.columns];
  for (const part of box.split(",")) {
    const at = part.lastIndexOf("="), name = part.slice(0, Math.max(0, at)).trim();
    const p = nameIndex(name, names, "Cannot export: --box must name columns");
    const [low, high, ...more] = part.slice(at + 1).split(":").map(numberPart);
    if (!Number.isFinite(low) || !Number.isFinite(high) || low > high || more.length > 0) {
      throw new UsageError(
        "Cannot export: --box must be COL=A:B with A <= B, commas between several, current value " +
          `is ${JSON.stringify(part.trim())}`,
      );
    }
    const { offset = 0 } = columns[p];
    columns[p] = { ...columns[p], range: [low - offset, high - offset] };
  }
  return { ...program, columns };
}

function only(flag: string, other: string): UsageError {
  return new UsageError(`Cannot export: --${flag} must come with ${other} only`);
}

/** Lets the query of a model read features that another query makes of raw columns. */
function withFeatureQuery(
  model: ExportedModel,
  table: string,
  encoding: FeatureFields | undefined,
  write: (table: string) => ExportedModel,
): ExportedModel {
  const text = (from: string) => String(write(from).files[0].content);
  const content = encoding && withSqlFeatures(encoding, table, text);
  return content === undefined ? model : { ...model, files: [{ ...model.files[0], content }] };
}

async function readProgram(
  file: string,
  to: ExportTarget,
): Promise<{ readonly program: ModelProgram; readonly encoding?: FeatureFields | undefined }> {
  const bytes = await readBytes(file), formulas = await readFormulaModel(file, bytes);
  if (formulas !== undefined) {
    const { columns, recipes } = formulas;
    const inputs = columns.map(({ column }) => ({ name: column, minimum: 0, maximum: 0 }));
    return {
      program: formulaProgram(columns, formulas.targets),
      ...(recipes === undefined ? {} : { encoding: { inputs, columns: recipes } }),
    };
  }
  const { networks, metadata, relu } = await readModel(file, bytes);
  const encoding = metadata?.encoding;
  return {
    program: to === "lut"
      ? networkProgram(await asSplines(networks), encoding)
      : relu === undefined
      ? networkProgram(networks, encoding)
      : reluProgram(relu, encoding),
    encoding: encoding?.kind === "table" ? encoding : undefined,
  };
}

/** ReLU MLPs as splines of degree 1, which tables can hold. */
async function asSplines(networks: readonly Network[]): Promise<readonly Network[]> {
  if (!networks.some(({ config }) => config.activation === "relu")) return networks;
  const { reluToSplines, splinesToRelu } = await import("../../../lib/convert/mod.ts");
  return networks.map((network) =>
    network.config.activation === "relu" ? reluToSplines(splinesToRelu(network)) : network
  );
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
