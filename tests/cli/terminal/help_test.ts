import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { trainRequest } from "../../../cli/commands/train/request.ts";
import { withOptimizer } from "../../../cli/commands/train/network.ts";
import { run } from "../support.ts";

const NAMES = COMMANDS.map(({ name }) => name);

Deno.test("help pages teach: purpose, usage, flags with defaults, examples, 100 columns", async () => {
  for (const name of NAMES) {
    const { code, out, err } = await run("help", name);
    assertEquals([code, err], [0, ""]);
    assertEquals((await run(name, "--help")).out, out);
    assertEquals((await run(name, "-h")).out, out);
    assertMatch(out.split("\n")[0], /^[A-Z].*\.$/);
    for (const part of ["\nUsage: freeknot ", "-h, --help", "\nExamples:\n"]) {
      assertStringIncludes(out, part);
    }
    for (const line of out.split("\n")) assertLessOrEqual(line.length, 100, line);
  }
  const { out } = await run("train", "--help");
  for (
    const part of [
      "[auto with gauss-newton, else 32,16,8,4]",
      "[0.2]",
      "[1234]",
      "--bias, --no-bias",
    ]
  ) {
    assertStringIncludes(out, part);
  }
});

Deno.test("freeknot --help lists the commands; --version is the package's", async () => {
  const { code, out } = await run("--help");
  assertEquals(code, 0);
  for (const name of NAMES) assertStringIncludes(out, `\n  ${name} `);
  assertEquals((await run()).out, out);
  assertEquals((await run("help")).out, out);
  const manifest = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  assertEquals((await run("--version")).out, `freeknot ${manifest.version}\n`);
});

Deno.test("every example of the help is a request that parses", () => {
  let count = 0;
  for (const { examples, flags, positionals, name } of COMMANDS) {
    for (const line of Object.values(examples)) {
      const [program, command, ...args] = line.replaceAll(" \\\n ", "").replace(/ [|<>] .*$/, "")
        .replace(/^mpirun -n \d+ /, "")
        .split(/ +/);
      assertEquals([program, command], ["freeknot", name]);
      const { given } = parseFlags(args, flags, positionals);
      if (name === "train") trainRequest(given);
      count++;
    }
  }
  assert(count >= 12);
});

Deno.test("the defaults that the help prints are the defaults", () => {
  const { given } = parseFlags(["--problem", "nonsmooth"], COMMANDS[1].flags);
  const request = trainRequest(given);
  assertEquals(request.epochs, [32, 16, 8, 4]);
  assertEquals([request.seed, request.validationFraction], [1234, 0]);
  assertEquals([request.engine.name, request.optimizer], ["cpu", undefined]);
  const small = withOptimizer(request, { ...request.network, widths: [2, 5, 1] });
  assertEquals(small.optimizer.name, "gauss-newton");
  const large = withOptimizer(request, { ...request.network, widths: [2, 9, 9, 1] });
  assertEquals(large.optimizer.name, "lbfgs");
  assertEquals(large.optimizer.options.memory, 100);
  assertEquals(large.optimizer.options.lineSearch, "wolfe");
  assertEquals(request.loss, { kind: "mse", weightDecay: 0 });
  assertEquals([request.network.intervals, request.network.bias], [5, true]);
});

Deno.test("problems lists the gallery, and the paper's numbers of one problem", async () => {
  const { out } = await run("problems");
  for (const name of ["nonsmooth", "xor", "bessel", "hundred-d"]) assertStringIncludes(out, name);
  for (const line of out.split("\n")) assertLessOrEqual(line.length, 100, line);
  const one = await run("problems", "nonsmooth-left");
  for (const part of ["cos(4 pi u)", "3.67e-5", "Table 1"]) assertStringIncludes(one.out, part);
  const json = JSON.parse((await run("problems", "--json")).out);
  assertEquals(json.problems[1].name, "nonsmooth-left");
  assertEquals(json.problems[1].paper.rows.length, 13);
});
