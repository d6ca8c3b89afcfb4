import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { ColumnScale, Dataset } from "../../../lib/data/mod.ts";
import {
  basisSupport,
  createNetwork,
  createRandom,
  evaluateEdge,
  forward,
  layerKnots,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../../lib/model/mod.ts";
import { layerInputs, normalisationMap } from "../../../lib/model/inner.ts";
import type { TrainEvent } from "../../../lib/train/mod.ts";
import { type CollectOptions, collectReport, renderReport } from "../../../lib/report/mod.ts";

function truth(x: number, y: number): number {
  return 0.5 + 0.5 * Math.tanh(20 * x - 10) * Math.tanh(20 * x - 40 * y + 10);
}

/** Random points of two inputs on [0, 1]^2. */
function plane(rows: number): Dataset {
  const random = createRandom(1, "plane");
  const inputs = Float64Array.from({ length: 2 * rows }, () => random.uniform());
  const targets = Float64Array.from(
    { length: rows },
    (_, i) => truth(inputs[2 * i], inputs[2 * i + 1]),
  );
  return { rows, nIn: 2, nOut: 1, inputs, targets };
}

/** A random network whose free knots are uneven, with the statistics of the data. */
function network(options: NetworkOptions, data: Dataset): Network {
  const made = createNetwork(options, { seed: 3 });
  const random = createRandom(4, "knots");
  for (const { name, offset, size } of made.layout) {
    if (!name.endsWith("knotLogits")) continue;
    for (let i = 0; i < size; i++) made.parameters[offset + i] = 0.6 * random.normal();
  }
  return withStatistics(made, data.inputs, data.rows);
}

function collect(change: Partial<CollectOptions> & Pick<CollectOptions, "network" | "train">) {
  return collectReport({
    title: "test",
    events: [],
    losses: { train: 1 },
    scores: { train: {} },
    reproduce: "freeknot",
    version: "0.1.0",
    mapSize: 9,
    ...change,
  });
}

Deno.test("collectReport() samples every activation as evaluateEdge gives it", () => {
  const data = plane(200);
  const cases: NetworkOptions[] = [
    { widths: [2, 3, 2, 1] },
    { widths: [2, 3, 1], firstLayer: "spline", base: "silu", knotSharing: "layer" },
    { widths: [2, 3, 1], basis: "relu", degree: 2, knots: "uniform", intervals: 7 },
    { widths: [2, 2, 1], degree: 1, normalisation: "batchnorm" },
    { widths: [2, 3, 2, 1], base: "silu", edges: [["10", "01", "11"], null] },
  ];
  for (const options of cases) {
    const net = network(options, data);
    const { activations, layerShapes, layerEdges } = collect({ network: net, train: data });
    const numbers = layerEdges ?? layerShapes.map(([p, q]) => p * q);
    assertEquals(activations.length, numbers.reduce((sum, count) => sum + count, 0));
    if (options.edges) assertEquals(layerEdges, [4, 2]);
    for (const { layer, input, output, x, y, knots } of activations) {
      const { values, degree } = layerKnots(net, layer, input);
      assertEquals(knots, [...values.subarray(degree, values.length - degree)]);
      for (const t of knots) assert(x.includes(t), "a knot is not sampled");
      for (let i = 1; i < x.length; i++) assert(x[i] > x[i - 1]);
      for (let i = 0; i < x.length; i += 5) {
        const value = evaluateEdge(net, layer, input, output, x[i]);
        assertAlmostEquals(y[i], value, 1e-9 * Math.max(1, Math.abs(value)));
      }
    }
  }
});

Deno.test("collectReport() measures where the training data lie", () => {
  const data = plane(300);
  const fitted = network({ widths: [2, 3, 1] }, data);
  for (const curve of collect({ network: fitted, train: data }).activations) {
    assertAlmostEquals(curve.dataRange[0], -1, 1e-15);
    assertAlmostEquals(curve.dataRange[1], 1, 1e-15);
  }
  const net = network({ widths: [2, 3, 1], normalisation: "batchnorm", domain: [-4, 4] }, data);
  const [raw] = layerInputs(net, data.inputs, data.rows);
  for (const { input, dataRange, rawRange } of collect({ network: net, train: data }).activations) {
    const map = normalisationMap(net, 0, input);
    const u = Array.from({ length: data.rows }, (_, r) => map.toDomain(raw[3 * r + input]));
    assertEquals(dataRange, [Math.min(...u), Math.max(...u)]);
    assertAlmostEquals(map.toDomain(rawRange[0]), -4, 1e-12);
  }
});

Deno.test("collectReport() keeps the activations with the largest range of each layer", () => {
  const data = plane(50);
  const net = network({ widths: [2, 6, 6, 1] }, data);
  const all = collect({ network: net, train: data }).activations;
  const few = collect({ network: net, train: data, maxActivations: 16 }).activations;
  assertEquals([0, 1].map((k) => few.filter(({ layer }) => layer === k).length), [10, 6]);
  const atKnots = (curve: typeof all[0]) => {
    const y = curve.knots.map((t) => curve.y[curve.x.indexOf(t)]);
    return Math.max(...y) - Math.min(...y);
  };
  const kept = few.filter(({ layer }) => layer === 0);
  const smallest = Math.min(...kept.map(atKnots));
  const larger = all.filter((curve) => curve.layer === 0 && atKnots(curve) > smallest + 1e-12);
  assertEquals(larger.length, 9);
});

Deno.test("collectReport() names nodes along the chain", () => {
  const data = plane(20);
  const names = (options: NetworkOptions, change: Partial<CollectOptions> = {}) => {
    const net = network(options, data);
    const { activations } = collect({ network: net, train: data, ...change });
    return activations.map(({ rawInputName, outputName }) => `${rawInputName}>${outputName}`);
  };
  assertEquals(names({ widths: [2, 1, 1, 1] }), ["z1>h1", "h1>y"]);
  assertEquals(
    names({ widths: [2, 1, 1, 1], firstLayer: "spline" }, {
      inputNames: ["age", "size"],
      targetNames: ["price"],
    }),
    ["age>h1.1", "size>h1.1", "h1.1>h2.1", "h2.1>price"],
  );
});

Deno.test("collectReport() finds knot lines where the first layer passes its knots", () => {
  const data = plane(100);
  for (const firstLayer of ["linear", "spline"] as const) {
    const net = network({ widths: [2, 4, 1], firstLayer, intervals: 6 }, data);
    const { knotLines } = collect({ network: net, train: data });
    const { x, y, nodes } = knotLines!;
    assertEquals(nodes.length, firstLayer === "linear" ? 4 : 2);
    let found = 0;
    for (const { node, lines } of nodes) {
      const { values, degree } = layerKnots(net, 0, node);
      const knots = [...values.subarray(degree + 1, values.length - 1 - degree)];
      const map = normalisationMap(net, 0, node);
      for (const [x0, y0, x1, y1] of lines) {
        const ends = [[x0, y0], [x1, y1], [(x0 + x1) / 2, (y0 + y1) / 2]];
        const nIn = firstLayer === "linear" ? 4 : 2;
        const passed = ends.map(([a, b]) => {
          assert(a >= x[0] && a <= x[1] && b >= y[0] && b <= y[1]);
          const [raw] = layerInputs(net, new Float64Array([a, b]), 1);
          assertEquals(raw.length, nIn);
          const u = map.toDomain(raw[node]);
          return knots.findIndex((t) => Math.abs(t - u) < 1e-9);
        });
        assert(passed[0] >= 0 && passed.every((i) => i === passed[0]), "line misses its knot");
        const onEdge = (a: number, b: number) =>
          Math.min(...x.map((e) => Math.abs(a - e)), ...y.map((e) => Math.abs(b - e)));
        assert(onEdge(x0, y0) < 1e-12 && onEdge(x1, y1) < 1e-12, "line stops inside the box");
        found++;
      }
      if (firstLayer === "spline") assertEquals(lines.length, knots.length);
    }
    assert(found >= 10);
  }
});

Deno.test("collectReport() maps prediction and error, in the reader's units", () => {
  const data = plane(100);
  const net = network({ widths: [2, 3, 1] }, data);
  const scale = (name: string, minimum: number, maximum: number): ColumnScale => ({
    name,
    minimum,
    maximum,
  });
  const { errorMap, scatter, knotLines } = collect({
    network: net,
    train: data,
    test: plane(10),
    inputScales: [scale("age", 20, 40), scale("size", -1, 1)],
    targetScales: [scale("price", 100, 300)],
    truth: (points, rows) =>
      Float64Array.from({ length: rows }, (_, i) => truth(points[2 * i], points[2 * i + 1])),
  });
  const { x, names, columns, rows, prediction, target, error } = errorMap!;
  assertEquals([columns, rows, prediction.length], [9, 9, 81]);
  assertEquals(names, ["age", "size"]);
  assertEquals(knotLines!.names, ["age", "size"]);
  let low = Infinity;
  for (let r = 0; r < data.rows; r++) low = Math.min(low, data.inputs[2 * r]);
  assertAlmostEquals(x[0], 20 + 20 * low, 1e-12);
  const first = forward(
    net,
    new Float64Array([
      low,
      data.inputs.filter((_, i) => i % 2 === 1).reduce((m, v) => Math.min(m, v)),
    ]),
    1,
  );
  assertAlmostEquals(prediction[0], 100 + 200 * first[0], 1e-9);
  assertEquals(error![40], prediction[40] - target![40]);
  assertEquals(scatter.map(({ part, target }) => [part, target.length]), [["train", 100], [
    "test",
    10,
  ]]);
  assertEquals(scatter[0].name, "price");
  assertAlmostEquals(scatter[0].target[7], 100 + 200 * data.targets[7], 1e-12);
  assertEquals(collect({ network: net, train: data }).errorMap!.target, undefined);

  // A scale that is not straight has no even ticks in the column's units: the map shows the scale.
  const skewed = { ...scale("age", 1, 1e6), map: { kind: "log" } as const };
  const bent = collect({ network: net, train: data, inputScales: [skewed, scale("size", -1, 1)] });
  assertEquals(bent.errorMap!.names, ["age (scaled by log)", "size"]);
  assertEquals(bent.errorMap!.x[0], low);
  assertEquals(bent.knotLines!.names, bent.errorMap!.names);
  assertEquals(bent.knotLines!.x[0], low);
});

Deno.test("collectReport() thins points evenly and keeps pairs together", () => {
  const data = plane(1000);
  const net = network({ widths: [2, 3, 1] }, data);
  const [series] = collect({ network: net, train: data, maxPoints: 10 }).scatter;
  const outputs = forward(net, data.inputs, data.rows);
  for (let i = 0; i < 10; i++) {
    assertEquals(series.target[i], data.targets[100 * i]);
    assertEquals(series.prediction[i], outputs[100 * i]);
  }
});

Deno.test("collectReport() counts classes instead of drawing predictions", () => {
  const data = plane(60);
  const labels = Float64Array.from(data.targets, (t) => t > 0.5 ? 1 : 0);
  const two = { ...data, targets: labels };
  const net = network({ widths: [2, 3, 1] }, two);
  const report = collect({ network: net, train: two, classLabels: ["no", "yes"] });
  assertEquals([report.scatter, report.errorMap], [[], undefined]);
  const outputs = forward(net, two.inputs, 60);
  const expected = [[0, 0], [0, 0]];
  outputs.forEach((logit, r) => expected[labels[r]][logit > 0 ? 1 : 0]++);
  assertEquals(report.confusion, [{ part: "train", labels: ["no", "yes"], counts: expected }]);

  const three: Dataset = {
    ...data,
    nOut: 3,
    targets: Float64Array.from({ length: 180 }, (_, i) => i % 3 === Math.floor(i / 3) % 3 ? 1 : 0),
  };
  const wide = network({ widths: [2, 3, 3], knots: "uniform" }, three);
  const [{ counts }] = collect({ network: wide, train: three, classLabels: ["a", "b", "c"] })
    .confusion!;
  assertEquals(counts.map((row) => row.reduce((s, n) => s + n, 0)), [20, 20, 20]);
  assert(renderReport(collect({ network: wide, train: three, classLabels: ["a", "b", "c"] })));
});

Deno.test("collectReport() reads the run from its events", () => {
  const data = plane(30);
  const net = network({ widths: [2, 3, 1], intervals: 10 }, data);
  const epoch = (stage: number, intervals: number, index: number, work: number): TrainEvent => ({
    type: "epoch",
    record: {
      stage,
      intervals,
      epoch: index,
      work,
      loss: 1 / index,
      objective: 1 / index,
      gradientNorm: 1,
      evaluations: 20 * index,
      seconds: index,
    },
  });
  const levels = [5, 10].map((intervals) => ({
    intervals,
    parameters: 10 * intervals,
    epochs: 1500,
    evaluations: 1,
    loss: 1,
    seconds: 1,
  }));
  const events: TrainEvent[] = [
    { type: "stage", stage: 0, intervals: 5, epochs: 1500, parameters: 50, totalEpochs: 3000 },
    ...Array.from({ length: 1500 }, (_, i) => epoch(0, 5, i + 1, i + 1)),
    { type: "refined", fromIntervals: 5, toIntervals: 10, lossBefore: 1, lossAfter: 1 },
    ...Array.from({ length: 1501 }, (_, i) => epoch(1, 10, 1501 + i, 1502 + 2 * i)),
    {
      type: "finished",
      status: "stopped",
      reason: "Stopped by the user.",
      network: net,
      loss: 1,
      evaluations: 1,
      seconds: 1,
      levels,
    },
  ];
  const report = collectReport({
    title: "run",
    events,
    train: data,
    losses: { train: 1 },
    scores: { train: {} },
    reproduce: "",
    version: "0.1.0",
    mapSize: 3,
  });
  assertEquals([report.status, report.reason], ["stopped", "Stopped by the user."]);
  assertEquals(report.levels, levels);
  assertEquals(report.refinements, [{ work: 1500, fromIntervals: 5, toIntervals: 10 }]);
  assert(report.history.length <= 2002);
  assert(report.history.some(({ work }) => work === 1500), "the end of a stage is thinned away");
  assertEquals(report.history[report.history.length - 1].epoch, 3001);
  assertEquals(report.configuration.find(([label]) => label === "intervals")![1], "5 → 10");
  assert(report.subtitle.includes("5 → 10 intervals"));
});

Deno.test("collectReport() needs a network", () => {
  assertThrows(
    () =>
      collectReport({
        title: "none",
        events: [],
        train: plane(5),
        losses: { train: 1 },
        scores: { train: {} },
        reproduce: "",
        version: "",
      }),
    TypeError,
    "Cannot collect report: options must hold a network or a finished event",
  );
});

Deno.test("collectReport() leaves pictures of a plane out where inputs are not two", () => {
  const inputs = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i));
  const data = { rows: 10, nIn: 3, nOut: 1, inputs, targets: new Float64Array(10) };
  const net = network({ widths: [3, 2, 1] }, data);
  const report = collect({ network: net, train: data });
  assertEquals([report.errorMap, report.knotLines], [undefined, undefined]);
  const flat = { ...plane(4), inputs: new Float64Array(8).fill(0.5) };
  const still = collect({ network: network({ widths: [2, 2, 1] }, flat), train: flat });
  assertEquals([still.errorMap, still.knotLines], [undefined, undefined]);
  assert(renderReport(still).length > 0);
});

Deno.test("collectReport() shows an MLP without splines", () => {
  const data = plane(50);
  const net = network({ widths: [2, 6, 4, 1], activation: "relu" }, data);
  const report = collect({ network: net, train: data });
  assertEquals([report.activations, report.layerShapes, report.knotLines], [[], [], undefined]);
  assertEquals(report.subtitle, "A [2, 6, 4, 1] MLP with ReLU");
  assertEquals(report.configuration.map(([name]) => name), ["widths", "activation", "bias"]);
  assert(report.errorMap !== undefined && report.scatter.length === 1);
  assert(renderReport(report).includes("linear2.weights"));
});

Deno.test("collectReport() counts dead basis functions, and the page shows them", () => {
  const inputs = Float64Array.from({ length: 40 }, (_, r) => r < 20 ? r / 100 : 1 - r / 1000);
  const train = { rows: 40, nIn: 1, nOut: 1, inputs, targets: inputs };
  const options = { widths: [1, 1], firstLayer: "spline", intervals: 20 } as const;
  const trained = withStatistics(createNetwork(options, { seed: 1 }), inputs);
  const data = collectReport({
    ...{
      title: "gap",
      network: trained,
      events: [],
      train,
      losses: { train: 1 },
      scores: { train: {} },
    },
    ...{ reproduce: "freeknot train", version: "0" },
  });
  const [layer] = basisSupport(trained, inputs);
  assert(layer.dead > 5 && layer.batchSize > 1);
  assertEquals(data.support, [layer]);
  const page = renderReport(data);
  assert(page.includes("least batch"));
});
