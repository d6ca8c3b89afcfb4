/**
 * The command `solve`.
 *
 * @module
 */

import { encodeModel, type NetworkOptions } from "../lib/model/mod.ts";
import { multilevelSchedule } from "../lib/multilevel/mod.ts";
import {
  evaluateSolution,
  findPde,
  type PdeProblem,
  pdeProblems,
  type PdeSolution,
  solvePde,
  testPoints,
  trueSolution,
} from "../lib/physics/mod.ts";
import { gaussNewton, lbfgs, type Optimizer } from "../lib/train/mod.ts";
import type { Command } from "./command.ts";
import { EXIT, UsageError } from "./errors.ts";
import { checkOutputs, type Output, writeFile } from "./files.ts";
import type { GivenFlags } from "./flags.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { readProblemFile } from "./problem_file.ts";
import { showProgress } from "./progress.ts";
import { duration, lossNumbers, shortNumber, textTable } from "./text_table.ts";
import { runExitCode } from "./training.ts";
import { choiceFlag, integerFlag, integersFlag, switchFlag, textFlag } from "./values.ts";
import { shellWord } from "./shell_word.ts";
import { solveLog, solveReport, type SolveSetup } from "./solve_report.ts";
import { VERSION } from "./version.ts";

/** The algorithms by name. */
// deno-lint-ignore no-explicit-any
const OPTIMIZERS: Readonly<Record<string, () => Optimizer<any>>> = {
  "gauss-newton": gaussNewton,
  lbfgs,
};

/** Solves a differential equation. */
export const solve: Command = {
  name: "solve",
  purpose: "Solve a differential equation of the gallery, or your own, by a network of splines.",
  synopsis: [
    "freeknot solve --problem NAME [FLAGS]",
    "freeknot solve --file PROBLEM.json [FLAGS]",
    "freeknot solve --list",
  ],
  flags: [
    {
      title: "Problem",
      flags: [
        { name: "problem", value: "NAME", text: "A problem of the gallery." },
        { name: "file", value: "FILE.json", text: "A problem of your own; see below." },
        { name: "list", text: "Print the gallery and stop." },
      ],
    },
    {
      title: "Network and training",
      flags: [
        {
          name: "hidden",
          value: "N,...",
          text: "Widths between inputs and outputs.",
          fallback: "the problem's, else 5",
        },
        {
          name: "degree",
          value: "N",
          text: "Degree of the splines: at least one more than the highest derivative.",
          fallback: "the problem's, else 3 or what the derivatives want",
        },
        {
          name: "intervals",
          value: "N",
          text: "Pieces of each spline on the coarsest level.",
          fallback: "the problem's, else 5",
        },
        {
          name: "knots",
          value: "KIND",
          text: "uniform, or free: trained, so that they move to steep fronts.",
          fallback: "the problem's, else free",
        },
        {
          name: "schedule",
          value: "N,...",
          text: "Epochs per level, each level with twice the intervals of the one before.",
          fallback: "the problem's, else 40,30",
        },
        {
          name: "optimizer",
          value: "NAME",
          text: `auto, ${
            Object.keys(OPTIMIZERS).join(" or ")
          }; auto is gauss-newton up to 2,500 parameters.`,
          fallback: "auto",
        },
        {
          name: "grid",
          value: "N,...",
          text: "Points per coordinate at which the equations are asked to hold.",
          fallback: "the problem's, else 64, 32 or 12 each in 1, 2 or more dimensions",
        },
        { name: "seed", value: "N", text: "Seed of the network's first guess.", fallback: "1234" },
      ],
    },
    {
      title: "Output",
      flags: [
        {
          name: "out",
          value: "FILE.csv",
          text: "Writes the solution on a grid, and beside it the true one if it is known.",
        },
        { name: "model-out", value: "FILE", text: "Writes the network and the problem." },
        {
          name: "report",
          value: "FILE.html",
          text: "Writes a page to look at: solution, error, residual, loss by term, moving knots.",
        },
        { name: "json", text: "Print one JSON object to stdout, and nothing else there." },
        { name: "quiet", text: "Show no progress." },
      ],
    },
  ],
  notes: [
    'A problem of your own is a JSON file: {"name": "decay", "domain": {"t": [0, 1]}, "equations": ' +
    '[{"equation": "u_t = -k*u"}], "conditions": [{"at": {"t": 0}, "equation": "u = 1"}], ' +
    '"constants": {"k": 2}, "exact": {"u": "exp(-k*t)"}}. A condition lies on a face ' +
    '("at": {"x": [-1, 1]} is both ends) or, with "data": {"t": [...], "value": [...]}, at ' +
    "measurements, whose columns its equation may name. Equations and conditions may have a name " +
    "and a weight.",
    "Further fields, all optional: title, source; unknowns (default u), grid, network, epochs; " +
    'coefficients (numbers to find, and where the search begins: {"k": 1}); ansatz (conditions ' +
    'that hold by construction, N is the network: {"u": "1 + t*N"}); periodic (["x"]); exact (the ' +
    "true solution, to measure the error); incomplete (true: a condition is left out on purpose).",
    "Formulas have numbers, pi, + - * / ^, brackets, sin, cos, tan, exp, log, sqrt, sinh, cosh, " +
    "tanh, abs and sign. u_t, u_xx, u_xt are derivatives. A condition that is missing, a name that " +
    "is not known, a domain without end and a degree too low are refused before training, with " +
    "what to add.",
    "The loss is the sum of the mean squared residuals of equations and conditions, each times its " +
    "weight. Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 diverged " +
    "or failed, 2 wrong request (nothing is written), 130 stopped.",
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
    const epochs = integersFlag(given, "schedule", { least: 0 }) ?? problem.epochs ?? [40, 30];
    const seed = integerFlag(given, "seed", {}) ?? 1234;
    const kind = choiceFlag(given, "optimizer", ["auto", ...Object.keys(OPTIMIZERS)]) ?? "auto";
    const quiet = switchFlag(given, "quiet") ?? false;
    const schedule = multilevelSchedule(epochs);
    const report = textFlag(given, "report"), log = solveLog();
    const progress = showProgress(terminal, schedule.stages.length, quiet);
    const interrupt = listenForInterrupt(
      () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
      () => progress.stop(),
    );
    try {
      const counts = integersFlag(given, "grid", { least: 2 });
      const solution = await solvePde(problem, {
        network: networkFlags(given),
        schedule,
        seed,
        signal: interrupt.signal,
        ...(counts ? { sampler: { kind: "grid", counts } } : {}),
        ...(kind === "auto" ? {} : { optimizer: OPTIMIZERS[kind]() }),
        onEvent(event, terms, coefficients) {
          progress.event(event);
          if (report !== undefined) log.take(event, terms, coefficients);
        },
      });
      progress.stop();
      const optimizer = kind === "auto" ? "auto" : OPTIMIZERS[kind]().name;
      const grid = counts ?? problem.grid;
      const command = solveCommand(given, solution, epochs, kind, counts, seed);
      const setup = { problem, schedule, optimizer, grid, seed, command };
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
            ? table(problem, solution)
            : flag === "report"
            ? solveReport(setup, solution, log)
            : encodeModel(network, { version: VERSION, problem }),
        );
      }
      const json = switchFlag(given, "json") ?? false;
      terminal.out(
        json ? asJson(setup, solution, epochs, written) : asText(problem, solution, written),
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

/** The command line that repeats a run. */
function solveCommand(
  given: GivenFlags,
  { network: { config } }: PdeSolution,
  epochs: readonly number[],
  optimizer: string,
  grid: readonly number[] | undefined,
  seed: number,
): string {
  const source = textFlag(given, "problem"), file = textFlag(given, "file");
  const words: [string, string][] = [
    source === undefined ? ["file", file!] : ["problem", source],
    ["hidden", config.widths.slice(1, -1).join()],
    ["degree", `${config.degree}`],
    ["intervals", `${config.intervals / 2 ** (epochs.length - 1)}`],
    ["knots", config.knots],
    ["schedule", epochs.join()],
    ["optimizer", optimizer],
    ...(grid === undefined ? [] : [["grid", grid.join()]] as [string, string][]),
    ["seed", `${seed}`],
  ];
  return `freeknot solve ${
    words.map(([name, value]) => `--${name} ${shellWord(value)}`).join(" ")
  }`;
}

function shorten(text: string): string {
  return text.length > 44 ? `${text.slice(0, 41)}...` : text;
}

function asJson(
  { problem, optimizer, grid, seed, command }: SolveSetup,
  solution: PdeSolution,
  epochs: readonly number[],
  written: readonly Output[],
): string {
  const { network, finished, terms, coefficients, error } = solution;
  const { intervals: _, ...options } = network.config;
  const result = {
    problem: problem.name,
    ...options,
    parameters: network.parameters.length,
    schedule: epochs,
    optimizer,
    ...(grid ? { grid } : {}),
    seed,
    levels: finished.levels,
    loss: finished.loss,
    terms,
    ...(problem.coefficients ? { coefficients } : {}),
    ...(error ? { error } : {}),
    evaluations: finished.evaluations,
    seconds: finished.seconds,
    status: finished.status,
    reason: finished.reason,
    ...Object.fromEntries(written.map(({ flag, path }) => [OUTPUT_NAMES[flag], path])),
    version: VERSION,
    command,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** What the files are called in results. */
const OUTPUT_NAMES: Readonly<Record<string, string>> = {
  "out": "table",
  "model-out": "model",
  "report": "report",
};

function asText(
  problem: PdeProblem,
  solution: PdeSolution,
  written: readonly Output[],
): string {
  const { network, finished, terms, coefficients, error } = solution;
  const losses = lossNumbers(finished.levels.map(({ loss }) => loss));
  const levels = textTable([
    ["intervals", "parameters", "epochs", "loss", "time"],
    ...finished.levels.map((level, i) => [
      `${level.intervals}`,
      `${level.parameters}`,
      `${level.epochs}`,
      losses[i],
      duration(level.seconds),
    ]),
  ], "rrrrr");
  const facts = [
    ...terms.map(({ name, loss }) => [`loss of ${name}`, shortNumber(loss)]),
    ...Object.entries(coefficients).map(([name, value]) => [name, String(value)]),
    ...(error
      ? [
        ["relative L2 error", shortNumber(error.relativeL2)],
        ...(error.relativeH1 === undefined ? [] : [
          ["relative H1 error", shortNumber(error.relativeH1)],
        ]),
        ["largest error", shortNumber(error.largest)],
      ]
      : []),
  ];
  return `${problem.name}: [${network.config.widths.join(", ")}], ` +
    `${finished.status} (${finished.reason})\n\n${levels}\n\n${textTable(facts, "lr")}\n` +
    (written.length > 0 ? "\n" : "") +
    written.map(({ flag, path }) => `${OUTPUT_NAMES[flag]}: ${path}\n`).join("");
}

function table(problem: PdeProblem, { network, coefficients }: PdeSolution): string {
  const points = testPoints(problem), names = Object.keys(problem.domain);
  const unknowns = problem.unknowns ?? ["u"];
  const values = evaluateSolution(problem, network, points, unknowns, coefficients);
  const truth = trueSolution(problem, points);
  const lines = [[...names, ...unknowns, ...truth ? unknowns.map((u) => `${u}_true`) : []].join()];
  for (let r = 0; r < points.length / names.length; r++) {
    lines.push([
      ...points.subarray(r * names.length, (r + 1) * names.length),
      ...values.map((column) => column[r]),
      ...truth ? truth.subarray(r * unknowns.length, (r + 1) * unknowns.length) : [],
    ].join());
  }
  return `${lines.join("\n")}\n`;
}
