/**
 * The pages of functions, as `deno doc --html` writes them, made ready for the site.
 *
 * @module
 */

import { withRunLinks } from "./run_page.ts";
import type { SiteSection } from "./search.ts";

/** An entry of the search of `deno doc`. */
interface SymbolEntry {
  readonly name: string;
  readonly doc: string;
  /** Its page, from the folder of all of them. */
  readonly url: string;
}

/** What the head lacks: an icon, and widths that a phone has. */
const HEAD = '<link rel="icon" href="data:,"><style>.ddoc>div{min-width:0;width:100%}' +
  "@media(max-width:760px){#searchbar{min-width:0}.ddoc{padding:.25rem}}" +
  ".ddoc pre,.ddoc table{overflow-x:auto;max-width:100%}.ddoc main{overflow-wrap:anywhere}</style>";

/** Where the entries begin in the file that `deno doc` writes. */
const ENTRIES = "window.DENO_DOC_SEARCH_INDEX = ";

/** The public symbols as sections to search, each once, by the file `search_index.js`. */
export function apiSections(index: string): SiteSection[] {
  const from = index.indexOf(ENTRIES) + ENTRIES.length,
    to = index.lastIndexOf("}", index.lastIndexOf("}") - 1);
  const { nodes }: { nodes: SymbolEntry[] } = JSON.parse(index.slice(from, to + 1));
  const found = new Map<string, SiteSection>();
  for (const { name, doc, url } of nodes) {
    if (name.includes(".") || found.has(name)) continue; // a member, or the same by another door
    const { pathname } = new URL(url, "http://site/api/");
    found.set(name, { id: pathname.slice(1), page: "All functions", title: name, text: doc });
  }
  return [...found.values()];
}

/** What a page of functions is made ready with. */
export interface ApiPageOptions {
  /** Its path in the site. */
  readonly place: string;
  /** Address of the repository's folder on the machine that makes the site. */
  readonly root: string;
  /** Where a file of the repository stands in the site. */
  readonly placeOf: (path: string) => string;
  /** Doors of the library, as pages name them. */
  readonly doors: ReadonlySet<string>;
}

/**
 * A page with links to the source's pages in place of files of the machine, the names by which programs import,
 * and a link below each example that can be run.
 */
export function madeReady(html: string, { place, root, placeOf, doors }: ApiPageOptions): string {
  const up = "../".repeat(place.split("/").length - 1);
  const linked = html.replaceAll(/href="(file:[^"]*)"/g, (_, text: string) => {
    const [address, line] = text.replaceAll("&#x2F;", "/").split("#");
    return `href="${up}${placeOf(address.slice(root.length))}${line ? `#${line}` : ""}"`;
  });
  const named = linked.replaceAll(
    /from &quot;([a-z.]+)&quot;/g,
    (whole, door) => {
      if (door === ".") return "from &quot;@freeknot/freeknot&quot;";
      return doors.has(door) ? `from &quot;@freeknot/freeknot/${door}&quot;` : whole;
    },
  );
  // deno doc links parameters of mapped types, and gives them no place
  const ids = new Set([...named.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id));
  const led = named.replaceAll(
    / href="#([^"]*)"/g,
    (whole, id) => ids.has(decodeURIComponent(id)) ? whole : "",
  );
  const framed = led.replace("</head>", `${HEAD}</head>`).replace(
    "<body>",
    `<body><p style="margin:12px 24px 0"><a href="${up}index.html"><u>Freeknot's documentation</u></a></p>`,
  );
  return withRunLinks(framed, up);
}
