import { assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  add,
  type DoubleDouble,
  exactDifference,
  over,
  pointAt,
  productError,
  sumError,
  times,
} from "../../lib/numerics/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** The exact value of a float64 number as a fraction of a power of two. */
function exact(x: number): { numerator: bigint; exponent: number } {
  let exponent = 0, scaled = x;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent++;
  }
  return { numerator: BigInt(scaled), exponent };
}

/** `high + low` in units of `2^-bits`, exactly. */
function units([high, low]: DoubleDouble, bits: number): bigint {
  return [high, low].reduce((sum, part) => {
    const { numerator, exponent } = exact(part);
    return sum + (numerator << BigInt(bits - exponent));
  }, 0n);
}

const random = createRandom(7, "double-double");
const CASES = Array.from({ length: 200 }, () => [random.normal(), random.normal() * 1e-3] as const);

Deno.test("sumError() and productError() are what rounding has lost, exactly", () => {
  for (const [a, b] of CASES) {
    const sum = a + b, product = a * b, bits = 300;
    assertEquals(
      units([sum, sumError(a, b, sum)], bits),
      units([a, b], bits),
      `${a} + ${b}`,
    );
    const [x, y] = [exact(a), exact(b)];
    const whole = (x.numerator * y.numerator) << BigInt(bits - x.exponent - y.exponent);
    assertEquals(units([product, productError(a, b, product)], bits), whole, `${a} * ${b}`);
  }
});

Deno.test("add(), times(), over() keep about 31 digits", () => {
  for (const [a, b] of CASES) {
    const [x, y]: DoubleDouble[] = [exactDifference(a, 1e-9 * b), exactDifference(b, 1e-12 * a)];
    const [high, low] = over(times(x, y), y); // x again
    assertLessOrEqual(Math.abs((high - x[0]) + (low - x[1])), 1e-30 * Math.abs(x[0]), `${a} ${b}`);
    const [sumHigh, sumLow] = add(add(x, y), [-y[0], -y[1]]);
    const size = Math.max(Math.abs(x[0]), Math.abs(y[0]));
    assertLessOrEqual(Math.abs((sumHigh - x[0]) + (sumLow - x[1])), 1e-30 * size);
  }
});

Deno.test("pointAt() meets both ends and the middle", () => {
  for (const [a, width] of CASES) {
    const b = a + Math.abs(width) + 0.1;
    assertEquals(pointAt(a, b, 0, 0, 1, 0), a);
    assertEquals(pointAt(a, b, 1, 0, 1, 0), b);
    assertAlmostEquals(pointAt(a, b, 1, 0, 3, 0), a + (b - a) / 3, 1e-15);
  }
});
