import { assert, assertAlmostEquals } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { additiveTable, inputColumn } from "../support/additive_tables.ts";
import { MGCV, runMgcv } from "../support/mgcv.ts";

/** The same splines and penalties in mgcv: cubic B-splines on even knots, `integral f''^2`. */
function program(family: string, select: boolean, terms = "abc"): string {
  const smooths = [...terms].map((x) => `s(${x}, bs = "bs", k = 13, m = c(3, 2))`).join(" + ");
  return `
knots <- lapply(d[, 1:3], function(x) {
  r <- range(x); e <- 1e-9 * diff(r); h <- (diff(r) + 2 * e) / 10; r[1] - e + h * (-3:13) })
fit <- gam(y ~ ${smooths}, data = d, knots = knots, method = "REML", family = ${family},
  select = ${select ? "TRUE" : "FALSE"})
say("edf", sapply(fit$smooth, function(s) sum(fit$edf[s$first.para:s$last.para])))
say("score", fit$gcv.ubre)
say("scale", fit$sig2)
say("deviance", deviance(fit))
say("fitted", fit$linear.predictors)`;
}

for (const kind of ["numbers", "labels"] as const) {
  for (const select of [false, true]) {
    Deno.test({
      name: `fitAdditive() agrees with mgcv: ${kind}${select ? ", lines penalised" : ""}`,
      ignore: MGCV === undefined,
      async fn() {
        const table = additiveTable({ rows: 400, columns: 3, kind, seed: 5 });
        const loss = { kind: kind === "numbers" ? "mse" : "crossEntropy" } as const;
        const columns = Object.fromEntries(["a", "b", "c"].map((name, p) => [
          name,
          inputColumn(table, p),
        ]));
        const family = kind === "numbers" ? "gaussian" : "binomial";
        const there = await runMgcv(program(family, select), { ...columns, y: table.targets });
        const here = fitAdditive(table, { loss, intervals: 10, select });
        for (let p = 0; p < 3; p++) {
          // mgcv takes lines apart in another metric: the penalty on lines is not the same
          const tolerance = select ? 0.12 * there.edf[p] + 0.05 : 2e-3 * there.edf[p];
          assertAlmostEquals(here.edf[p], there.edf[p], tolerance);
        }
        assertAlmostEquals(here.scale[0], there.scale[0], select ? 2e-2 : 1e-4);
        assertAlmostEquals(here.deviance, there.deviance[0], select ? 3 : 1e-2);
        // without a penalty on lines REML is known up to a constant, the units of the lines
        if (kind === "numbers" || select) {
          assertAlmostEquals(here.score / there.score[0], 1, 0.02);
        }
        assert(here.converged);
      },
    });
  }
}

Deno.test({
  name: "fitAdditive(): REML of two models differs by as much as mgcv's",
  ignore: MGCV === undefined,
  async fn() {
    const few = additiveTable({ rows: 300, columns: 3, kind: "numbers", seed: 6, noise: 2 });
    const columns = Object.fromEntries(["a", "b", "c"].map((name, p) => [
      name,
      inputColumn(few, p),
    ]));
    const text = program("gaussian", false);
    const noisy = few.targets.map((y, r) => y + 3 * Math.sin(50 * few.inputs[3 * r + 1]));
    const difference = async (y: Float64Array) =>
      fitAdditive({ ...few, targets: y }, { intervals: 10, select: false }).score -
      (await runMgcv(text, { ...columns, y })).score[0];
    assertAlmostEquals(await difference(few.targets), await difference(noisy), 1e-3);
  },
});
