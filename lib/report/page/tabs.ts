/**
 * Choosing one of several pictures (runs in the browser).
 *
 * @module
 */

import type { PageKit } from "./types.ts";

/** Shows the part that a radio button names; self-contained, see `_page_types.ts`. */
export function chooseTabs(kit: PageKit): void {
  const { document } = kit.window;
  for (const choice of document.querySelectorAll("input[data-tab]")) {
    choice.addEventListener("change", () => {
      for (const part of document.querySelectorAll("[data-tab-of='" + choice.dataset.tab + "']")) {
        part.hidden = part.dataset.tabName !== choice.value;
      }
    });
  }
}
