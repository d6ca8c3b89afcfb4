import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { createRandom } from "../../../lib/model/mod.ts";
import { run, withFolder } from "../support.ts";

const random = createRandom(3, "certify found");
const rows = Array.from({ length: 120 }, () => {
  const a = 10 * random.uniform(), b = random.uniform();
  return [a, b, 100 + 30 * a - 20 * b * b + 5 * random.normal(), a > 5 + 2 * b ? "up" : "down"];
});
const table = (columns: readonly number[]) =>
  `${columns.map((c) => "abyk"[c]).join()}\n` +
  `${rows.map((row) => columns.map((c) => row[c]).join()).join("\n")}\n`;

/** Trains by a search, and predicts at random places of the box and at its corners. */
async function found(folder: string, columns: readonly number[], ...flags: readonly string[]) {
  const data = `${folder}/t.csv`, model = `${folder}/m`, places = `${folder}/p.csv`;
  await Deno.writeTextFile(data, table(columns));
  const train = ["train", "--data", data, "--model-out", model, "--quiet", "--test-fraction", "0"];
  const made = await run(...train, ...flags);
  assertEquals([made.code, made.err], [0, ""]);
  const points = Array.from({ length: 400 }, (_, k) => {
    const at = () => [0, 1, random.uniform()][k % 3];
    return [10 * at(), at()];
  });
  await Deno.writeTextFile(places, `a,b\n${points.map((row) => row.join()).join("\n")}\n`);
  const said = await run("predict", "--model", model, "--data", places, "--json", "--quiet");
  assertEquals(said.code, 0, said.err);
  return { model, predictions: JSON.parse(said.out).predictions, points };
}

const BOX = ["--box", "a=0:10,b=0:1", "--json"];

Deno.test("certify bounds a model of a search, cut off at its bounds", async () => {
  await withFolder(async (folder) => {
    const flags = ["--target", "y", "--form", "additive", "--interactions", "1"];
    const { model, predictions } = await found(folder, [0, 1, 2], ...flags);
    const claims = ["--monotone", "a:+", "--range", "0:1000"];
    const { code, out, err } = await run(
      "certify",
      "--model",
      model,
      ...BOX,
      "--boxes",
      "60",
      ...claims,
    );
    assertEquals([code, err], [0, ""], out);
    const { outputs: [{ value, slopes: [slope] }], claims: verdicts } = JSON.parse(out);
    const said = (predictions as number[][]).map(([y]) => y);
    assert(
      said.every((y) => value.lower <= y && y <= value.upper),
      `${value.lower} ${value.upper}`,
    );
    const reached = [Math.min(...said), Math.max(...said)], size = reached[1] - reached[0];
    assertLess(value.upper - value.lower, 1.3 * size);
    assert(value.reached[0] <= reached[0] + 0.02 * size, "as small as any sample");
    assert(25 < slope.lower && slope.upper < 35, JSON.stringify(slope));
    assertEquals(verdicts.map((each: { status: string }) => each.status), ["proven", "proven"]);

    // far outside all numbers are the bounds, where slopes are 0 and nothing grows
    const far = await run(
      ...["certify", "--model", model, "--box", "a=1000:2000,b=0.5", "--monotone", "a:-", "--json"],
    );
    assertEquals(far.code, 0, far.err);
    const outside = JSON.parse(far.out).outputs[0];
    assertAlmostEquals(outside.value.lower, outside.value.upper, 1e-9);
    assertEquals(outside.slopes[0].reached, [0, 0]);
    for (
      const [part, ...asked] of [
        ["--convex must be of a model without bounds", "--convex", "b"],
        ["--curvature must be of a model without bounds", "--curvature"],
        ["--range must have numbers that the model can say", "--range", "5000:6000"],
      ]
    ) {
      const refused = await run("certify", "--model", model, ...BOX, ...asked);
      assertEquals([refused.code, refused.out], [2, ""]);
      assertStringIncludes(refused.err, part);
    }
  });
});

Deno.test("certify bounds the logits of classes that a search has found, trees among its parts", async () => {
  await withFolder(async (folder) => {
    const flags = ["--target", "k", "--loss", "cross-entropy", "--time-limit", "3"];
    const { model, predictions } = await found(folder, [0, 1, 3], ...flags);
    const { code, out, err } = await run("certify", "--model", model, ...BOX, "--boxes", "4");
    assertEquals([code, err], [0, ""], out);
    const { outputs: [{ kind, probability: [low, high] }] } = JSON.parse(out);
    assertEquals(kind, "logit");
    for (const [, , p] of predictions as [string, number, number][]) {
      assert(low <= p && p <= high, `${low} ${p} ${high}`);
    }
  });
});
