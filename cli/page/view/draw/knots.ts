/**
 * The picture of knots that slide, and double at refinements.
 *
 * @module
 */

import { escapeHtml, hundredths } from "../../../../lib/report/inner.ts";
import type { NodeKnots } from "../../protocol.ts";

/** Knots at one moment. */
export interface KnotMoment {
  readonly epoch: number;
  readonly nodes: readonly NodeKnots[];
}

/** Most moments that are kept. */
const MOST = 240;

/** Adds a moment; where there are many, every second of the older ones goes, but level ends. */
export function withMoment(moments: readonly KnotMoment[], next: KnotMoment): KnotMoment[] {
  const kept = moments.at(-1)?.epoch === next.epoch && sizeOf(moments.at(-1)!) === sizeOf(next)
    ? moments.slice(0, -1)
    : moments;
  const added = [...kept, next];
  if (added.length <= MOST) return added;
  return added.filter((moment, k) =>
    k % 2 === 0 || k === added.length - 1 || sizeOf(added[k + 1]) !== sizeOf(moment)
  );
}

function sizeOf({ nodes }: KnotMoment): number {
  return nodes.reduce((sum, { positions }) => sum + positions.length, 0);
}

/** Draws a strip for every node: positions across, epochs downwards. */
export function knotSvg(
  moments: readonly KnotMoment[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const nodes = moments.at(-1)?.nodes ?? [], last = Math.max(1, moments.at(-1)?.epoch ?? 1);
  const left = 34, top = 26, bottom = 12, gap = 10;
  const strip = (width - left - 8 - gap * Math.max(nodes.length - 1, 0)) /
    Math.max(nodes.length, 1);
  const depth = height - top - bottom;
  const y = (epoch: number) => hundredths(top + depth * epoch / last);
  const strips = nodes.map(({ name, positions }, k) => {
    const from = left + k * (strip + gap),
      low = positions[0],
      high = positions[positions.length - 1];
    const x = (at: number) => hundredths(from + strip * (at - low) / (high - low || 1));
    return `<rect class="panel" x="${hundredths(from)}" y="${top}" width="${hundredths(strip)}" ` +
      `height="${hundredths(depth)}"/><text class="name s" x="${hundredths(from + strip / 2)}" y="${
        top - 9
      }" text-anchor="middle">${escapeHtml(name.slice(0, 10))}</text><path class="path s${
        k % 5
      }" d="${pathsOf(moments, k, x, y)}"/>` + positions.slice(1, -1).map((at) =>
        `<circle class="knot f${k % 5}" cx="${x(at)}" cy="${y(last)}" r="${radius(positions)}"/>`
      ).join("");
  });
  const epochs = [0, Math.round(last / 2), last].filter((epoch, k, all) =>
    all.indexOf(epoch) === k
  );
  const ticks = epochs.map((epoch) =>
    `<text x="${left - 6}" y="${
      y(epoch)
    }" text-anchor="end" dominant-baseline="central">${epoch}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture knots" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" aria-label="${
      escapeHtml(knotWords(moments))
    }">` +
    `${ticks.join("")}${strips.join("")}</svg>`;
}

/** Dots that do not run into each other. */
function radius(positions: readonly number[]): string {
  return hundredths(Math.min(2.4, Math.max(1, 24 / positions.length)));
}

/** The ways of one node's inner knots, from moment to moment, anew where they double. */
function pathsOf(
  moments: readonly KnotMoment[],
  node: number,
  x: (at: number) => string,
  y: (epoch: number) => string,
): string {
  let path = "";
  for (let from = 0; from < moments.length;) {
    const count = moments[from].nodes[node]?.positions.length ?? 0;
    let to = from;
    while (to < moments.length && moments[to].nodes[node]?.positions.length === count) to++;
    for (let i = 1; i < count - 1; i++) {
      for (let k = from; k < to; k++) {
        const at = moments[k].nodes[node].positions[i];
        path += `${k === from ? "M" : "L"}${x(at)} ${y(moments[k].epoch)}`;
      }
    }
    from = to;
  }
  return path;
}

/** What the picture shows, in words. */
export function knotWords(moments: readonly KnotMoment[]): string {
  const first = moments[0]?.nodes ?? [], last = moments.at(-1)?.nodes ?? [];
  if (last.length === 0) return "Knots: an MLP has none";
  const parts = last.map(({ name, positions }, k) => {
    const begun = first[k]?.positions.length ?? 0;
    const gaps = positions.slice(1).map((at, i) => at - positions[i]);
    const share = Math.min(...gaps) * gaps.length /
      (positions[positions.length - 1] - positions[0]);
    return `${name}: ${positions.length - 2} inner knots` +
      (begun === positions.length ? "" : `, ${begun - 2} at first`) +
      `, the closest two ${share.toPrecision(2)} of an even interval apart`;
  });
  return `Paths of knots over the epochs. ${parts.join("; ")}`;
}
