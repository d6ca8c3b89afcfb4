import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import * as elementary from "../../lib/numerics/elementary/mod.ts";
import { compilePredictor } from "../../lib/engine/mod.ts";
import { createNetwork, createRandom } from "../../lib/model/mod.ts";
import * as exact from "../support/exact_functions.ts";

const { fixed, over, root, times, unitsOff } = exact;
const ONE = fixed(1);
type Unary = (x: number) => number;
/** What a function is, times `2^320`, and the exponent that it is to be multiplied with. */
type Oracle = (x: number) => bigint | { value: bigint; k: number };

/** `(e^x + sign e^-x) / 2`. */
function half(x: number, sign: bigint): bigint {
  const { value, k } = exact.exponential(fixed(x)),
    e = k > 0 ? value << BigInt(k) : value >> BigInt(-k);
  return e + sign * over(ONE, e) >> 1n;
}

const sine = (x: number) => exact.sineAndCosine(x)[0];
const cosine = (x: number) => exact.sineAndCosine(x)[1];
const logarithm = (x: number) => exact.logarithm(fixed(x));
const leg = (x: number) => root(ONE - times(fixed(x), fixed(x)));
const unit = [-1, 1] as const;

/** Functions, what they are, ranges of arguments, and the largest error that is allowed. */
const CASES: readonly [string, Oracle, (readonly [number, number])[], number][] = [
  ["exp", (x) => exact.exponential(fixed(x)), [unit, [-708, 709.7], [-30, 30]], 0.65],
  ["expm1", (x) => 2n * times(half(x / 2, -1n), exponentialOf(x / 2)), [unit, [-30, 30]], 1],
  ["log", logarithm, [[0.5, 2], [0, 1e6], [0.999, 1.001]], 0.9],
  ["log1p", (x) => exact.logarithm(ONE + fixed(x)), [unit, [0, 1e6]], 0.9],
  ["log2", (x) => over(logarithm(x), exact.logarithm(2n * ONE)), [[0.5, 2], [0, 1e6]], 0.6],
  ["log10", (x) => over(logarithm(x), exact.logarithm(10n * ONE)), [[0.5, 2], [0, 1e6]], 0.6],
  ["sin", sine, [unit, [-100, 100], [-2e6, 2e6], [1e22, 1e300]], 0.8],
  ["cos", cosine, [unit, [-100, 100], [-2e6, 2e6], [1e22, 1e300]], 0.8],
  ["tan", (x) => over(sine(x), cosine(x)), [unit, [-100, 100], [-2e6, 2e6], [1e22, 1e300]], 0.9],
  ["asin", (x) => exact.arctangent(over(fixed(x), leg(x))), [unit, [0.999, 1]], 0.6],
  [
    "acos",
    (x) => (exact.PI >> 1n) - exact.arctangent(over(fixed(x), leg(x))),
    [unit, [0.999, 1]],
    0.6,
  ],
  ["atan", (x) => exact.arctangent(fixed(x)), [unit, [-4, 4], [0, 1e6]], 0.6],
  ["sinh", (x) => half(x, -1n), [unit, [-45, 45]], 0.9],
  ["cosh", (x) => half(x, 1n), [unit, [-45, 45]], 0.8],
  ["tanh", (x) => over(half(x, -1n), half(x, 1n)), [unit, [-19, 19]], 1],
  [
    "asinh",
    (x) => {
      const size = fixed(Math.abs(x)),
        value = exact.logarithm(size + root(ONE + times(size, size)));
      return x < 0 ? -value : value;
    },
    [unit, [-100, 100], [0, 1e12]],
    0.6,
  ],
  ["acosh", (x) => exact.logarithm(fixed(x) + root(times(fixed(x), fixed(x)) - ONE)), [
    [1, 1.01],
    [1, 100],
    [1, 1e12],
  ], 0.6],
  [
    "atanh",
    (x) => exact.logarithm(over(ONE + fixed(x), ONE - fixed(x))) >> 1n,
    [unit, [0.99, 1]],
    0.7,
  ],
];

function exponentialOf(x: number): bigint {
  const { value, k } = exact.exponential(fixed(x));
  return k > 0 ? value << BigInt(k) : value >> BigInt(-k);
}

for (const [name, oracle, ranges, most] of CASES) {
  Deno.test(`${name}() is off by at most ${most} units in the last place`, () => {
    const f = elementary[name as "exp"] as Unary, random = createRandom(7);
    for (const [low, high] of ranges) {
      for (let i = 0; i < 400; i++) {
        const x = low + (high - low) * random.uniform(), found = oracle(x);
        const { value, k } = typeof found === "bigint" ? { value: found, k: 0 } : found;
        assertLessOrEqual(unitsOff(f(x), value, k), most, `${name}(${x}) = ${f(x)}`);
      }
    }
  });
}

Deno.test("pow(), cbrt(), hypot() and atan2() are off by at most 0.75 units in the last place", () => {
  const random = createRandom(8),
    between = (a: number, b: number) => a + (b - a) * random.uniform();
  for (let i = 0; i < 200; i++) {
    const x = i % 2 ? between(0, 20) : between(0.9, 1.1),
      y = between(-1, 1) * 700 / Math.abs(Math.log(x));
    const { value, k } = exact.exponential(times(fixed(y), logarithm(x)));
    assertLessOrEqual(unitsOff(elementary.pow(x, y), value, k), 0.75, `pow(${x}, ${y})`);
    const a = between(-10, 10), b = between(-10, 10), c = elementary.cbrt(a), cube = fixed(c);
    const step = over(times(times(cube, cube), cube) - fixed(a), 3n * times(cube, cube));
    assertLessOrEqual(unitsOff(c, cube - step), 0.6, `cbrt(${a})`);
    const length = root(times(fixed(a), fixed(a)) + times(fixed(b), fixed(b)));
    assertLessOrEqual(unitsOff(elementary.hypot(a, b), length), 0.6, `hypot(${a}, ${b})`);
    const turn = a > 0 ? 0n : b > 0 ? exact.PI : -exact.PI;
    const angle = exact.arctangent(over(fixed(b), fixed(a))) + turn;
    assertLessOrEqual(unitsOff(elementary.atan2(b, a), angle), 0.6, `atan2(${b}, ${a})`);
  }
});

Deno.test("sin(), cos() and tan() hold next to multiples of pi/2 and for the largest angles", () => {
  const angles = [1e22, Number.MAX_VALUE, 6381956970095103 * 2 ** 797, 1.6e6, 0.7853981633974484];
  for (let n = 1; n < 200; n++) angles.push(n * Math.PI / 2, -n * n * n * Math.PI);
  for (const x of angles) {
    const [s, c] = exact.sineAndCosine(x);
    assertLessOrEqual(unitsOff(elementary.sin(x), s), 0.8, `sin(${x})`);
    assertLessOrEqual(unitsOff(elementary.cos(x), c), 0.8, `cos(${x})`);
    assertLessOrEqual(unitsOff(elementary.tan(x), over(s, c)), 0.9, `tan(${x})`);
  }
});

const LIMITS = [NaN, 0, -0, Infinity, -Infinity, 1, -1, 5e-324, -5e-324, 1e-310, 1e-20, -1e-20];

Deno.test("zeros, infinities and NaN lead where ECMAScript says, and tiny numbers stay", () => {
  for (const name of [...CASES.map(([each]) => each), "cbrt"]) {
    const f = elementary[name as "exp"] as Unary, g = Math[name as "exp"];
    for (const x of LIMITS) {
      const expected = g(x);
      if ([0, Infinity].includes(Math.abs(expected)) || Number.isNaN(expected)) {
        assert(Object.is(f(x), expected), `${name}(${x}) = ${f(x)}, not ${expected}`);
      } else assertLessOrEqual(Math.abs(f(x) / expected - 1), 3e-16, `${name}(${x}) = ${f(x)}`);
    }
  }
  const wide = [...LIMITS, 0.5, -0.5, 2, -2, 3, -3, 2.5, 1e300, -1e300, 2 ** 53, Number.MAX_VALUE];
  for (const name of ["pow", "atan2", "hypot"] as const) {
    for (const x of wide) {
      for (const y of wide) {
        const actual = elementary[name](x, y), expected = Math[name](x, y);
        const same = Object.is(actual, expected) ||
          Math.abs(actual / expected - 1) <= 3e-16 || Math.abs(actual - expected) <= 1e-323;
        assert(same, `${name}(${x}, ${y}) = ${actual}, not ${expected}`);
      }
    }
  }
  assertEquals(elementary.hypot(), 0);
  assertEquals(elementary.hypot(-3), 3);
  assertEquals(elementary.hypot(2, 3, 6), 7);
});

Deno.test("results that float64 holds are exact, and those at the ends of its range are right", () => {
  const { cbrt, exp, hypot, log10, log2, pow, sinh } = elementary;
  for (let n = -1074; n < 1024; n++) {
    assertEquals(log2(pow(2, n)), n);
    assertEquals(pow(2, n), n < -1022 ? 2 ** -1022 * 2 ** (n + 1022) : 2 ** n);
  }
  for (let n = 0; n <= 22; n++) {
    assertEquals(pow(10, n), Number(10n ** BigInt(n)));
    assertEquals(log10(pow(10, n)), n);
  }
  for (let n = 1; n < 300; n++) {
    assertEquals([pow(n, 3), pow(-n, 3), pow(n, 4)], [n * n * n, -n * n * n, n * n * n * n]);
    assertEquals([cbrt(n * n * n), cbrt(-n * n * n), hypot(3 * n, 4 * n)], [n, -n, 5 * n]);
    assertEquals(pow(n * n, 1.5), n * n * n);
  }
  assertEquals([exp(0), exp(1), elementary.log(Math.E)], [1, Math.E, 1]);
  assertEquals([exp(709.782712893384), exp(709.7827128933841)], [1.7976931348622732e308, Infinity]);
  assertEquals([exp(-745.1332191019411), exp(-745.1332191019412)], [5e-324, 0]);
  assertEquals([sinh(710.4758600739439), sinh(710.475860073944)], [
    1.7976931348621744e308,
    Infinity,
  ]);
  assertEquals(hypot(3e300, 4e300), 5e300);
  assertEquals(hypot(3e-320, 4e-320), 5e-320);
});

Deno.test("the kernels' exponential gives the bits of exp()", () => {
  const network = createNetwork({
    widths: [1, 1],
    firstLayer: "spline",
    base: "silu",
    normalisation: "none",
    intervals: 3,
    domain: [-30, 30],
  }, { seed: 1 });
  const { layout } = network, parameters = network.parameters.map(() => 0);
  parameters[layout.find(({ name }) => name === "spline0.baseWeights")!.offset] = 1;
  const x = Float64Array.from({ length: 2001 }, (_, i) => (i - 1000) / 37);
  const y = compilePredictor({ ...network, parameters }).predictRows(x);
  x.forEach((u, i) => {
    const small = elementary.exp(-Math.abs(u));
    const silu = u >= 0 ? u / (1 + small) : u * (small / (1 + small));
    assertEquals(y[i], silu, `silu(${u})`);
  });
});
