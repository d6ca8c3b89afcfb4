import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { specialProblems } from "../../../lib/data/inner.ts";
import {
  besselI,
  besselJ,
  besselK,
  gammaFunction,
} from "../../../lib/data/special/bessel_order.ts";
import { ellipticE, ellipticF, jacobiSn } from "../../../lib/data/special/elliptic.ts";
import { legendreP } from "../../../lib/data/special/legendre.ts";
import { runScipy, scipyVersion } from "../../support/scipy.ts";

const COUNT = 41;

/** A grid over the box, with its edges. */
function pointsOf([[a, b], [c, d]]: readonly (readonly [number, number])[]): number[][] {
  return Array.from({ length: COUNT * COUNT }, (_, k) => [
    a + (b - a) * Math.floor(k / COUNT) / (COUNT - 1),
    c + (d - c) * (k % COUNT) / (COUNT - 1),
  ]);
}

const PROGRAM = `
from scipy import special
def value(name, x, y):
    if name == "ellipj": return special.ellipj(x, y)[0]
    if name[:-1] == "lpmv": return special.lpmv(int(name[-1]), x, y)
    if name[:-2] == "sph": return special.sph_harm(int(name[-2]), int(name[-1]), x, y).real
    return getattr(special, name)(x, y)
answer = [value(name, *np.array(points).T).tolist() for name, points in data]
`;

/** Functions without zeros in their boxes besides edges: errors are relative. */
const RELATIVE = ["ellipkinc", "ellipeinc", "kv", "iv"];

Deno.test({
  name: "special functions agree with SciPy to 1e-12, relative or of 1 where there are zeros",
  ignore: scipyVersion === undefined,
  fn: async () => {
    const data = specialProblems.map(({ name, box }) => [name, pointsOf(box)] as const);
    const answers = await runScipy<number[][]>(PROGRAM, data);
    specialProblems.forEach(({ name, evaluate }, p) => {
      let worst = 0, at: number[] = [];
      data[p][1].forEach(([x, y], i) => {
        const expected = answers[p][i], error = Math.abs(evaluate(x, y) - expected);
        const size = RELATIVE.includes(name) ? Math.abs(expected) : Math.max(1, Math.abs(expected));
        const share = error === 0 ? 0 : error / size;
        if (!(share <= worst)) [worst, at] = [share, [x, y]];
      });
      assert(worst <= 1e-12, `${name}: ${worst} at ${at}`);
    });
  },
});

Deno.test("special functions at places where they are known", () => {
  for (let n = 1, factorial = 1; n < 20; factorial *= n++) {
    assertAlmostEquals(gammaFunction(n) / factorial, 1, 1e-14);
  }
  assertAlmostEquals(gammaFunction(0.5), Math.sqrt(Math.PI), 1e-14);
  for (const x of [0.3, 1.7, 4, 9]) { // half orders are elementary
    const size = Math.sqrt(2 / (Math.PI * x));
    assertAlmostEquals(besselJ(0.5, x), size * Math.sin(x), 1e-14);
    assertAlmostEquals(besselI(0.5, x) / (size * Math.sinh(x)), 1, 1e-14);
    assertAlmostEquals(besselK(0.5, x) / (Math.sqrt(Math.PI / (2 * x)) * Math.exp(-x)), 1, 1e-14);
  }
  assertAlmostEquals(besselJ(0, 0), 1, 1e-14);
  assertEquals(besselJ(1.5, 0), 0);
  assertAlmostEquals(jacobiSn(0.7, 0), Math.sin(0.7), 1e-15);
  for (const m of [0.1, 0.5, 0.9]) {
    assertAlmostEquals(jacobiSn(ellipticF(1.2, m), m), Math.sin(1.2), 1e-14);
    assertAlmostEquals(
      ellipticF(2, m) + ellipticF(Math.PI - 2, m),
      2 * ellipticF(Math.PI / 2, m),
      1e-14,
    );
    assertAlmostEquals(ellipticE(-4, m), -ellipticE(4, m), 1e-15);
  }
  assertAlmostEquals(legendreP(0, 2, -0.4), (3 * 0.16 - 1) / 2, 1e-14);
  assertAlmostEquals(legendreP(2, 1, 0.3), 0, 1e-15);
});
