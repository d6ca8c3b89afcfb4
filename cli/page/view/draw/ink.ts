/**
 * The colours of the page's pictures: those of its style sheet, so that they follow the system's.
 *
 * @module
 */

import type { Ink } from "../../../../lib/report/inner.ts";

/** The colours of the page, light or dark. */
export function screenInk(scheme: "light" | "dark"): Ink {
  return {
    ...{ ink: "var(--ink)", axis: "var(--muted)", muted: "var(--muted)", grid: "var(--rule)" },
    rug: "var(--third)",
    series: [0, 1, 2, 3, 4].map((k) => `var(--n${k})`),
    scheme,
  };
}
