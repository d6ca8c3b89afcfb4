/**
 * A reader and writer of safetensors by its specification, independent of the library's.
 *
 * @module
 */

/** A file taken apart. */
export interface SafetensorsParts {
  /** The JSON header, as text. */
  readonly json: string;
  readonly header: Record<string, unknown>;
  /** All bytes after the header. */
  readonly data: Uint8Array;
}

/** Takes a file apart; throws where the specification is broken. */
export function parseSafetensors(bytes: Uint8Array): SafetensorsParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > bytes.length) throw new Error("header longer than the file");
  const json = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
  if (!json.startsWith("{")) throw new Error("header must begin with {");
  const header = JSON.parse(json) as Record<string, unknown>;
  const data = bytes.subarray(8 + length);
  const ranges: [number, number][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      for (const each of Object.values(value as object)) {
        if (typeof each !== "string") throw new Error("metadata must map text to text");
      }
      continue;
    }
    const { dtype, shape, data_offsets: [begin, end] } = value as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    const size = { F64: 8, F32: 4, I64: 8, U8: 1 }[dtype];
    if (size === undefined) throw new Error(`unknown dtype ${dtype}`);
    if (end - begin !== size * shape.reduce((product, n) => product * n, 1)) {
      throw new Error(`${name}: offsets do not fit the shape`);
    }
    ranges.push([begin, end]);
  }
  ranges.sort(([a], [b]) => a - b);
  let end = 0;
  for (const range of ranges) {
    if (range[0] !== end) throw new Error("tensors must follow each other without holes");
    end = range[1];
  }
  if (end !== data.length) throw new Error("the file must end with its tensors");
  return { json, header, data };
}

/** The float64 values of a tensor. */
export function tensorValues({ header, data }: SafetensorsParts, name: string): Float64Array {
  const [begin, end] = (header[name] as { data_offsets: [number, number] }).data_offsets;
  return new Float64Array(data.slice(begin, end).buffer);
}

/** Puts a file together from a header and its data. */
export function buildSafetensors(header: unknown, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** CRC-32 bit by bit (IEEE 802.3), as 8 hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let k = 0; k < 8; k++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (~value >>> 0).toString(16).padStart(8, "0");
}
