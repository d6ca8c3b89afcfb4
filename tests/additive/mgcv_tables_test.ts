import { assert, assertAlmostEquals } from "@std/assert";
import { forward } from "../../lib/model/mod.ts";
import { predictionBand } from "../../lib/uncertainty/mod.ts";
import { MGCV } from "../support/mgcv.ts";
import { fitTwice, PUBLIC_TABLES } from "../support/mgcv_tables.ts";

for (const table of PUBLIC_TABLES) {
  Deno.test({
    name: `fitAdditive() agrees with mgcv on ${table.name}: degrees of freedom, REML, effect, band`,
    ignore: MGCV === undefined,
    async fn() {
      const { here, there } = await fitTwice(table);
      assertAlmostEquals(here.edf[0] / there.edf[0], 1, 0.02);
      // REML is known up to a constant, the units of the line
      assertAlmostEquals(here.score / there.score[0], 1, 0.02);
      const at = Float64Array.from(there.at);
      const spread = Math.max(...there.said) - Math.min(...there.said);
      const { errors } = predictionBand(here.network, here.covariance, at);
      forward(here.network, at).forEach((value, i) => {
        assertAlmostEquals(value, there.said[i], 1e-3 * spread);
        // the doubt about strengths enters by other derivatives
        assertAlmostEquals(errors[i] / there.errors[i], 1, 0.08);
      });
      assert(here.converged);
    },
  });
}
