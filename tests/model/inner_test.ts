import { assertEquals, assertThrows } from "@std/assert";
import {
  activationName,
  decodeTensorFile,
  encodeTensorFile,
  measureStatistics,
  tensorFileFormat,
  tensorValues,
} from "../../lib/model/inner.ts";

Deno.test("encodeTensorFile() is undone by decodeTensorFile() and tensorValues()", () => {
  const kind = { format: "freeknot-note", version: "1" };
  const values = Float64Array.of(1, -0);
  const bytes = encodeTensorFile(kind, [{ name: "x", shape: [2], values }], { note: "hello" });
  const refuse = (fault: string): never => {
    throw new Error(fault);
  };
  const file = decodeTensorFile(bytes, kind, refuse);
  assertEquals([file.text.note, file.entries.x.shape], ["hello", [2]]);
  assertEquals([tensorValues(file, "x"), tensorValues(file, "y")], [values, undefined]);
  assertEquals(tensorFileFormat(bytes), "freeknot-note");
  assertEquals(tensorFileFormat(new Uint8Array(99)), undefined);
  assertThrows(() => decodeTensorFile(bytes.subarray(1), kind, refuse), Error);
});

Deno.test("measureStatistics() of two rows", () => {
  assertEquals(measureStatistics("batchnorm", Float64Array.of(1, 3), 2, 1), {
    kind: "batchnorm",
    mean: Float64Array.of(2),
    variance: Float64Array.of(1),
  });
});

Deno.test("activationName() writes names as people do", () => {
  assertEquals((["relu", "tanh"] as const).map(activationName), ["ReLU", "tanh"]);
});
