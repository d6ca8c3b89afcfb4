import { assert, assertEquals } from "@std/assert";
import { readCode } from "./support/source_code.ts";
import { findCycles, parseSource, readSources, roomOf } from "./support/source_files.ts";

/**
 * From the ground up: a room may import rooms of the floors below its own; where `chain` is true,
 * also rooms to its left on its own floor. docs/design.md draws the house.
 */
const FLOORS: readonly { readonly rooms: readonly string[]; readonly chain?: boolean }[] = [
  {
    rooms: ["numerics", "knots", "basis", "model", "multilevel", "data", "engine", "train"],
    chain: true,
  },
  { rooms: ["physics", "interpret", "convert", "certify", "additive", "uncertainty", "families"] },
  { rooms: ["search", "theory"] },
  { rooms: ["reproduce", "export"] },
  { rooms: ["report", "tfjs", "cluster", "page"] },
  { rooms: ["mod", "cli"], chain: true },
];
const ROOMS = FLOORS.flatMap(({ rooms }) => rooms);
/** Rooms whose front is public; those left out hold inner parts of a loop and of engines. */
const FRONTS = ROOMS.filter((room) => !["engine", "train", "mod", "cli"].includes(room));

/** What other rooms may import: the users' door, and the door for rooms only. */
const DOOR = /^lib\/[a-z]+\/(mod|inner)\.ts$/;
const MAX_LINES = 500;

/** Data that the top may read: the package's name and version. */
const MANIFEST = "deno.json";

const files = readSources();

function allowed(from: string): readonly string[] {
  const floor = FLOORS.findIndex(({ rooms }) => rooms.includes(from));
  const { rooms, chain } = FLOORS[floor];
  const below = FLOORS.slice(0, floor).flatMap((each) => each.rooms);
  return [...below, ...chain ? rooms.slice(0, rooms.indexOf(from)) : []];
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
  none(
    files.filter(({ path }) => !ROOMS.includes(roomOf(path))).map(({ path }) => path),
    `A file of lib/ lies in one of ${ROOMS.join(", ")}`,
  );
});

Deno.test("imports run one way: down the rooms", () => {
  const problems: string[] = [];
  for (const file of files) {
    const from = roomOf(file.path);
    for (const { at, target } of file.imports) {
      if (target === undefined || (target === MANIFEST && from === "cli")) continue;
      const to = roomOf(target);
      if (to !== from && !allowed(from).includes(to)) {
        problems.push(`${at} imports ${target}: ${from} must not import ${to}`);
      }
    }
  }
  none(
    problems,
    `Imports run down the floors: ${FLOORS.map(({ rooms }) => rooms.join(", ")).join(" <- ")}`,
  );
});

Deno.test("imports of another room go through its doors, mod.ts and inner.ts", () => {
  const problems: string[] = [];
  for (const file of files) {
    for (const { at, target } of file.imports) {
      if (target === undefined || target === MANIFEST) continue;
      if (roomOf(target) === roomOf(file.path)) continue;
      if (target === "mod.ts" || DOOR.test(target)) continue;
      problems.push(`${at} imports ${target}`);
    }
  }
  none(problems, "Another room is imported through its mod.ts or inner.ts");
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

Deno.test("the program starts with rooms of the ground floor alone: commands load the others", () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const problems: string[] = [], seen = new Set(["cli.ts"]);
  for (const path of seen) {
    for (const { at, target, loads } of byPath.get(path)?.imports ?? []) {
      if (!loads || target === undefined) continue;
      const room = roomOf(target);
      if (room !== "cli" && target !== MANIFEST && !FLOORS[0].rooms.includes(room)) {
        problems.push(`${at} imports ${target}`);
      } else seen.add(target);
    }
  }
  assert(seen.size > 50, "the program is found");
  none(problems, "A room above the ground floor is imported by import() where it is used");
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

Deno.test("a door passes on every file at a room's front without a leading underscore", () => {
  const problems: string[] = [];
  for (const room of FRONTS) {
    const doors = files.filter(({ path }) => DOOR.test(path) && roomOf(path) === room);
    const passed = new Set(
      doors.flatMap(({ imports }) => imports.filter((each) => each.exports))
        .map(({ target }) => target),
    );
    for (const { path } of files) {
      const [, , name, inside] = path.split("/");
      if (roomOf(path) !== room || !path.startsWith("lib/") || inside !== undefined) continue;
      if (DOOR.test(path) || name.startsWith("_") || passed.has(path)) continue;
      problems.push(`${path}:1 is passed on by no door of lib/${room}`);
    }
  }
  none(problems, "A file at a room's front without a leading underscore leaves the room");
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

/** Words that say of no thing what it is. */
const EMPTY_NAMES = ["own", "now", "given", "that"];

Deno.test(`no variable of lib/ is called ${EMPTY_NAMES.join(", ")}`, () => {
  const name = new RegExp(`(?<![\\w$]|[^.]\\.)(${EMPTY_NAMES.join("|")})(?![\\w$])`, "g");
  const names = (text: string) =>
    readCode(text).code.split("\n").flatMap((line, i) =>
      [...line.matchAll(name)].map(([found]) => `${i + 1} ${found}`)
    );
  const example = [
    'const own = "that"; // now',
    "f(({ given, a: that }) => Date.now());",
    "return { now: `${x.own} given ${[...own]}` };",
  ].join("\n");
  assertEquals(names(example), ["1 own", "2 given", "2 that", "3 now", "3 own"]);
  none(
    files.filter(({ path, generated }) => path.startsWith("lib/") && !generated)
      .flatMap(({ path, text }) => names(text).map((found) => `${path}:${found}`)),
    "A name says what the thing is",
  );
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

/** Functions of `Math` whose last bit ECMAScript leaves to each engine. */
const LOOSE = "a?cosh?|a?sinh?|a?tanh?|atan2|cbrt|expm?1?|hypot|log(?:1p|2|10)?|pow";
/** Rooms and files whose numbers are seen, not computed with: pictures, axes, pages. */
const PICTURES =
  /^lib\/(report|numerics\/elementary|engine\/cpu\/wasm\/assembly)\/|^cli\/page\/view\//;

Deno.test("results take no function of Math whose last bit is left open, and no power but squares", () => {
  const problems: string[] = [];
  const loose = new RegExp(`\\bMath\\s*(?:\\.\\s*(?:${LOOSE})\\b|\\[)|= Math\\b(?!\\s*\\.)`, "g");
  const power = /(?<![\w.])2 \*\* -?\d|\*\* 2(?![\w.])|n \*\* /g;
  const faults = (text: string) =>
    readCode(text).code.split("\n").flatMap((line, i) => [
      ...[...line.matchAll(loose)].map(([found]) => `${i + 1} ${found}`),
      ...(line.replace(power, "").includes("**") ? [`${i + 1} **`] : []),
    ]);
  const example =
    "Math.exp(1); const { exp } = Math; // Math.sin\nMath[name](x) + x ** 3;\nx ** 2 + 2 ** -52 + Math.sqrt(x);";
  assertEquals(faults(example), ["1 Math.exp", "1 = Math", "2 Math[", "2 **"]);
  for (const { path, text, generated } of files) {
    if (generated || PICTURES.test(path) || !/^(lib|cli)\//.test(path)) continue;
    problems.push(...faults(text).map((each) => `${path}:${each}`));
  }
  none(problems, "exp(), sin(), pow() and the like come from lib/numerics/elementary");
});
