import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../cli/terminal/errors.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { integersFlag, numberFlag, rangeFlag } from "../../../cli/flags/values.ts";

const GROUPS = [{
  title: "Flags",
  flags: [
    { name: "domain", value: "A,B", text: "" },
    { name: "rate", value: "X", text: "" },
    { name: "json", text: "" },
    { name: "bias", negatable: true, text: "" },
  ],
}];

Deno.test("parseFlags() takes values that begin with a minus sign, with and without =", () => {
  for (const args of [["--domain", "-1,2"], ["--domain=-1,2"]]) {
    assertEquals(rangeFlag(parseFlags(args, GROUPS).given, "domain"), [-1, 2]);
  }
  assertEquals(numberFlag(parseFlags(["--rate", "-.5e-3"], GROUPS).given, "rate", {}), -0.5e-3);
});

Deno.test("parseFlags() tells what was given from what was not", () => {
  const { given, rest } = parseFlags(["--no-bias", "name", "--json"], GROUPS, 1);
  assertEquals([...given], [["json", true], ["bias", false]]);
  assertEquals(rest, ["name"]);
  assertEquals(parseFlags([], GROUPS).given.size, 0);
});

Deno.test("numbers are decimal, finite, within their limits", () => {
  const number = (text: string): number | undefined =>
    numberFlag(parseFlags([`--rate=${text}`], GROUPS).given, "rate", { above: 0, most: 2 });
  assertEquals([number("1e-3"), number("2"), number(".5"), number("+1.")], [1e-3, 2, 0.5, 1]);
  for (const bad of ["0", "2.1", "0x1", "1_0", "NaN", "1e999", "one", " ", "1,5"]) {
    assertThrows(() => number(bad), UsageError);
  }
  const list = parseFlags(["--domain", "3, 0,12"], GROUPS).given;
  assertEquals(integersFlag(list, "domain", { least: 0 }), [3, 0, 12]);
});
