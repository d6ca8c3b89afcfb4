import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { fitAdditive, formatTerms } from "../../lib/additive/mod.ts";
import { additiveTable, inputColumn } from "../support/additive_tables.ts";
import { MGCV, runMgcv } from "../support/mgcv.ts";

for (const kind of ["numbers", "labels"] as const) {
  Deno.test({
    name: `p-values of terms are mgcv's, ${kind}`,
    ignore: MGCV === undefined,
    async fn() {
      const table = additiveTable({ rows: 150, columns: 5, kind, seed: 3, noise: 3 });
      const names = [..."abcde"], smooth = (x: string) => `s(${x}, bs = "bs", k = 13, m = c(3, 2))`;
      const there = await runMgcv(
        `
knots <- lapply(d[, 1:5], function(x) {
  r <- range(x); e <- 1e-9 * diff(r); h <- (diff(r) + 2 * e) / 10; r[1] - e + h * (-3:13) })
fit <- gam(y ~ ${names.map(smooth).join(" + ")}, data = d, knots = knots, method = "REML",
  family = ${kind === "numbers" ? "gaussian" : "binomial"})
s <- summary(fit)$s.table
say("rank", s[, 2])
say("statistic", s[, 3])
say("p", s[, 4])`,
        {
          ...Object.fromEntries(names.map((name, p) => [name, inputColumn(table, p)])),
          y: table.targets,
        },
      );
      const loss = { kind: kind === "numbers" ? "mse" : "crossEntropy" } as const;
      const { terms } = fitAdditive(table, { loss, intervals: 10, select: false });
      terms.forEach(({ rank, statistic, pValue }, p) => {
        const units = kind === "numbers" ? rank : 1; // mgcv tells F, not rank times F
        assertAlmostEquals(rank, there.rank[p], 0.05 * there.rank[p]);
        assertAlmostEquals(statistic / units, there.statistic[p], 0.1 * there.statistic[p] + 0.1);
        assertAlmostEquals(pValue, there.p[p], 0.25 * there.p[p] + 1e-6);
      });
    },
  });
}

Deno.test("p-values of columns that do not matter are about uniform", () => {
  let small = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const table = additiveTable({ rows: 100, columns: 5, kind: "numbers", seed });
    const { terms } = fitAdditive(table, { intervals: 10, select: false });
    small += terms.filter(({ column, pValue }) => column > 2 && pValue < 0.1).length;
  }
  assert(small >= 3 && small <= 24, `${small} of 120 below 0.1`);
});

Deno.test("formatTerms() is a table with a line for each term", () => {
  const table = additiveTable({ rows: 200, columns: 4, kind: "classes", seed: 1 });
  const model = fitAdditive(table, { loss: { kind: "crossEntropy" } });
  const lines = formatTerms(model, ["a", "b", "c", "d"]).split("\n");
  assertEquals(lines.length, 6);
  assertStringIncludes(lines[0], "p-value");
  assert(lines[1].startsWith("a"));
  assertStringIncludes(lines[5], "of the deviance explained");
  assertEquals(model.terms.map(({ column, output }) => [column, output]), [
    ...[0, 1, 2, 3].map((column) => [column, undefined]),
  ]);
  const { least, most } = model.terms[0];
  assert(least < 0 && most > 0);
});
