/**
 * The networks that files of other systems hold.
 *
 * @module
 */

import { dirname, join } from "node:path";
import {
  type ChainLayer,
  importEfficientKan,
  importLayersModel,
  importOnnxMlp,
  importPykan,
  readLayersChain,
  readLayersModel,
  readOnnxChain,
  readStateDict,
  splinesOfChain,
} from "../../../lib/convert/mod.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { integerFlag, nameIndex, numberFlag, numberPart, textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";

/** Systems whose weights are read. */
export const SYSTEMS = ["efficient-kan", "pykan", "onnx", "tfjs"] as const;

/** A system whose weights are read. */
export type ImportSystem = typeof SYSTEMS[number];

/** What a file holds, before the names of its columns are known. */
export interface WeightsFile {
  readonly nIn: number;
  readonly nOut: number;
  /** Makes the network; splines where an error is asked for. */
  make(inputs: readonly string[]): ImportedNetwork;
}

/** A network, and by how much it may differ from what was read, if it may. */
export interface ImportedNetwork {
  readonly network: Network;
  /** The proven error in the box. */
  readonly error?: number;
}

/** Reads a file of weights. */
export async function readWeights(
  from: ImportSystem,
  path: string,
  given: GivenFlags,
): Promise<WeightsFile> {
  const error = numberFlag(given, "error", { above: 0 }), box = textFlag(given, "box");
  const degree = integerFlag(given, "degree", { least: 1, most: 9 });
  if (error === undefined) {
    for (const flag of ["box", "degree"] as const) {
      if (given.get(flag) === undefined) continue;
      throw new UsageError(`Cannot import: --${flag} must come with --error only`);
    }
  } else if (from !== "onnx" && from !== "tfjs") {
    throw new UsageError("Cannot import: --error must come with --from onnx or tfjs only");
  }
  const bytes = await readBytes(path);
  if (from === "onnx" && error === undefined) return fileOf(importOnnxMlp(bytes));
  if (from === "efficient-kan") return fileOf(importEfficientKan(readStateDict(bytes)));
  if (from === "pykan") return fileOf(importPykan(readStateDict(bytes)));
  let chain: ChainLayer[];
  if (from === "tfjs") {
    const file = readLayersModel(bytes), parts: Uint8Array[] = [];
    for (const name of file.paths) parts.push(await readBytes(join(dirname(path), name)));
    const bytesOfAll = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    parts.reduce((at, part) => (bytesOfAll.set(part, at), at + part.length), 0);
    const weights = file.weights(bytesOfAll);
    if (error === undefined) return fileOf(importLayersModel(file.topology, weights));
    chain = readLayersChain(file.topology, weights);
  } else chain = readOnnxChain(bytes);
  if (chain.length === 0) throw new UsageError("Cannot import: --weights must hold layers");
  const { nIn } = chain[0], { nOut } = chain[chain.length - 1];
  const make = (inputs: readonly string[]) =>
    splinesOfChain(chain, { box: readBox(box, inputs), error: error!, ...defined({ degree }) });
  return { nIn, nOut, make };
}

function fileOf(network: Network): WeightsFile {
  const { widths } = network.config;
  return { nIn: widths[0], nOut: widths[widths.length - 1], make: () => ({ network }) };
}

/** `COL=A:B,COL=A:B`, all inputs. */
function readBox(text: string | undefined, inputs: readonly string[]): [number, number][] {
  const ranges = new Map<number, [number, number]>();
  for (const part of text?.split(",") ?? []) {
    const at = part.lastIndexOf("="), name = part.slice(0, Math.max(0, at)).trim();
    const index = nameIndex(name, inputs, "Cannot import: --box must name inputs");
    const ends = part.slice(at + 1).split(":").map(numberPart);
    if (ends.length !== 2 || !ends.every(Number.isFinite) || ends[0] > ends[1]) {
      throw new UsageError(
        "Cannot import: --box must be COL=A:B with A <= B, commas between several, current value " +
          `is ${JSON.stringify(part.trim())}`,
      );
    }
    ranges.set(index, [ends[0], ends[1]]);
  }
  return inputs.map((name, p) => {
    const range = ranges.get(p);
    if (range) return range;
    throw new UsageError(
      `Cannot import: --box must give the range of every input, where the error of --error is ` +
        `proven, current value lacks ${name}`,
    );
  });
}
