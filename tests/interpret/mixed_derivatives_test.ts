import { assertAlmostEquals, assertEquals } from "@std/assert";
import { mixedDerivatives } from "../../lib/interpret/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";

const inputs = Float64Array.from({ length: 60 }, (_, i) => Math.sin(1 + i));

Deno.test("mixed derivatives of a mean are those of its networks that bend", () => {
  const bent = createNetwork({ widths: [2, 4, 1] }, { seed: 1 });
  const flat = createNetwork({ widths: [2, 3, 1], degree: 1 }, { seed: 2 });
  const sum = createNetwork({ widths: [2, 1], firstLayer: "spline" }, { seed: 3 });
  const [[alone]] = mixedDerivatives(bent, inputs)!;
  for (const networks of [[bent, flat, sum], [flat, sum, bent]]) {
    const [[pair]] = mixedDerivatives(networks, inputs)!;
    assertEquals(pair.inputs, [0, 1]);
    assertAlmostEquals(pair.strength, alone.strength / 3, 1e-12);
    assertAlmostEquals(pair.mean, alone.mean / 3, 1e-12);
  }
  assertEquals(mixedDerivatives([flat, flat], inputs), undefined);
});
