import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  concordance,
  encodeTable,
  parseTable,
  prepareTable,
  TableError,
  type TargetLink,
} from "../../lib/data/mod.ts";
import {
  gainsTwice,
  isSkewed,
  predictedValues,
  predictionColumns,
  withSmearing,
} from "../../lib/data/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** Harrell's index, pair by pair. */
function plainConcordance(hazards: number[], times: number[], weights: number[]): number {
  let right = 0, pairs = 0;
  for (let i = 0; i < hazards.length; i++) {
    for (let j = 0; j < hazards.length; j++) {
      const later = Math.abs(times[j]) > times[i] || (times[j] === -times[i]);
      if (times[i] < 0 || !later) continue;
      const weight = weights[i] * weights[j];
      pairs += weight;
      right += weight * (hazards[i] > hazards[j] ? 1 : hazards[i] === hazards[j] ? 0.5 : 0);
    }
  }
  return right / pairs;
}

Deno.test("concordance() counts pairs as Harrell does: ties, censored rows, weights", () => {
  const random = createRandom(4);
  for (let trial = 0; trial < 40; trial++) {
    const rows = 2 + random.integer(40);
    const draw = (of: () => number) => Array.from({ length: rows }, of);
    const hazards = draw(() => random.integer(6));
    const times = draw(() => (1 + random.integer(8)) * (random.uniform() < 0.6 ? 1 : -1));
    const weights = draw(() => random.integer(3));
    const { concordance: index, events } = concordance(hazards, times, weights);
    const plain = plainConcordance(hazards, times, weights);
    if (Number.isNaN(plain)) assertEquals(index, null);
    else assertAlmostEquals(index!, plain, 1e-13);
    assertEquals(events, times.filter((t) => t > 0).length);
  }
  assertEquals(concordance([1, 2], [-1, -2]), { concordance: null, events: 0 });
});

const TABLE = parseTable(
  "x,n,k,w,t,e\n1,2,1,1,5,1\n2,4,0,2,6,0\n3,1,1,1,7,1\n4,5,3,3,8,1\n",
  { name: "t.csv" },
);

function prepared(target: string, link: TargetLink) {
  return prepareTable(TABLE, {
    ...{ inputs: ["x"], targets: [target], weight: "w", link, task: "regression" },
    ...{ testFraction: 0, seed: 1 },
  });
}

Deno.test("counts become rates over their mean, with exposures in the weights", () => {
  for (const power of [1, 1.5, 2]) {
    const target = power === 2 ? "t" : "k";
    const { train, encoding, split } = prepared(target, { kind: "log", power, exposure: "n" });
    assert(encoding.task === "regression");
    const [scale] = encoding.targets;
    const n = [2, 4, 1, 5], counts = power === 2 ? [5, 6, 7, 8] : [1, 0, 1, 3], w = [1, 2, 1, 3];
    const weights = n.map((each) => each ** (2 - power));
    const mean = counts.reduce((sum, k, r) => sum + weights[r] * k / n[r], 0) /
      weights.reduce((a, b) => a + b);
    assertEquals(scale.minimum, 0);
    assertAlmostEquals(scale.maximum, mean, 1e-14);
    split.train.forEach((row, r) => {
      assertAlmostEquals(train.targets[r], counts[row] / n[row] / mean, 1e-14);
      assertAlmostEquals(train.weights![r], w[row] * weights[row], 1e-14);
    });
    assertEquals([...predictedValues(encoding.targets, encoding.link, [0])], [scale.maximum]);
    const columns = predictionColumns(encoding, new Float64Array(4), TABLE);
    assertEquals(columns.map(({ name }) => name), [`${target}_prediction`, `${target}_rate`]);
    assertEquals([...columns[0].values].map(Number), n.map((each) => each * scale.maximum));
    assertEquals(encodeTable(TABLE, encoding, { requireTargets: true }).rows, 4);
  }
});

Deno.test("successes become shares with their trials as weights; times have the sign of events", () => {
  const shares = prepared("k", { kind: "logit", trials: "n" });
  shares.split.train.forEach((row, r) => {
    assertEquals(shares.train.targets[r], [1 / 2, 0, 1, 3 / 5][row]);
    assertEquals(shares.train.weights![r], [2, 8, 1, 15][row]);
  });
  const times = prepared("t", { kind: "hazard", event: "e" });
  times.split.train.forEach((row, r) => assertEquals(times.train.targets[r], [5, -6, 7, 8][row]));
  assert(shares.encoding.task === "regression");
  assertEquals(
    [...predictedValues(shares.encoding.targets, shares.encoding.link, [0, Math.log(3)])]
      .map((p) => Number(p.toFixed(12))),
    [0.5, 0.75],
  );
});

Deno.test("links are refused where they do not fit", () => {
  const log = { kind: "log", power: 1 } as const, logit = { kind: "logit" } as const;
  const all = { table: TABLE, seed: 1, testFraction: 0 };
  const options = { ...all, inputs: ["x"], task: "regression" } as const;
  const refuse = (words: string, targets: string[], link: TargetLink) => {
    const { table, ...rest } = options;
    assertThrows(() => prepareTable(table, { ...rest, targets, link }), Error, words);
  };
  refuse("a share from 0 to 1", ["n"], logit);
  refuse("one column of successes", ["n", "k"], logit);
  refuse("one column of times", ["n", "k"], { kind: "hazard", event: "e" });
  refuse("be used once", ["k"], { ...log, exposure: "k" });
  refuse("be one of", ["k"], { ...log, exposure: "z" });
  refuse("1 (the event came) or 0", ["t"], { kind: "hazard", event: "n" });
  const none = parseTable("x,t,e\n1,1,0\n2,2,0\n3,3,0\n", { name: "none.csv" });
  assertThrows(
    () =>
      prepareTable(none, {
        ...{ inputs: ["x"], targets: ["t"], link: { kind: "hazard", event: "e" } },
        ...{ task: "regression", testFraction: 0, seed: 1 },
      }),
    TableError,
    "have an event in the training rows",
  );
});

Deno.test("smearing makes means of medians (Duan 1983)", () => {
  const random = createRandom(7), rows = 20_000, sigma = 0.8;
  const y = Float64Array.from({ length: rows }, () => Math.exp(3 + sigma * random.normal()));
  const scale = { name: "y", minimum: 0.1, maximum: 900, map: { kind: "log" } as const };
  const length = Math.log(9000), log = y.map((each) => Math.log(each / 0.1) / length);
  const outputs = new Float64Array(rows).fill(Math.log(Math.exp(3) / 0.1) / length);
  const smeared = withSmearing(scale, outputs, log);
  assertAlmostEquals(smeared.smearing!, Math.exp(sigma ** 2 / 2), 0.03);
  const [mean] = predictedValues([smeared], undefined, outputs.slice(0, 1));
  assertAlmostEquals(mean, y.reduce((a, b) => a + b) / rows, 1e-9 * mean);
  assert(isSkewed(y) && !isSkewed(y.map(Math.log)));
});

Deno.test("gainsTwice() asks for a lower mean and for most rows", () => {
  const first = Float64Array.of(1, 1, 1, 9);
  assert(gainsTwice(first, Float64Array.of(0.5, 0.5, 0.5, 9)));
  assert(!gainsTwice(first, Float64Array.of(0.5, 0.5, 0.5, 20)));
  assert(!gainsTwice(first, Float64Array.of(2, 2, 2, 1)));
});
