import { assert, assertAlmostEquals } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { datasetOf } from "../../lib/data/mod.ts";
import { forward } from "../../lib/model/mod.ts";
import { MGCV, runMgcv } from "../support/mgcv.ts";

/** Public tables that R has: a column, a target. */
const TABLES = [
  { name: "MASS::mcycle", x: "times", y: "accel" },
  { name: "datasets::airquality", x: "Temp", y: "Ozone" },
] as const;

const INTERVALS = 20;

/** The same cubic B-splines on even knots with the same penalty, the line free. */
const FIT = `
r <- range(d$x); e <- 1e-9 * diff(r); h <- (diff(r) + 2 * e) / ${INTERVALS}
knots <- list(x = r[1] - e + h * (-3:${INTERVALS + 3}))
fit <- gam(y ~ s(x, bs = "bs", k = ${INTERVALS + 3}, m = c(3, 2)), data = d, knots = knots,
  method = "REML")
say("edf", sum(fit$edf[-1]))
say("score", fit$gcv.ubre)
say("fitted", fitted(fit))`;

for (const { name, x, y } of TABLES) {
  Deno.test({
    name: `fitAdditive() agrees with mgcv on ${name}: degrees of freedom, REML, effect`,
    ignore: MGCV === undefined,
    async fn() {
      const read = `t <- na.omit(${name}[, c("${x}", "${y}")]); say("x", t$${x}); say("y", t$${y})`;
      const table = await runMgcv(read, { unused: [0] });
      const there = await runMgcv(FIT, { x: table.x, y: table.y });
      const here = fitAdditive(
        datasetOf({ inputs: Float64Array.from(table.x), targets: Float64Array.from(table.y) }),
        { intervals: INTERVALS, select: false },
      );
      assertAlmostEquals(here.edf[0] / there.edf[0], 1, 0.02);
      // REML is known up to a constant, the units of the line
      assertAlmostEquals(here.score / there.score[0], 1, 0.02);
      const said = forward(here.network, Float64Array.from(table.x));
      const spread = Math.max(...there.fitted) - Math.min(...there.fitted);
      said.forEach((value, r) => assertAlmostEquals(value, there.fitted[r], 1e-3 * spread));
      assert(here.converged);
    },
  });
}
