/**
 * Makes the documentation a site of static HTML: docs/, the README, the page of `freeknot page`, the
 * gallery, and the pages of all functions, with a search that asks nobody.
 *
 * `deno task site` writes dist/site; `--out DIR` another folder; `--no-api` leaves out the functions'
 * pages, which take longest. It fails where a link leads nowhere.
 *
 * @module
 */

import { playgroundHtml } from "../cli/page/shell.ts";
import { PLAYGROUND_CODE } from "../cli/page/script_text.ts";
import { escapeHtml } from "../lib/report/inner.ts";
import { brokenLinks } from "./site/check_links.ts";
import { apiSections, madeReady } from "./site/api.ts";
import { galleryPage } from "./site/gallery.ts";
import { browserDoors, writeLibrary } from "./site/library.ts";
import type { SiteSection } from "./site/search.ts";
import { framedPage, markdownPage, type SitePage } from "./site/pages.ts";
import { runPage } from "./site/run_page.ts";

const root = new URL("../", import.meta.url);
const at = Deno.args.indexOf("--out");
const out = at < 0 ? new URL("dist/site/", root).pathname : `${Deno.args[at + 1]}/`;

/** Pages in the order of the site's list. */
const FIRST = ["README.md", "docs/how_to_choose.md", "docs/library.md", "docs/command_line.md"];
const LAST = ["docs/words.md", "CHANGELOG.md", "CONTRIBUTING.md"];

const read = (path: string) => Deno.readTextFile(new URL(path, root));
const docs = [...Deno.readDirSync(new URL("docs", root))].map(({ name }) => `docs/${name}`).sort();
const texts = [
  ...FIRST,
  ...docs.filter((path) => path.endsWith(".md") && !FIRST.includes(path) && !LAST.includes(path)),
  ...LAST,
];
/** Files of the repository that pages show or link to, by their path in the site. */
const copied = new Map<string, string>(), shown = new Map<string, string>();

/** Where a file of the repository stands in the site. */
function placeOf(path: string): string {
  if (path === "README.md") return "index.html";
  if (texts.includes(path)) return path.replace(/^docs\//, "").toLowerCase().replace(/md$/, "html");
  if (/\.(svg|png|json)$/.test(path)) {
    const place = path.replace(/^docs\//, "");
    copied.set(place, path);
    return place;
  }
  const place = `source/${path.replaceAll("/", "_")}.html`;
  shown.set(place, path);
  return place;
}

/** The address in the site of a link in a file of the repository. */
function linkIn(path: string, address: string): string {
  if (/^([a-z]+:|#)/.test(address)) return address;
  const [file, anchor] = address.split("#");
  const target = new URL(file, `http://repository/${path}`).pathname.slice(1);
  if (isFolder(target)) return "api/index.html";
  return placeOf(target) + (anchor === undefined ? "" : `#${anchor}`);
}

function isFolder(path: string): boolean {
  return Deno.statSync(new URL(path, root)).isDirectory;
}

async function build(): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const pages: SitePage[] = [];
  for (const path of texts) {
    const link = (address: string) => linkIn(path, address);
    pages.push(markdownPage(await read(path), { path: placeOf(path), link }));
  }
  pages.splice(1, 0, galleryPage(JSON.parse(await read("docs/gallery/cards.json"))), runPage());
  const cards = [...Deno.readDirSync(new URL("docs/gallery", root))];
  for (const { name } of cards) if (name.endsWith(".svg")) placeOf(`docs/gallery/${name}`);
  const { exports } = JSON.parse(await read("deno.json"));
  const api = Deno.args.includes("--no-api") ? undefined : await writeApi(exports);
  const sources: SitePage[] = [];
  for (const [place, path] of shown) {
    const html = `<h1>${path}</h1><pre>${escapeHtml(await read(path))}</pre>`;
    sources.push({ path: place, title: path, html, sections: [] });
  }
  const files = new Map<string, string>();
  for (const page of [...pages, ...sources]) files.set(page.path, framedPage(page, pages));
  for (const [path, text] of files) await write(path, text);
  await write("page/index.html", playgroundHtml(PLAYGROUND_CODE));
  for (const [place, path] of copied) {
    await write(place, await Deno.readFile(new URL(path, root)));
  }
  for (const [to, from] of SCRIPTS) {
    await deno("bundle", ...BUNDLE, "--output", `${out}${to}`, `tools/site/${from}`);
  }
  await writeLibrary(exports, `${out}library`);
  const sections = [...pages.flatMap((page) => page.sections), ...api?.sections ?? []];
  await write("sections.js", `globalThis.sections=${JSON.stringify(sections)}`);
  const broken = brokenLinks(
    new Map([...files, ...api?.pages ?? []]),
    new Set([
      ...[...copied.keys(), ...SCRIPTS.keys(), "sections.js", "page/index.html"],
      ...api?.others ?? ["api/index.html"],
    ]),
  );
  if (broken.length > 0) throw new Error(`Links lead nowhere:\n${broken.join("\n")}`);
  console.log(
    `${out}: ${files.size} pages, ${
      api?.pages.size ?? 0
    } of functions, ${sections.length} sections to search`,
  );
}

/** Scripts of the site, and what they are made of. */
const SCRIPTS = new Map([
  ["search.js", "search.ts"],
  ["run/run.js", "run.ts"],
  ["run/worker.js", "run_worker.ts"],
]);

const BUNDLE = ["--quiet", "--no-lock", "--platform", "browser", "--format", "iife", "--minify"];

/** What there is of public functions. */
interface Api {
  /** Their pages, by their path in the site. */
  readonly pages: ReadonlyMap<string, string>;
  /** Paths of styles and scripts. */
  readonly others: readonly string[];
  readonly sections: readonly SiteSection[];
}

/** Writes the pages of all public functions. */
async function writeApi(exports: Readonly<Record<string, string>>): Promise<Api> {
  const files = Object.values(exports).filter((path) => path !== "./cli.ts");
  await deno("doc", "--html", "--name=Freeknot", `--output=${out}api`, ...files);
  const pages = new Map<string, string>(), others: string[] = [];
  const doors = new Set([...browserDoors(exports).keys(), "cluster"]);
  for (const path of filesIn(`${out}api`)) {
    const place = `api/${path}`;
    if (!path.endsWith(".html")) {
      others.push(place);
      continue;
    }
    const text = await Deno.readTextFile(`${out}${place}`);
    const html = madeReady(text, { place, root: root.href, placeOf, doors });
    await write(place, html);
    pages.set(place, html);
  }
  const index = await Deno.readTextFile(`${out}api/search_index.js`);
  return { pages, others, sections: apiSections(index) };
}

/** Paths of all files in a folder. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}/${name}`).map((path) => `${name}/${path}`) : [name]
  );
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  const target = `${out}${path}`;
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  if (typeof content === "string") await Deno.writeTextFile(target, content);
  else await Deno.writeFile(target, content);
}

async function deno(...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: root, stdout: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`deno ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

await build();
