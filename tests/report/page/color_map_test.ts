import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { COLOR_MAPS } from "../../../lib/report/page/color_map.ts";

/** OKLab lightness, green to red and blue to yellow of `#rrggbb` (Ottosson 2020). */
function fromHex(hex: string): [number, number, number] {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const coded = parseInt(hex.slice(at, at + 2), 16) / 255;
    return coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Distance of two colours in OKLab. */
function distance(a: string, b: string): number {
  const other = fromHex(b);
  return Math.hypot(...fromHex(a).map((part, i) => part - other[i]));
}

const ALL = Object.entries(COLOR_MAPS).flatMap(([name, { light, dark }]) => [
  { name: `${name} light`, stops: light },
  { name: `${name} dark`, stops: dark },
]);

Deno.test("COLOR_MAPS go in steps that look equal", () => {
  for (const { name, stops } of ALL) {
    assertEquals(stops.length, 17, name);
    const steps = stops.slice(1).map((stop, i) => distance(stop, stops[i]));
    const mean = steps.reduce((sum, step) => sum + step) / steps.length;
    for (const step of steps) assert(Math.abs(step / mean - 1) < 0.12, `${name}: ${steps}`);
  }
});

Deno.test("COLOR_MAPS get lighter all the way, the diverging ones on both sides of 0", () => {
  const lightness = (stops: readonly string[]) => stops.map((stop) => fromHex(stop)[0]);
  const rises = (values: readonly number[]) =>
    values.every((value, i) => i === 0 || value > values[i - 1]);
  const { sequential, magnitude, diverging } = COLOR_MAPS;
  assert(rises(lightness(sequential.light)));
  assertEquals(sequential.dark, sequential.light);
  assert(rises(lightness(magnitude.dark)));
  assertEquals(magnitude.light, magnitude.dark.toReversed());
  const light = lightness(diverging.light), dark = lightness(diverging.dark);
  assert(rises(light.slice(0, 9)) && rises(light.slice(8).reverse()), `${light}`);
  assert(rises(dark.slice(0, 9).reverse()) && rises(dark.slice(8)), `${dark}`);
  for (const stops of [diverging.light, diverging.dark]) {
    const [, a, b] = fromHex(stops[8]);
    assert(Math.hypot(a, b) < 0.03, "0 has a colour");
  }
});

Deno.test("fromHex() knows white, black and red (Ottosson 2020)", () => {
  const cases: [string, number[]][] = [
    ["#ffffff", [1, 0, 0]],
    ["#000000", [0, 0, 0]],
    ["#ff0000", [0.62796, 0.22486, 0.12585]],
  ];
  for (const [hex, lab] of cases) {
    fromHex(hex).forEach((part, i) => assertAlmostEquals(part, lab[i], 1e-4, hex));
  }
});
