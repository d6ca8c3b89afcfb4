/**
 * Opens a report in a browser and looks at it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findChromium, type Page, type Screen, withPage } from "../../support/chromium.ts";

/** A screen on a desk. */
export const DESKTOP: Screen = { width: 1280, height: 900 };
/** A screen in a hand. */
export const PHONE: Screen = { width: 390, height: 812, ratio: 2, mobile: true };

/** Opens a report from a file; skips loudly without a browser. */
export async function withReport(
  html: string,
  visit: (page: Page) => Promise<void>,
): Promise<void> {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const path = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(path, html);
    await withPage(`file://${path}`, DESKTOP, visit);
  } finally {
    await Deno.remove(path);
  }
}

/** All that is seen is drawn, nothing is wider than the screen, and the browser has no complaint. */
export async function checkPage(page: Page, pictures: number): Promise<void> {
  assertEquals(await page.evaluate("document.documentElement.dataset.drawn"), "true");
  const shares = await paintedShares(page);
  assertEquals(shares.length, pictures);
  for (const share of shares) assert(share > 0.01, `a canvas is ${share} painted`);
  assertEquals(await overflowing(page), []);
  assert(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
  assertEquals(page.faults, []);
}

/** Share of a canvas's pixels that are painted, per canvas. */
function paintedShares(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll("canvas")]
    .filter((canvas) => canvas.checkVisibility())
    .map((canvas) => {
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let painted = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
    return painted / (data.length / 4);
  })`);
}

/** Elements that reach beyond the screen's right edge, tables in their own scroller apart. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("body *")]
    .filter((element) => !element.closest(".table table") &&
      element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => element.outerHTML.slice(0, 80))`);
}
