import { assertThrows } from "@std/assert";
import { checkArray, checkOptions, checkRecord, checkString } from "../../lib/numerics/inner.ts";

Deno.test("checks of arguments say verb, name, rule and current value", () => {
  const throws = (call: () => void, message: string) => assertThrows(call, TypeError, message);
  checkOptions("fit", { seed: 1 }, "seed starts");
  throws(
    () => checkOptions("fit", { sed: 1 }, "seed starts"),
    "Cannot fit: options must be among seed, starts, current value is sed",
  );
  throws(
    () => checkOptions("fit", 3, "seed starts"),
    "Cannot fit: options must be a record such as { seed: ... }, current value is 3",
  );
  throws(() => checkOptions("fit", null, "seed"), "current value is null");
  throws(() => checkOptions("fit", [1], "seed"), "current value is [1]");
  checkRecord("read", "table", { rows: 1 }, "a table", ["rows"]);
  throws(
    () => checkRecord("read", "table", { row: 1 }, "a table", ["rows"]),
    "Cannot read: table must be a table, current value is a record without rows",
  );
  checkArray("sum", "values", new Float64Array(1), "an array of numbers");
  throws(() => checkArray("sum", "values", "12", "an array of numbers"), "current value is 12");
  checkString("find", "name", "xor", "a name");
  throws(() => checkString("find", "name", undefined, "a name"), "current value is undefined");
});
