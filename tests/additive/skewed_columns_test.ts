import { assert, assertEquals, assertLess } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { predictionBand } from "../../lib/uncertainty/mod.ts";

const random = createRandom(5, "skewed");
const columns = {
  uniform: () => random.uniform(),
  normal: () => random.normal(),
  "roots of exponential": () => Math.sqrt(-Math.log(1 - random.uniform())),
  exponential: () => -Math.log(1 - random.uniform()),
  "log-normal": () => Math.exp(random.normal()),
  counts: () => Math.floor(10 * random.uniform()),
};

/** Two columns of one kind, and targets whose mean bends where the first one is small. */
function table(kind: keyof typeof columns, rows = 300) {
  const inputs = Float64Array.from({ length: 2 * rows }, columns[kind]);
  const truth = Float64Array.from(
    { length: rows },
    (_, r) => Math.log(Math.abs(inputs[2 * r]) + 0.1) + Math.sqrt(Math.abs(inputs[2 * r + 1])),
  );
  const targets = truth.map((mean) => mean + 0.5 * random.normal());
  return { rows, nIn: 2, nOut: 1, inputs, targets, truth };
}

Deno.test("knots of skewed columns lie at quantiles, of others evenly", () => {
  for (const kind of Object.keys(columns) as (keyof typeof columns)[]) {
    const skewed = kind === "exponential" || kind === "log-normal";
    const { network } = fitAdditive(table(kind));
    assertEquals(network.config.knots, skewed ? "fixed" : "uniform", kind);
    assertEquals(fitAdditive(table(kind), { knots: "uniform" }).network.config.knots, "uniform");
  }
});

Deno.test("bands of 90 % cover about as often where columns are skewed", () => {
  const draws = 80;
  for (const kind of ["exponential", "log-normal"] as const) {
    let covered = 0;
    for (let draw = 0; draw < draws; draw++) {
      const data = table(kind), { network, covariance, totalEdf } = fitAdditive(data);
      const { lower, upper } = predictionBand(network, covariance, data.inputs, {
        degrees: data.rows - totalEdf,
      });
      covered += data.truth.filter((y, r) => lower[r] <= y && y <= upper[r]).length / data.rows;
    }
    assert(covered > 0.87 * draws, `${kind}: ${covered / draws}`);
    assertLess(covered, 0.94 * draws, kind);
  }
});

Deno.test("a line of a skewed column is not bent", () => {
  const { rows, inputs } = table("log-normal");
  const targets = Float64Array.from({ length: rows }, (_, r) => 3 * inputs[2 * r]);
  const { edf } = fitAdditive({ rows, nIn: 2, nOut: 1, inputs, targets }, { select: false });
  assertLess(Math.abs(edf[0] - 1), 1e-3);
});
