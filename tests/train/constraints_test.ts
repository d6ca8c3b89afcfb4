import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { certify, type Claim } from "../../lib/certify/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import {
  createNetwork,
  createRandom,
  type Network,
  type NetworkOptions,
} from "../../lib/model/mod.ts";
import { coarseSchedule, customSchedule, multilevelSchedule } from "../../lib/multilevel/mod.ts";
import {
  adam,
  type Checkpoint,
  type Constraints,
  createTournament,
  fit,
  gaussNewton,
  lbfgs,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";
import { heldTo } from "../../lib/train/constraints/constrained.ts";

const random = createRandom(4, "constraints");
const ROWS = 150;
const inputs = Float64Array.from({ length: 2 * ROWS }, () => random.uniform());

/** Rows that no monotone, convex or bounded function fits. */
const rows: Dataset = {
  ...{ rows: ROWS, nIn: 2, nOut: 1, inputs },
  targets: Float64Array.from({ length: ROWS }, (_, r) => {
    const x = inputs[2 * r], y = inputs[2 * r + 1];
    return 0.5 + 0.4 * Math.sin(5 * x) + 0.2 * Math.sin(9 * y) + 0.1 * random.normal();
  }),
};

/** The claims that constraints should make true. */
function claimsOf({ monotone = [], convex = [], concave = [], range }: Constraints): Claim[] {
  return [
    ...monotone.flatMap((sign, input): Claim[] =>
      sign === 0 ? [] : [{ kind: sign > 0 ? "increasing" : "decreasing", input }]
    ),
    ...convex.map((input) => ({ kind: "convex", input } as const)),
    ...concave.map((input) => ({ kind: "concave", input } as const)),
    ...(range ? [{ kind: "range", low: range[0], high: range[1] } as const] : []),
  ];
}

/** Certifies on twice the range of the rows. */
function statusOf(network: Network, constraints: Constraints): string {
  const box = [[-0.5, 1.5], [-0.5, 1.5]] as const;
  return certify(network, { box, derivatives: 0, claims: claimsOf(constraints) }).status;
}

const UNIFORM = { knots: "uniform" } as const, CLAMP = { extrapolation: "clamp" } as const;
const CASES: readonly (readonly [Partial<NetworkOptions>, Constraints])[] = [
  [{}, { monotone: [1, -1] }],
  [{ firstLayer: "spline", widths: [2, 1] }, { monotone: [1, 0] }],
  [{ firstLayer: "spline", widths: [2, 3, 2, 1] }, { monotone: [-1, 1] }],
  [{ degree: 1, normalisation: "batchnorm" }, { monotone: [0, 1] }],
  [UNIFORM, { convex: [0] }],
  [{ ...UNIFORM, firstLayer: "spline", outerKnots: "clamped" }, { convex: [1] }],
  [{ ...UNIFORM, firstLayer: "spline" }, { convex: [0], monotone: [-1, 0] }],
  [UNIFORM, { concave: [0] }],
  [{}, { convex: [1] }],
  [{ firstLayer: "spline", outerKnots: "free" }, { concave: [1], monotone: [1, 0] }],
  [{ firstLayer: "spline", knotSharing: "layer" }, { concave: [0], monotone: [-1, -1] }],
  [{ firstLayer: "spline", widths: [2, 1] }, { convex: [0], concave: [1], monotone: [0, 1] }],
  [{ firstLayer: "spline", edges: [["101", "011"], null] }, { convex: [0], monotone: [1, -1] }],
  [CLAMP, { range: [0.3, 0.6] }],
  [{ ...CLAMP, firstLayer: "spline" }, { monotone: [1, 0], range: [0.2, 0.8] }],
];
const OPTIMIZERS = [
  { optimizer: gaussNewton(), schedule: multilevelSchedule([3, 2]), smoothing: 1e-3 },
  { optimizer: lbfgs(), schedule: multilevelSchedule([2, 1, 1]) },
  { optimizer: adam({ batchSize: 50 }), schedule: coarseSchedule(20) },
];

Deno.test("constraints hold at the end of every run, by any optimizer, proven", async () => {
  for (const [options, constraints] of CASES) {
    for (const [seed, how] of OPTIMIZERS.entries()) {
      const network = createNetwork({ widths: [2, 3, 1], intervals: 3, ...options }, { seed });
      assertEquals(statusOf(network, constraints) === "proven", false);
      const { loss, network: trained } = await trainToEnd(network, rows, { ...how, constraints });
      const name = `${JSON.stringify([options, constraints])} by ${how.optimizer.name}`;
      assertEquals(statusOf(trained, constraints), "proven", name);
      assert(loss < 0.3 || how.optimizer.name === "adam", `${loss}: ${name}`);
    }
  }
});

Deno.test("a constrained fit loses nothing where the truth obeys the constraints", async () => {
  const truth = Array.from({ length: 200 }, (_, r) => [r / 200, (r * 7 % 200) / 200]);
  const targets = truth.map(([x, y]) => 3 * Math.exp(x) - 2 * y + 5);
  const { rmse, network } = await fit({ inputs: truth, targets }, {
    constraints: { monotone: [1, -1], range: [0, 20] },
    network: { extrapolation: "clamp" },
  });
  assert(rmse < 1e-3, `${rmse}`);
  const claims = claimsOf({ monotone: [1, -1], range: [0, 20] });
  assertEquals(certify(network, { box: [[0, 1], [0, 1]], claims }).status, "proven");
});

Deno.test("free numbers map back and forth, and derivatives of the map are right", () => {
  for (const [options, constraints] of CASES) {
    const rough = createNetwork({ widths: [2, 3, 1], intervals: 3, ...options }, { seed: 2 });
    const { network, shape } = heldTo(rough, constraints), { parameters } = network;
    const found = shape.encode(parameters);
    shape.at(found).parameters.forEach((x, i) => assertAlmostEquals(x, parameters[i], 1e-6));
    const draw = () => found.map(() => random.normal());
    const free = found.map((x) => x + 0.2 * random.normal()), point = shape.at(free);
    const v = draw(), w = draw(), step = 1e-5;
    const [before, after] = [-step, step].map((t) =>
      shape.at(free.map((x, i) => x + t * v[i])).parameters
    );
    const moved = point.push(v), back = w.slice();
    moved.forEach((x, i) => assertAlmostEquals(x, (after[i] - before[i]) / (2 * step), 1e-5));
    point.pullBack(back);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    assertAlmostEquals(dot(w, moved), dot(back, v), 1e-9 * free.length);
  }
});

Deno.test("a constrained run resumes to the same bits; tournaments and held-out rows know it", async () => {
  const options = { widths: [2, 2, 1], intervals: 2 } as const;
  const constraints = { monotone: [1, 0] } as const;
  const network = createNetwork(options, { seed: 5 });
  for (const optimizer of [lbfgs(), gaussNewton()]) {
    const how: TrainOptions = {
      ...{ optimizer, constraints, schedule: multilevelSchedule([3, 2]), validation: rows },
      tournament: createTournament(options, { seed: 5, starts: 2 }),
    };
    let resume: Checkpoint | undefined;
    const whole = await trainToEnd(network, rows, {
      ...how,
      onEvent(event) {
        if (event.type === "epoch" && event.record.epoch === 4) resume = event.checkpoint!();
      },
    });
    const resumed = await trainToEnd(network, rows, { ...how, resume: resume! });
    assertEquals(resumed.network, whole.network);
    assertEquals(statusOf(whole.network, constraints), "proven");
    const { constraints: _, ...free } = how;
    await assertRejects(() => trainToEnd(network, rows, { ...free, resume: resume! }), RangeError);
  }
});

Deno.test("the logit of two classes is held to a shape, logits of several are not", async () => {
  const classes = (nOut: number): Dataset => ({
    ...{ rows: ROWS, nIn: 2, nOut, inputs },
    targets: Float64Array.from({ length: ROWS * nOut }, (_, k) => {
      const one = rows.targets[Math.floor(k / nOut)] > 0.5 ? 1 : 0;
      return nOut === 1 ? one : k % nOut === one ? 1 : 0;
    }),
  });
  const loss = { kind: "crossEntropy" } as const, constraints = { monotone: [1, -1] } as const;
  const how = { loss, constraints, schedule: coarseSchedule(3) };
  const two = createNetwork({ widths: [2, 3, 1], extrapolation: "clamp" }, { seed: 1 });
  const { network } = await trainToEnd(two, classes(1), how);
  assertEquals(statusOf(network, constraints), "proven");
  const three = createNetwork({ widths: [2, 3, 3] }, { seed: 1 });
  await assertRejects(
    () => trainToEnd(three, classes(3), how),
    RangeError,
    "outputs must be the one logit of two classes",
  );
});

Deno.test("free knots that a stage freezes are refused beside convex outputs", async () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const schedule = customSchedule([{ epochs: 2, freeze: ["knots"] }]);
  const train = (constraints: Constraints) => trainToEnd(network, rows, { schedule, constraints });
  await assertRejects(() => train({ convex: [0] }), RangeError, "freeze must be without knots");
  const { network: held } = await train({ monotone: [1, 0] });
  assertEquals(statusOf(held, { monotone: [1, 0] }), "proven");
});

Deno.test("what cannot be constrained is refused", async () => {
  for (
    const [part, constraints, options = {}] of [
      ["monotone must be 1, -1 or 0", { monotone: [1] }],
      ["convex must be inputs from 0 to 1", { convex: [2] }, UNIFORM],
      ["range must be two", { range: [1, 0] }, CLAMP],
      ["concave must be inputs from 0 to 1", { concave: [-1] }],
      ["concave must be left out beside convex", { convex: [0], concave: [1] }],
      [
        "concave must be of other inputs",
        { convex: [0], concave: [0] },
        { firstLayer: "spline", widths: [2, 1] },
      ],
      ["extrapolation must be linear or error", { convex: [0] }, { ...UNIFORM, ...CLAMP }],
      ["extrapolation must be clamp or error", { range: [0, 1] }],
      ["basis must be bspline", { monotone: [1, 0] }, { basis: "relu" }],
      ["base must be none", { monotone: [1, 0] }, { base: "silu" }],
      [
        "edges must be all there in the last layer",
        { range: [0, 1] },
        { ...CLAMP, firstLayer: "spline", widths: [2, 2, 2], edges: [null, ["10", "11"]] },
      ],
      ["activation must be spline", { monotone: [1, 0] }, { activation: "tanh" }],
    ] as [string, Constraints, Partial<NetworkOptions>?][]
  ) {
    const network = createNetwork({ widths: [2, 3, 1], ...options });
    const schedule = coarseSchedule(1);
    await assertRejects(
      () => trainToEnd(network, rows, { constraints, schedule }),
      RangeError,
      part,
    );
  }
});
