import { assert, assertEquals, assertThrows } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { encodeClasses } from "../../lib/data/inner.ts";
import { createRandom, forward, type Random } from "../../lib/model/mod.ts";
import { classErrors, classSets, conformalWidth } from "../../lib/uncertainty/mod.ts";

const CLASSES = 3;

function softmax(logits: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(logits);
  for (let r = 0; r < all.length; r += CLASSES) {
    const row = all.subarray(r, r + CLASSES), powers = row.map(Math.exp);
    row.set(powers.map((power) => power / powers.reduce((sum, each) => sum + each)));
  }
  return all;
}

/** Rows of two columns and one of three classes. */
function draw(rows: number, random: Random) {
  const inputs = Float64Array.from({ length: 2 * rows }, () => random.uniform());
  const logits = Array.from({ length: rows }, (_, r) => {
    const [x, z] = inputs.subarray(2 * r);
    return [3 * Math.sin(5 * x), 3 * x * z, 2 - 4 * z];
  });
  const probabilities = softmax(logits.flat());
  const right = Int32Array.from({ length: rows }, (_, r) => {
    const u = random.uniform(), at = CLASSES * r;
    return u < probabilities[at] ? 0 : u < probabilities[at] + probabilities[at + 1] ? 1 : 2;
  });
  return { rows, nIn: 2, nOut: CLASSES, inputs, targets: encodeClasses(right, CLASSES), right };
}

Deno.test("classSets() of 90 % hold the class of 2,000 new rows, also of a wrong model", () => {
  const random = createRandom(3, "sets"), train = draw(300, random);
  const held = draw(1000, random), fresh = draw(2000, random);
  const { network } = fitAdditive(train, { loss: { kind: "crossEntropy" } });
  for (const factor of [1, 0.3, 3]) { // too sure, and not sure enough
    const said = (inputs: Float64Array) =>
      softmax(forward(network, inputs).map((logit) => factor * logit));
    const threshold = conformalWidth(classErrors(said(held.inputs), held.right), 0.9);
    const sets = classSets(said(fresh.inputs), CLASSES, threshold);
    const share = sets.filter((set, r) => set.includes(fresh.right[r])).length / fresh.rows;
    assert(share > 0.86 && share < 0.94, `${factor}: ${share}`);
  }
});

Deno.test("classSets() are never empty, and grow with the threshold", () => {
  const probabilities = [0.2, 0.5, 0.3, 1 / 3, 1 / 3, 1 / 3];
  assertEquals(classSets(probabilities, 3, 0), [[1], [0]]);
  assertEquals(classSets(probabilities, 3, 0.5), [[1], [0]]);
  assertEquals(classSets(probabilities, 3, 0.7), [[1, 2], [0, 1, 2]]);
  assertEquals(classSets(probabilities, 3, 1), [[0, 1, 2], [0, 1, 2]]);
  assertEquals(classSets([], 3, 1), []);
  assertThrows(() => classSets([1, 0], 3, 1), TypeError, "must be a multiple of 3");
  assertThrows(() => classErrors([1, 0, 1], [0, 1]), TypeError, "2 or more for each of 2 rows");
});
