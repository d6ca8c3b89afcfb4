/**
 * The model file: safetensors, readable by every tool that knows the format.
 *
 * The tensors are float64, one per parameter block (and `splinek.breakpoints` for fixed knots); a
 * covariance of the parameters is `covariance.factor`, float32.
 * The header's `__metadata__` holds, as text: `format` ("freeknot"), `version` of this layout,
 * `config`, `statistics`, `edgeGrids` where there are some, and the caller's `metadata` as JSON, and `crc32` of all of these and the
 * tensors. An ensemble (`format` "freeknot-ensemble") has tensors `member0.linear.weights`, ...,
 * and texts `config0`, `statistics0`, ... A large mask of edges is `{ outputs, ends }` in `config`:
 * the layer's outputs, and per input those that it leads to.
 *
 * @module
 */

import type { ParameterCovariance } from "./parameter_covariance.ts";
import { edgeWords, plainEdges } from "./edge_mask.ts";
import { checkNetwork, type Network, type NormalisationStatistics } from "./network.ts";
import { checkArray, isRecord } from "../numerics/inner.ts";
import { domainOf } from "../knots/mod.ts";
import { type NetworkOptions, resolveConfig } from "./config.ts";
import { checkEdgeGrids } from "./edge_grids.ts";
import type { EdgeGrids } from "./edge_mask.ts";
import { layerKnots } from "./layer_knots.ts";
import { parameterLayout } from "./layout.ts";
import { initialStatistics } from "./normalise.ts";
import { splineStages } from "./stage.ts";
import {
  decodeTensorFile,
  encodeTensorFile,
  type Tensor,
  type TensorFile,
  tensorFileFormat,
  tensorValues,
} from "./tensor_file.ts";

/**
 * A model file that cannot be read, with the fault in its message.
 *
 * @example
 * ```ts
 * import { decodeModel } from "@freeknot/freeknot";
 * import { ModelFileError } from "@freeknot/freeknot/model";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => decodeModel(new Uint8Array(3)), ModelFileError, "it has 3 bytes");
 * ```
 */
export class ModelFileError extends Error {
  /** Always `ModelFileError`. */
  override name = "ModelFileError";
}

/** What {@linkcode decodeEnsemble} returns; an ensemble of several has no covariance. */
export interface DecodedEnsemble extends ModelExtras {
  /** The networks, at least one; their first and last widths agree. */
  readonly networks: readonly Network[];
  /** What the caller stored beside the networks. */
  readonly metadata: Record<string, unknown>;
}

/** What {@linkcode encodeModel} keeps beside a network. */
export interface ModelExtras {
  /** How sure its parameters are; kept in float32. */
  readonly covariance?: ParameterCovariance | undefined;
}

/** What {@linkcode decodeModel} returns. */
export interface DecodedModel extends ModelExtras {
  /** The network, statistics included. */
  readonly network: Network;
  /** What the caller stored beside the network: scales, labels, options of the run. */
  readonly metadata: Record<string, unknown>;
}

const ENSEMBLE = { format: "freeknot-ensemble", version: "1" } as const;
const KIND = { format: "freeknot", version: "1" } as const;
const COVARIANCE = "covariance.factor";

/**
 * Encodes a network as a safetensors file.
 *
 * @param network The network.
 * @param metadata JSON-able data to keep beside the network.
 * @param extras The covariance of its parameters.
 * @returns The file's bytes. The same network and metadata give the same bytes.
 *
 * @example
 * ```ts
 * import { createNetwork, decodeModel, encodeModel } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const copy = decodeModel(encodeModel(network, { note: "hello" }));
 * assertEquals(copy.network.parameters, network.parameters);
 * assertEquals(copy.metadata, { note: "hello" });
 * ```
 */
export function encodeModel(
  network: Network,
  metadata: Record<string, unknown> = {},
  { covariance }: ModelExtras = {},
): Uint8Array<ArrayBuffer> {
  checkNetwork("encode model", network);
  const tensors = networkTensors(network);
  if (covariance) {
    const { factor, rank } = covariance, shape = [network.parameters.length, rank];
    tensors.push({ name: COVARIANCE, shape, values: Float32Array.from(factor) });
  }
  return encodeTensorFile(KIND, tensors, {
    ...networkText(network),
    metadata: JSON.stringify(metadata),
  });
}

/**
 * Decodes a model file.
 *
 * @param bytes The file's bytes.
 * @returns The network, bit for bit as it was encoded, and the metadata.
 * @throws {ModelFileError} If the file is truncated, damaged, of another program or of a later
 * version; the message names the fault.
 *
 * @example
 * ```ts
 * import { createNetwork, decodeModel, encodeModel, forward } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const copy = decodeModel(encodeModel(network)).network;
 * const inputs = Float64Array.of(0.1, 0.2);
 * assertEquals(forward(copy, inputs), forward(network, inputs));
 * ```
 */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  checkArray("read model file", "bytes", bytes, "the bytes of a model file");
  const file = decodeTensorFile(bytes, KIND, fail);
  return checked(() => {
    const network = networkFrom(file);
    return { network, metadata: metadataFrom(file), ...covarianceFrom(file, network) };
  });
}

/**
 * Encodes several networks for the same inputs and outputs as one safetensors file.
 *
 * @param networks At least one; their first and last widths must agree.
 * @param metadata JSON-able data to keep beside the networks.
 * @returns The file's bytes. The same networks and metadata give the same bytes.
 * @throws {RangeError} If there is no network or the widths differ.
 *
 * @example
 * ```ts
 * import { createNetwork, ensembleOutputs } from "@freeknot/freeknot";
 * import { decodeEnsemble, encodeEnsemble } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const networks = [1, 2, 3].map((seed) => createNetwork({ widths: [2, 5, 1] }, { seed }));
 * const copy = decodeEnsemble(encodeEnsemble(networks));
 * const inputs = Float64Array.of(0.1, 0.2, 0.3, 0.4);
 * assertEquals(ensembleOutputs(copy.networks, inputs), ensembleOutputs(networks, inputs));
 * ```
 */
export function encodeEnsemble(
  networks: readonly Network[],
  metadata: Record<string, unknown> = {},
): Uint8Array<ArrayBuffer> {
  checkMembers(networks, (rule, current) => {
    throw new RangeError(
      `Cannot encode ensemble: networks must ${rule}, current value is ${current}`,
    );
  });
  const tensors = networks.flatMap((network, k) =>
    networkTensors(network).map((tensor) => ({ ...tensor, name: `member${k}.${tensor.name}` }))
  );
  const texts = networks.flatMap((network, k) =>
    Object.entries(networkText(network)).map(([name, text]) => [`${name}${k}`, text])
  );
  return encodeTensorFile(ENSEMBLE, tensors, {
    members: String(networks.length),
    ...Object.fromEntries(texts),
    metadata: JSON.stringify(metadata),
  });
}

/**
 * Decodes the file of an ensemble; the file of one network is an ensemble of one.
 *
 * @param bytes The file's bytes.
 * @returns The networks, bit for bit as they were encoded, and the metadata.
 * @throws {ModelFileError} As {@linkcode decodeModel}.
 *
 * @example
 * ```ts
 * import { createNetwork, encodeModel } from "@freeknot/freeknot";
 * import { decodeEnsemble } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { networks } = decodeEnsemble(encodeModel(network)); // an ensemble of one
 * assertEquals(networks.map(({ parameters }) => parameters), [network.parameters]);
 * ```
 */
export function decodeEnsemble(bytes: Uint8Array): DecodedEnsemble {
  if (tensorFileFormat(bytes) !== ENSEMBLE.format) {
    const { network, ...others } = decodeModel(bytes);
    return { networks: [network], ...others };
  }
  const file = decodeTensorFile(bytes, ENSEMBLE, fail);
  return checked(() => {
    const members = Number(file.text.members);
    if (!(Number.isInteger(members) && members >= 1)) {
      fail("it does not say how many members it has");
    }
    const networks = Array.from({ length: members }, (_, k) => networkFrom(file, k));
    checkMembers(networks, (rule) => fail(`its networks do not ${rule}`));
    return { networks, metadata: metadataFrom(file) };
  });
}

function covarianceFrom(file: TensorFile, { parameters }: Network): ModelExtras {
  const entry = file.entries[COVARIANCE];
  if (entry === undefined) return {};
  const values = tensorValues(file, COVARIANCE), [count, rank] = entry.shape;
  if (!(values instanceof Float32Array) || count !== parameters.length) {
    fail(`tensor ${COVARIANCE} does not fit its ${parameters.length} parameters`);
  }
  if (values.length !== count * rank) fail(`tensor ${COVARIANCE} lies outside the file`);
  return { covariance: { rank, factor: Float64Array.from(values) } };
}

function checkMembers(
  networks: readonly Network[],
  refuse: (rule: string, current: string) => never,
): void {
  if (networks.length === 0) refuse("be at least one", "none");
  const ends = networks.map(({ config: { widths } }) => `${widths[0]} to ${widths.at(-1)}`);
  const other = ends.find((each) => each !== ends[0]);
  if (other !== undefined) refuse("agree in inputs and outputs", `${ends[0]} and ${other}`);
}

/** Reads, and makes every error a {@linkcode ModelFileError}. */
function checked<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    fail((error as Error).message);
  }
}

function metadataFrom({ text }: TensorFile): Record<string, unknown> {
  const metadata = parseText(text, "metadata");
  if (!isRecord(metadata)) fail("its metadata are not a record");
  return metadata;
}

/** The configuration and statistics of a network, as texts of a file's header. */
function networkText(network: Network): Record<string, string> {
  const { config } = network;
  return {
    config: JSON.stringify(
      Array.isArray(config.edges) ? { ...config, edges: config.edges.map(plainEdges) } : config,
    ),
    statistics: JSON.stringify(network.statistics.map(plainStatistics)),
    ...(network.edgeGrids && { edgeGrids: JSON.stringify(network.edgeGrids) }),
  };
}

/** One network of a file; `member` is its index in an ensemble. */
function networkFrom(file: TensorFile, member?: number): Network {
  const { text } = file;
  const prefix = member === undefined ? "" : `member${member}.`;
  const config = resolveConfig(configFrom(parseText(text, `config${member ?? ""}`)));
  const layout = parameterLayout(config);
  const last = layout[layout.length - 1];
  const parameters = new Float64Array(last.offset + last.size);
  for (const { name, shape, offset } of layout) {
    parameters.set(readTensor(file, prefix + name, shape), offset);
  }
  const breakpoints = config.knots !== "fixed"
    ? undefined
    : splineStages(config).map((stage) =>
      readTensor(file, `${prefix}spline${stage.layer}.breakpoints`, [
        stage.numKnotVectors,
        config.intervals + 1,
      ])
    );
  const plain = parseText(text, `statistics${member ?? ""}`);
  if (!Array.isArray(plain)) fail("its statistics are not a list of records");
  const statistics = plain.map(typedStatistics);
  checkStatistics(config, statistics);
  const network: Network = {
    config,
    layout,
    parameters,
    statistics,
    ...(breakpoints ? { breakpoints } : {}),
    ...gridsFrom(text, `edgeGrids${member ?? ""}`),
  };
  checkKnots(network);
  checkEdgeGrids(network, (fault) => fail(`its ${fault}`));
  return network;
}

/** A configuration as a file has it, its masks as words. */
function configFrom(plain: unknown): NetworkOptions {
  const { edges } = (plain ?? {}) as { readonly edges?: unknown };
  const options = plain as NetworkOptions;
  return Array.isArray(edges)
    ? { ...options, edges: edges.map(edgeWords) as NonNullable<NetworkOptions["edges"]> }
    : options;
}

function fail(fault: string): never {
  throw new ModelFileError(`Cannot read model file: ${fault}`);
}

function gridsFrom(text: Readonly<Record<string, string>>, name: string) {
  return text[name] === undefined ? {} : { edgeGrids: parseText(text, name) as EdgeGrids };
}

/** One of the JSON texts of the metadata. */
function parseText(text: Readonly<Record<string, string>>, name: string): unknown {
  try {
    return JSON.parse(text[name]);
  } catch {
    fail(`its ${name} is not JSON`);
  }
}

function networkTensors(network: Network): Tensor[] {
  const tensors: Tensor[] = network.layout.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    values: network.parameters.subarray(offset, offset + size),
  }));
  network.breakpoints?.forEach((values, layer) => {
    const points = network.config.intervals + 1;
    tensors.push({
      name: `spline${layer}.breakpoints`,
      shape: [values.length / points, points],
      values,
    });
  });
  return tensors;
}

function readTensor(file: TensorFile, name: string, shape: readonly number[]): Float64Array {
  const entry = file.entries[name];
  if (!entry) fail(`tensor ${name} is missing`);
  if (entry.dtype !== "F64") fail(`tensor ${name} has dtype ${entry.dtype}, not F64`);
  if (JSON.stringify(entry.shape) !== JSON.stringify(shape)) {
    fail(`tensor ${name} has shape [${entry.shape}], its configuration says [${shape}]`);
  }
  const values = tensorValues(file, name);
  const size = shape.reduce((product, n) => product * n, 1);
  if (!(values instanceof Float64Array) || values.length !== size) {
    fail(`tensor ${name} lies outside the file`);
  }
  return values;
}

function plainStatistics(statistics: NormalisationStatistics): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(statistics).map(([key, value]) => [
      key,
      value instanceof Float64Array ? [...value].map(plainNumber) : value,
    ]),
  );
}

/** A number as JSON can hold it: what JSON would lose (-0, NaN, infinities) as text. */
function plainNumber(value: number): number | string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}

function typedNumber(plain: unknown): number {
  if (typeof plain === "number") return plain;
  if (!["-0", "NaN", "Infinity", "-Infinity"].includes(plain as string)) {
    fail("its statistics are not numbers");
  }
  return Number(plain);
}

function typedStatistics(plain: unknown): NormalisationStatistics {
  if (!isRecord(plain)) fail("its statistics are not a list of records");
  return Object.fromEntries(
    Object.entries(plain as Record<string, unknown>).map(([key, value]) => [
      key,
      Array.isArray(value) ? Float64Array.from(value, typedNumber) : value,
    ]),
  ) as NormalisationStatistics;
}

/** Throws unless fixed knots increase from end to end of the domain. */
function checkKnots(network: Network): void {
  if (!network.breakpoints) return;
  const [a, b] = network.config.domain;
  for (const { layer, numKnotVectors } of splineStages(network.config)) {
    for (let p = 0; p < numKnotVectors; p++) {
      const [from, to] = domainOf(layerKnots(network, layer, p));
      if (from !== a || to !== b) {
        fail(`its breakpoints of spline layer ${layer} do not run from ${a} to ${b}`);
      }
    }
  }
}

function checkStatistics(
  config: Network["config"],
  statistics: readonly NormalisationStatistics[],
): void {
  const stages = splineStages(config);
  if (statistics.length !== stages.length) fail("its statistics do not fit its layers");
  stages.forEach((stage, layer) => {
    const measured = statistics[layer] as Record<string, unknown>;
    for (const [key, value] of Object.entries(initialStatistics(config, stage.nIn))) {
      const fits = value instanceof Float64Array
        ? measured[key] instanceof Float64Array &&
          (measured[key] as Float64Array).length === value.length
        : measured[key] === value;
      if (!fits) fail(`its statistics of spline layer ${layer} do not fit the configuration`);
    }
  });
}
