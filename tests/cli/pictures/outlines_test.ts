import { assert, assertEquals } from "@std/assert";
import { withOutlines } from "../../../cli/pictures/outlines.ts";
import { figureSvg } from "../../../lib/report/mod.ts";

/** A font whose letters are half as wide as high, and whose outlines tell where they stand. */
const face = (name: string): Parameters<typeof withOutlines>[1] => ({
  unitsPerEm: 1000,
  tables: { os2: { sxHeight: 500 } },
  charToGlyphIndex: (letter) => letter === "字" ? 0 : 1,
  getAdvanceWidth: (text, size) => 0.5 * size * text.length,
  getPath: (text, x, y, size) => ({ toPathData: () => `[${name} ${text} ${x} ${y} ${size}]` }),
});
const outlined = (svg: string) => withOutlines(svg, face("plain"), face("bold"));

Deno.test("text becomes outlines where it stood, with its colour, size and face", () => {
  const text = (attributes: string, inner: string) =>
    outlined(`<text ${attributes}>${inner}</text>`);
  const at = `x="100" y="20" text-anchor="middle" font-size="10" fill="#123456"`;
  assertEquals(text(at, "a &lt; b"), '<path fill="#123456" d="[plain a < b 87.5 20 10]"/>');
  assertEquals(
    text(`${at} font-weight="bold"`.replace("middle", "end"), "ab"),
    '<path fill="#123456" d="[bold ab 90 20 10]"/>',
  );
  // half of the height of an x below the middle of the line
  assertEquals(
    text(`dominant-baseline="middle" transform="rotate(-90)"`, "<title>long name</title>lo…"),
    '<path fill="#1b1f24" transform="rotate(-90)" d="[plain lo… 0 3 12]"/>',
  );
  const raised = '10<tspan dy="-4" font-size="7.2">−3</tspan><tspan dy="4">&#8203;</tspan>';
  assertEquals(
    text(`x="0" y="20" font-size="10"`, raised),
    '<path fill="#1b1f24" d="[plain 10 0 20 10][plain −3 10 16 7.2]"/>',
  );
});

Deno.test("letters that the font lacks stay text; all others of a figure become outlines", () => {
  const figure = (name: string) =>
    figureSvg({
      panels: [{
        kind: "curves",
        title: "growth",
        xTitle: name,
        yTitle: "mass",
        logarithmic: true,
        series: [{ label: "", x: [0, 1, 2], y: [1e-3, 1, 20], kind: "line", color: 0 }],
      }],
    });
  assert(figure("day").includes("<text"));
  assert(!outlined(figure("day")).includes("<text"));
  const kept = outlined(figure("日字")).match(/<text[^>]*>([^<]*)</g) ?? [];
  assertEquals(kept.length, 1);
});
