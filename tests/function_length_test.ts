import { assertEquals } from "@std/assert";
import { functionsOf } from "./support/source_code.ts";
import { readSources } from "./support/source_files.ts";

const MAX_LINES = 80;

Deno.test("functionsOf() measures functions, methods and arrows, words left out", () => {
  const text = [
    'export function first(a: string = "{", b = /[{]/): { c: number } {',
    "  // }",
    "  return { c: a.length / 2 };",
    "}",
    "interface None { f(x: number): number; }",
    "class A {",
    "  static async *second<T extends () => void>(x: T): Promise<T> {",
    "    if (x) {",
    "      call(x);",
    "    }",
    "    return `${f(`}`)}",
    "      text }",
    "    `;",
    "  }",
    "}",
    "const third = (x: number) => {",
    "  return x;",
    "};",
  ].join("\n");
  assertEquals(
    functionsOf(text).map(({ name, line, length }) => `${name} ${line} ${length}`),
    ["first 1 4", "second 7 6", "=> 16 3"],
  );
});

Deno.test(`no function has more than ${MAX_LINES} lines, text of templates left out`, () => {
  const long = readSources().filter(({ generated }) => !generated).flatMap(({ path, text }) =>
    functionsOf(text).filter(({ length }) => length > MAX_LINES)
      .map(({ name, line, length }) => `${path}:${line} ${name} has ${length} lines`)
  );
  assertEquals(long, [], "Name the parts of a long function, and make functions of them");
});
