/**
 * The gallery: a card for every problem, with what a command has found and drawn.
 *
 * @module
 */

import { escapeHtml } from "../../lib/report/inner.ts";
import { commandAddresses } from "./open_in_page.ts";
import type { SitePage } from "./pages.ts";

/** What a command has found for a problem. */
export interface GalleryCard {
  readonly name: string;
  readonly title: string;
  /** Equations, or how many inputs a function has. */
  readonly what: string;
  readonly command: string;
  /** A name and a number, such as the relative L2 error. */
  readonly error: readonly [string, number];
  readonly seconds: number;
  readonly status: string;
}

/** The page of all cards. */
export function galleryPage(cards: readonly GalleryCard[]): SitePage {
  const html = `<h1>Gallery</h1>
<p>Functions that are learned and equations that are solved, each by the command on its card; pictures \
and numbers are by <code>deno task gallery</code>, on two cores, shared with others.</p>
<div class="cards">${cards.map(cardHtml).join("")}</div>`;
  const sections = cards.map(({ name, title, what }) => (
    { id: `gallery.html#${name}`, page: "Gallery", title: `${name}: ${title}`, text: what }
  ));
  return { path: "gallery.html", title: "Gallery", html, sections };
}

function cardHtml({ name, title, what, command, error, seconds, status }: GalleryCard): string {
  const [address] = commandAddresses(command);
  const number = error[1] === 0 ? "0" : error[1].toExponential(1);
  return `<section class="card" id="${name}"><h2>${escapeHtml(name)}</h2><p>${
    escapeHtml(title)
  }</p><div class="shot"><img src="gallery/${name}.svg" alt="${
    escapeHtml(`${title}: what the command has found`)
  }" loading="lazy"></div><dl><dt>what</dt><dd>${escapeHtml(what)}</dd><dt>${
    escapeHtml(error[0])
  }</dt><dd>${number}</dd><dt>time</dt><dd>${seconds.toFixed(1)} s, ${
    escapeHtml(status)
  }</dd></dl><pre>${escapeHtml(command)}</pre>${
    address
      ? `<p class="open"><a href="page/index.html${escapeHtml(address)}">Open in the page</a></p>`
      : ""
  }</section>`;
}
