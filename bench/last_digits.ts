/**
 * Steps and optimizers down to the last digits: for ten problems the iterations and the seconds of
 * the processor until the residual, in units of that of the function 0, is at 1e-6, 1e-9 and 1e-12,
 * and what it is in the end. Grids, points and first guesses are the same for all; equations begin
 * without a first guess by collocation. One thread.
 *
 * `deno run --allow-read bench/last_digits.ts [NAME...]`, with `--variants a,b` and `--limit SECONDS`
 * of the processor for a run before the names; with `--fit` the values of the known solution stand in
 * place of the equations: what the same network and path can represent.
 */

import { parseArgs } from "@std/cli/parse-args";
import { customSchedule, gaussNewton, lbfgs, trainToEnd } from "@freeknot/freeknot";
import { bfgs, type Optimizer, ssbroyden } from "@freeknot/freeknot/train";
import process from "node:process";
import { compensated } from "./_compensated.ts";
import { type DigitCase, digitCases, sizeOf, stagesOf } from "./_digit_cases.ts";
import { rivalSteps } from "./_rival_steps.ts";
import { markdown } from "./_table.ts";

// deno-lint-ignore no-explicit-any
type Any = Optimizer<any>;

/** Residuals that are asked for, and one at which a run ends. */
const ASKED = [1e-6, 1e-9, 1e-12], ENOUGH = 1e-13;
/** DSGNAR's target for the gain ratio: bold until the damping is small, then careful. */
const target = (damping: number) => damping > 1e-8 ? 0.2 : 0.5;

const numbers = ({ kind }: DigitCase) => ({
  gradientTolerance: 0,
  optimalityTolerance: 0,
  dampingPower: kind === "equation" ? 0.7 : 0.4,
});
const rivals = (which: DigitCase) => ({ ...numbers(which), fineDamping: 1e-11 });
/** What is compared. */
const VARIANTS: Readonly<Record<string, (which: DigitCase) => Any>> = {
  "gauss-newton": (which) => gaussNewton(numbers(which)),
  "products alone": (which) => gaussNewton({ ...numbers(which), fineDamping: 0 }),
  "triangles alone": (which) => gaussNewton({ ...numbers(which), fineDamping: 1e300 }),
  "straight": (which) => gaussNewton({ ...numbers(which), accelerationLimit: 0 }),
  "target ratio": (which) => rivalSteps({ ...rivals(which), target }),
  "momentum 0.5": (which) => rivalSteps({ ...rivals(which), momentum: 0.5 }),
  "momentum 0.9": (which) => rivalSteps({ ...rivals(which), momentum: 0.9 }),
  "double sums": (which) => {
    const inner = gaussNewton(numbers(which));
    return {
      ...inner,
      epoch: (state, evaluator, onStep) => inner.epoch(state, compensated(evaluator), onStep),
    };
  },
  lbfgs: () => lbfgs({ gradientTolerance: 0, changeTolerance: 0 }),
  bfgs: () => bfgs({ gradientTolerance: 0 }),
  ssbroyden: () => ssbroyden({ gradientTolerance: 0 }),
};

const { _: names, ...flags } = parseArgs(Deno.args, {
  string: ["variants", "limit"],
  boolean: ["fit"],
  default: { limit: "5" },
});
const variants = flags.variants ? String(flags.variants).split(",") : Object.keys(VARIANTS);
const limit = Number(flags.limit);

/** Steps from the rows of residuals, which engines write of equations alone. */
const NEED_ROWS = ["products alone", "triangles alone", "double sums"];

/** Seconds of the processor. */
function seconds(since: { readonly user: number; readonly system: number }): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Trains; tells iterations and seconds at the residuals that are asked for, and the last one. */
async function measure(which: DigitCase, variant: string): Promise<string[]> {
  const size = await sizeOf(which), reached: string[] = [], stop = new AbortController();
  const inner = VARIANTS[variant](which), begun = process.cpuUsage();
  let iterations = 0, residual = Infinity;
  const optimizer: Any = {
    ...inner,
    async epoch(state, evaluator, onStep) {
      const status = await inner.epoch(state, evaluator, async (at) => {
        iterations++;
        residual = Math.min(residual, Math.sqrt(at.objective) / size);
        while (reached.length < ASKED.length && residual <= ASKED[reached.length]) {
          reached.push(`${iterations}, ${seconds(begun).toFixed(1)} s`);
        }
        await onStep?.(at);
      });
      if (residual <= ENOUGH || seconds(begun) > limit) stop.abort();
      return status;
    },
  };
  const { network, dataset, engine } = which;
  const { network: found } = await trainToEnd(network, dataset, {
    ...{ engine, optimizer, signal: stop.signal, patience: 20 },
    schedule: customSchedule(stagesOf(which), { name: "digits" }),
  });
  while (reached.length < ASKED.length) reached.push("-");
  const all = `${iterations}, ${seconds(begun).toFixed(1)} s`;
  const last = `${residual.toExponential(1)} (${found.config.intervals})`;
  const error = which.error?.(found).toExponential(1) ?? "";
  return [which.name, variant, ...reached, last, error, all];
}

const rows: string[][] = [];
for (const which of await digitCases(names.map(String), Boolean(flags.fit))) {
  if (flags.fit && which.kind === "regression") continue;
  for (const variant of variants) {
    if (which.kind === "regression" && NEED_ROWS.includes(variant)) continue;
    rows.push(await measure(which, variant));
    console.error(rows.at(-1)!.join("  "));
  }
}
const titles = "problem,steps,1e-6,1e-9,1e-12,in the end (pieces),relative error,iterations";
console.log(markdown(titles.split(","), rows));
