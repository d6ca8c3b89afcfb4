import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  collectSolutionReport,
  knotSnapshot,
  type SolutionFields,
} from "../../../lib/report/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { frontFields, frontNetwork, sampleSolution } from "./sample.ts";

/** Everything but the solution. */
const REST = { title: "p", events: [], problem: [], terms: [], reproduce: "", version: "0" };

Deno.test("collectSolutionReport() evaluates maps where their axes say", () => {
  const { maps: [map], mapKnots, measurements } = sampleSolution();
  assertEquals([map.names, map.x, map.y], [["t", "x"], [0, 1], [-1, 1]]);
  const { columns, rows, unknowns, residuals } = map;
  assertEquals(unknowns.map(({ name, values }) => [name, values.length]), [
    ["u", columns * rows],
    ["v", columns * rows],
  ]);
  for (const [r, c] of [[0, 0], [3, 7], [rows - 1, columns - 1]]) {
    const t = c / (columns - 1), x = -1 + 2 * r / (rows - 1), at = r * columns + c;
    assertAlmostEquals(unknowns[1].truth![at], 2 + t * x, 1e-12);
    assertAlmostEquals(
      unknowns[0].values[at] - unknowns[0].truth![at],
      residuals[0].values[at],
      1e-12,
    );
  }
  assertEquals(mapKnots.map((knots) => knots.length), [7, 7]);
  assertAlmostEquals(mapKnots[0][3], 0.5);
  assertEquals(measurements, [[0.25, -0.5], [0.75, 0.5]]);
});

Deno.test("collectSolutionReport() cuts at moments of time, or between the ends of space", () => {
  const { slices } = sampleSolution();
  assertEquals(slices.map(({ unknown }) => unknown), ["u", "v"]);
  assertEquals([slices[0].across, slices[0].along], ["t", "x"]);
  assertEquals(slices[0].lines.map(({ at }) => at), [0, 0.25, 0.5, 0.75, 1]);
  assertAlmostEquals(slices[1].lines[4].truth![0], 1);
  const network = frontNetwork();
  const { domain, ...fields } = frontFields();
  const data = collectSolutionReport({
    ...REST,
    network,
    fields: { ...fields, domain: { x: domain.x, y: [0, 10] } },
    inputs: new Float64Array(4),
    inputNames: ["x", "y"],
  });
  assertEquals([data.slices[0].across, data.slices[0].along], ["x", "y"]);
  assertEquals(data.slices[0].lines.map(({ at }) => Number(at.toFixed(9))), [
    -0.8,
    -0.4,
    0,
    0.4,
    0.8,
  ]);
});

Deno.test("collectSolutionReport() gives curves of one coordinate, maps at three times of three", () => {
  const fields = (names: readonly string[]): SolutionFields => ({
    domain: Object.fromEntries(names.map((name) => [name, [0, 2]])),
    unknowns: ["u"],
    equations: ["equation"],
    solution: (points) => [points.filter((_, i) => i % names.length === 0)],
    residuals: (points) => [points.filter((_, i) => i % names.length === 0).map(() => 0)],
  });
  const collect = (names: readonly string[]) =>
    collectSolutionReport({
      ...REST,
      network: createNetwork({ widths: [names.length, 2, 1] }, { seed: 1 }),
      fields: fields(names),
      inputs: new Float64Array(2 * names.length).map((_, i) => i),
      inputNames: names,
    });
  const one = collect(["t"]);
  assertEquals([one.maps.length, one.slices.length], [0, 0]);
  assertEquals(one.curves!.x.at(-1), 2);
  assertEquals(one.curves!.unknowns, [{ name: "u", values: one.curves!.x }]);
  const three = collect(["t", "x", "y"]);
  assertEquals(three.maps.map(({ held }) => held), ["t = 0", "t = 1", "t = 2"]);
  assertEquals(three.maps[1].unknowns[0].values[5], 1);
  assertEquals([three.slices[0].across, three.slices[0].along], ["t", "y"]);
});

Deno.test("collectSolutionReport() follows knots in the units of the coordinate", () => {
  const { knotPaths } = sampleSolution();
  assertEquals(knotPaths.map(({ layer, node, isCoordinate }) => [layer, node, isCoordinate]), [
    [0, "t", true],
    [0, "x", true],
    [1, "h1", false],
    [1, "h2", false],
    [1, "h3", false],
  ]);
  const [t, x] = knotPaths;
  assertEquals([t.range, x.range, t.dataRange], [[0, 1], [-1, 1], [0, 1]]);
  assertEquals(t.moments.map(({ epoch, knots }) => [epoch, knots.length]), [
    [0, 5],
    [5, 5],
    [10, 5],
    [11, 9],
    [15, 9],
    [20, 9],
  ]);
  assert(Math.abs(x.moments[2].knots[1]) < 0.5, "knots were pulled to 0");
});

Deno.test("collectSolutionReport() thins terms and coefficients with the training log", () => {
  const network = frontNetwork();
  const epochs = 5000;
  const data = collectSolutionReport({
    ...REST,
    network,
    fields: frontFields(),
    inputs: new Float64Array(4),
    inputNames: ["t", "x"],
    events: Array.from({ length: epochs }, (_, i) => ({
      type: "epoch" as const,
      record: {
        stage: 0,
        intervals: 8,
        epoch: i + 1,
        work: i + 1,
        loss: i + 1,
        objective: i + 1,
        gradientNorm: 1,
        evaluations: i,
        seconds: i,
      },
    })),
    terms: [{
      name: "equation",
      loss: 1,
      history: Array.from({ length: epochs }, (_, i) => 2 * (i + 1)),
    }],
  });
  assert(data.history.length < 2100);
  assertEquals(data.terms[0].history, data.history.map(({ loss }) => 2 * loss));
  assertEquals(data.history.at(-1)!.epoch, epochs);
});

Deno.test("knotSnapshot() holds the knots inside the domain; a report wants a network", () => {
  const { epoch, layers } = knotSnapshot(frontNetwork(2), 7);
  assertEquals([epoch, layers.length, layers[0].length, layers[1].length], [7, 2, 2, 3]);
  assertEquals(layers[1][2], [-1, 0, 1]);
  assertThrows(
    () =>
      collectSolutionReport({
        ...REST,
        fields: frontFields(),
        inputs: new Float64Array(0),
        inputNames: [],
      }),
    TypeError,
    "a network or a finished event, current value is 0 events",
  );
});
