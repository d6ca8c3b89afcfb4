/** The gallery in other units. */

import { assert, assertEquals } from "@std/assert";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { pdeProblems, type SolveOptions, solvePde } from "../../../lib/physics/mod.ts";
import { inOtherUnits } from "../../support/other_units.ts";

Deno.test("no unit matters: the gallery with values and coordinates times 1e-6 to 1e6", async () => {
  for (const problem of pdeProblems) {
    if (problem.rawCoordinates) continue; // the paper's, as it is
    const counts = Object.keys(problem.domain).map(() => 16);
    const options: SolveOptions = {
      schedule: multilevelSchedule([3, 2]),
      sampler: { kind: "grid", counts },
      seed: 3,
    };
    const usual = await solvePde(problem, options);
    for (const [values, a, b] of [[1e6, 1e-6, 1e6], [1e-6, 1e6, 1e-6]]) {
      const coordinates = Object.keys(problem.domain).map((_, i) => [a, b][i]);
      const other = await solvePde(inOtherUnits(problem, { values, coordinates }), options);
      const ratio = other.error!.relativeL2 / usual.error!.relativeL2;
      const label = `${problem.name}, ${values}, ${coordinates}: ${ratio}`;
      assert(Math.abs(ratio - 1) < 1e-9, label); // the same run, up to rounding
      assertEquals(other.finished.status, usual.finished.status, label);
    }
  }
});
