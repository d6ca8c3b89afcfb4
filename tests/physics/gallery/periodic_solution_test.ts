import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import {
  burgersEvolution,
  burgersSolution,
  collocatePeriodic,
  evaluatePeriodic,
  kdvEvolution,
  solvePeriodic,
} from "../../../lib/physics/inner.ts";

Deno.test("Fourier modes of Burgers' equation are the Cole-Hopf integral", () => {
  const modes = solvePeriodic(burgersEvolution(0.05), { points: 256, times: 50, steps: 10 });
  for (const [t, x] of [[0, 0.3], [0.31, -0.7], [0.5, 0.05], [0.987, 0.4]]) {
    const [u] = evaluatePeriodic(modes, Float64Array.of(t, x));
    assert(Math.abs(u - burgersSolution(t, x, 0.05)) < 1e-9);
  }
});

Deno.test("modes of the Korteweg-de Vries equation keep mean and energy", () => {
  const { values, modes, times } = solvePeriodic(kdvEvolution(0.05), {
    ...{ points: 256, times: 20, steps: 100 },
  });
  const energy = (time: number) => {
    let sum = 0;
    for (let k = 0; k < modes; k++) {
      const at = 2 * (time * modes + k);
      sum += (k === 0 ? 1 : 2) * (values[at] ** 2 + values[at + 1] ** 2);
    }
    return sum;
  };
  assert(Math.abs(values[2 * times * modes]) < 1e-14);
  assert(Math.abs(energy(times) - energy(0)) < 1e-9);
});

Deno.test("collocation and ETDRK4 agree, and Cole-Hopf with both", () => {
  const nu = 0.05, points = new Float64Array([0.31, -0.7, 0.5, 0.05, 0.987, 0.4]);
  const radau = collocatePeriodic(burgersEvolution(nu), { points: 256, times: 100, steps: 1 }, {
    nodes: "radau",
    stages: 6,
  });
  evaluatePeriodic(radau, points).forEach((u, r) => {
    assertAlmostEquals(u, burgersSolution(points[2 * r], points[2 * r + 1], nu), 1e-14);
  });
  const gauss = collocatePeriodic(kdvEvolution(0.05), { points: 256, times: 200, steps: 1 }, {
    nodes: "gauss",
    stages: 5,
  });
  const etd = solvePeriodic(kdvEvolution(0.05), { points: 256, times: 200, steps: 40 });
  const other = evaluatePeriodic(etd, points);
  evaluatePeriodic(gauss, points).forEach((u, r) => assertAlmostEquals(u, other[r], 1e-9));
});

Deno.test("collocation says which step is too long", () => {
  assertThrows(
    () =>
      collocatePeriodic(burgersEvolution(0.001), { points: 256, times: 4, steps: 1 }, {
        nodes: "radau",
        stages: 3,
      }),
    RangeError,
    "steps must be shorter, current value is 0.25",
  );
});
