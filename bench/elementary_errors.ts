/**
 * Errors of the elementary functions of lib/numerics/elementary in units of the last place, against mpmath with
 * 160 bits and more, on the arguments of tests/support/argument_grid.ts; `--math` judges this engine's `Math`
 * instead. It needs a Python with mpmath.
 *
 * `deno run -A bench/elementary_errors.ts [--arguments 4000] [--python python3] [--math] [NAME ...]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import * as elementary from "../lib/numerics/inner.ts";
import { argumentGrid } from "../tests/support/argument_grid.ts";
import { runJson } from "./_run_json.ts";
import { markdown } from "./_table.ts";

const flags = parseArgs(Deno.args, {
  string: ["arguments", "python"],
  boolean: ["math"],
  default: { arguments: "4000", python: "python3" },
});
const ONE = [
  ...["exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"],
  ...["sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt"],
];
const TWO = ["pow", "atan2", "hypot"];
type Judged = { name: string; values: number; worst: number; at: number[]; above1: number };

const count = Number(flags.arguments), wanted = flags._.map(String);
const functions = flags.math ? Math : elementary;
const chosen = [...ONE, ...TWO].filter((name) => wanted.length === 0 || wanted.includes(name));
const first = argumentGrid(count), second = argumentGrid(count, 0.25);
const listed: [name: string, arity: number, count: number][] = [], numbers: number[] = [];
for (const name of chosen) {
  const call = functions[name as "pow"], arity = ONE.includes(name) ? 1 : 2;
  listed.push([name, arity, count]);
  first.forEach((x, k) => {
    const xs = arity === 1 ? [x] : [x, second[k * 7919 % count]];
    numbers.push(...xs, call(...xs as [number, number]));
  });
}
const folder = await Deno.makeTempDir();
try {
  await Deno.writeTextFile(`${folder}/names.json`, JSON.stringify(listed));
  await Deno.writeFile(
    `${folder}/values.bin`,
    new Uint8Array(Float64Array.from(numbers).buffer),
  );
  const script = new URL("elementary_errors.py", import.meta.url).pathname;
  const found = await runJson<Judged[]>(
    [String(flags.python), script, `${folder}/names.json`, `${folder}/values.bin`],
  );
  const rows = found.map(({ name, values, worst, at, above1 }) => [
    ...[name, String(values), worst.toFixed(3), (at ?? []).join(", "), String(above1)],
  ]);
  console.log(
    markdown(["function", "arguments", "largest error", "at", "errors above 1"], rows),
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
