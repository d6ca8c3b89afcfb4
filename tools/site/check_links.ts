/**
 * Looks for links of a site that lead nowhere.
 *
 * @module
 */

/** Links within the site, with the pages that have them, that lead to no file or no place in it. */
export function brokenLinks(
  files: ReadonlyMap<string, string>,
  others: ReadonlySet<string>,
): string[] {
  const ids = new Map([...files].map(([path, html]) => [path, idsOf(html)]));
  return [...files].flatMap(([path, html]) =>
    [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].flatMap(([, text]) => {
      const address = text.replaceAll("&amp;", "&").replaceAll("&#x2F;", "/");
      if (/^[a-z]+:/.test(address)) return []; // of another site, or data
      const [file, anchor] = address.split("#");
      const found = file === "" ? path : new URL(file, `http://site/${path}`).pathname.slice(1);
      const target = decodeURIComponent(found.replace(/(^|\/)$/, "$1index.html"));
      const known = files.has(target) || others.has(target);
      const there = anchor === undefined || !ids.has(target) || anchor.includes("=") ||
        ids.get(target)!.has(decodeURIComponent(anchor));
      return known && there ? [] : [`${path}: ${address}`];
    })
  );
}

function idsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id));
}
