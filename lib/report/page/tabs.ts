/**
 * Choosing one of several pictures.
 *
 * @module
 */

/// <reference lib="dom" />

import { onChoice } from "./screen.ts";

/** Shows the part that a radio button names. */
export function chooseTabs(): void {
  onChoice("input[data-tab]", ({ dataset, value }) => {
    const parts = document.querySelectorAll<HTMLElement>(`[data-tab-of='${dataset.tab}']`);
    for (const part of parts) part.hidden = part.dataset.tabName !== value;
  });
}
