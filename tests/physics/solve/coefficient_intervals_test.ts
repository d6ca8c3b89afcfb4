import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../../lib/model/mod.ts";
import { parsePde, solvePde } from "../../../lib/physics/mod.ts";

/** A decay with rate 2 and 20 noisy measurements. */
function decay(draw: number, noise: number) {
  const random = createRandom(draw, "tests/intervals");
  const t = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
  return parsePde({
    name: "decay",
    domain: { t: [0, 1] },
    coefficients: { k: 1 },
    equations: [{ equation: "u_t = -k*u" }],
    conditions: [
      { at: { t: 0 }, equation: "u = 1" },
      {
        data: { t, value: t.map((x) => Math.exp(-2 * x) + noise * random.normal()) },
        equation: "u = value",
      },
    ],
  });
}

Deno.test("an interval of a coefficient is that of nonlinear least squares on the true solution", async () => {
  const { coefficientIntervals, finished } = await solvePde(decay(1, 0.02), {
    tolerance: 1e-4,
    threads: 1,
  });
  assertEquals(finished.status, "converged");
  const { intervals: { k }, noise: [{ deviation }] } = coefficientIntervals!;
  // of u = exp(-k t): information sum (t exp(-2 t))^2 / s^2, Student's t with 19 degrees
  const information = Array.from({ length: 20 }, (_, i) => (i + 1) / 20)
    .reduce((sum, t) => sum + (t * Math.exp(-2 * t)) ** 2, 0);
  const expected = 1.729 * deviation / Math.sqrt(information);
  assert(Math.abs(k.error / expected - 1) < 0.05, `${k.error} ${expected}`);
  assert(deviation > 0.01 && deviation < 0.03);
});

Deno.test("intervals hold the truth about as often as they say", async () => {
  let held = 0;
  for (let draw = 0; draw < 20; draw++) {
    const { coefficientIntervals } = await solvePde(decay(draw, 0.02), {
      tolerance: 1e-4,
      threads: 1,
    });
    const { low, high } = coefficientIntervals!.intervals.k;
    if (low <= 2 && 2 <= high) held++;
  }
  assert(held >= 14 && held <= 20, `${held}`);
});

Deno.test("without noise an interval is as narrow as the solution is exact", async () => {
  const { coefficientIntervals } = await solvePde(decay(0, 0), { tolerance: 1e-6, threads: 1 });
  const { value, error } = coefficientIntervals!.intervals.k;
  assert(error < 1e-4 && Math.abs(value - 2) <= 3 * error + 1e-9, `${value} ${error}`);
});
