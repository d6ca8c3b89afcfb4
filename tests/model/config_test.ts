import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { MAX_DEGREE, type NetworkOptions, resolveConfig } from "../../lib/model/mod.ts";

Deno.test("resolveConfig() fills in the defaults", () => {
  assertEquals(resolveConfig({ widths: [2, 5, 1] }), {
    widths: [2, 5, 1],
    activation: "spline",
    degree: 3,
    intervals: 5,
    firstLayer: "linear",
    bias: true,
    base: "none",
    normalisation: "minmax",
    domain: [-1, 1],
    knots: "free",
    knotSharing: "input",
    outerKnots: "free",
    basis: "bspline",
    extrapolation: "linear",
  });
});

Deno.test("resolveConfig() makes some defaults depend on other options", () => {
  const widths = [2, 5, 1];
  assertEquals(resolveConfig({ widths, firstLayer: "spline" }).bias, false);
  assertEquals(resolveConfig({ widths, normalisation: "batchnorm" }).domain, [-4, 4]);
  assertEquals(resolveConfig({ widths, normalisation: "none" }).domain, [-1, 1]);
  assertEquals(resolveConfig({ widths, knots: "uniform" }).outerKnots, "even");
  assertEquals(resolveConfig({ widths, knots: "fixed" }).outerKnots, "even");
  assertEquals(resolveConfig({ widths, basis: "relu" }).outerKnots, "free");
  assertEquals(resolveConfig({ widths: [2, 1], firstLayer: "spline" }).widths, [2, 1]);
});

Deno.test("resolveConfig() takes undefined as left out", () => {
  const options: NetworkOptions = { widths: [2, 5, 1], degree: undefined, domain: undefined };
  assertEquals(resolveConfig(options), resolveConfig({ widths: [2, 5, 1] }));
});

Deno.test("resolveConfig() resolves a resolved configuration to itself", () => {
  const config = resolveConfig({
    widths: [3, 4, 2],
    degree: 2,
    intervals: 7,
    firstLayer: "spline",
    base: "silu",
    normalisation: "batchnorm",
    domain: [-3, 5],
    knots: "uniform",
    knotSharing: "layer",
    outerKnots: "clamped",
    basis: "bspline",
    extrapolation: "clamp",
  });
  assertEquals(resolveConfig(config), config);
});

Deno.test("resolveConfig() returns a frozen copy", () => {
  const widths = [2, 5, 1], domain: [number, number] = [0, 1];
  const config = resolveConfig({ widths, domain });
  widths[0] = 9;
  domain[0] = -9;
  assertEquals(config.widths, [2, 5, 1]);
  assertEquals(config.domain, [0, 1]);
  assert(
    Object.isFrozen(config) && Object.isFrozen(config.widths) && Object.isFrozen(config.domain),
  );
});

/** What is wrong, the error's type, what its message must show. */
const ERRORS: readonly [Record<string, unknown>, typeof TypeError | typeof RangeError, string][] = [
  [{ widths: undefined }, TypeError, "widths"],
  [{ widths: 3 }, TypeError, "widths"],
  [{ widths: "2,5,1" }, TypeError, "widths"],
  [{ widths: [] }, RangeError, "widths"],
  [{ widths: [2] }, RangeError, "widths"],
  [{ widths: [2, 1] }, RangeError, "firstLayer spline"],
  [{ widths: [2], firstLayer: "spline" }, RangeError, "widths"],
  [{ widths: [2, 0, 1] }, RangeError, "[2,0,1]"],
  [{ widths: [2, -5, 1] }, RangeError, "widths"],
  [{ widths: [2, 1.5, 1] }, RangeError, "1.5"],
  [{ widths: [2, NaN, 1] }, RangeError, "NaN"],
  [{ widths: [2, Infinity, 1] }, RangeError, "Infinity"],
  [{ widths: [2, "5", 1] }, RangeError, "widths"],
  [{ widths: [2, 200_000, 1] }, RangeError, "widths"],
  [{ degree: 0 }, RangeError, "degree"],
  [{ degree: MAX_DEGREE + 1 }, RangeError, "10"],
  [{ degree: 2.5 }, RangeError, "2.5"],
  [{ degree: NaN }, RangeError, "NaN"],
  [{ degree: "3" }, RangeError, "degree"],
  [{ intervals: 0 }, RangeError, "intervals"],
  [{ intervals: -5 }, RangeError, "-5"],
  [{ intervals: 2.5 }, RangeError, "2.5"],
  [{ intervals: Infinity }, RangeError, "Infinity"],
  [{ intervals: 2_000_000 }, RangeError, "intervals"],
  [{ firstLayer: "dense" }, RangeError, "dense"],
  [{ base: "relu" }, RangeError, "base"],
  [{ normalisation: "min-max" }, RangeError, "min-max"],
  [{ knots: "moving" }, RangeError, "moving"],
  [{ knotSharing: "all" }, RangeError, "knotSharing"],
  [{ outerKnots: "open" }, RangeError, "open"],
  [{ basis: "fourier" }, RangeError, "fourier"],
  [{ extrapolation: "zero" }, RangeError, "zero"],
  [{ bias: "yes" }, TypeError, "bias"],
  [{ bias: 1 }, TypeError, "bias"],
  [{ bias: true, firstLayer: "spline" }, RangeError, "bias"],
  [{ domain: [1, -1] }, RangeError, "domain"],
  [{ domain: [0, 0] }, RangeError, "domain"],
  [{ domain: [0] }, RangeError, "domain"],
  [{ domain: [0, 1, 2] }, RangeError, "domain"],
  [{ domain: [NaN, 1] }, RangeError, "NaN"],
  [{ domain: [0, Infinity] }, RangeError, "Infinity"],
  [{ domain: 5 }, TypeError, "domain"],
  [{ domain: [-1e308, 1.7e308] }, RangeError, "domain"],
  [{ basis: "relu", outerKnots: "clamped" }, RangeError, "outerKnots"],
  [{ knots: "uniform", outerKnots: "free" }, RangeError, "outerKnots"],
  [{ knots: "fixed", outerKnots: "free" }, RangeError, "outerKnots"],
  [{ widths: [5000, 5000, 5000] }, RangeError, "parameters"],
  [{ grid: 5 }, TypeError, "grid"],
  [{ k: 3 }, TypeError, "k"],
];

for (const [wrong, type, shown] of ERRORS) {
  const words = Object.entries(wrong).map(([key, value]) =>
    `${key} ${typeof value === "number" ? value : JSON.stringify(value)}`
  ).join(", ");
  Deno.test(`resolveConfig() refuses ${words}`, () => {
    const options = { widths: [2, 5, 1], ...wrong } as unknown as NetworkOptions;
    const error = assertThrows(() => resolveConfig(options), type, shown);
    assertEquals(error.constructor, type);
    assertMatch(error.message, /^Cannot configure network: .+ must be .+, current value is .+/s);
  });
}
