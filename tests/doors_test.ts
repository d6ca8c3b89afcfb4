import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { exportedNames } from "./support/exported_names.ts";
import { readSources, ROOT } from "./support/source_files.ts";

const KEPT = new URL("tests/public_names.txt", ROOT);
const MANIFEST = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
const DOORS: readonly (readonly [string, string])[] = Object.entries(
  MANIFEST.exports as Record<string, string>,
).map(([door, path]) => [door, path.slice(2)]);

/** Names that may do without an example of their own: constants and errors, whose comments say all. */
const PLAIN = /^[A-Z][A-Z0-9_]+$/;

Deno.test("public names grow on purpose only: tests/public_names.txt lists them", () => {
  const list = DOORS.map(([door, path]) => {
    const names = exportedNames(path).map(({ name }) => name).sort();
    return `${door}\n${names.map((name) => `  ${name}\n`).join("")}`;
  }).join("");
  if (Deno.env.get("FREEKNOT_UPDATE")) Deno.writeTextFileSync(KEPT, list);
  assertEquals(
    list,
    Deno.readTextFileSync(KEPT),
    "FREEKNOT_UPDATE=1 deno test -A tests/doors_test.ts writes the list anew",
  );
});

Deno.test("the root door has about 40 names", () => {
  assertLessOrEqual(exportedNames("mod.ts").length, 48);
});

Deno.test("every function that a user can reach has an example that runs", () => {
  const missing = DOORS.flatMap(([, path]) => exportedNames(path))
    .filter(({ name, isType, doc }) =>
      !isType && !PLAIN.test(name) && !name.endsWith("Error") && !doc.includes("@example")
    )
    .map(({ name, path }) => `${path} ${name}`);
  assertEquals([...new Set(missing)], []);
});

Deno.test("inner doors are for the house: examples, documents and the users' doors do without", () => {
  const doors = DOORS.map(([, path]) => path).filter((path) => path !== "cli.ts");
  const files = [...doors, "README.md", "CONTRIBUTING.md"];
  for (const folder of ["examples", "docs"]) {
    for (const { name } of Deno.readDirSync(new URL(folder, ROOT))) {
      if (/\.(ts|md)$/.test(name)) files.push(`${folder}/${name}`);
    }
  }
  for (const path of files) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const inner = text.match(/from "[^"]*inner\.ts"/g) ?? [];
    assertEquals(inner.filter((line) => !line.includes("numerics")), [], path);
  }
});

Deno.test("no two files of lib/ and cli/ export different things by one name", () => {
  const homes = new Map<string, string>();
  for (const { path, generated } of readSources()) {
    if (generated || path.includes("/assembly/") || /(^|\/)(mod|inner)\.ts$/.test(path)) continue;
    for (const { name, path: home } of exportedNames(path)) {
      const other = homes.get(name) ?? home;
      assert(other === home, `${name} is exported by ${other} and by ${home}`);
      homes.set(name, home);
    }
  }
});
