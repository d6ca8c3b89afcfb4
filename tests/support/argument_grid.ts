/**
 * Arguments of functions of one number, the same every time: of every size, dense where functions bend, and
 * next to the places where algorithms change branches.
 *
 * @module
 */

const NUMBER = new Float64Array(1), BITS = new BigInt64Array(NUMBER.buffer);
/** The bits of infinity: those of all smaller numbers lie between 0 and these, in order. */
const INFINITE = 0x7ff0000000000000n;
/** What reductions take multiples of: half a turn's half, and half of ln 2. */
const STEPS = [Math.PI / 2, Math.PI / 4, Math.LN2 / 2, Math.LN10];
/** Where logarithms, inverse sines and roots begin, or lose digits. */
const EDGES = [1, -1, 0.5, -0.5, 2, Math.SQRT1_2, Math.SQRT2, 0.34, 0.17, 709.78, -745.13, 1.6e6];
/** Half widths of even grids around 0. */
const WIDTHS = [1, 10, 750];

/** The number with these bits. */
function numberOf(bits: bigint): number {
  BITS[0] = bits;
  return NUMBER[0];
}

/** The place of a number among all numbers: neighbours differ by 1. */
function placeOf(x: number): bigint {
  NUMBER[0] = x;
  const [bits] = BITS;
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}

/** How many numbers lie from one to the other; 0 for two that are NaN. */
export function numbersBetween(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity;
  const distance = placeOf(a) - placeOf(b);
  return Number(distance < 0n ? -distance : distance);
}

/** The number so many places further from 0. */
function neighbour(x: number, places: number): number {
  NUMBER[0] = x;
  BITS[0] += BigInt(places);
  return NUMBER[0];
}

/**
 * So many arguments: half of them with bits spread evenly from 0 over the subnormal numbers to infinity, of both
 * signs; a quarter on even grids; a quarter next to multiples of pi/2 and the like and to edges.
 *
 * @param shift Which of the numbers between two places are taken, from 0 to 1.
 */
export function argumentGrid(count: number, shift = 0.5): Float64Array {
  const grid = new Float64Array(count), sized = count >> 1, even = count >> 2;
  const step = INFINITE / BigInt(sized - 1), first = BigInt(Math.floor(Number(step) * shift));
  for (let k = 0; k < sized; k++) {
    const bits = k === 0 ? 0n : k === sized - 1 ? INFINITE : BigInt(k - 1) * step + first;
    grid[k] = numberOf(bits) * (k % 2 === 0 ? 1 : -1);
  }
  for (let k = 0; k < even; k++) {
    const width = WIDTHS[k % WIDTHS.length];
    grid[sized + k] = width * (2 * (k + shift) / even - 1);
  }
  for (let k = sized + even, i = 0; k < count; k++, i++) {
    const places = i % 5 - 2, group = Math.floor(i / 5), turn = group - 2 * EDGES.length;
    const step = STEPS[turn & 3] * (Math.floor(turn / STEPS.length) + 1);
    grid[k] = turn < 0
      ? neighbour(EDGES[group >> 1], places + 5 * (group % 2))
      : neighbour(turn % 3 === 2 ? -step : step, places);
  }
  return grid;
}
