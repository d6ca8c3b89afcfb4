/**
 * Shares and amounts as small pictures in tables: bars, whiskers, heat maps.
 *
 * @module
 */

import { escapeHtml } from "./html.ts";

/** A share in per cent: `12.3 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  if (Math.abs(value) < 0.005) return "0 %";
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 1000 ? 1 : 0;
  return `${value.toFixed(digits).replace("-", "−")} %`;
}

/** A bar from one share of its width to another; a tick where they are the same. */
export function bar(from: number, to: number, color: string): string {
  const WIDTH = 160, left = WIDTH * Math.min(from, to);
  const width = Math.max(1.5, WIDTH * Math.abs(to - from));
  const x = Math.min(left, WIDTH - 1.5).toFixed(1);
  return `<svg class="bar" viewBox="0 0 ${WIDTH} 12" width="${WIDTH}" height="12" aria-hidden="true">` +
    `<rect x="${x}" y="1" width="${width.toFixed(1)}" height="10" fill="var(--${color})"/></svg>`;
}

/** What a whisker shows, as places on one axis. */
export interface Whisker {
  readonly low: number;
  readonly value: number;
  readonly high: number;
  /** Where the axis ends. */
  readonly range: readonly [number, number];
  /** Where a bar to the value begins; absent: there is no bar. */
  readonly from?: number;
  /** Where a thin line stands. */
  readonly mark?: number;
}

/** A dot with a line through it from one end of an interval to the other. */
export function whisker({ low, value, high, range, from, mark }: Whisker): string {
  const WIDTH = 180, MARGIN = 4, length = range[1] - range[0] || 1;
  const at = (x: number) =>
    (MARGIN + (WIDTH - 2 * MARGIN) * Math.min(1, Math.max(0, (x - range[0]) / length))).toFixed(1);
  const line = (x: number) => `<path d="M${at(x)} 1V17"/>`;
  const beam = from === undefined ? "" : `<rect class="beam" x="${at(Math.min(from, value))}" ` +
    `y="3" width="${Math.abs(Number(at(value)) - Number(at(from)))}" height="12"/>`;
  return `<svg class="bar whisker" viewBox="0 0 ${WIDTH} 18" width="${WIDTH}" height="18" ` +
    `aria-hidden="true">${beam}${mark === undefined ? "" : `<g class="mark">${line(mark)}</g>`}` +
    `<path d="M${at(low)} 9H${at(high)}M${at(low)} 5V13M${at(high)} 5V13"/>` +
    `<circle cx="${at(value)}" cy="9" r="3.2"/></svg>`;
}

/** Names against names, shaded by the share of each pair. */
export function heatTable(
  label: string,
  names: readonly string[],
  shareOf: (a: string, b: string) => number,
): string {
  const largest = Math.max(
    ...names.flatMap((a) => names.map((b) => a === b ? 0 : shareOf(a, b))),
    1e-300,
  );
  const cell = (a: string, b: string): string => {
    if (a === b) return `<td class="shade"></td>`;
    const share = shareOf(a, b);
    const colour = `color-mix(in srgb, var(--train) ${
      (55 * Math.sqrt(Math.max(0, share) / largest)).toFixed(0)
    }%, transparent)`;
    return `<td class="shade" style="background:${colour}">${percent(share)}</td>`;
  };
  const head = names.map((name) =>
    `<th scope="col" class="upright"><span>${escapeHtml(name)}</span></th>`
  );
  const body = names.map((name) =>
    `<tr><th scope="row">${escapeHtml(name)}</th>${
      names.map((other) => cell(name, other)).join("")
    }</tr>`
  );
  return `<p class="caption">${label}</p><div class="table"><table class="heat" aria-label="${label}">` +
    `<thead><tr><th scope="col"></th>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody>` +
    `</table></div>`;
}
