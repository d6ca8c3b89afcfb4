/**
 * The container of all binary files: safetensors with a checksum.
 *
 * Layout: 8 bytes header length (little-endian), a JSON header padded to 8 bytes, then the tensors
 * without gaps. The header's `__metadata__` holds texts; `format` says what the file is, `version`
 * which layout it has, `crc32` is the checksum of all other texts and the tensors.
 *
 * @module
 */

import { isRecord } from "../numerics/inner.ts";

/** The typed arrays that a file can hold. */
export type TensorValues =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;

/** A named array of a file. */
export interface Tensor {
  /** Unique in the file; not `__metadata__`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** As many numbers as the shape says. */
  readonly values: TensorValues;
}

/** Where a tensor lies in a file. */
export interface TensorEntry {
  /** `F64`, `I32`, ... as safetensors names them. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte, and the byte behind the last, counted from the first tensor's. */
  readonly data_offsets: readonly [number, number];
}

/** What {@linkcode decodeTensorFile} returns. */
export interface TensorFile {
  /** The texts of the header, `format` and `version` among them. */
  readonly text: Readonly<Record<string, string>>;
  /** Where the tensors lie, by name. */
  readonly entries: Readonly<Record<string, TensorEntry>>;
  /** The bytes of all tensors. */
  readonly data: Uint8Array;
}

/** What a file must be to be read. */
export interface TensorFileKind {
  /** `freeknot`: a model; `freeknot-ensemble`, `freeknot-checkpoint`. */
  readonly format: string;
  readonly version: string;
}

const MAX_HEADER = 1_000_000_000;

const KINDS = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** Finds the name that safetensors has for the kind of an array; undefined if it has none. */
export function tensorDtype(values: unknown): string | undefined {
  return Object.entries(KINDS).find(([, kind]) => values instanceof kind)?.[0];
}

/**
 * Encodes tensors, in the order of the file, and texts for the header, without `crc32`, as a
 * safetensors file. The same arguments give the same bytes.
 */
export function encodeTensorFile(
  kind: TensorFileKind,
  tensors: readonly Tensor[],
  text: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const size = tensors.reduce((sum, { values }) => sum + values.byteLength, 0);
  const data = new Uint8Array(size);
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    // Typed arrays are little-endian on every platform that Deno has.
    data.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    const end = offset + values.byteLength;
    header[name] = { dtype: tensorDtype(values), shape, data_offsets: [offset, end] };
    offset = end;
  }
  const signed = { ...kind, ...text };
  const crc32 = checksum(signed, data);
  const json = JSON.stringify({ __metadata__: { ...signed, crc32 }, ...header });
  const unpadded = new TextEncoder().encode(json).length;
  const headerBytes = new TextEncoder().encode(json + " ".repeat((8 - unpadded % 8) % 8));
  const file = new Uint8Array(8 + headerBytes.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  file.set(headerBytes, 8);
  file.set(data, 8 + headerBytes.length);
  return file;
}

/**
 * Finds the texts, and where the tensors lie, in a file of {@linkcode encodeTensorFile}. `refuse`
 * is called with the fault of a file that is truncated, damaged, of another kind or of another
 * version ("it is truncated: ..."); it must throw.
 */
export function decodeTensorFile(
  bytes: Uint8Array,
  kind: TensorFileKind,
  refuse: (fault: string) => never,
): TensorFile {
  const { header, data } = readHeader(bytes, refuse);
  const { __metadata__: text, ...entries } = header;
  const format = isRecord(text) ? String(text.format) : "";
  if (format !== kind.format) {
    refuse(
      format.startsWith("freeknot")
        ? `its format is ${format}, not ${kind.format}`
        : `it is a safetensors file of another program (its metadata has no format ${kind.format})`,
    );
  }
  const texts = text as Record<string, string>;
  if (texts.version !== kind.version) {
    refuse(`its version is ${texts.version}, this program reads version ${kind.version}`);
  }
  const { crc32, ...signed } = texts;
  if (checksum(signed, data) !== crc32) {
    refuse("its checksum does not match: the file is damaged");
  }
  return { text: signed, entries: entries as Record<string, TensorEntry>, data };
}

/** Reads the format that a file states; undefined if it has no complete safetensors header. */
export function tensorFileFormat(bytes: Uint8Array): string | undefined {
  try {
    const { header } = readHeader(bytes, (fault) => {
      throw new Error(fault);
    });
    const text = header.__metadata__;
    return isRecord(text) && typeof text.format === "string" ? text.format : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Copies a tensor out of a file; undefined if there is no such tensor or its kind is not known
 * here.
 */
export function tensorValues(
  file: Pick<TensorFile, "entries" | "data">,
  name: string,
): TensorValues | undefined {
  const entry = file.entries[name];
  const kind = KINDS[entry?.dtype as keyof typeof KINDS];
  if (kind === undefined) return undefined;
  const [begin, end] = entry.data_offsets;
  const bytes = file.data.slice(begin, end);
  if (bytes.length % kind.BYTES_PER_ELEMENT !== 0) return undefined;
  return new kind(bytes.buffer);
}

function readHeader(
  bytes: Uint8Array,
  refuse: (fault: string) => never,
): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8) refuse(`it has ${bytes.length} bytes, a header needs at least 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    refuse("it is not a safetensors file (its header length makes no sense)");
  }
  const size = Number(length);
  if (bytes.length < 8 + size) {
    refuse(`it is truncated: ${bytes.length} bytes, the header alone needs ${8 + size}`);
  }
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + size));
    header = JSON.parse(text);
  } catch {
    refuse("it is not a safetensors file, or damaged (its header is not JSON)");
  }
  if (!isRecord(header)) refuse("it is not a safetensors file (its header is not an object)");
  const record = header as Record<string, unknown>;
  const data = bytes.subarray(8 + size);
  let end = 0;
  for (const { name, offsets } of tensorRanges(record, refuse)) {
    if (offsets[0] !== end || offsets[1] < end) {
      refuse(`tensor ${name} lies at [${offsets}], the one before ends at ${end}`);
    }
    end = offsets[1];
  }
  if (data.length !== end) {
    const what = data.length < end ? "truncated" : "longer than its header says";
    refuse(`it is ${what}: ${data.length} bytes of tensors, the header says ${end}`);
  }
  return { header: record, data };
}

/** Where the tensors lie, in the order of the file. */
function tensorRanges(
  header: Record<string, unknown>,
  refuse: (fault: string) => never,
): { name: string; offsets: number[] }[] {
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => {
      const offsets: unknown = isRecord(entry) ? entry.data_offsets : undefined;
      if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
        refuse(`tensor ${name} has no data offsets`);
      }
      return { name, offsets: offsets as number[] };
    })
    .sort((x, y) => x.offsets[0] - y.offsets[0] || x.offsets[1] - y.offsets[1]);
}

function checksum(text: Readonly<Record<string, string>>, data: Uint8Array): string {
  const names = Object.keys(text).sort();
  const words = new TextEncoder().encode(names.map((name) => `${name}=${text[name]}`).join("\n"));
  return hex(crc(data, crc(words, 0)));
}

/** The CRC-32 (IEEE 802.3) of some bytes, in 8 hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  return hex(crc(bytes, 0));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** CRC-32, continued from `value`. */
function crc(bytes: Uint8Array, value: number): number {
  value = ~value;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 255];
  return ~value >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
