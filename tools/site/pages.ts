/**
 * Pages of the documentation's site: Markdown as HTML, with anchors, sections and links to the page.
 *
 * @module
 */

import MarkdownIt from "npm:markdown-it@14.1.0";
import { escapeHtml, STYLE } from "../../lib/report/inner.ts";
import { commandAddresses, equationAddress } from "./open_in_page.ts";
import { runLink } from "./run_page.ts";
import type { SiteSection } from "./search.ts";

/** What is asked of markdown-it's tokens. */
interface Token {
  readonly type: string;
  readonly tag: string;
  readonly info: string;
  readonly content: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** A page of the site. */
export interface SitePage {
  /** Its file in the site. */
  readonly path: string;
  readonly title: string;
  readonly html: string;
  readonly sections: readonly SiteSection[];
}

const SITE_STYLE = `
.site { display: grid; grid-template-columns: 210px minmax(0, 1fr); gap: 0 40px; max-width: 1180px;
  margin: 0 auto; padding: 0 24px; }
.site nav ul { display: block; border: 0; margin: 18px 0; padding: 0; }
.site nav a[aria-current] { font-weight: 600; }
.site main { padding: 0; margin: 0; max-width: none; min-width: 0; }
.top { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: center; max-width: 1180px;
  margin: 0 auto; padding: 20px 24px 12px; border-bottom: 1px solid var(--rule); }
.top b { font: 600 1.4rem "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; }
.top label { margin-left: auto; position: relative; }
.top input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 7px; padding: 6px 10px; width: 250px; max-width: 70vw; }
#site-results { position: absolute; right: 24px; top: 64px; z-index: 3; background: var(--paper);
  border: 1px solid var(--rule); border-radius: 8px; list-style: none; margin: 0; padding: 8px 14px;
  max-width: min(520px, 90vw); }
#site-results li { padding: 4px 0; }
main h1 { margin: 26px 0 14px; } main h2 { margin: 36px 0 8px; }
main p, main li { max-width: 76ch; } main img { max-width: 100%; height: auto; }
pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px;
  padding: 12px 14px; font-size: .84rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { overflow-wrap: normal; border-bottom: 1px solid var(--rule); padding: 5px 14px 5px 0; text-align: left;
  vertical-align: top; }
.open { font-size: .85rem; margin: -6px 0 16px; }
#code { width: 100%; font: .84rem/1.45 ui-monospace, Menlo, Consolas, monospace; color: inherit;
  background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; }
.acts button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 7px; padding: 6px 16px; min-height: 36px; cursor: pointer; }
.acts button:disabled { opacity: .45; cursor: default; }
#state { color: var(--muted); margin-left: 8px; } #printed:empty { display: none; }
#printed .faulty { font-weight: 600; border-left: 4px solid var(--test); padding-left: 8px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr));
  gap: 22px; }
.card { margin: 0; border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.card h2 { margin: 0 0 4px; font-size: 1.1rem; } .card pre { white-space: pre-wrap; }
.card .shot { background: #fff; border-radius: 6px; overflow: hidden; margin: 8px 0; }
.card dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin: 8px 0;
  font-size: .88rem; } .card dt { color: var(--muted); } .card dd { margin: 0; }
.jump { display: none; }
@media (max-width: 760px) { .site { grid-template-columns: minmax(0, 1fr); } .jump { display: inline; }
  .site nav { order: 2; border-top: 1px solid var(--rule); } .site nav ul { display: flex; } }
`;

/** The name of a heading in addresses, as GitHub has it. */
function anchorOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
}

/** What a Markdown page is made with. */
export interface MarkdownOptions {
  /** The page's file in the site. */
  readonly path: string;
  /** What becomes of a link's or picture's address. */
  readonly link: (address: string) => string;
}

/** Makes a page of Markdown; its frame is put around it later. */
export function markdownPage(text: string, { path, link }: MarkdownOptions): SitePage {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  const tokens: Token[] = markdown.parse(text, {});
  const used = new Map<string, number>();
  const sections: SiteSection[] = [], up = "../".repeat(path.split("/").length - 1);
  let title = path, heading = "", address = path, words: string[] = [];
  const flush = () => {
    if (heading !== "") {
      sections.push({ id: address, page: title, title: heading, text: words.join(" ") });
    }
    words = [];
  };
  tokens.forEach((token, k) => {
    if (token.type === "heading_open") {
      const name = plain(tokens[k + 1]);
      const first = anchorOf(name),
        times = used.get(first) ?? 0,
        id = times ? `${first}-${times}` : first;
      used.set(first, times + 1);
      token.attrSet("id", id);
      flush();
      if (token.tag === "h1") title = name;
      [heading, address] = [name, token.tag === "h1" ? path : `${path}#${id}`];
    } else if (token.type === "inline" || token.type === "fence") words.push(plain(token));
    for (const child of token.children ?? []) {
      const name = child.type === "image" ? "src" : "href", found = child.attrGet(name);
      if (found !== null) child.attrSet(name, link(found));
    }
  });
  flush();
  const { rules } = markdown.renderer, fence = rules.fence!;
  rules.table_open = () => '<div class="wide"><table>';
  rules.table_close = () => "</table></div>";
  rules.fence = (all: Token[], k: number, ...rest: unknown[]) =>
    fence(all, k, ...rest) + openLinks(all[k].info, all[k].content, up);
  return { path, title, sections, html: markdown.renderer.render(tokens, markdown.options, {}) };
}

/** The words of a token. */
function plain({ children, content }: Token): string {
  if (!children) return content;
  return children.map((child) => child.type === "softbreak" ? " " : child.content).join("");
}

/** Links that open what an example does in the page. */
function openLinks(info: string, text: string, up: string): string {
  if (info === "ts") return runLink(text, up);
  const found = info.startsWith("sh")
    ? commandAddresses(text)
    : info.startsWith("json")
    ? [equationAddress(text)].filter((each) => each !== undefined)
    : [];
  if (found.length === 0) return "";
  const links = found.map((hash, k) => {
    const which = found.length > 1 ? `, ${k + 1} of ${found.length}` : "";
    return `<a href="${up}page/index.html${escapeHtml(hash)}">Open in the page${which}</a>`;
  });
  return `<p class="open">${links.join(" · ")}</p>\n`;
}

/** The whole file of a page, with what is around every page. */
export function framedPage(page: SitePage, pages: readonly SitePage[]): string {
  const up = "../".repeat(page.path.split("/").length - 1);
  const places = [
    ["page/index.html", "The page: try it"],
    ["run/index.html", "Run an example"],
    ...pages.filter(({ path }) => !/^(source|run)\//.test(path)).map((
      { path, title },
    ) => [path, title]),
    ["api/index.html", "All functions"],
  ];
  const items = places.map(([path, title]) =>
    `<li><a href="${up}${path}"${path === page.path ? ' aria-current="page"' : ""}>${
      escapeHtml(title)
    }</a></li>`
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)} - Freeknot</title>
<link rel="icon" href="data:,">
<style>${STYLE}${SITE_STYLE}</style>
</head>
<body>
<header class="top"><b>Freeknot</b><span>networks of free-knot splines</span>
<a class="jump" href="#site-pages">All pages</a>
<label><span style="position:absolute;clip-path:inset(50%)">Search</span><input id="site-search" \
type="search" placeholder="Search ( / )" data-base="${up}" autocomplete="off"></label>
<ul id="site-results" hidden></ul><span id="site-count" role="status" style="position:absolute;\
clip-path:inset(50%)"></span></header>
<div class="site"><nav aria-label="Pages" id="site-pages"><ul>${items.join("")}</ul></nav>
<main>${page.html}</main></div>
<script src="${up}sections.js"></script><script src="${up}search.js"></script>
</body>
</html>
`;
}
