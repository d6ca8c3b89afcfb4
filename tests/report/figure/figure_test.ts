import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { effectsFigure, type Figure, figureSvg } from "../../../lib/report/mod.ts";
import { axis, axisTicks } from "../../../lib/report/figure/axes.ts";
import { indexedPng } from "../../../lib/report/figure/indexed_png.ts";
import { tickText } from "../../../lib/report/figure/text.ts";
import { findChromium, withPage } from "../../support/chromium.ts";

const x = Array.from({ length: 21 }, (_, i) => i / 20);

const FIGURE: Figure = {
  panels: [
    {
      kind: "curves",
      title: "a < b & c",
      xTitle: "x",
      yTitle: "size",
      logarithmic: true,
      series: [
        { label: "first", kind: "line", color: 0, x, y: x.map((u) => 10 ** (-6 * u)) },
        { label: "second", kind: "points", color: 1, x, y: x.map((u) => u === 0 ? NaN : u) },
      ],
      rug: [0.25, 0.5],
    },
    {
      kind: "map",
      title: "disc",
      x: [-1, 1],
      y: [-1, 1],
      names: ["x", "y"],
      columns: 3,
      rows: 3,
      values: [NaN, 1, NaN, 1, 2, 1, NaN, 1, NaN],
      palette: "sequential",
      range: [1, 2],
      logarithmic: false,
      equal: true,
    },
    {
      kind: "network",
      title: "net",
      drawing: {
        layers: [{ kind: "linear", nIn: 1, nOut: 1, edges: [{ input: 0, output: 0, score: 1 }] }],
        inputs: ["age"],
        outputs: ["height"],
        nodes: [[1], [1]],
      },
    },
  ],
};

Deno.test("a figure is well-formed SVG with all of its words, the same every time", async () => {
  const svg = figureSvg(FIGURE);
  assertEquals(figureSvg(FIGURE), svg);
  for (const word of ["a &lt; b &amp; c", "first", "second", "disc", "height", "image/png"]) {
    assertStringIncludes(svg, word);
  }
  assert(!/NaN|undefined|Infinity/.test(svg.replace(/base64,[^"]*/g, "")));
  assert(
    !/@font-face|@import|url\((?!#)|href="(?!data:)/.test(svg),
    "a figure needs no other file",
  );
  if (findChromium() === undefined) return console.warn("SKIPPED: no Chromium on this machine");
  const path = await Deno.makeTempFile({ suffix: ".svg" });
  try {
    await Deno.writeTextFile(path, svg);
    await withPage(`file://${path}`, { width: 1000, height: 800 }, async (page) => {
      assertEquals(await page.evaluate("document.documentElement.nodeName"), "svg");
      assertEquals(await page.evaluate("document.querySelectorAll('parsererror').length"), 0);
      // no text reaches beyond the figure
      const beyond = await page.evaluate(`(() => {
        const box = document.documentElement.getBoundingClientRect();
        return [...document.querySelectorAll("text")].filter((each) => {
          const { left, right, top, bottom } = each.getBoundingClientRect();
          return left < box.left || right > box.right || top < box.top || bottom > box.bottom;
        }).map((each) => each.textContent);
      })()`);
      assertEquals(beyond, []);
      // text stays text, in fonts that each system has one of
      const fonts = await page.evaluate<string[]>(
        `[...new Set([...document.querySelectorAll("text, tspan")]
          .map((each) => getComputedStyle(each).fontFamily.split(",")[0]))]`,
      );
      assertEquals(fonts, ["Helvetica"]);
      assertEquals(page.requests.filter((address) => !/^(file|data):/.test(address)), []);
      assertEquals(page.faults, []);
    });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("ticks are round numbers within the axis, powers of ten on a logarithmic one", () => {
  const words = (
    range: readonly [number, number],
    logarithmic: boolean,
    from: number,
    to: number,
  ) => axisTicks(axis(range, logarithmic, from, to)).map(({ text }) => text);
  assertEquals(words([0.0003, 0.9998], false, 0, 378), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  assertEquals(words([0.0003, 0.9998], false, 100, 0), ["0", "0.5", "1"]);
  assertEquals(words([2e-4, 5], true, 254, 0), ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
  assertEquals(words([4e-3, 3e-2], true, 254, 0), ["0.005", "0.01", "0.02"]);
  assertEquals(words([-1e5, 1e5], false, 100, 0), ["−100000", "0", "100000"]);
  const [first, last] = axisTicks(axis([0.001, 0.999], false, 0, 100)).toSpliced(1, 1);
  assertEquals([first.at, last.at], [0, 100]);
  assertAlmostEquals(axis([1, 100], true, 0, 10).place(10), 5);
  assertEquals([tickText(5e-4, false), tickText(1e-3, true), tickText(20, true)], [
    ...["5×10⁻⁴", "10⁻³", "20"],
  ]);
});

Deno.test("an indexed PNG is one that the web's decompression and checksums take", async () => {
  const width = 300, height = 250, pixels = new Uint8Array(width * height).map((_, i) => i % 3);
  const text = indexedPng(width, height, pixels, [[255, 0, 0], [0, 255, 0], [0, 0, 255]], 2);
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const chunks = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 8; at < bytes.length;) {
    const size = view.getUint32(at),
      kind = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    chunks.set(kind, bytes.slice(at + 8, at + 8 + size));
    at += 12 + size;
  }
  assertEquals([...chunks.keys()], ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
  assertEquals([...chunks.get("tRNS")!], [255, 255, 0]);
  const stream = new Blob([chunks.get("IDAT")!]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const lines = new Uint8Array(await new Response(stream).arrayBuffer());
  assertEquals(lines.length, (width + 1) * height);
  assertEquals(lines.subarray(1, width + 1), pixels.subarray(0, width));
  // the checksum of an empty IEND is known
  assertEquals(view.getUint32(bytes.length - 4), 0xae426082);
});

Deno.test("effects of levels have intervals, of numbers a band that leaves the effect to be seen", () => {
  const output = { name: "pay", probability: true, mean: 0, weights: [], pairs: [] };
  const levels = {
    column: "town",
    at: ["a", "b"],
    rows: [1, 1],
    effect: [0.1, -0.1],
    error: [9, 9],
  };
  const numbers = { column: "age", at: [1, 2], rows: [1, 1], effect: [0.1, -0.1], error: [9, 9] };
  const [first, second] = effectsFigure([{ ...output, effects: [levels, numbers] }]).panels;
  assert(first.kind === "curves" && second.kind === "curves");
  assertEquals(first.levels, ["a", "b"]);
  assertEquals(second.series[0].kind, "band");
  assert(second.yRange![1] < 60 && second.yRange![0] > -60, `${second.yRange}`);
});

Deno.test("a point of a curve without neighbours is a dot: the loss of a run of one epoch", () => {
  const dotsOf = (y: number[]) =>
    figureSvg({
      panels: [{
        kind: "curves",
        title: "loss",
        xTitle: "work",
        yTitle: "loss",
        series: [{ label: "loss", kind: "line", color: 0, x: y.map((_, i) => i), y }],
      }],
    }).match(/h0/g)?.length ?? 0;
  assertEquals(dotsOf([0.5]), 1);
  assertEquals(dotsOf([1, 2, NaN, 3, NaN, 4, 5]), 1);
  assertEquals(dotsOf([1, 2, 3]), 0);
});
