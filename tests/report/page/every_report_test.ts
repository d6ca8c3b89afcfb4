import { assert, assertEquals } from "@std/assert";
import {
  renderEvaluation,
  renderExplanation,
  renderReport,
  renderSearch,
  renderSolutionReport,
  renderTableReport,
} from "../../../lib/report/mod.ts";
import type { Page } from "../../support/chromium.ts";
import { sampleExplanation } from "../explanation/sample.ts";
import { judgedReport, sampleEvaluation } from "../judging/sample.ts";
import { sampleSearch } from "../search/sample.ts";
import { sampleSolution } from "../solution/sample.ts";
import { sampleTable } from "../tables/sample.ts";
import { sampleReport } from "../training/sample.ts";
import { checkPage, DESKTOP, PHONE, withReport } from "./open_report.ts";

/** The reports, and how many pictures each shows at first. */
const REPORTS = [
  { name: "training", html: () => renderReport(sampleReport()), pictures: 9 },
  { name: "judged training", html: () => renderReport(judgedReport()), pictures: 13 },
  { name: "evaluation", html: () => renderEvaluation(sampleEvaluation()), pictures: 3 },
  // Three maps of u, two slices, the coefficient, the loss.
  { name: "solution", html: () => renderSolutionReport(sampleSolution()), pictures: 7 },
  { name: "explanation", html: () => renderExplanation(sampleExplanation()), pictures: 8 },
  // An effect, prediction and residual, three of residuals, one beside a column, learning curve.
  { name: "search", html: () => renderSearch(sampleSearch()), pictures: 8 },
  { name: "table", html: () => renderTableReport(sampleTable()), pictures: 1 },
];

const PAPER = "getComputedStyle(document.body).backgroundColor";
/** Controls on paper that do nothing there; the legend stays. */
const CONTROLS = `[...document.querySelectorAll("a, input, output")]
  .filter((element) => element.checkVisibility()).map(({ outerHTML }) => outerHTML)`;
/** Tables that paper cuts off. */
const CUT_TABLES = `[...document.querySelectorAll(".table")]
  .filter((box) => box.scrollWidth > box.clientWidth).map(({ textContent }) => textContent)`;
const CHART_TEXT = "Chart.defaults.color";

for (const { name, html, pictures } of REPORTS) {
  Deno.test(`a ${name} report draws without faults in light, dark, on a phone and on paper`, async () => {
    await withReport(html(), async (page) => {
      await checkPage(page, pictures);
      assertEquals(await page.evaluate(CHART_TEXT), "#57606a");
      await page.show({ ...DESKTOP, scheme: "dark" });
      await checkPage(page, pictures);
      assertEquals(await page.evaluate(CHART_TEXT), "#9ba5b0");
      assertEquals(await page.evaluate(PAPER), "rgb(20, 23, 27)");
      await page.show({ ...PHONE, scheme: "dark" });
      await checkPage(page, pictures);
      await page.show({ ...DESKTOP, width: 794, scheme: "dark", print: true });
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      await checkPage(page, pictures);
      assertEquals(await page.evaluate(CHART_TEXT), "#57606a");
      assertEquals(await page.evaluate(PAPER), "rgb(255, 255, 255)");
      assertEquals(await page.evaluate(CONTROLS), []);
      assertEquals(await page.evaluate(CUT_TABLES), []);
      await page.show({ ...DESKTOP, scheme: "dark" });
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      assertEquals(await page.evaluate(CHART_TEXT), "#9ba5b0");
      assert((await page.pdf()).length > 10_000);
      await checkPage(page, pictures);
      assertEquals(page.requests.filter((address) => !/^(file|data|about):/.test(address)), []);
    });
  });

  Deno.test(`a ${name} report is read with the keyboard alone`, async () => {
    await withReport(html(), async (page) => {
      const stops = await page.evaluate<string[]>(`(() => {
        window.describe = (element) => element.tagName + " " +
          (element.id || element.dataset.map || element.value || element.textContent.slice(0, 30));
        return [...document.querySelectorAll("a, button, input:checked, summary, canvas, .table")]
          .filter((element) => element.checkVisibility() &&
            (element.className !== "table" || element.scrollWidth > element.clientWidth))
          .map(describe);
      })()`);
      const seen: string[] = [];
      for (let press = 0; press <= stops.length; press++) {
        await page.press("Tab");
        const stop = await focus(page);
        if (stop === null) break;
        assert(stop.ring, `${stop.name} has the focus, but nobody sees it`);
        assert(stop.onScreen, `${stop.name} has the focus outside the screen`);
        seen.push(stop.name);
        await KEYS_WORK[stop.tag]?.(page);
      }
      assertEquals(seen, stops);
      assertEquals(page.faults, []);
    });
  });
}

/** The element with the focus, if it is not the page. */
function focus(
  page: Page,
): Promise<{ tag: string; name: string; ring: boolean; onScreen: boolean } | null> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { top, bottom } = element.getBoundingClientRect();
    return {
      tag: element.tagName,
      name: describe(element),
      ring: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2,
      onScreen: bottom > 0 && top < innerHeight,
    };
  })()`);
}

/** Whether the keys do their work on the element with the focus, and undo it. */
const KEYS_WORK: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async A(page) {
    await page.evaluate("window.link = document.activeElement");
    await page.press("Enter");
    assert(await page.evaluate("link.hash === location.hash"));
    await page.evaluate("link.focus()"); // the reader would go on from the section
  },
  async INPUT(page) {
    const active = "document.activeElement";
    const first = await page.evaluate<string>(`${active}.value`);
    await page.press("ArrowRight");
    assert(await page.evaluate(`${active}.checked && ${active}.value !== "${first}"`));
    await page.press("ArrowLeft");
    assertEquals(await page.evaluate(`${active}.value`), first);
  },
  async BUTTON(page) {
    const pressed = "document.activeElement.ariaPressed";
    await page.press("Enter");
    assertEquals(await page.evaluate(pressed), "false");
    await page.press(" ");
    assertEquals(await page.evaluate(pressed), "true");
  },
  async SUMMARY(page) {
    const open = "document.activeElement.parentElement.open";
    await page.press("Enter");
    assert(await page.evaluate(open));
    await page.press("Enter");
    assert(!await page.evaluate(open));
  },
  async CANVAS(page) {
    const read = `(() => {
      const tooltip = Chart.getChart(document.activeElement)?.tooltip;
      if (tooltip === undefined) return document.getElementById("map-readout").textContent;
      return tooltip.opacity > 0 ? [tooltip.title, tooltip.body[0].lines].join() : "";
    })()`;
    const before = await page.evaluate<string>(read);
    await page.press("ArrowRight");
    const first = await page.evaluate<string>(read);
    await page.press("ArrowRight", true);
    const second = await page.evaluate<string>(read);
    assert(second !== "" && first !== before && second !== first, `${before}, ${first}, ${second}`);
  },
};
