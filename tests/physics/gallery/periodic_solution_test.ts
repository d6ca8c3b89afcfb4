import { assert } from "@std/assert";
import {
  allenCahnEvolution,
  allenCahnGrid,
  burgersEvolution,
  burgersSolution,
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

Deno.test("modes of the Allen-Cahn equation are the grid's solution", () => {
  const [diffusion, reaction] = [0.01, 2];
  const modes = solvePeriodic(allenCahnEvolution(diffusion, reaction), {
    ...{ points: 512, times: 50, steps: 4 },
  });
  const grid = allenCahnGrid(diffusion, reaction, { modes: 128, steps: 100 });
  for (const [step, column] of [[50, 0], [70, 64], [100, 100]]) {
    const [u] = evaluatePeriodic(modes, Float64Array.of(step / 100, column / 128));
    assert(Math.abs(u - grid.values[step * 129 + column]) < 1e-5);
  }
});
