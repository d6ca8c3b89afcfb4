/**
 * The search of the documentation's site, in a browser: sections by their words.
 *
 * @module
 */

/// <reference lib="dom" />

import MiniSearch from "npm:minisearch@7.2.0";

/** A section of a page. */
export interface SiteSection {
  /** Its address. */
  readonly id: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** Most results that are shown. */
const MOST = 12;

const sections = (globalThis as unknown as { sections: readonly SiteSection[] }).sections;
const search = new MiniSearch({
  fields: ["title", "page", "text"],
  storeFields: ["title", "page"],
  searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: "AND" },
});
search.addAll(sections as SiteSection[]);

const field = document.getElementById("site-search") as HTMLInputElement;
const box = document.getElementById("site-results")!, base = field.dataset.base!;

field.addEventListener("input", () => {
  const found = search.search(field.value).slice(0, MOST);
  box.hidden = field.value.trim() === "";
  const items = found.map(({ id, title, page }) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = base + id;
    link.textContent = title === page ? title : `${page}: ${title}`;
    item.append(link);
    return item;
  });
  box.replaceChildren(...items);
  document.getElementById("site-count")!.textContent = box.hidden
    ? ""
    : `${found.length === 0 ? "nothing" : found.length} found`;
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape") {
    field.value = "";
    field.dispatchEvent(new Event("input"));
  }
});
