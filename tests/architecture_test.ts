import { assert, assertEquals } from "@std/assert";
import { findCycles, parseSource, readSources, roomOf } from "./support/source_files.ts";

/** From the ground up; a room may import rooms to its left. DESIGN.md section 1. */
const ROOMS = ["knots", "basis", "model", "multilevel", "data", "engine", "train"];
/** Rooms above train: they may import those below, not each other. */
const UPPER = ["report", "physics", "convert", "interpret", "tfjs", "cluster"];
const TOP = ["mod", "cli"];
/** Rooms whose every public file is passed on by mod.ts; report keeps private ones in folders. */
const OPEN = [
  "knots",
  "basis",
  "model",
  "multilevel",
  "data",
  "train",
  "physics",
  "tfjs",
];
const MAX_LINES = 500;

/** Data that the top may read: the package's name and version. */
const MANIFEST = "deno.json";

const files = readSources();

function allowed(from: string): readonly string[] {
  if (TOP.includes(from)) return [...ROOMS, ...UPPER, ...TOP];
  if (UPPER.includes(from)) return ROOMS;
  return ROOMS.slice(0, ROOMS.indexOf(from));
}

function none(problems: readonly string[], law: string): void {
  assertEquals(problems.length, 0, `${law}:\n${problems.join("\n")}\n`);
}

Deno.test("parseSource() finds imports and skips doc examples", () => {
  const text = [
    'import type { A } from "../knots/mod.ts";',
    "/**",
    ' * import { B } from "@freeknot/freeknot";',
    " */",
    "export {",
    "  c,",
    '} from "./c.ts";',
    'const d = await import("npm:d");',
    'import "./e.ts";',
  ].join("\n");
  assertEquals(
    parseSource("lib/basis/x.ts", text).imports.map(({ at, specifier, target, exports }) =>
      `${at} ${specifier} ${target} ${exports}`
    ),
    [
      "lib/basis/x.ts:1 ../knots/mod.ts lib/knots/mod.ts false",
      "lib/basis/x.ts:7 ./c.ts lib/basis/c.ts true",
      "lib/basis/x.ts:9 ./e.ts lib/basis/e.ts false",
      "lib/basis/x.ts:8 npm:d undefined false",
    ],
  );
  const edges = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]);
  assertEquals(findCycles(edges), ["b -> c -> b"]);
});

Deno.test("every folder of lib/ is a known room", () => {
  assert(files.length > 50, "the sources are found");
  const known = [...ROOMS, ...UPPER, ...TOP];
  none(
    files.filter(({ path }) => !known.includes(roomOf(path))).map(({ path }) => path),
    `A file of lib/ lies in one of ${known.join(", ")}`,
  );
});

Deno.test("imports run one way: down the rooms", () => {
  const problems: string[] = [];
  for (const file of files) {
    const from = roomOf(file.path);
    for (const { at, target } of file.imports) {
      if (target === undefined || (target === MANIFEST && TOP.includes(from))) continue;
      const to = roomOf(target);
      if (to !== from && !allowed(from).includes(to)) {
        problems.push(`${at} imports ${target}: ${from} must not import ${to}`);
      }
    }
  }
  none(problems, "Imports run knots <- basis <- model <- multilevel <- data <- engine <- train");
});

Deno.test("imports of another room go through its mod.ts", () => {
  const problems: string[] = [];
  for (const file of files) {
    for (const { at, target } of file.imports) {
      if (target === undefined || target === MANIFEST) continue;
      if (roomOf(target) === roomOf(file.path)) continue;
      if (target === "mod.ts" || /^lib\/[a-z]+\/mod\.ts$/.test(target)) continue;
      problems.push(`${at} imports ${target}`);
    }
  }
  none(problems, "Another room is imported through its mod.ts");
});

Deno.test("files and rooms import each other without a cycle", () => {
  const byFile = new Map<string, string[]>(), byRoom = new Map<string, string[]>();
  for (const { path, imports } of files) {
    const targets = imports.flatMap(({ target }) => target === undefined ? [] : [target]);
    byFile.set(path, targets);
    const room = roomOf(path);
    const others = targets.map(roomOf).filter((other) => other !== room);
    byRoom.set(room, [...byRoom.get(room) ?? [], ...others]);
  }
  none(findCycles(byFile), "Files import each other without a cycle");
  none(findCycles(byRoom), "Rooms import each other without a cycle");
});

Deno.test("relative imports lead to files that exist", () => {
  const paths = new Set(files.map(({ path }) => path));
  none(
    files.flatMap(({ imports }) =>
      imports.filter(({ target }) =>
        target?.endsWith(".ts") && !paths.has(target) && !target.startsWith("links/") &&
        target !== "deno.json"
      ).map(({ at, target }) => `${at} imports ${target}`)
    ),
    "A relative import leads to a source file",
  );
});

Deno.test("every public file of a room is passed on by its mod.ts", () => {
  const problems: string[] = [];
  for (const room of OPEN) {
    const mod = files.find(({ path }) => path === `lib/${room}/mod.ts`);
    if (!mod) continue;
    const passed = new Set(mod.imports.filter((each) => each.exports).map((each) => each.target));
    for (const { path } of files) {
      const name = path.split("/").pop()!;
      if (roomOf(path) !== room || name === "mod.ts" || name.startsWith("_")) continue;
      if (!passed.has(path)) problems.push(`${path}:1 is not passed on by lib/${room}/mod.ts:1`);
    }
  }
  const engine = files.find(({ path }) => path === "lib/engine/mod.ts");
  const entries = files.map(({ path }) => path)
    .filter((path) => /^lib\/engine\/(engine|loss|[a-z]+\/engine)\.ts$/.test(path));
  for (const entry of entries) {
    if (!engine?.imports.some(({ exports, target }) => exports && target === entry)) {
      problems.push(`${entry}:1 is not passed on by lib/engine/mod.ts:1`);
    }
  }
  none(problems, "A file without a leading underscore is public");
});

Deno.test("WGSL lives under a webgpu folder only", () => {
  const problems: string[] = [];
  for (const { path, lines, generated } of files) {
    if (generated || path.includes("/webgpu/")) continue;
    lines.forEach((line, i) => {
      const code = /@compute|@workgroup_size|@binding\(|var<(storage|workgroup|uniform)/.test(line);
      if (code || path.endsWith(".wgsl")) {
        problems.push(`${path}:${i + 1} ${line.trim().slice(0, 80)}`);
      }
    });
  }
  none(problems, "WGSL lives under lib/engine/webgpu");
});

Deno.test("the mathematical rooms know nothing of tfjs", () => {
  const problems: string[] = [];
  for (const { path, lines } of files) {
    if (!["knots", "basis", "model", "multilevel"].includes(roomOf(path))) continue;
    lines.forEach((line, i) => {
      if (line.includes("@tensorflow/")) {
        problems.push(`${path}:${i + 1} ${line.trim().slice(0, 80)}`);
      }
    });
  }
  none(problems, "knots, basis, model and multilevel do not import @tensorflow/");
});

Deno.test(`no file of lib/ has more than ${MAX_LINES} lines unless it is generated`, () => {
  const problems = files
    .filter(({ path, generated }) => path.startsWith("lib/") && !generated)
    .filter(({ lines }) => lines.length - 1 > MAX_LINES)
    .map(({ path, lines }) => `${path}:${lines.length - 1} is its last line`);
  none(problems, `A file has at most ${MAX_LINES} lines`);
});

Deno.test("lib/ writes nothing to the console", () => {
  const problems: string[] = [];
  for (const { path, lines, generated } of files) {
    if (generated || !path.startsWith("lib/")) continue;
    lines.forEach((line, i) => {
      if (/^\s*(\*|\/\/)/.test(line)) return;
      if (/\bconsole\s*\.\s*\w+/.test(line)) {
        problems.push(`${path}:${i + 1} ${line.trim().slice(0, 80)}`);
      }
    });
  }
  none(problems, "A library tells its caller, not the console");
});
