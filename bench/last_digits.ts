/**
 * What steps by a triangle of the rows give, beside steps by the product of the rows alone: the same
 * epochs on the same grids and points. Seconds are those of the processor, all threads together.
 *
 * `deno run --allow-read bench/last_digits.ts [NAME...]`, with `--hidden 8`, `--degree 9`,
 * `--levels 8:100,16:30,32:20` (pieces and epochs) before the names.
 */

import { parseArgs } from "@std/cli/parse-args";
import { customSchedule, findPde, gaussNewton, solvePde } from "@freeknot/freeknot";
import process from "node:process";
import { markdown } from "./_table.ts";

const { _: names, ...flags } = parseArgs(Deno.args, {
  string: ["hidden", "degree", "levels"],
  default: { hidden: "8", degree: "9", levels: "8:15,8:85,16:30,32:20" },
});
const levels = String(flags.levels).split(",").map((each) => each.split(":").map(Number));
const chosen = names.length > 0 ? names.map(String) : ["poisson", "helmholtz", "heat", "wave"];
const stages = levels.map(([intervals, epochs], i) => ({
  epochs,
  refine: i === 0 ? 1 : intervals / levels[i - 1][0],
}));
const rows: string[][] = [];
for (const name of chosen) {
  for (const fineDamping of [0, 1e-11]) {
    const before = process.cpuUsage();
    const { finished, error, verification } = await solvePde(findPde(name), {
      schedule: customSchedule(stages, { name: "last digits" }),
      optimizer: gaussNewton({ gradientTolerance: 0, dampingPower: 0.7, fineDamping }),
      network: {
        hidden: String(flags.hidden).split(",").map(Number),
        degree: Number(flags.degree),
        intervals: levels[0][0],
      },
    });
    const { user, system } = process.cpuUsage(before);
    rows.push([
      name,
      fineDamping === 0 ? "product" : "triangle",
      Math.sqrt(finished.loss).toExponential(1),
      verification.fresh.toExponential(1),
      error!.relativeL2.toExponential(1),
      ((user + system) / 1e6).toFixed(1),
    ]);
    console.error(rows.at(-1)!.join("  "));
  }
}
const titles =
  "problem,steps by,residual trained,residual fresh,relative L2 error,processor seconds";
console.log(markdown(titles.split(","), rows));
