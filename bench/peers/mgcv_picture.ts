/**
 * Draws the effects of one column in two public tables as `fitAdditive` and mgcv have them; takes R with
 * mgcv and MASS.
 *
 *     deno run -A bench/peers/mgcv_picture.ts docs/mgcv.svg
 *
 * @module
 */

import { forward } from "../../lib/model/mod.ts";
import { predictionBand } from "../../lib/uncertainty/mod.ts";
import { fitTwice, PUBLIC_TABLES, type PublicTable } from "../../tests/support/mgcv_tables.ts";

const WIDTH = 380, HEIGHT = 300, EDGE = 44;

/** Half the length of a band of 95 %, in standard errors. */
const REACH = 1.96;

/** A tick of an axis: about five of them, round numbers. */
function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= raw)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => (first + k) * step);
}

async function panel(table: PublicTable, left: number): Promise<string> {
  const { x, y, there, here } = await fitTwice(table), at = Float64Array.from(there.at);
  const said = forward(here.network, at);
  const { errors } = predictionBand(here.network, here.covariance, at);
  const [x0, x1, y0, y1] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
  const across = (v: number) =>
    (left + EDGE + (v - x0) / (x1 - x0) * (WIDTH - 2 * EDGE)).toFixed(1);
  const up = (v: number) => (HEIGHT - EDGE - (v - y0) / (y1 - y0) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const points = (values: readonly number[]) =>
    values.map((v, i) => `${across(there.at[i])},${up(v)}`);
  const ours = [...said], low = ours.map((v, i) => v - REACH * errors[i]);
  const high = ours.map((v, i) => v + REACH * errors[i]);
  const theirs = [-REACH, REACH].map((k) => there.said.map((v, i) => v + k * there.errors[i]));
  const line = (values: readonly number[], style: string) =>
    `<polyline points="${points(values).join(" ")}" fill="none" ${style}/>`;
  const title = `${table.name}: ${table.y} by ${table.x}`;
  const degrees = `degrees of freedom ${here.edf[0].toFixed(3)}, mgcv ${there.edf[0].toFixed(3)}`;
  return [
    `<text x="${left + EDGE}" y="18" class="title">${title}</text>`,
    `<text x="${left + EDGE}" y="34">${degrees}</text>`,
    ...x.map((v, i) => `<circle cx="${across(v)}" cy="${up(y[i])}" r="1.8" fill="#b0b0b0"/>`),
    `<polygon points="${[...points(low), ...points(high).reverse()].join(" ")}" ` +
    'fill="#3b6fb6" fill-opacity="0.2"/>',
    line(ours, 'stroke="#3b6fb6" stroke-width="3"'),
    line(there.said, 'stroke="#d1495b" stroke-width="1.4" stroke-dasharray="5 4"'),
    ...theirs.map((each) =>
      line(each, 'stroke="#d1495b" stroke-width="0.8" stroke-dasharray="2 3"')
    ),
    ...ticks(x0, x1).map((v) =>
      `<text x="${across(v)}" y="${HEIGHT - EDGE + 18}" text-anchor="middle">${v}</text>`
    ),
    ...ticks(y0, y1).map((v) =>
      `<text x="${left + EDGE - 6}" y="${up(v)}" text-anchor="end" dy="4">${v}</text>`
    ),
  ].join("\n");
}

const [out] = Deno.args;
if (out === undefined) {
  console.error("Cannot draw: the first argument must be the file to write, current value is none");
  Deno.exit(2);
}
const panels = await Promise.all(PUBLIC_TABLES.map((table, k) => panel(table, k * WIDTH)));
const legend = "blue: fitAdditive with its band of 95 %; red, broken: mgcv";
await Deno.writeTextFile(
  out,
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${HEIGHT + 10}" role="img">`,
    `<title>${legend}</title>`,
    "<style>text{font:11px sans-serif;fill:#444}.title{font-weight:bold}</style>",
    `<rect width="${2 * WIDTH}" height="${HEIGHT + 10}" fill="#fff"/>`,
    ...panels,
    `<text x="${WIDTH}" y="${HEIGHT}" text-anchor="middle">${legend}</text>`,
    "</svg>\n",
  ].join("\n"),
);
