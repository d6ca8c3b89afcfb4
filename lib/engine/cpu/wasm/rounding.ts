/**
 * How this machine rounds the kernels' multiply-add.
 *
 * WebAssembly leaves one choice to the machine: `relaxed_madd` gives `a b + c` with one rounding, or with two
 * (Relaxed SIMD, "Relaxed Multiply-Add"). With two, it is what the kernels without relaxed SIMD compute. So a
 * run has one of two results; which one, the processor decides (x86 with FMA3 and all of ARM64 round once), and
 * the browser only where it has no relaxed SIMD.
 *
 * @module
 */

/** A module with `(f64, f64) -> f64`: `a a + c` in a lane of `f64x2.relaxed_madd`. */
const MODULE = [
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 7, 1, 0x60, 2, 0x7c, 0x7c, 1, 0x7c], // a type
  ...[3, 2, 1, 0], // a function of it
  ...[7, 5, 1, 1, 0x61, 0, 0], // its name: a
  ...[10, 22, 1, 20, 0], // its code, without variables
  ...[0x20, 0, 0xfd, 0x14, 0x20, 0, 0xfd, 0x14, 0x20, 1, 0xfd, 0x14], // splat a, a, c
  ...[0xfd, 0x87, 0x02, 0xfd, 0x21, 0, 0x0b], // f64x2.relaxed_madd, lane 0, end
];

/**
 * Whether the kernels' multiply-adds are rounded once here.
 *
 * `a = 1 + 2^-27`: `a^2 = 1 + 2^-26 + 2^-54`, whose last part a rounding between loses.
 */
export function roundsOnce(): boolean {
  const bytes = Uint8Array.from(MODULE);
  if (!WebAssembly.validate(bytes)) return false;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const multiplyAdd = exports.a as (a: number, c: number) => number;
  return multiplyAdd(1 + 2 ** -27, -(1 + 2 ** -26)) === 2 ** -54;
}
