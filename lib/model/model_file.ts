/**
 * The model file: safetensors, readable by every tool that knows the format.
 *
 * Layout: 8 bytes header length (little-endian), a JSON header, then the tensors, float64,
 * one per parameter block (and `splinek.breakpoints` for fixed knots). The header's
 * `__metadata__` holds, as text: `format` ("freeknot"), `version` of this layout, `config`,
 * `statistics` and the caller's `metadata` as JSON, and `crc32` of all of these and the tensors.
 *
 * @module
 */

import { domainOf } from "../knots/mod.ts";
import { type NetworkOptions, resolveConfig } from "./config.ts";
import { layerKnots } from "./layer_knots.ts";
import { parameterLayout } from "./layout.ts";
import type { Network, NormalisationStatistics } from "./network.ts";
import { initialStatistics } from "./normalise.ts";
import { splineStages } from "./stage.ts";

/** A model file that cannot be read, with the fault in its message. */
export class ModelFileError extends Error {
  /** Always `ModelFileError`. */
  override name = "ModelFileError";
}

/** What {@linkcode decodeModel} returns. */
export interface DecodedModel {
  /** The network, statistics included. */
  readonly network: Network;
  /** What the caller stored beside it: scales, labels, options of the run. */
  readonly metadata: Record<string, unknown>;
}

const FORMAT = "freeknot";
const VERSION = "1";
const MAX_HEADER = 100_000_000;

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Encodes a network as a safetensors file.
 *
 * @param network The network.
 * @param metadata JSON-able data to keep beside it.
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
): Uint8Array<ArrayBuffer> {
  const tensors = tensorsOf(network);
  const size = tensors.reduce((sum, { values }) => sum + values.length * 8, 0);
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const begin = offset;
    for (const value of values) {
      view.setFloat64(offset, value, true);
      offset += 8;
    }
    header[name] = { dtype: "F64", shape, data_offsets: [begin, offset] };
  }
  const text = {
    format: FORMAT,
    version: VERSION,
    config: JSON.stringify(network.config),
    statistics: JSON.stringify(network.statistics.map(plainStatistics)),
    metadata: JSON.stringify(metadata),
  };
  const crc32 = checksum(text, data);
  const json = JSON.stringify({ __metadata__: { ...text, crc32 }, ...header });
  let headerBytes = new TextEncoder().encode(json);
  const padding = (8 - headerBytes.length % 8) % 8;
  headerBytes = new TextEncoder().encode(json + " ".repeat(padding));
  const file = new Uint8Array(8 + headerBytes.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  file.set(headerBytes, 8);
  file.set(data, 8 + headerBytes.length);
  return file;
}

/**
 * Decodes a model file.
 *
 * @param bytes The file's bytes.
 * @returns The network, bit for bit as it was encoded, and the metadata.
 * @throws {ModelFileError} If the file is truncated, damaged, of another program or of a later
 * version; the message names the fault.
 */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  const { header, data } = readHeader(bytes);
  const text = header.__metadata__ as Record<string, string> | undefined;
  if (!isRecord(text) || text.format !== FORMAT) {
    fail("it is a safetensors file of another program (its metadata has no format freeknot)");
  }
  if (text.version !== VERSION) {
    fail(`its version is ${text.version}, this program reads version ${VERSION}`);
  }
  const { crc32, ...signed } = text;
  if (checksum(signed, data) !== crc32) {
    fail("its checksum does not match: the file is damaged");
  }
  try {
    const config = resolveConfig(parseText(text, "config") as NetworkOptions);
    const layout = parameterLayout(config);
    const last = layout[layout.length - 1];
    const parameters = new Float64Array(last.offset + last.size);
    for (const { name, shape, offset } of layout) {
      parameters.set(readTensor(header, data, name, shape), offset);
    }
    const breakpoints = config.knots !== "fixed"
      ? undefined
      : splineStages(config).map((stage) =>
        readTensor(header, data, `spline${stage.layer}.breakpoints`, [
          stage.numKnotVectors,
          config.intervals + 1,
        ])
      );
    const plain = parseText(text, "statistics");
    if (!Array.isArray(plain)) fail("its statistics are not a list of records");
    const statistics = plain.map(typedStatistics);
    checkStatistics(config, statistics);
    const network: Network = {
      config,
      layout,
      parameters,
      statistics,
      ...(breakpoints ? { breakpoints } : {}),
    };
    checkKnots(network);
    const metadata = parseText(text, "metadata");
    if (!isRecord(metadata)) fail("its metadata are not a record");
    return { network, metadata };
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    fail((error as Error).message);
  }
}

function fail(fault: string): never {
  throw new ModelFileError(`Cannot read model file: ${fault}`);
}

/** One of the JSON texts of the metadata. */
function parseText(text: Record<string, string>, name: string): unknown {
  try {
    return JSON.parse(text[name]);
  } catch {
    fail(`its ${name} is not JSON`);
  }
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tensorsOf(network: Network): Tensor[] {
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

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8) fail(`it has ${bytes.length} bytes, a header needs at least 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) fail("it is not a safetensors file (its header length makes no sense)");
  const size = Number(length);
  if (bytes.length < 8 + size) {
    fail(`it is truncated: ${bytes.length} bytes, the header alone needs ${8 + size}`);
  }
  let header: Record<string, unknown>;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + size));
    header = JSON.parse(text);
  } catch {
    fail("it is not a safetensors file, or damaged (its header is not JSON)");
  }
  if (!isRecord(header)) fail("it is not a safetensors file (its header is not an object)");
  const data = bytes.subarray(8 + size);
  let end = 0;
  for (const { name, offsets } of tensorRanges(header)) {
    if (offsets[0] !== end || offsets[1] < end) {
      fail(`tensor ${name} lies at [${offsets}], the one before ends at ${end}`);
    }
    end = offsets[1];
  }
  if (data.length !== end) {
    const what = data.length < end ? "truncated" : "longer than its header says";
    fail(`it is ${what}: ${data.length} bytes of tensors, the header says ${end}`);
  }
  return { header, data };
}

/** Where the tensors lie, in the order of the file. */
function tensorRanges(header: Record<string, unknown>): { name: string; offsets: number[] }[] {
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => {
      const offsets: unknown = isRecord(entry) ? entry.data_offsets : undefined;
      if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
        fail(`tensor ${name} has no data offsets`);
      }
      return { name, offsets };
    })
    .sort((x, y) => x.offsets[0] - y.offsets[0] || x.offsets[1] - y.offsets[1]);
}

function readTensor(
  header: Record<string, unknown>,
  data: Uint8Array,
  name: string,
  shape: readonly number[],
): Float64Array {
  const entry = header[name] as
    | { dtype: string; shape: number[]; data_offsets: [number, number] }
    | undefined;
  if (!entry) fail(`tensor ${name} is missing`);
  if (entry.dtype !== "F64") fail(`tensor ${name} has dtype ${entry.dtype}, not F64`);
  if (JSON.stringify(entry.shape) !== JSON.stringify(shape)) {
    fail(`tensor ${name} has shape [${entry.shape}], its configuration says [${shape}]`);
  }
  const size = shape.reduce((product, n) => product * n, 1);
  const [begin, end] = entry.data_offsets;
  if (!(begin >= 0) || end - begin !== size * 8 || end > data.length) {
    fail(`tensor ${name} lies outside the file`);
  }
  const view = new DataView(data.buffer, data.byteOffset + begin, size * 8);
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) values[i] = view.getFloat64(8 * i, true);
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
    const own = statistics[layer] as Record<string, unknown>;
    for (const [key, value] of Object.entries(initialStatistics(config, stage.nIn))) {
      const fits = value instanceof Float64Array
        ? own[key] instanceof Float64Array && (own[key] as Float64Array).length === value.length
        : own[key] === value;
      if (!fits) fail(`its statistics of spline layer ${layer} do not fit the configuration`);
    }
  });
}

function checksum(text: Record<string, string>, data: Uint8Array): string {
  const names = Object.keys(text).sort();
  const words = new TextEncoder().encode(names.map((name) => `${name}=${text[name]}`).join("\n"));
  return crc(data, crc(words, 0)).toString(16).padStart(8, "0");
}

/** CRC-32 (IEEE 802.3), continued from `value`. */
function crc(bytes: Uint8Array, value: number): number {
  value = ~value;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 255];
  return ~value >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
