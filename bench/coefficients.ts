/**
 * How often the 90 % interval of a coefficient holds the truth: problems with noisy measurements,
 * many draws of the noise.
 *
 * ```sh
 * deno run -A bench/coefficients.ts [DRAWS] [NAME]
 * ```
 */

import { parsePde, solvePde } from "../lib/physics/mod.ts";
import { createRandom } from "../lib/model/mod.ts";

/** Problems by the number of a draw. */
const PROBLEMS: Record<
  string,
  { truth: Record<string, number>; problem: (draw: number) => Record<string, unknown> }
> = {
  decay: {
    truth: { k: 2 },
    problem: (draw) => ({
      name: "decay",
      domain: { t: [0, 1] },
      coefficients: { k: 1 },
      equations: [{ equation: "u_t = -k*u" }],
      conditions: [
        { at: { t: 0 }, equation: "u = 1" },
        { data: noisy(draw, 0.02, 20, (t) => Math.exp(-2 * t)), equation: "u = value" },
      ],
    }),
  },
  oscillator: {
    truth: { w: 9, d: 0.5 },
    problem: (draw) => ({
      name: "oscillator",
      domain: { t: [0, 2] },
      coefficients: { w: { start: 7, positive: true }, d: 0 },
      equations: [{ equation: "u_tt + d*u_t + w*u = 0" }],
      conditions: [
        { at: { t: 0 }, equation: "u = 1" },
        { at: { t: 0 }, equation: "u_t = 0" },
        {
          data: noisy(draw, 0.05, 30, (x) => {
            const t = 2 * x, r = Math.sqrt(9 - 0.0625);
            return Math.exp(-0.25 * t) * (Math.cos(r * t) + 0.25 / r * Math.sin(r * t));
          }, 2),
          equation: "u = value",
        },
      ],
    }),
  },
  heat: {
    truth: { nu: 0.1 },
    problem: (draw) => ({
      name: "heat",
      domain: { t: [0, 1], x: [0, 1] },
      coefficients: { nu: 0.05 },
      equations: [{ equation: "u_t = nu*u_xx" }],
      conditions: [
        { at: { t: 0 }, equation: "u = sin(pi*x)" },
        { at: { x: [0, 1] }, equation: "u = 0" },
        { data: heatData(draw), equation: "u = value" },
      ],
      network: { hidden: [3], degree: 5, intervals: 4, firstLayer: "spline" },
    }),
  },
};

function noisy(draw: number, size: number, count: number, f: (x: number) => number, end = 1) {
  const random = createRandom(draw, "bench/coefficients");
  const t = Array.from({ length: count }, (_, i) => end * (i + 1) / count);
  return { t, value: t.map((x) => f(x / end) + size * random.normal()) };
}

function heatData(draw: number) {
  const random = createRandom(draw, "bench/coefficients");
  const t = Array.from({ length: 40 }, () => random.uniform());
  const x = t.map(() => random.uniform());
  return {
    ...{ t, x },
    value: t.map((s, i) =>
      Math.exp(-0.1 * Math.PI ** 2 * s) * Math.sin(Math.PI * x[i]) + 0.02 * random.normal()
    ),
  };
}

const draws = Number(Deno.args[0] ?? 200);
for (const [name, { truth, problem }] of Object.entries(PROBLEMS)) {
  if (Deno.args[1] !== undefined && Deno.args[1] !== name) continue;
  const held = new Map<string, number>(), sums = new Map<string, number>();
  const statuses = new Map<string, number>();
  let noise = 0;
  for (let draw = 0; draw < draws; draw++) {
    const { coefficientIntervals, finished } = await solvePde(parsePde(problem(draw)), {
      ...{ tolerance: 1e-4, threads: 1 },
    });
    statuses.set(finished.status, (statuses.get(finished.status) ?? 0) + 1);
    for (const [key, value] of Object.entries(truth)) {
      const interval = coefficientIntervals?.intervals[key];
      if (!interval) continue;
      const holds = interval.low <= value && value <= interval.high;
      held.set(key, (held.get(key) ?? 0) + (holds ? 1 : 0));
      sums.set(key, (sums.get(key) ?? 0) + interval.error / draws);
    }
    noise += (coefficientIntervals?.noise[0].deviation ?? NaN) / draws;
  }
  const told = Object.keys(truth).map((key) =>
    `${key}: ${(100 * (held.get(key) ?? 0) / draws).toFixed(1)} % of ${draws} intervals hold ` +
    `${truth[key]}, mean half length ${sums.get(key)?.toPrecision(3)}`
  );
  console.log(
    `${name}: ${told.join("; ")}; noise ${noise.toPrecision(3)}; ` +
      [...statuses].map(([status, count]) => `${count} ${status}`).join(", "),
  );
}
