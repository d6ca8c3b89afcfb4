import { assertAlmostEquals, assertLessOrEqual } from "@std/assert";
import { changeOf, scoreOf } from "../../lib/additive/_scores.ts";
import { solveCoefficients, startCoefficients } from "../../lib/additive/_coefficients.ts";
import { makeDesign } from "../../lib/additive/_design.ts";
import { planTerms, strengthsOf } from "../../lib/additive/_plan.ts";
import { bernoulli, type Family, gaussian, multinomial } from "../../lib/additive/_families.ts";
import { additiveTable } from "../support/additive_tables.ts";

const KINDS = ["numbers", "labels", "classes"] as const;

function problemOf(kind: typeof KINDS[number]) {
  const table = additiveTable({ rows: 150, columns: 3, kind, seed: 3 });
  const weights = Float64Array.from({ length: 150 }, (_, r) => 1 + 0.5 * Math.sin(r));
  const family: Family = kind === "numbers"
    ? gaussian(table.targets, weights)
    : kind === "labels"
    ? bernoulli(table.targets, weights)
    : multinomial(table.targets, weights, 3);
  const plan = planTerms(table, { intervals: 6, predictors: family.predictors });
  const design = makeDesign(table, plan.terms, weights);
  const { strengthOf, names } = strengthsOf(plan.terms, design, true);
  return { design, family, rows: 150, strengthOf, numStrengths: names.length };
}

for (const kind of KINDS) {
  for (const by of ["reml", "gcv"] as const) {
    Deno.test(`changeOf() is the slope of ${by}, ${kind}`, () => {
      const problem = problemOf(kind), m = problem.numStrengths;
      const at = (rho: Float64Array) => {
        const start = { b: startCoefficients(problem), matrix: new Float64Array(0) };
        const found = solveCoefficients(problem, rho, start);
        return { found, ...scoreOf(problem, rho, found, by) };
      };
      const rho = Float64Array.from({ length: m }, (_, j) => 1 + Math.cos(3 * j));
      const change = changeOf(problem, rho, at(rho), by, true), step = 1e-4;
      for (let j = 0; j < m; j++) {
        const more = rho.slice(), less = rho.slice();
        more[j] += step;
        less[j] -= step;
        const slope = (at(more).score - at(less).score) / (2 * step);
        // GCV holds weights: an approximation where they depend on the coefficients
        const tolerance = by === "gcv" && kind !== "numbers" ? 0.3 : 1e-6;
        assertAlmostEquals(change.slope[j], slope, tolerance);
        if (kind !== "numbers") continue;
        const [up, down] = [more, less].map((r) => changeOf(problem, r, at(r), by, true).slope);
        for (let k = 0; k < m; k++) {
          const bend = (up[k] - down[k]) / (2 * step);
          assertLessOrEqual(Math.abs(change.bends[j * m + k] - bend), 1e-5);
        }
      }
    });
  }
}
