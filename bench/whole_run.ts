/**
 * The whole `nonsmooth` run, [32, 16, 8, 4] epochs of L-BFGS on 5 to 40 intervals: seconds, and
 * what share of them is the optimizer's own work (inner products, updates, the loop).
 *
 * `deno run --allow-all bench/whole_run.ts [--problem NAME] [--memory 20,100] [--knots uniform,free]
 * [--threads 1,2] [--rounds N] [--json]` prints one table: medians over the rounds.
 *
 * @module
 */

import {
  createNetwork,
  type Engine,
  findProblem,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";

import type { Evaluator } from "@freeknot/freeknot/engine";
import { parseArgs } from "@std/cli/parse-args";
import { median } from "./_case.ts";
import { OWN_ENGINES } from "./_engines.ts";
import { describeMachine } from "./_machine.ts";

const SCHEDULE = [32, 16, 8, 4];
const SEED = 1234;

/** Milliseconds inside an engine. */
interface Clock {
  compile: number;
  evaluate: number;
}

/** The same engine, its time added to a clock. */
function timed(engine: Engine, clock: Clock): Engine {
  function wrap<Result>(call: () => Result | Promise<Result>): Result | Promise<Result> {
    const begin = performance.now();
    const add = <T>(result: T): T => {
      clock.evaluate += performance.now() - begin;
      return result;
    };
    const result = call();
    return result instanceof Promise ? result.then(add) : add(result);
  }
  return {
    name: engine.name,
    dtype: engine.dtype,
    prefers: engine.prefers,
    async compile(request) {
      const begin = performance.now();
      const own = await engine.compile(request);
      clock.compile += performance.now() - begin;
      const evaluator: Evaluator = {
        numParameters: own.numParameters,
        evaluate: (parameters, out) => wrap(() => own.evaluate(parameters, out)),
        ...(own.batches && { batches: own.batches }),
        dispose: () => own.dispose(),
      };
      return evaluator;
    },
  };
}

/** One run. */
interface Run {
  readonly seconds: number;
  /** Share of the time that is neither evaluation nor compilation. */
  readonly ownShare: number;
  readonly compileShare: number;
  readonly evaluations: number;
  readonly loss: number;
}

async function run(
  engine: Engine,
  problemName: string,
  knots: "uniform" | "free",
  memory: number,
): Promise<Run> {
  const problem = findProblem(problemName);
  const { train } = galleryDatasets(problem);
  const network = createNetwork({ ...problem.defaults, intervals: 5, knots }, { seed: SEED });
  const clock: Clock = { compile: 0, evaluate: 0 };
  const begin = performance.now();
  const result = await trainToEnd(network, train, {
    engine: timed(engine, clock),
    optimizer: lbfgs({ memory }),
    schedule: multilevelSchedule(SCHEDULE),
  });
  const milliseconds = performance.now() - begin;
  return {
    seconds: milliseconds / 1000,
    ownShare: 1 - (clock.evaluate + clock.compile) / milliseconds,
    compileShare: clock.compile / milliseconds,
    evaluations: result.evaluations,
    loss: result.loss,
  };
}

const flags = parseArgs(Deno.args, {
  string: ["problem", "memory", "knots", "threads", "rounds"],
  boolean: ["json"],
  default: { problem: "nonsmooth", memory: "20,100", knots: "uniform,free", threads: "1,2" },
});
const list = (text: unknown): string[] => String(text).split(",");
const problemName = String(flags.problem);
const cases = OWN_ENGINES.flatMap((engine) =>
  list(flags.threads).map(Number).filter(engine.accepts).flatMap((threads) =>
    list(flags.knots).flatMap((knots) =>
      list(flags.memory).map((memory) => ({ engine, threads, knots, memory: Number(memory) }))
    )
  )
).map((each) => ({ ...each, runs: [] as Run[] }));
for (let round = 0; round < Number(flags.rounds ?? 3); round++) {
  for (const { engine, threads, knots, memory, runs } of cases) {
    const free = knots === "free" ? "free" : "uniform";
    runs.push(await run(engine.create(threads), problemName, free, memory));
  }
}

const results = cases.map(({ engine, threads, knots, memory, runs }) => {
  const of = (key: keyof Run) => median(runs.map((each) => each[key]));
  return {
    engine: engine.name,
    threads,
    knots,
    memory,
    seconds: of("seconds"),
    ownShare: of("ownShare"),
    compileShare: of("compileShare"),
    evaluations: of("evaluations"),
    loss: of("loss"),
  };
});
if (flags.json) {
  console.log(JSON.stringify({ machine: describeMachine(), problem: problemName, results }));
} else {
  console.log(Object.values(describeMachine()).join("; "));
  console.log(`${problemName}, L-BFGS, [${SCHEDULE}] epochs, seed ${SEED}, medians\n`);
  console.log("| engine | threads | knots | memory | seconds | own work | evaluations | loss |");
  console.log("|---|--:|--:|--:|--:|--:|--:|--:|");
  for (const { engine, threads, knots, memory, ...r } of results) {
    const cells = [
      engine,
      threads,
      knots,
      memory,
      r.seconds.toFixed(2),
      `${(100 * r.ownShare).toFixed(1)} %`,
      r.evaluations,
      r.loss.toExponential(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
