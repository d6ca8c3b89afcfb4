import { assertEquals, assertNotEquals } from "@std/assert";
import {
  balancedClassWeights,
  datasetChecksum,
  flatRows,
  partSizes,
} from "../../lib/data/inner.ts";

Deno.test("balancedClassWeights() gives every class the same sum; 1 to a class without rows", () => {
  assertEquals(balancedClassWeights([0, 0, 0, 1], 2), [4 / 6, 2]);
  assertEquals(balancedClassWeights([0, 1], 3)[2], 1);
});

Deno.test("datasetChecksum() sees a changed target, and no sign of zero", () => {
  const dataset = { rows: 2, nIn: 1, nOut: 1, inputs: Float64Array.of(0, 2) };
  const [sum, same, other] = [[3, 0], [3, -0], [3, 5]].map((targets) =>
    datasetChecksum({ ...dataset, targets: Float64Array.from(targets) })
  );
  assertEquals([sum.length, same], [16, sum]);
  assertNotEquals(other, sum);
});

Deno.test("flatRows() takes rows and single numbers", () => {
  assertEquals(flatRows("inputs", [[1, 2], [3, 4]]).values, Float64Array.of(1, 2, 3, 4));
  assertEquals(flatRows("targets", [5, 6]).columns, 1);
});

Deno.test("partSizes() rounds each part and leaves the rest for training", () => {
  assertEquals(partSizes(10, 0.2, 0.1), { train: 7, validation: 1, test: 2 });
  assertEquals(partSizes(10, 0.001, 0), { train: 9, validation: 0, test: 1 });
});
