import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { parsePde } from "../../../lib/physics/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { checkWindow, solveWindow } from "../../../lib/physics/solve/window_collocation.ts";
import { createDesk, type WindowJob } from "../../../lib/physics/solve/window_desk.ts";
import { windowParts } from "../../../lib/physics/solve/window_part.ts";
import { findEvolution } from "../../../lib/physics/solve/window_problem.ts";
import { evaluateWindows, lineOn, ORDER } from "../../../lib/physics/solve/window_space.ts";
import { startWorkerDesk } from "../../../lib/physics/solve/window_worker.ts";

/** A heat equation between two ends, or around a circle, on its first window. */
function heat(isPeriodic: boolean) {
  const problem = parsePde({
    name: "heat",
    domain: { t: [0, 0.1], x: [0, 1] },
    equations: [{ equation: "u_t = u_xx/10" }],
    conditions: [
      { at: { t: 0 }, equation: "u = sin(2*pi*x)" },
      ...isPeriodic ? [] : [{ at: { x: [0, 1] }, equation: "u = 0" }],
    ],
    ...(isPeriodic && { periodic: ["x"] }),
  });
  const evolution = findEvolution(problem, resolvePde(problem))!;
  const pieces = isPeriodic ? 21 : 7;
  const line = lineOn(Float64Array.from({ length: pieces + 1 }, (_, i) => i / pieces), isPeriodic);
  const job: WindowJob = {
    ...{ span: [0, 0.1], line, coefficients: new Float64Array(line.count * ORDER) },
    scales: { unknowns: [1], terms: isPeriodic ? [4, 1] : [4, 1, 1] },
    ...{ isFirst: true, kept: [0] },
  };
  return { problem, evolution, job };
}

for (const isPeriodic of [false, true]) {
  const where = isPeriodic ? "a circle" : "a line";

  Deno.test(`the parts of ${where} have every function once, and share those at the cuts`, () => {
    const { line } = heat(isPeriodic).job, { parts, shared } = windowParts(line);
    const all = parts.map(({ band, border }) => new Set([...band, ...border]));
    assertEquals(all[0].union(all[1]).size, line.count);
    assertEquals([...all[0].intersection(all[1])].sort(), [...shared].sort());
    parts.forEach(({ stretch: { from, to } }, side) => {
      for (let p = from; p < to; p++) {
        for (let i = 0; i < ORDER; i++) assert(all[side].has((p + i) % line.count));
      }
    });
  });

  Deno.test(`both parts of ${where} together solve a window`, async () => {
    const { problem, evolution, job } = heat(isPeriodic), desk = createDesk(problem, evolution);
    const team = { near: desk, far: desk };
    const { window } = (await solveWindow(team, job, true))!;
    const points = new Float64Array([0, 0.3, 0.05, 0.7, 0.1, 0.49, 0.1, 0.01]);
    const [u] = evaluateWindows([window], 1, points, 0);
    u.forEach((value, r) => {
      const t = points[2 * r], x = points[2 * r + 1];
      const exact = Math.exp(-0.4 * Math.PI ** 2 * t) * Math.sin(2 * Math.PI * x);
      assertAlmostEquals(value, exact, 1e-6);
    });
    const check = await checkWindow(team, { ...job, ...window });
    assert(check.fresh < 1e-4);
    assertEquals(check.perPiece.length, job.line.breakpoints.length - 1);
  });
}

Deno.test("a desk in another thread answers with the same bits", async () => {
  const { problem, evolution, job } = heat(false), near = createDesk(problem, evolution);
  const worker = startWorkerDesk(problem, evolution)!;
  try {
    while (!worker.desk()) await new Promise((resolve) => setTimeout(resolve, 10));
    const far = worker.desk()!;
    assertEquals(await far.begin(1, job), near.begin(1, job));
    const reduced = near.reduce(1), size = Math.round(Math.sqrt(reduced.rows.length));
    assertEquals(await far.reduce(1), reduced);
    const step = Float64Array.from({ length: size }, (_, i) => i / size).slice(0, 9 * ORDER);
    assertEquals(await far.move(1, step), near.move(1, step));
    assertEquals(await far.check(1, job), near.check(1, job));
    await assertRejects(() => far.begin(1, { ...job, line: undefined as never }));
  } finally {
    worker.dispose();
  }
});
