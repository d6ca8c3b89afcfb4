import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { createPairMemory } from "../../lib/engine/inner.ts";
import { createRandom, type Random } from "../../lib/model/mod.ts";
import { denseBfgs } from "../support/objectives.ts";

function vector(n: number, random: Random): Float64Array {
  return Float64Array.from({ length: n }, () => random.normal());
}

/** A pair with `y = D s`, `D` diagonal with entries from 1 to 4. */
function pair(n: number, random: Random): [Float64Array, Float64Array] {
  const s = vector(n, random);
  return [s, s.map((each, i) => each * (1 + 3 * ((i * 7) % 5) / 4))];
}

Deno.test("createPairMemory() multiplies by the inverse Hessian of the dense BFGS recursion", () => {
  const shape = fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    capacity: fc.integer({ min: 1, max: 6 }),
    count: fc.integer({ min: 0, max: 15 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(shape, ({ n, capacity, count, seed }) => {
      const random = createRandom(seed);
      const pairs = createPairMemory(n, capacity);
      const steps: Float64Array[] = [], differences: Float64Array[] = [];
      for (let k = 0; k < count; k++) {
        const [s, y] = pair(n, random);
        pairs.add(s, y);
        steps.push(s);
        differences.push(y);
      }
      const kept = Math.max(0, count - capacity);
      steps.splice(0, kept);
      differences.splice(0, kept);
      assertEquals(pairs.steps, steps);
      assertEquals(pairs.differences, differences);
      const v = vector(n, random), before = v.slice(), out = vector(n, random);
      pairs.inverseHessianTimes(v, out);
      assertEquals(v, before);
      const h = denseBfgs(n, steps, differences);
      for (let i = 0; i < n; i++) {
        const expected = v.reduce((sum, each, j) => sum + h[i * n + j] * each, 0);
        const size = v.reduce((sum, each, j) => sum + Math.abs(h[i * n + j] * each), 0);
        assert(Math.abs(out[i] - expected) <= 1e-10 * size, `${out[i]} ${expected}`);
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("createPairMemory() gives the same bits wherever the ring begins", () => {
  const random = createRandom(3);
  const drawn = Array.from({ length: 7 }, () => pair(100, random)), v = vector(100, random);
  const answers = [0, 2, 5].map((others) => {
    const pairs = createPairMemory(100, 7);
    for (let k = 0; k < others; k++) pairs.add(...pair(100, random));
    for (const each of drawn) pairs.add(...each);
    const out = v.slice();
    pairs.inverseHessianTimes(v, out);
    return out;
  });
  assertEquals(answers[1], answers[0]);
  assertEquals(answers[2], answers[0]);
});

Deno.test("createPairMemory() stores drafts as it stores copies, and only good ones", () => {
  const random = createRandom(5), copied = createPairMemory(9, 3), drafted = createPairMemory(9, 3);
  const v = vector(9, random), [a, b] = [v.slice(), v.slice()];
  for (let k = 0; k < 8; k++) {
    const [s, y] = pair(9, random);
    const { step, difference } = drafted.draft();
    step.set(s);
    difference.set(y.map((each) => -each));
    assertEquals(drafted.keepDraft(0, 0), false, "negative curvature");
    difference.set(y);
    assertEquals(drafted.keepDraft(1e9, 0), false, "too little curvature");
    assertEquals(drafted.keepDraft(0, 2), false, "too little for its size");
    assertEquals(drafted.steps, copied.steps, "a refused draft drops no pair");
    assertEquals(drafted.keepDraft(0, 1e-3), true);
    copied.add(s, y);
    drafted.inverseHessianTimes(v, a);
    copied.inverseHessianTimes(v, b);
    assertEquals(a, b);
  }
});

Deno.test("createPairMemory() forgets on request", () => {
  const random = createRandom(4), pairs = createPairMemory(5, 3), [s, y] = pair(5, random);
  const v = vector(5, random), once = v.slice(), twice = v.slice();
  pairs.add(s, y);
  pairs.inverseHessianTimes(v, once);
  for (let k = 0; k < 4; k++) pairs.add(...pair(5, random));
  pairs.clear();
  assertEquals([pairs.steps.length, pairs.differences.length], [0, 0]);
  pairs.inverseHessianTimes(v, twice);
  assertEquals(twice, v);
  pairs.add(s, y);
  pairs.inverseHessianTimes(v, twice);
  assertEquals(twice, once);
});

Deno.test("createPairMemory() refuses more than can be addressed, and says what fits", () => {
  const message = assertThrows(() => createPairMemory(1e6, 1000), RangeError).message;
  assert(message.startsWith("Cannot store pairs: memory must be at most "), message);
  const most = Number(/at most (\d+)/.exec(message)![1]);
  assert(most > 250 && most < 270, message);
});
