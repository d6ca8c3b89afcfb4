import { assert, assertEquals } from "@std/assert";
import type { Page } from "../../support/chromium.ts";
import { DESK, ENDED, until, withPlayground } from "./open_page.ts";

/** What the Tab key has to reach, in the order of the page. */
const STOPS = `(() => {
  window.describe = (element) => element.tagName + " " +
    (element.id || element.dataset.save + " " + element.dataset.as + " " + element.textContent.slice(0, 30));
  return [...document.querySelectorAll(
    "a, button:not(:disabled), input, select, textarea, summary, [tabindex='0']")]
    .filter((element) => element.checkVisibility()).map(describe);
})()`;

interface Focus {
  readonly name: string;
  readonly ring: boolean;
  readonly seen: boolean;
}

/** The element with the focus, if it is not the page. */
function focus(page: Page): Promise<Focus | null> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element), bar = document.querySelector(".bar");
    const { top, bottom, left, width } = element.getBoundingClientRect();
    const ceiling = bar.contains(element) ? 0 : bar.getBoundingClientRect().bottom;
    return {
      name: describe(element),
      ring: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2,
      seen: bottom > ceiling && top < innerHeight && (bottom - top > innerHeight || top >= ceiling - 1),
    };
  })()`);
}

Deno.test("the keyboard alone reaches all of the page, and the focus is seen", async () => {
  for (const hash of ["#rows=100&schedule=2", "#learn=equation&equation=own&levels=2"]) {
    await withPlayground(hash, async (page) => {
      await until(page, `${ENDED} && document.querySelector(".runs a") !== null`);
      await new Promise((resolve) => setTimeout(resolve, 500)); // its last drawing
      const stops = await page.evaluate<string[]>(STOPS), seen: string[] = [];
      for (let press = 0; press <= stops.length; press++) {
        await page.press("Tab");
        const stop = await focus(page);
        if (stop === null) break;
        assert(stop.ring, `${stop.name} has the focus, but nobody sees it`);
        assert(stop.seen, `${stop.name} has the focus outside of what is seen`);
        seen.push(stop.name);
      }
      assertEquals(seen, stops);
      assert(seen.length > 30, `${seen.length}`);
    }, { ...DESK, calm: false });
  }
});

Deno.test("keys without a modifier do nothing once they are switched off", async () => {
  await withPlayground("#rows=100&schedule=2", async (page) => {
    await until(page, `document.documentElement.dataset.state === "paused"`);
    const press =
      `document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }))`;
    await page.evaluate(`keys.checked = false, ${press}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(await page.evaluate("sum.textContent.slice(0, 8)"), "epoch 0 ");
    await page.evaluate(`keys.checked = true, ${press}`);
    await until(page, `/^epoch 1 /.test(sum.textContent)`);
  }, { ...DESK, calm: true });
});
