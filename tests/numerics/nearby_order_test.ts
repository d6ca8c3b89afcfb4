import { assert, assertEquals } from "@std/assert";
import { nearbyOrder, takeRows } from "../../lib/numerics/inner.ts";

Deno.test("nearbyOrder() goes through quarters of a square one after the other", () => {
  const points = Float64Array.of(1, 1, 0, 0, 0, 1, 1, 0, 0.1, 0.1);
  const sorted = takeRows(points, 2, nearbyOrder(points, 2));
  assertEquals([...sorted], [0, 0, 0.1, 0.1, 0, 1, 1, 0, 1, 1]);
});

Deno.test("nearbyOrder() keeps the order of equal points, and lists each once", () => {
  assertEquals([...nearbyOrder(Float64Array.of(5, 5, 5), 1)], [0, 1, 2]);
  const points = Float64Array.from({ length: 12 * 500 }, (_, i) => Math.sin(i * i));
  const order = nearbyOrder(points, 12);
  assertEquals(order.length, 500);
  assert(order.toSorted().every((row, i) => row === i));
});
