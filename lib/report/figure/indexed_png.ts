/**
 * Small pictures of at most 256 colours as PNG.
 *
 * @module
 */

/** Most bytes of a stored block of DEFLATE (RFC 1951, 3.2.4). */
const BLOCK = 65_535;

/**
 * Writes pixels as PNG, colour type 3, not compressed: the grids of maps are small.
 *
 * @param width Columns.
 * @param height Rows.
 * @param pixels Places in the list of colours, row by row from above.
 * @param colors Red, green and blue, 0 to 255.
 * @param clear The place of the colour that is transparent.
 * @returns The file in base64.
 */
export function indexedPng(
  width: number,
  height: number,
  pixels: Uint8Array,
  colors: readonly (readonly number[])[],
  clear: number,
): string {
  const lines = new Uint8Array((width + 1) * height);
  for (let row = 0; row < height; row++) { // each row begins with its filter: none
    lines.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  const alpha = colors.map((_, i) => i === clear ? 0 : 255);
  const parts = [
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", Uint8Array.of(...word(width), ...word(height), 8, 3, 0, 0, 0)),
    chunk("PLTE", Uint8Array.from(colors.flat())),
    chunk("tRNS", Uint8Array.from(alpha)),
    chunk("IDAT", stored(lines)),
    chunk("IEND", new Uint8Array(0)),
  ];
  let text = "";
  for (const part of parts) for (const byte of part) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Bytes as a zlib stream of stored blocks. */
function stored(bytes: Uint8Array): Uint8Array {
  const out = [0x78, 0x01];
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const block = bytes.subarray(from, from + BLOCK), size = block.length;
    out.push(from + BLOCK >= bytes.length ? 1 : 0, size & 255, size >> 8);
    out.push(~size & 255, (~size >> 8) & 255, ...block);
  }
  let a = 1, b = 0; // Adler-32, RFC 1950
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return Uint8Array.from([...out, b >> 8, b & 255, a >> 8, a & 255]);
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const named = Uint8Array.from([...kind].map((letter) => letter.charCodeAt(0)).concat(...content));
  return Uint8Array.from([...word(content.length), ...named, ...word(crc(named))]);
}

function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

/** CRC-32 as PNG has it (ISO 3309). */
function crc(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}
