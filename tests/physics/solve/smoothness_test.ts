import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { evaluateSolution, parsePde, solvePde } from "../../../lib/physics/mod.ts";
import { createRandom } from "../../../lib/model/mod.ts";

const W = 2 * Math.PI, SHARE = 1 / (1 + W * W);

/** A source in time, `u' = -u + q`, `q = 1 + sin(2 pi t)`, from 40 measurements of `u`. */
function source(noise: number) {
  const random = createRandom(5, "noise");
  const t = Array.from({ length: 40 }, (_, i) => (i + 0.5) / 40);
  const value = t.map((at) =>
    1 + SHARE * (Math.sin(W * at) - W * Math.cos(W * at)) + (SHARE * W - 1) * Math.exp(-at) +
    noise * random.normal()
  );
  return {
    name: "source",
    domain: { t: [0, 1] },
    unknowns: ["u", "q"],
    smooth: ["q"],
    equations: [{ equation: "u_t = -u + q" }],
    conditions: [
      { at: { t: 0 }, equation: "u = 0" },
      { data: { t, value }, equation: "u = value" },
    ],
  };
}

async function sourceError(noise: number) {
  const problem = parsePde(source(noise));
  const { network, finished } = await solvePde(problem, { tolerance: 1e-4, threads: 1 });
  assertEquals(finished.status, "converged");
  const t = Float64Array.from({ length: 101 }, (_, i) => i / 100);
  const [q] = evaluateSolution(problem, network, t, ["q"]);
  const truth = t.map((at) => 1 + Math.sin(W * at));
  return Math.hypot(...q.map((value, i) => value - truth[i])) / Math.hypot(...truth);
}

Deno.test("solvePde() finds a smooth unknown as exactly as measurements are", async () => {
  const [exact, noisy] = [await sourceError(0), await sourceError(0.01)];
  assertLess(exact, 1e-3);
  // differences of neighbours would err by sqrt(2) 0.01 40 = 0.57
  assertLess(noisy, 0.15);
  assert(noisy > exact);
});

Deno.test("parsePde() refuses smooth unknowns that are none, or that nothing measures", () => {
  assertThrows(
    () => parsePde({ ...source(0), smooth: ["k"] }),
    RangeError,
    "smooth must name unknowns only (u, q), current value is k",
  );
  const { conditions: [first] } = source(0);
  assertThrows(
    () => parsePde({ ...source(0), conditions: [first] }),
    RangeError,
    'conditions must hold measurements ("data") that determine q',
  );
});
