import { assertLessOrEqual, assertRejects } from "@std/assert";
import { randomNetwork } from "../../support/networks.ts";
import { rowsForLoss, TABLE_LOSSES } from "../../support/table_losses.ts";
import { gpuTest } from "../../support/webgpu.ts";
import { agreement } from "../../support/webgpu_cases.ts";

gpuTest("webgpu engine computes the losses for tables, and refuses Cox's", async (engine) => {
  for (const loss of TABLE_LOSSES) {
    for (const nOut of [1, 3]) {
      const options = { widths: [2, 3, nOut] }, dataset = rowsForLoss(loss, 200, nOut);
      if (loss.kind === "cox") {
        if (nOut > 1) continue;
        const network = randomNetwork(options, 1);
        const compiled = engine.compile({ network, loss, dataset });
        await assertRejects(() => compiled, RangeError, "use the cpu engine");
        continue;
      }
      const { title, value, gradient, tolerance } = await agreement(engine, {
        ...{ options, loss, dataset, seed: 1 },
      });
      assertLessOrEqual(value, tolerance, `value, ${title}`);
      assertLessOrEqual(gradient, tolerance, `gradient, ${title}`);
    }
  }
});
