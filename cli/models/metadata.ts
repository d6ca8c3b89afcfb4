/**
 * What `train` keeps in a model file beside the network, and reads back.
 *
 * @module
 */

import type {
  ClassificationScores,
  ClassScores,
  RegressionScores,
  SurvivalScores,
} from "../../lib/data/mod.ts";
import type { DevianceScores, Loss, QuantileScores } from "../../lib/engine/mod.ts";
import {
  decodeEnsemble,
  encodeEnsemble,
  encodeModel,
  type ModelExtras,
  type Network,
} from "../../lib/model/mod.ts";
import type { ReluNetwork } from "../../lib/convert/mod.ts";
import { tensorFileFormat } from "../../lib/model/inner.ts";
import { defined } from "../../lib/numerics/inner.ts";
import type { SupportNumbers } from "./diagnostics.ts";
import { unreadable, UsageError } from "../terminal/errors.ts";
import { readBytes } from "../terminal/files.ts";
import { type DataEncoding, numOutputs, type PartName } from "../commands/train/data.ts";

/** Scores of numbers; several targets have theirs by name, too. */
export type NumberScores = TargetNumbers & {
  readonly targets?: Readonly<Record<string, TargetNumbers>>;
};

/** Scores of one target: of a mean, of a mean whose loss is a deviance, of a quantile. */
export type TargetNumbers = RegressionScores | RegressionScores & DevianceScores | QuantileScores;

/** Scores of classes; each class has its scores under its label. */
export interface LabelScores extends Omit<ClassificationScores, "classes"> {
  /** In the order of `confusion`. */
  readonly labels: readonly string[];
  readonly classes: Readonly<Record<string, ClassScores>>;
}

/** Scores of one part of the data, as files and `--json` have them. */
export type Scores = NumberScores | LabelScores | SurvivalScores;

/** Scores per part of the data. */
export type ScoresByPart = { readonly [part in PartName]?: Scores };

/** The scores that are one number; null where there is none. */
export function plainScores(scores: Scores): Record<string, number | null> {
  const plain = Object.entries(scores).filter(([, value]) =>
    typeof value === "number" || value === null
  );
  return Object.fromEntries(plain);
}

/** A number or null by its name; those of targets and classes below theirs. */
export interface ScoreTree {
  readonly [name: string]: number | null | ScoreTree;
}

/** What networks of folds, trained as the kept one was, did on rows that they had not seen. */
export interface FoldScores {
  readonly folds: number;
  readonly group?: string;
  readonly order?: string;
  readonly mean: ScoreTree;
  readonly standardError: ScoreTree;
}

/** What stands beside the network; the training rows' support of its bases among it. */
export interface ModelMetadata extends SupportNumbers {
  /** Version of the program that wrote it. */
  readonly version: string;
  /** Scales, labels, split: how data became numbers. */
  readonly encoding: DataEncoding;
  readonly loss: Loss;
  /** Every resolved option of the run. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The command line that repeats the run. */
  readonly command: string;
  readonly status: string;
  readonly losses: { readonly [part in PartName]?: number };
  readonly scores: ScoresByPart;
  /** What intervals of predictions are made of, see `intervals.ts`. */
  readonly sureness?: Sureness;
  /** Absent: there were no folds. */
  readonly foldScores?: FoldScores;
  /** Of a model that a search has found: the candidates and their shares. */
  readonly tried?: readonly object[];
  /** Of an ensemble: its members, in the order of the file; what stands above is of them all. */
  readonly members?: readonly MemberMetadata[];
}

/** What is known of a model's errors. */
export interface Sureness {
  /**
   * Absolute errors of rows that training did not see, in the target's units or on `errorScale`,
   * sorted; for every target, at most 1000 of them.
   */
  readonly errors?: readonly (readonly number[])[];
  /** The scale of the errors, see `spread.ts`. Absent: the target's. */
  readonly errorScale?: "log" | "root" | "angle";
  /** Whose errors: of the folds of a cross-validation. Absent: of rows that no training saw. */
  readonly errorsOf?: "folds";
  /** The variance of the noise of every output, as the network sees it. */
  readonly noise?: readonly number[];
}

/** What is known of one member of an ensemble. */
export interface MemberMetadata
  extends SupportNumbers, Pick<ModelMetadata, "status" | "losses" | "scores"> {
  readonly seed: number;
}

/** The bytes of a model file: of one network, or of an ensemble if the metadata have members. */
export function encodeModelFile(
  networks: readonly Network[],
  metadata: ModelMetadata,
  extras: ModelExtras = {},
): Uint8Array<ArrayBuffer> {
  return metadata.members === undefined
    ? encodeModel(networks[0], { ...metadata }, extras)
    : encodeEnsemble(networks, { ...metadata });
}

/** A network or an ensemble, and the data that its file keeps beside it. */
export interface LoadedModel extends ModelExtras {
  /** The network, or the members of the ensemble. */
  readonly networks: readonly Network[];
  /** The first of them: for what all have in common. */
  readonly network: Network;
  /** Absent in files that `train` did not write. */
  readonly metadata?: ModelMetadata;
  /** Of the file of a sparse ReLU network: that network; `network` is the same function. */
  readonly relu?: ReluNetwork;
}

/** A model that knows how its data became numbers. */
export type TrainedModel = Required<Omit<LoadedModel, "relu" | "covariance">> & ModelExtras;

/**
 * Reads a model file.
 *
 * @param read What is in the file, where that was read before.
 * @throws {UsageError} If it cannot be read, is damaged, or what stands beside the network does
 * not fit it.
 */
export async function readModel(path: string, read?: Uint8Array): Promise<LoadedModel> {
  const bytes = read ?? await readBytes(path);
  let decoded: ReturnType<typeof decodeEnsemble> & { readonly relu?: ReluNetwork };
  try {
    decoded = looksLikeRelu(bytes) ? await decodeReluModel(bytes) : decodeEnsemble(bytes);
  } catch (error) {
    throw unreadable(error, "model file", path);
  }
  const { networks, relu, covariance } = decoded;
  const [network] = networks;
  if (!isMetadata(decoded.metadata)) {
    return { networks, network, ...defined({ relu, covariance }) };
  }
  const metadata = decoded.metadata as unknown as ModelMetadata;
  const { encoding, members } = metadata, { widths } = network.config;
  const fits = (members === undefined || members.length === networks.length) &&
    widths[widths.length - 1] === numOutputs(encoding) &&
    (encoding.kind === "gallery" || encoding.inputs.length === widths[0]);
  if (!fits) {
    throw new UsageError(
      `Cannot read model file ${path}: its columns do not fit its widths [${widths.join(", ")}]`,
    );
  }
  return { networks, network, metadata, ...defined({ relu, covariance }) };
}

/** Whether a file holds a sparse ReLU network, as `convert` writes it. */
export function looksLikeRelu(bytes: Uint8Array): boolean {
  if (tensorFileFormat(bytes) === "freeknot-relu") return true;
  return new TextDecoder().decode(bytes.subarray(0, 40)).startsWith('{"format":"freeknot-relu"');
}

/** A sparse ReLU network as splines of degree 1, the same function, which all commands know. */
async function decodeReluModel(bytes: Uint8Array) {
  const { decodeRelu, reluToSplines } = await import("../../lib/convert/mod.ts");
  const { network: relu, metadata } = decodeRelu(bytes);
  return { networks: [reluToSplines(relu)], metadata, relu };
}

/** Reads a model file that must know how its data became numbers. */
export async function readTrainedModel(path: string, read?: Uint8Array): Promise<TrainedModel> {
  const { networks, network, metadata, covariance } = await readModel(path, read);
  if (metadata === undefined) {
    throw new UsageError(
      `Cannot read model file ${path}: it must hold the columns and scales that freeknot train ` +
        "writes, current value is a network alone (inspect can show it)",
    );
  }
  return { networks, network, metadata, ...defined({ covariance }) };
}

/** A rough look: the checksum vouches for what `train` wrote. */
function isMetadata(value: Record<string, unknown>): boolean {
  const encoding = value.encoding as Record<string, unknown> | undefined;
  const loss = value.loss as Record<string, unknown> | undefined;
  const table = encoding?.kind === "table" && Array.isArray(encoding.inputs) &&
    (Array.isArray(encoding.targets) || Array.isArray(encoding.labels));
  const gallery = encoding?.kind === "gallery" && typeof encoding.problem === "string" &&
    typeof encoding.target === "object";
  return (table || gallery) && typeof loss?.kind === "string" &&
    typeof value.options === "object" && Array.isArray(value.deadFunctions);
}
