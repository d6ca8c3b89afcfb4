import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ColumnScale, RegressionEncoding, TargetLink } from "../../lib/data/mod.ts";
import { predictedValues } from "../../lib/data/inner.ts";
import { encodingUnits } from "../../lib/interpret/mod.ts";

function encoding(scale: ColumnScale, link?: TargetLink): RegressionEncoding {
  return {
    ...{ kind: "table", task: "regression", inputs: [], targets: [scale] },
    ...(link ? { link } : {}),
    split: { seed: 1, testFraction: 0, validationFraction: 0, rows: 9, checksum: "0" },
  };
}

Deno.test("units of linked outputs undo to what predict says", () => {
  const counts = { name: "n", minimum: 0, maximum: 0.3 }, one = { ...counts, maximum: 1 };
  const logs = { name: "y", minimum: 2, maximum: 9, map: { kind: "log" }, smearing: 1.1 } as const;
  const cases: readonly [RegressionEncoding, string, string][] = [
    [encoding(counts, { kind: "log", power: 1, exposure: "e" }), "logarithm", "n"],
    [encoding(one, { kind: "logit" }), "logit", "n"],
    [encoding(one, { kind: "hazard", event: "e" }), "value", "n_log_hazard_ratio"],
    [encoding(counts, { kind: "quantile", tau: 0.5 }), "value", "n"],
    [encoding(logs), "logarithm", "y"],
  ];
  for (const [each, kind, name] of cases) {
    const [unit] = encodingUnits(each, 0).outputs;
    assertEquals([unit.kind, unit.name], [kind, name]);
    for (const y of [-0.7, 0, 0.4, 1.2]) {
      const value = unit.offset + unit.factor * y;
      const said = kind === "logarithm" || name === "n_log_hazard_ratio"
        ? Math.exp(value)
        : kind === "logit"
        ? 1 / (1 + Math.exp(-value))
        : value;
      const [right] = predictedValues(each.targets, each.link, [y]);
      assertAlmostEquals(said, right, 1e-13 * Math.abs(right));
    }
  }
});
