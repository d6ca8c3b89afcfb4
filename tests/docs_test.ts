import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { main } from "../cli.ts";
import { readSources, roomOf, ROOT } from "./support/source_files.ts";

const PAGES = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...[...Deno.readDirSync(new URL("docs", ROOT))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`).sort(),
];
const texts = new Map(PAGES.map((page) => [page, Deno.readTextFileSync(new URL(page, ROOT))]));

function exists(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)) !== undefined;
  } catch {
    return false;
  }
}

/** The anchors that GitHub makes of a page's headings. */
function anchors(text: string): Set<string> {
  const headings = [...text.replace(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-")
    ),
  );
}

Deno.test("links in documents lead to files and headings that exist", () => {
  const problems: string[] = [];
  for (const [page, text] of texts) {
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path, anchor] = link.split("#");
      const target = path === ""
        ? page
        : new URL(path, new URL(page, "file:///")).pathname.slice(1);
      if (!exists(target)) problems.push(`${page}: ${link}`);
      else if (anchor && !anchors(Deno.readTextFileSync(new URL(target, ROOT))).has(anchor)) {
        problems.push(`${page}: ${link} (no such heading)`);
      }
    }
  }
  assertEquals(problems, []);
});

Deno.test("paths in documents are those of files and folders", () => {
  const problems: string[] = [];
  for (const [page, text] of texts) {
    const path = /(?<![\w./-])((?:lib|cli|tests|bench|examples|tools|docs)\/[\w./-]*\w)/g;
    for (const [, found] of text.matchAll(path)) {
      if (/[A-Z]{4}/.test(found) || found === "docs/api") continue; // cli/commands/NAME; what deno doc writes
      if (!exists(found)) problems.push(`${page}: ${found}`);
    }
  }
  assertEquals(problems, []);
});

Deno.test("docs/design.md says which room imports which", () => {
  const order = ["numerics", "knots", "basis", "model", "multilevel", "data", "engine", "train"];
  const rank = (room: string) =>
    [...order, "physics", "interpret", "convert", "certify", "reproduce", "theory"].indexOf(room);
  const found = new Map<string, Set<string>>();
  for (const { path, imports } of readSources()) {
    if (!path.startsWith("lib/")) continue;
    const from = roomOf(path), rooms = found.get(from) ?? new Set();
    for (const { target } of imports) {
      if (target?.startsWith("lib/") && roomOf(target) !== from) rooms.add(roomOf(target));
    }
    found.set(from, rooms);
  }
  const table =
    texts.get("docs/design.md")!.split("Imports as they are")[1].split("The law keeps")[0];
  const told = [...table.matchAll(/^\| `(\w+)` +\| ([\w, ]+?) +\|$/gm)].map(([, room, list]) =>
    `${room}: ${list}`
  );
  const are = [...found].filter(([, rooms]) => rooms.size > 0).map(([room, rooms]) =>
    `${room}: ${[...rooms].sort((a, b) => rank(a) - rank(b)).join(", ")}`
  );
  assertEquals(told.sort(), are.sort());
});

Deno.test("flags of freeknot in documents are those of its commands", async () => {
  const help = new Map<string, string>();
  const problems: string[] = [];
  for (const [page, text] of texts) {
    const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
    for (const line of blocks.join("\n").replaceAll("\\\n", " ").split("\n")) {
      const [, command, rest] = /^freeknot ([a-z]+)(.*)$/.exec(line.replace(/ #.*/, "")) ?? [];
      if (command === undefined || command === "help") continue;
      if (!help.has(command)) {
        let printed = "";
        const terminal = {
          out: (more: string) => void (printed += more),
          err: () => {},
          interactive: false,
        };
        await main([command, "--help"], terminal);
        help.set(command, printed);
      }
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) {
        if (!help.get(command)!.includes(flag)) problems.push(`${page}: ${line.trim()}: ${flag}`);
      }
    }
  }
  assert(help.size >= 5, "command lines are found");
  assertEquals(problems, []);
});

Deno.test("the README is one page, and every document is linked from it", () => {
  const readme = texts.get("README.md")!;
  assertLessOrEqual(readme.split("\n").length - 1, 150);
  const linked = PAGES.filter((page) => page.startsWith("docs/") && !readme.includes(`(${page}`));
  assertEquals(linked, []);
});

Deno.test("documents name no private page", () => {
  const problems = [...texts].filter(([, text]) => /seeds\/0|DESIGN\.md|shared\//.test(text));
  assertEquals(problems.map(([page]) => page), []);
});
