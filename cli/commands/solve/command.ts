/**
 * The command `solve`.
 *
 * @module
 */

import { encodeModel, type NetworkOptions, resolveConfig } from "../../../lib/model/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import {
  findPde,
  pdeNetwork,
  type PdeProblem,
  pdeProblems,
  solvePde,
} from "../../../lib/physics/mod.ts";
import { renewalSchedule } from "../../../lib/physics/inner.ts";
import type { Command } from "../command.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { readProblemFile } from "./problem_file.ts";
import { showProgress } from "../../terminal/progress.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { PDE_OPTIMIZERS, SOLVE_FLAGS } from "./flags.ts";
import { pointRequest } from "./points.ts";
import { solveLog, solveReport } from "./report.ts";
import {
  levelText,
  planText,
  solutionTable,
  solveCommand,
  solveJson,
  solveText,
} from "./result.ts";
import { textTable } from "../../terminal/text_table.ts";
import { runExitCode } from "../train/training.ts";
import {
  choiceFlag,
  integerFlag,
  integersFlag,
  numberFlag,
  switchFlag,
  textFlag,
} from "../../flags/values.ts";
import { VERSION } from "../../terminal/version.ts";

/** Solves a differential equation. */
export const solve: Command = {
  name: "solve",
  purpose: "Solve a differential equation of the gallery, or your own, by a network of splines.",
  synopsis: [
    "freeknot solve --problem NAME [FLAGS]",
    "freeknot solve --file PROBLEM.json [FLAGS]",
    "freeknot solve --list",
  ],
  flags: SOLVE_FLAGS,
  notes: [
    'A problem of your own is a JSON file: {"name": "decay", "domain": {"t": [0, 1]}, "equations": ' +
    '[{"equation": "u_t = -k*u"}], "conditions": [{"at": {"t": 0}, "equation": "u = 1"}], ' +
    '"constants": {"k": 2}, "exact": {"u": "exp(-k*t)"}}. A condition lies on a face ' +
    '("at": {"x": [-1, 1]} is both ends) or, with "data": {"t": [...], "value": [...]}, at ' +
    "measurements, whose columns its equation may name. Equations and conditions may have a name " +
    "and a weight: in an inverse problem, give measurements a larger one where their own loss stays " +
    "above the square of their noise, or coefficients run to 0.",
    "Further fields, all optional: title, source; unknowns (default u), grid, network, epochs; " +
    'coefficients (numbers to find, and where the search begins: {"k": 1}); ansatz (conditions ' +
    'that hold by construction, N is the network: {"u": "1 + t*N"}); periodic (["x"]); exact (the ' +
    "true solution, to measure the error); incomplete (true: a condition is left out on purpose); " +
    "renewal (what --sampler, --points, --renew and --weights say, and constants that begin at a " +
    'multiple: {"every": 15, "points": {"count": 5000, "by": "slope"}, "weights": "causal", ' +
    '"continuation": {"nu": [8, 4, 2]}}). A network is such as {"hidden": [5], "degree": 5, ' +
    '"firstLayer": "spline"}.',
    "Formulas have numbers, pi, + - * / ^, brackets, comparisons, if(c, a, b), min, max, sin, cos, " +
    "tan, asin, acos, atan, atan2, exp, log, log10, sqrt, sinh, cosh, tanh, erf, abs, sign, floor, " +
    "mod, heaviside, step. u_t, u_xx, u_xt are derivatives, d(k*u_x, x) is that of a formula; " +
    "at(u, x, 0) is a value elsewhere, integral(u, x, 0, 1) an integral. A condition that is missing, " +
    "a name that is not known, a domain without end and a degree too low are refused before " +
    "training, with what to add. docs/problems.md has all of the language.",
    "Without --schedule (and without epochs in the problem) points, grids and epochs are found on the " +
    "way: grids are refined while that lowers the residuals at fresh points, until --tolerance is " +
    "kept or the work of about a minute on two cores is done (the same on every machine; " +
    "--time-limit instead sets seconds). Residuals are relative: a residual counts in units of the " +
    "largest summand of its equation, so units do not matter.",
    "Statuses: converged (the tolerance is kept at fresh points), completed (the schedule is done), " +
    "budget (work or time is used up), stalled, stopped, and, with exit code 1, diverged and " +
    "unresolved: at fresh points the residuals are above 3 %, or above 1e-5 and more than 3 times " +
    "those of training. Then try more points, a longer --time-limit, larger --hidden or --intervals.",
    "The loss is the sum of the mean squared relative residuals of equations and conditions, each " +
    "times its weight. Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 unresolved, " +
    "diverged or failed, 2 wrong request (nothing is written), 130 stopped.",
  ],
  examples: [
    {
      text: "Two modes of heat in seconds, with a report to look at",
      line: "freeknot solve --problem heat --report heat.html",
    },
    {
      text: "The Burgers equation, whose knots move to its shock (minutes)",
      line: "freeknot solve --problem burgers --report burgers.html --out burgers.csv",
    },
    {
      text: "Find a diffusion coefficient from measurements",
      line: "freeknot solve --problem inverse-diffusion",
    },
    {
      text: "An equation of your own, with a wider network of smoother splines",
      line: "freeknot solve --file fisher.json --hidden 8 --degree 5 --report fisher.html",
    },
  ],
  async run(given, _, terminal) {
    if (switchFlag(given, "list")) {
      if (switchFlag(given, "json")) {
        terminal.out(`${JSON.stringify({ problems: pdeProblems }, null, 2)}\n`);
        return EXIT.done;
      }
      const rows = pdeProblems.map(({ name, domain, equations, title }) => [
        name,
        Object.keys(domain).join(", "),
        equations.map(({ equation }) => shorten(equation)).join("; "),
        title,
      ]);
      const head = ["name", "coordinates", "equation", "what it is"];
      terminal.out(`${textTable([head, ...rows], "llll")}\n`);
      return EXIT.done;
    }
    const problem = await readProblem(given);
    const files = ["out", "model-out", "report"].flatMap((flag) => {
      const path = textFlag(given, flag);
      return path === undefined ? [] : [{ flag, path }];
    });
    const source = textFlag(given, "file");
    await checkOutputs(files, source === undefined ? [] : [source]);
    const epochs = integersFlag(given, "schedule", { least: 0 }) ?? problem.epochs;
    const tolerance = numberFlag(given, "tolerance", { above: 0 });
    const timeLimit = numberFlag(given, "time-limit", { above: 0 });
    const seed = integerFlag(given, "seed", {}) ?? 1234;
    const kind = choiceFlag(given, "optimizer", ["auto", ...Object.keys(PDE_OPTIMIZERS)]) ?? "auto";
    const quiet = switchFlag(given, "quiet") ?? false;
    const schedule = epochs && multilevelSchedule(epochs);
    const report = textFlag(given, "report"), log = solveLog();
    const points = pointRequest(given, problem, seed);
    const stages = schedule && renewalSchedule(schedule, points.renewal).stages.length;
    const progress = showProgress(terminal, stages, quiet);
    let begun = false;
    const interrupt = listenForInterrupt(
      () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
      () => progress.stop(),
    );
    try {
      const threads = integerFlag(given, "threads", { least: 1, most: 256 });
      const solution = await solvePde(problem, {
        network: networkFlags(given),
        ...(schedule && { schedule }),
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(timeLimit === undefined ? {} : { timeLimit }),
        seed,
        signal: interrupt.signal,
        ...(threads === undefined ? {} : { threads }),
        renewal: points.renewal,
        ...(points.sampler && { sampler: points.sampler }),
        ...(kind === "auto" ? {} : { optimizer: PDE_OPTIMIZERS[kind]() }),
        onLevel: (level) => progress.line(levelText(level)),
        onEvent(event, terms, coefficients) {
          if (!begun && !schedule) progress.line(planText(tolerance, timeLimit));
          begun = true;
          progress.event(event);
          if (report !== undefined) log.take(event, terms, coefficients);
        },
      });
      progress.stop();
      if (!quiet) { for (const note of solution.notes) terminal.err(`note: ${note}\n`); }
      const optimizer = kind === "auto" ? "auto" : PDE_OPTIMIZERS[kind]().name;
      const { intervals } = resolveConfig(pdeNetwork(problem, networkFlags(given)));
      const command = solveCommand(given, solution, intervals, {
        words: points.words,
        ...{ epochs, tolerance, timeLimit, optimizer: kind, seed },
      });
      const setup = { problem, schedule, intervals, optimizer, points, seed, command };
      const { network, finished } = solution;
      const sound = network.parameters.every(Number.isFinite) && Number.isFinite(finished.loss);
      if (!sound && files.length > 0) {
        terminal.err("freeknot: nothing was written: the loss was never finite\n");
      }
      const written = sound ? files : [];
      for (const { flag, path } of written) {
        await writeFile(
          path,
          flag === "out"
            ? solutionTable(problem, solution)
            : flag === "report"
            ? solveReport(setup, solution, log)
            : encodeModel(network, { version: VERSION, problem }),
        );
      }
      const json = switchFlag(given, "json") ?? false;
      terminal.out(
        json ? solveJson(setup, solution, epochs, written) : solveText(setup, solution, written),
      );
      return runExitCode(solution.finished);
    } finally {
      progress.stop();
      interrupt.dispose();
    }
  },
};

async function readProblem(given: GivenFlags): Promise<PdeProblem> {
  const name = textFlag(given, "problem"), file = textFlag(given, "file");
  if ((name === undefined) === (file === undefined)) {
    throw new UsageError(
      "Cannot solve: --problem NAME or --file FILE must be given, current value is " +
        `${name === undefined ? "none" : "both"} (freeknot solve --list prints the gallery)`,
    );
  }
  if (name?.toLowerCase().endsWith(".json")) {
    throw new UsageError(
      `Cannot solve: --problem must be a name of the gallery, current value is ${
        JSON.stringify(name)
      }; did you mean --file ${shellWord(name)}?`,
    );
  }
  if (name !== undefined) return findPde(name);
  return await readProblemFile(file!);
}

function networkFlags(given: GivenFlags): Partial<NetworkOptions> & { hidden?: number[] } {
  const hidden = integersFlag(given, "hidden", { least: 1 });
  const degree = integerFlag(given, "degree", { least: 1, most: 5 });
  const intervals = integerFlag(given, "intervals", { least: 1 });
  const knots = choiceFlag(given, "knots", ["uniform", "free"]);
  return {
    ...(hidden ? { hidden } : {}),
    ...(degree === undefined ? {} : { degree }),
    ...(intervals === undefined ? {} : { intervals }),
    ...(knots === undefined ? {} : { knots }),
  };
}

function shorten(text: string): string {
  return text.length > 44 ? `${text.slice(0, 41)}...` : text;
}
