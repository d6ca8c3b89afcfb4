/** Sizes that are estimated before training. */

import { assert } from "@std/assert";
import { parsePde } from "../../../lib/physics/mod.ts";
import { firstScales } from "../../../lib/physics/solve/measured_scales.ts";

Deno.test("powers of an unknown do not make it large where its linear part is small", () => {
  const solitons = parsePde({
    name: "soliton",
    domain: { t: [0, 1], x: [-6, 6] },
    unknowns: ["u", "v"],
    equations: [
      { equation: "u_t = -0.5*v_xx - (u^2+v^2)*v" },
      { equation: "v_t = 0.5*u_xx + (u^2+v^2)*u" },
    ],
    conditions: [
      { at: { t: 0 }, equation: "u = 1/cosh(x)" },
      { at: { t: 0 }, equation: "v = 0" },
      { at: { x: [-6, 6] }, equation: "u = cos(t/2)/cosh(x)" },
      { at: { x: [-6, 6] }, equation: "v = sin(t/2)/cosh(x)" },
    ],
  });
  // the solution's are 0.4 and 0.1
  const { unknowns } = firstScales(solitons);
  assert(unknowns.every((size) => size > 0.05 && size < 2), `${unknowns}`);
});

Deno.test("an exponential of an unknown bounds its size", () => {
  const source = "-2*pi^2*sin(pi*x)*sin(pi*y) - exp(sin(pi*x)*sin(pi*y))";
  const { unknowns: [size] } = firstScales(parsePde({
    name: "exponential",
    domain: { x: [0, 1], y: [0, 1] },
    equations: [{ equation: `u_xx + u_yy = exp(u) + ${source}` }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }, {
      at: { y: [0, 1] },
      equation: "u = 0",
    }],
  }));
  assert(size > 0.1 && size < 3, `${size}`);
});
