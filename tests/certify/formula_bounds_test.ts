import { assert, assertLess } from "@std/assert";
import fc from "fast-check";
import { createFormulaModels, type FormulaVariable } from "../../lib/certify/_formula_models.ts";
import { noFindings } from "../../lib/certify/_jet_models.ts";
import { createAlgebra } from "../../lib/certify/_models.ts";
import { SERIES, type Series, SILU_SERIES } from "../../lib/certify/_series.ts";
import { createJetSearch } from "../../lib/certify/inner.ts";
import { createRandom, type Network, withStatistics } from "../../lib/model/mod.ts";
import { readOutputName, resolvePde } from "../../lib/physics/inner.ts";
import { evaluateSolution, type PdeProblem } from "../../lib/physics/mod.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";
import { randomNetwork } from "../support/networks.ts";

const every = <T>(values: readonly T[], k: number): T => values[k % values.length];

/** A problem for a network of 1 or 2 inputs, for its formulas. */
function problemFor({ config: { widths } }: Network, k: number): PdeProblem {
  const domain = { x: [-1, 1] as const, ...(widths[0] > 1 ? { y: [0.5, 2] as const } : {}) };
  return {
    ...{ name: "test", title: "test", domain, unknowns: ["u"], incomplete: true },
    ...{ equations: [{ equation: "u = 0" }], conditions: [], rawCoordinates: k % 3 === 2 },
  };
}

/** What enclosures and searches need to know. */
function about(problem: PdeProblem, network: Network, text: string) {
  const { coordinates, ranges, formula } = resolvePde(problem);
  return {
    network,
    formula: formula(text),
    variable(name: string): FormulaVariable {
      const named = readOutputName(name), index = coordinates.indexOf(name);
      if (!named) return { kind: "coordinate", index };
      const { output, derivative, place } = named;
      return { kind: "output", output, derivative, ...(place ? { place } : {}) };
    },
    inputs: {
      ranges,
      periodic: coordinates.map((name) => problem.periodic?.includes(name) ?? false),
      raw: problem.rawCoordinates ?? false,
    },
  };
}

/** 60 networks of one or two inputs and one output. */
function someNetworks(): Network[] {
  const drawn = fc.sample(arbitraryNetworks({ mostIntervals: 8 }), { numRuns: 60, seed: 3 });
  return drawn.map(({ widths, ...options }, k) => {
    const shape = [1 + k % 2, ...widths.slice(1, -1), 1], random = createRandom(k, "models");
    const kind = k % 10 === 9
      ? { widths: shape.length > 2 ? shape : [shape[0], 3, 1], activation: "tanh" as const }
      : {
        ...{ widths: shape, ...options, degree: Math.max(options.degree ?? 3, 1 + k % 5) },
        extrapolation: every(["linear", "clamp"] as const, k >> 1),
      };
    const network = randomNetwork(kind, k, every(["mild", "crowded", "zero"] as const, k >> 2));
    for (const { name, offset, size } of network.layout) {
      if (!name.endsWith("coefficients")) continue;
      for (let i = offset; i < offset + size; i++) network.parameters[i] += 0.3 * random.normal();
    }
    const rows = Float64Array.from({ length: 200 * shape[0] }, () => 2 * random.uniform() - 1);
    return withStatistics(network, rows);
  });
}

/** Formulas with derivatives up to the degree, at most 3. */
function formulasOf(nIn: number, most: number): string[] {
  const one = ["u", "sin(3*u) + x*u", "exp(-u^2)/(2 + x)", "tanh(u) - abs(u - 0.2)"];
  const two = ["u_x*u - 1/(3 + u_x^2)", "sqrt(1 + u_x^2) + min(u, x)", "max(u_x, u)*cos(x)"];
  const more = [
    "u_xx - u^3 + atan(u_x)",
    nIn > 1 ? "u_xx + u_yy + u_xy*x" : "u_xx*u_x",
    "erf(u_xx/4) + cosh(x)",
  ];
  const most3 = ["u_xxx + 6*u*u_x", nIn > 1 ? "u_xyy - u_xx" : "u_xxx*x"];
  return [one, two, more, most3].slice(0, most + 1).flat();
}

Deno.test("Taylor models hold formulas of jets: 60 networks, boxes of all sizes", () => {
  const random = createRandom(9, "boxes");
  let taken = 0, tight = 0;
  someNetworks().forEach((network, k) => {
    const problem = problemFor(network, k), d = network.config.widths[0];
    const { activation, degree } = network.config;
    const most = activation === "spline" ? Math.min(3, degree) : 3;
    for (const text of formulasOf(d, most)) {
      const models = createFormulaModels(
        about(problem, network, text),
        createAlgebra(d, 1 + k % 5),
      );
      const width = every([1, 0.2, 0.03, 1e-3, 1e-9], k + taken);
      const ranges = Object.values(problem.domain);
      const box = Float64Array.from(ranges.flatMap(([a, b]) => {
        const middle = a + (b - a) * random.uniform(), radius = width * (b - a) / 2;
        return [Math.max(a, middle - radius), Math.min(b, middle + radius)];
      }));
      const findings = noFindings(d), { low, high } = models.enclose(box, findings, {});
      assert(low <= high, `${text} of network ${k}`);
      const points = Float64Array.from({ length: 50 * d }, (_, i) => {
        const j = i % d, share = Math.max(0, Math.min(1, 1.25 * random.uniform() - 0.125));
        return Math.min(box[2 * j + 1], box[2 * j] + share * (box[2 * j + 1] - box[2 * j]));
      });
      const [values] = evaluateSolution(problem, network, points, [text]);
      for (const value of values) {
        const slack = 1e-9 * (1 + Math.abs(value));
        assert(
          value >= low - slack && value <= high + slack,
          `${text} of network ${k} (${
            JSON.stringify(network.config)
          }): ${value} not in [${low}, ${high}] on ${box}`,
        );
        taken++;
        if (high - low < 0.1) tight++;
      }
    }
  });
  assert(taken > 15_000 && tight > 0.3 * taken, `${taken} ${tight}`);
});

Deno.test("series hold the derivatives of their functions", () => {
  const random = createRandom(2, "series");
  const all: [string, Series][] = [...Object.entries(SERIES), ["silu", SILU_SERIES]];
  for (const [name, series] of all) {
    for (let k = 0; k < 200; k++) {
      const middle = name === "log" || name === "sqrt"
        ? 0.5 + random.uniform()
        : 1.2 * random.uniform() - 0.6;
      const radius = 0.3 * random.uniform() ** 4,
        around = series([middle - radius, middle + radius], 6);
      const x = middle + (2 * random.uniform() - 1) * radius;
      const here = series([x, x], 7);
      here.slice(0, 7).forEach(([low, high], j) => {
        assert(around[j][0] <= low && high <= around[j][1], `${name}, coefficient ${j}`);
        assertLess(high - low, 1e-9 * (1 + Math.abs(low)), `${name}, coefficient ${j}`);
      });
      const h = 1e-3, next = series([x + h, x + h], 0)[0]; // the series adds up to the function
      const sum = here.reduceRight((total, [low, high]) => total * h + (low + high) / 2, 0);
      assertLess(Math.abs(sum - (next[0] + next[1]) / 2), 1e-12, name);
    }
  }
});

Deno.test("searches find the largest value, on all sides", () => {
  const network = someNetworks()[1], problem = problemFor(network, 0);
  const d = network.config.widths[0],
    search = createJetSearch(about(problem, network, "u + x"));
  const boxes = [{ ends: Float64Array.from(Object.values(problem.domain).flat()), numbers: {} }];
  const limits = { tolerance: 1e-3, least: 1e-4, boxes: 20_000 };
  const [size, upper, lower] = (["size", "upper", "lower"] as const).map((side) =>
    search.largest(boxes, side, limits)
  );
  const random = createRandom(4, "points"), ranges = Object.values(problem.domain);
  const points = Float64Array.from({ length: 20_000 * d }, (_, i) => {
    const [a, b] = ranges[i % d];
    return a + (b - a) * random.uniform();
  });
  const [values] = evaluateSolution(problem, network, points, ["u + x"]);
  const most = Math.max(...values), least = Math.min(...values);
  assert(upper.status === "tight" && lower.status === "tight" && size.status === "tight");
  assert(upper.bound >= most && upper.reached >= most - 0.01, `${upper.reached} ${most}`);
  assert(-lower.bound <= least && -lower.reached <= least + 0.01);
  assert(size.bound >= Math.max(most, -least));
});
