/**
 * The frame of every page: head, contents, sections, data and code in one self-contained file.
 *
 * @module
 */

import type { PageData } from "../page/data.ts";
import { embedJson, escapeHtml } from "./html.ts";
import { CHART_JS_LICENCE, CHART_JS_VERSION, PAGE_SCRIPT } from "./page_text.ts";
import { STYLE } from "./style.ts";

/** One section: anchor, heading, body. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** What fills the frame. */
export interface PageContent {
  readonly title: string;
  /** A word or two beside the title. */
  readonly status: string;
  /** Whether the status is good news: green, not orange. */
  readonly good: boolean;
  readonly subtitle: string;
  /** A sentence below the subtitle. */
  readonly reason?: string | undefined;
  readonly sections: readonly PageSection[];
  /** What the page's own code draws. */
  readonly data: PageData;
  readonly version: string;
}

/** Renders a page as one HTML file that needs nothing else. */
export function renderPage(content: PageContent): string {
  const { title, status, good, subtitle, reason, sections, version } = content;
  const navigation = sections.map(({ id, title }) =>
    `<li><a href="#${id}">${escapeHtml(title)}</a></li>`
  );
  const body = sections.map(({ id, title, html }) =>
    `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">` +
    `${escapeHtml(title)}</h2>${html}</section>`
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src \
'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Freeknot ${escapeHtml(version)}">
<title>${escapeHtml(title)} · Freeknot report</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header class="page">
<h1>${escapeHtml(title)} <span class="status${good ? "" : " warn"}">\
${escapeHtml(status)}</span></h1>
<p class="subtitle">${escapeHtml(subtitle)}${
    reason ? `<br>${escapeHtml(sentence(reason))}` : ""
  }</p>
<nav aria-label="Sections"><ul>${navigation.join("")}</ul></nav>
</header>
<main>
${body.join("\n")}
</main>
<footer class="page"><div>Made by Freeknot ${escapeHtml(version)}. Charts by Chart.js \
${CHART_JS_VERSION}.<details><summary>Licence of Chart.js</summary>\
<pre>${escapeHtml(CHART_JS_LICENCE)}</pre></details></div></footer>
<script type="application/json" id="report-data">${embedJson(content.data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** A capital at the start, a full stop at the end. */
function sentence(text: string): string {
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
