/**
 * Which parts of WebAssembly there are, by asking for modules that use them.
 *
 * @module
 */

/** The head of a module, and the type `() -> ()` of its only function. */
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0];

/** `v128.const 0`: its opcode and 16 zeros (WebAssembly 2.0, 5.4.8). */
const VECTOR = [0xfd, 12, ...new Array<number>(16).fill(0)];

function works(code: readonly number[]): boolean {
  const body = [0, ...code, 0x1a, 0x0b]; // no locals; drop; end
  const module = [...HEAD, 10, body.length + 2, 1, body.length, ...body];
  return WebAssembly.validate(Uint8Array.from(module));
}

/** What there is. */
export function simdKinds() {
  return {
    simd: works(VECTOR),
    // f64x2.relaxed_madd, opcode 0x107
    relaxed: works([...VECTOR, ...VECTOR, ...VECTOR, 0xfd, 0x87, 0x02]),
    sharedMemory: typeof SharedArrayBuffer === "function",
  };
}
