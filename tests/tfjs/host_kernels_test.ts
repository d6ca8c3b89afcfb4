import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { evaluateSpline } from "../../lib/basis/mod.ts";
import { knotsFromBreakpoints } from "../../lib/knots/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { computePart, type SplineArrays } from "../../lib/tfjs/_host_kernels.ts";
import type { SplineSpace } from "../../lib/tfjs/_local_basis.ts";

const rows = 7, nIn = 2, nOut = 3;

interface Case {
  readonly arrays: SplineArrays & Record<"x" | "t" | "c" | "g" | "w", Float64Array>;
  readonly space: SplineSpace;
}

/** Random inputs, some outside the domain [-1, 1]; knots of the two inputs differ. */
function randomCase(degree: number, order: number, clamp: boolean): Case {
  const random = createRandom(100 * degree + order, "kernels");
  const breakpoints = [[-1, -0.7, 0.1, 0.15, 1], [-1, -0.2, 0.3, 0.9, 1]];
  const t = Float64Array.from(
    breakpoints.flatMap((points) => [...knotsFromBreakpoints(points, { degree }).values]),
  );
  const numKnots = t.length / 2, numBasis = numKnots - 1 - degree;
  const normal = (size: number) => Float64Array.from({ length: size }, () => random.normal());
  return {
    arrays: {
      x: Float64Array.from({ length: rows * nIn }, () => 1.3 * (2 * random.uniform() - 1)),
      t,
      c: normal(nIn * numBasis * nOut),
      g: normal(rows * nOut),
      w: normal(rows * nIn),
      rows,
      nIn,
      nOut,
      numKnots,
      shared: false,
    },
    space: { degree, order, first: degree, last: numKnots - 1 - degree, clamp },
  };
}

/** `F = sum w g c B^(order)` from the definition of a spline. */
function plain({ arrays, space }: Case): number {
  const { x, t, c, g, w, numKnots } = arrays;
  const { degree, order, clamp } = space;
  const numBasis = numKnots - 1 - degree;
  let sum = 0;
  for (let p = 0; p < nIn; p++) {
    const knots = { values: t.subarray(p * numKnots, (p + 1) * numKnots), degree };
    for (let q = 0; q < nOut; q++) {
      const own = Float64Array.from(
        { length: numBasis },
        (_, i) => c[(p * numBasis + i) * nOut + q],
      );
      for (let r = 0; r < rows; r++) {
        sum += w[r * nIn + p] * g[r * nOut + q] *
          evaluateSpline(knots, own, x[r * nIn + p], {
            derivative: order,
            extrapolation: clamp ? "clamp" : "linear",
          });
      }
    }
  }
  return sum;
}

Deno.test("computePart() is the derivative of F by g, c, w and t, degrees 1 to 5", () => {
  for (let degree = 1; degree <= 5; degree++) {
    for (let order = 0; order <= degree + 1; order++) {
      const each = randomCase(degree, order, (degree + order) % 2 === 1);
      const { arrays, space } = each;
      for (
        const [part, name] of [
          ["Outputs", "g"],
          ["Coefficients", "c"],
          ["Slopes", "w"],
          ["Knots", "t"],
        ] as const
      ) {
        const gradient = computePart(part, part === "Slopes" ? without(arrays) : arrays, space);
        const h = name === "t" ? 1e-5 : 1; // F is linear in g, c and w
        const scale = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        for (let i = 0; i < gradient.length; i++) {
          if (name === "t" && i % arrays.numKnots === space.first) continue; // ends do not move
          if (name === "t" && i % arrays.numKnots === space.last) continue;
          const at = (step: number) => {
            const moved = arrays[name].slice();
            moved[i] += step;
            return plain({ arrays: { ...arrays, [name]: moved }, space });
          };
          const difference = (at(h) - at(-h)) / (2 * h);
          const label = `degree ${degree}, order ${order}, ${part} ${i}`;
          assertAlmostEquals(gradient[i], difference, 1e-6 * scale, label);
        }
      }
    }
  }
});

Deno.test("computePart() leaves the ends of the domain alone and hands NaN on", () => {
  const { arrays, space } = randomCase(3, 0, false);
  const knots = computePart("Knots", arrays, space);
  assertEquals([knots[space.first], knots[space.last]], [0, 0]);
  const x = arrays.x.slice();
  x[0] = NaN;
  const outputs = computePart("Outputs", { ...arrays, x }, space);
  assert(outputs.subarray(0, nOut).every(Number.isNaN));
  assert(outputs.subarray(nOut).every(Number.isFinite));
});

Deno.test("computePart() counts an empty interval as 0/0 = 0", () => {
  const t = new Float64Array([-3, -2, -1, 0.2, 0.2, 0.2, 0.2, 1, 2, 3]); // degree 2
  const arrays = {
    ...randomCase(2, 0, false).arrays,
    x: Float64Array.from({ length: rows }, (_, r) => -1 + r / 3),
    t,
    c: Float64Array.from({ length: 7 * nOut }, (_, i) => Math.sin(i)),
    w: undefined,
    nIn: 1,
    numKnots: t.length,
    shared: true,
  };
  const space: SplineSpace = { degree: 2, order: 0, first: 2, last: 7, clamp: false };
  for (const part of ["Outputs", "Coefficients", "Slopes", "Knots"] as const) {
    assert(computePart(part, arrays, space).every(Number.isFinite), part);
  }
  const ones = { ...arrays, c: new Float64Array(7 * nOut).fill(1) };
  for (const sum of computePart("Outputs", ones, space)) assertAlmostEquals(sum, 1, 1e-6);
});

/** `Slopes` is the derivative by the weights: they play no part. */
function without(arrays: SplineArrays): SplineArrays {
  return { ...arrays, w: undefined };
}
