import { assert, assertEquals, assertThrows } from "@std/assert";
import { findProblem, problems } from "../../lib/data/mod.ts";
import { countParameters, resolveConfig } from "../../lib/model/mod.ts";
import { type Schedule, scheduleCost } from "../../lib/multilevel/mod.ts";
import { rowOptimizer } from "../../lib/reproduce/inner.ts";
import { tableRows } from "../../lib/reproduce/mod.ts";

const PUBLISHED = problems.filter(({ paper }) => paper !== undefined);

Deno.test("tableRows() lists every published row, in order, then our own", () => {
  assertEquals(PUBLISHED.map(({ name }) => name), ["nonsmooth-left", "xor"]);
  for (const problem of PUBLISHED) {
    const rows = tableRows(problem);
    const own = rows.filter(({ paper, explains }) => !paper && !explains);
    const variants = rows.filter(({ explains }) => explains);
    assertEquals(
      rows.map(({ paper }) => paper),
      [...problem.paper!.rows, ...[...variants, ...own].map(() => undefined)],
    );
    assert(own.length > 0 && own.every(({ group }) => group === "ours"));
    assertEquals(new Set(rows.map(({ id }) => id)).size, rows.length);
  }
  assertThrows(() => tableRows(findProblem("product")), RangeError, "published rows");
});

Deno.test("variants differ from the published row that they explain in one choice", () => {
  const rows = tableRows(findProblem("xor")), variants = rows.filter(({ explains }) => explains);
  assertEquals(variants.map(({ id }) => id), [
    "variant-relu-uniform-coarse",
    "variant-relu-uniform-multilevel",
    "variant-spline-uniform-coarse",
    "variant-spline-uniform-coarse-map",
    "variant-spline-uniform-coarse-long",
  ]);
  for (const { id, label: _, explains, powers, points, mapScale, schedule, ...told } of variants) {
    const { id: of, label: __, paper, schedule: of128, ...published } = rows.find(({ paper }) =>
      paper === explains
    )!;
    assertEquals(told, published);
    assert(id.startsWith(`variant-${of}`));
    assertEquals(paper, explains);
    const epochs = ({ stages }: Schedule) => stages.map(({ epochs }) => epochs);
    const longer = epochs(schedule).some((count, i) => count !== epochs(of128)[i]);
    if (longer) assertEquals([epochs(of128)[0], epochs(schedule)[0]], [128, 512]);
    assertEquals(
      [powers, points, mapScale, longer || undefined].filter((choice) => choice !== undefined)
        .length,
      1,
    );
  }
  const variantsOf = (name: string, lineSearch: "none" | "both") =>
    tableRows(findProblem(name), { lineSearch }).filter(({ explains }) => explains).length;
  assertEquals([variantsOf("xor", "none"), variantsOf("xor", "both")], [0, 5]);
  assertEquals(variantsOf("nonsmooth-left", "both"), 0);
});

Deno.test("tableRows() has the paper's parameters, seeds and 128 work units in its rows", () => {
  for (const problem of PUBLISHED) {
    for (const { network, schedule, paper } of tableRows(problem)) {
      const { intervals = 1, activation } = network;
      const { finestIntervals, workUnits } = scheduleCost(
        schedule,
        intervals / schedule.startFactor,
      );
      if (paper === undefined) continue; // ours may take less
      assertEquals(workUnits, 128);
      const finest = activation === "relu" ? {} : { intervals: finestIntervals };
      assertEquals(countParameters(resolveConfig({ ...network, ...finest })), paper.parameters);
    }
    assertEquals(problem.seeds!.length, 5);
  }
  // Actor et al. 2025, appendix D
  assertEquals(PUBLISHED.map(({ seeds }) => seeds![0]), [1234, 1232]);
});

Deno.test("tableRows() doubles the published rows for both line searches", () => {
  const problem = findProblem("xor");
  const count = problem.paper!.rows.length;
  const both = tableRows(problem, { lineSearch: "both" });
  const unit = tableRows(problem, { lineSearch: "none" });
  const published = (rows: typeof both) => rows.filter(({ paper }) => paper).length;
  assertEquals([published(both), published(unit)], [2 * count, count]);
  assertEquals(new Set(both.map(({ id }) => id)).size, both.length);
  assert(unit.filter(({ paper }) => paper).every(({ id }) => id.endsWith("-unit")));
  assertEquals(rowOptimizer(unit[0]).options.lineSearch, "none");
  assertEquals(rowOptimizer(both[0]).options.lineSearch, "wolfe");
});

Deno.test("tableRows() is quick with a quarter of the work", () => {
  for (const { schedule, paper } of tableRows(findProblem("xor"), { quick: true })) {
    if (paper) assertEquals(scheduleCost(schedule, 1).workUnits, 32);
  }
});

Deno.test("the published numbers are the paper's, to the digit", () => {
  // Read once more from the paper, row by row, as mantissas and exponents.
  const means = {
    "nonsmooth-left":
      "1.10e-2 1.35 1.06e-2 1.65e-3 2.54e-3 3.67e-5 1.75e-3 9.71e-1 1.84e-4 2.52e-5 " +
      "2.94e-2 1.02e-3 3.33e-4",
    xor: "2.13e-3 1.46 3.18e-3 1.37e-4 2.78e-2 2.79e-6 1.98e-2 1.34 4.62e-6 4.96e-2 3.54e-2 " +
      "3.49e-5",
  };
  const deviations = {
    "nonsmooth-left": "8.32e-3 1.50e-1 8.03e-3 4.18e-5 5.64e-3 7.19e-5 1.23e-3 1.74e-1 2.18e-4 " +
      "3.18e-5 1.60e-2 9.42e-4 2.92e-4",
    xor: "1.09e-3 3.16e-1 1.12e-3 5.31e-5 3.84e-2 1.24e-6 3.73e-2 2.44e-1 2.11e-6 4.05e-2 " +
      "2.86e-2 1.69e-5",
  };
  for (const name of ["nonsmooth-left", "xor"] as const) {
    const { rows } = findProblem(name).paper!;
    assertEquals(rows.map(({ mse }) => mse), means[name].split(" ").map(Number));
    assertEquals(rows.map((row) => row.deviation), deviations[name].split(" ").map(Number));
  }
});
