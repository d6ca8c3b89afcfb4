import { assert, assertAlmostEquals } from "@std/assert";
import { shockTubeSolution } from "../../../lib/physics/inner.ts";
import { fourthOrderDifference } from "../../support/gradient_check.ts";

const TUBE = { viscosity: 0.03, width: 0.03, end: 0.1 };

Deno.test("a shock tube by conserved and by plain unknowns is the same, and holds the equations", () => {
  const of = (form: "conservative" | "primitive", points: number) =>
    shockTubeSolution(TUBE, { form, points, steps: 2500 });
  const conserved = of("conservative", 256), plain = of("primitive", 256);
  const at = Float64Array.from(
    { length: 60 },
    (_, i) => i % 2 === 0 ? 0.04 + 0.05 * i / 60 : (0.37 * i) % 1,
  );
  const a = conserved(at), b = plain(at);
  a.forEach((value, i) => assertAlmostEquals(value, b[i], 1e-7));
  // mass: r_t + (r u)_x = 0; momentum: r (u_t + u u_x) + (r T)_x = m u_xx
  for (const [t, x] of [[0.05, 0.42], [0.08, 0.7]]) {
    const field = (f: number) => (t: number, x: number) => conserved(new Float64Array([t, x]))[f];
    const [r, u, T] = [0, 1, 2].map(field);
    const byT = (f: (t: number, x: number) => number) =>
      fourthOrderDifference((s) => f(s, x), t, 1e-3);
    const byX = (f: (t: number, x: number) => number) =>
      fourthOrderDifference((y) => f(t, y), x, 2e-3);
    const slope = (t: number, x: number) => fourthOrderDifference((y) => u(t, y), x, 2e-3);
    const flux = (t: number, x: number) => r(t, x) * u(t, x);
    const pressure = (t: number, x: number) => r(t, x) * T(t, x);
    assert(Math.abs(byT(r)) > 0.1);
    assertAlmostEquals(byT(r) + byX(flux), 0, 1e-4);
    const push = r(t, x) * (byT(u) + u(t, x) * byX(u)) + byX(pressure);
    assertAlmostEquals(push, TUBE.viscosity * byX(slope), 1e-4);
  }
});
