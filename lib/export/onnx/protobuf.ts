/**
 * The wire format of Protocol Buffers, as far as ONNX needs it.
 *
 * @module
 */

const LENGTH_DELIMITED = 2, VARINT = 0, FIXED32 = 5;

/** A message that grows field by field. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  #append(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** Adds an integer; of negative ones all 64 bits. */
  integer(field: number, value: number | bigint): this {
    this.#append(varint(BigInt(field << 3 | VARINT)));
    this.#append(varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  /** Adds a float32. */
  float(field: number, value: number): this {
    this.#append(varint(BigInt(field << 3 | FIXED32)));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#append(bytes);
    return this;
  }

  /** Adds bytes. */
  bytes(field: number, value: Uint8Array): this {
    this.#append(varint(BigInt(field << 3 | LENGTH_DELIMITED)));
    this.#append(varint(BigInt(value.length)));
    this.#append(value);
    return this;
  }

  /** Adds a text. */
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** Adds a message inside this one. */
  message(field: number, value: Message): this {
    return this.bytes(field, value.encode());
  }

  /** All bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  while (value > 127n) {
    bytes.push(Number(value & 127n) | 128);
    value >>= 7n;
  }
  bytes.push(Number(value));
  return Uint8Array.from(bytes);
}
