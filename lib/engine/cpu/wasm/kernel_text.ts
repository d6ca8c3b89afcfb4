/**
 * WebAssembly modules that travel as base64 text.
 *
 * @module
 */

/** The bytes that a text stands for. */
export function decodeText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The bytes of the module with fused multiply-adds, or of the plain one where there are none. */
export function decodeBest(relaxed: string, plain: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeText(relaxed);
  return WebAssembly.validate(bytes) ? bytes : decodeText(plain);
}
