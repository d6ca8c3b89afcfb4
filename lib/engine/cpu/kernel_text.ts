/**
 * WebAssembly modules that travel as base64 text.
 *
 * @module
 */

/** The bytes that a text stands for. */
export function decodeText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Compiles the module with fused multiply-adds, or the plain one where the machine has none. */
export function compileText(relaxed: string, plain: string): WebAssembly.Module {
  const bytes = decodeText(relaxed);
  return new WebAssembly.Module(WebAssembly.validate(bytes) ? bytes : decodeText(plain));
}
