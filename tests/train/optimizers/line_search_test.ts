import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { type LinePoint, wolfeSearch } from "../../../lib/train/inner.ts";

const C1 = 1e-4, C2 = 0.9;

/** Value and derivative along a line, falling at 0. */
const LINES: Record<string, (t: number) => [number, number]> = {
  parabola: (t) => [(t - 3) ** 2, 2 * (t - 3)],
  "parabola, minimum far out": (t) => [(t - 1e4) ** 2 / 1e8, 2 * (t - 1e4) / 1e8],
  "parabola, minimum very near": (t) => [1e6 * (t - 1e-5) ** 2, 2e6 * (t - 1e-5)],
  quartic: (t) => [(t - 1) ** 4 - t, 4 * (t - 1) ** 3 - 1],
  "two valleys": (t) => [Math.cos(3 * t + 0.5) + t * t / 20, -3 * Math.sin(3 * t + 0.5) + t / 10],
  "More and Thuente 1": (t) => [-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2],
  "More and Thuente 2": (t) => {
    const a = t + 0.004;
    return [a ** 5 - 2 * a ** 4, 5 * a ** 4 - 8 * a ** 3];
  },
  exponential: (t) => [Math.exp(t) - 5 * t, Math.exp(t) - 5],
  "infinite beyond 0.3": (t) => t > 0.3 ? [Infinity, NaN] : [-t, -1 + 8 * t],
  "NaN beyond 1e-3": (t) => t > 1e-3 ? [NaN, NaN] : [-t + 600 * t * t, -1 + 1200 * t],
  "infinite slope beyond 0.5": (t) => t > 0.5 ? [-1, Infinity] : [t * t - 0.6 * t, 2 * t - 0.6],
};

for (const curvature of ["weak", "strong"] as const) {
  for (const [name, line] of Object.entries(LINES)) {
    if (name === "infinite beyond 0.3") continue; // value and slope do not belong together: below
    Deno.test(`wolfeSearch() ends with the ${curvature} Wolfe conditions: ${name}`, async () => {
      for (const firstStep of [1, 1e-6, 1e3]) {
        const [value, slope] = line(0);
        let calls = 0;
        const result = await wolfeSearch(
          (step): Promise<LinePoint> => {
            calls++;
            const [f, g] = line(step);
            return Promise.resolve({ step, value: f, slope: g });
          },
          { step: 0, value, slope },
          firstStep,
          { c1: C1, c2: C2, curvature, maxEvaluations: 60 },
        );
        assert(result.decreased, `first step ${firstStep}`);
        assertEquals(result.evaluations, calls);
        assertEquals([result.value, result.slope], line(result.step));
        assertLessOrEqual(result.value, value + C1 * result.step * slope);
        assert(result.slope >= C2 * slope, `slope ${result.slope} from ${slope}`);
        if (curvature === "strong") assertLessOrEqual(Math.abs(result.slope), -C2 * slope);
      }
    });
  }
}

Deno.test("wolfeSearch() keeps to its budget and returns the best point so far", async () => {
  for (const maxEvaluations of [1, 2, 3, 5]) {
    for (const line of Object.values(LINES)) {
      const [value, slope] = line(0);
      let calls = 0;
      const result = await wolfeSearch(
        (step) => {
          calls++;
          const [f, g] = line(step);
          return Promise.resolve({ step, value: f, slope: g });
        },
        { step: 0, value, slope },
        100,
        { c1: C1, c2: 0.1, curvature: "strong", maxEvaluations },
      );
      assertLessOrEqual(calls, maxEvaluations);
      assertLessOrEqual(result.value, value);
      assertEquals(result.decreased, result.step > 0);
      assert(Number.isFinite(result.value) && Number.isFinite(result.slope));
    }
  }
});

Deno.test("wolfeSearch() ends where nothing decreases", async () => {
  for (const broken of [NaN, Infinity, 1]) {
    const result = await wolfeSearch(
      (step) => Promise.resolve({ step, value: broken, slope: broken }),
      { step: 0, value: 0, slope: -1 },
      1,
      { c1: C1, c2: C2, curvature: "weak", maxEvaluations: 25 },
    );
    assertEquals([result.step, result.value, result.decreased], [0, 0, false]);
  }
});

Deno.test("wolfeSearch() stays below a cliff", async () => {
  const line = LINES["infinite beyond 0.3"];
  const [value, slope] = line(0);
  const result = await wolfeSearch(
    (step) => Promise.resolve({ step, value: line(step)[0], slope: line(step)[1] }),
    { step: 0, value, slope },
    1,
    { c1: C1, c2: C2, curvature: "weak", maxEvaluations: 25 },
  );
  assert(result.decreased);
  assertLess(result.step, 0.3 + 1e-12);
});
