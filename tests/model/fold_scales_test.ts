import { assertLessOrEqual, assertThrows } from "@std/assert";
import { foldInputScales, foldTargetScales } from "../../lib/model/inner.ts";
import { forward, type NetworkOptions } from "../../lib/model/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { amplification } from "../support/gradient_check.ts";

const SCALES = [{ origin: -3, unit: 0.5 }, { origin: 100, unit: 20 }];

Deno.test("foldInputScales() and foldTargetScales() write scales into the parameters", () => {
  const kinds: Partial<NetworkOptions>[] = [
    {},
    { bias: false },
    { basis: "relu", knots: "uniform" },
    { knots: "free", basis: "relu" },
    { normalisation: "batchnorm" },
    { base: "silu" },
    { activation: "relu" },
  ];
  for (const [seed, kind] of kinds.entries()) {
    const network = randomNetwork({ widths: [2, 4, 2], ...kind }, seed);
    const raw = Float64Array.from(
      { length: 40 },
      (_, i) => i % 2 === 0 ? -3 + i / 80 : 100 + i / 4,
    );
    const scaled = raw.map((x, i) => (x - SCALES[i % 2].origin) / SCALES[i % 2].unit);
    const folded = foldInputScales(network, SCALES);
    const targets = kind.activation ? SCALES.map(({ unit }) => ({ origin: 0, unit })) : SCALES;
    const whole = foldTargetScales(folded, targets);
    const expected = forward(network, scaled).map((y, i) =>
      targets[i % 2].origin + targets[i % 2].unit * y
    );
    const most = expected.reduce((max, y) => Math.max(max, Math.abs(y)), 100);
    forward(whole, raw).forEach((y, i) =>
      assertLessOrEqual(
        Math.abs(y - expected[i]),
        1e-12 * most * amplification(network),
        `${JSON.stringify(kind)} ${i}`,
      )
    );
  }
});

Deno.test("scales that a network cannot take in are refused", () => {
  const splines = randomNetwork({ widths: [2, 3, 2], firstLayer: "spline" }, 1);
  assertThrows(() => foldInputScales(splines, SCALES), TypeError, "firstLayer must be linear");
  const plain = randomNetwork({ widths: [2, 3, 2], bias: false, normalisation: "none" }, 1);
  assertThrows(() => foldInputScales(plain, SCALES), TypeError, "bias must be true");
  const mlp = randomNetwork({ widths: [2, 3, 2], activation: "relu" }, 1);
  assertThrows(() => foldTargetScales(mlp, SCALES), TypeError, "bias must be true");
});
