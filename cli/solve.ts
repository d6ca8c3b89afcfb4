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
import { checkOutputs, readText, writeFile } from "./files.ts";
import type { GivenFlags } from "./flags.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { showProgress } from "./progress.ts";
import { duration, lossNumbers, shortNumber, textTable } from "./text_table.ts";
import { runExitCode } from "./training.ts";
import { choiceFlag, integerFlag, integersFlag, switchFlag, textFlag } from "./values.ts";
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
  purpose: "Solve a differential equation: of the gallery, or your own as a JSON file.",
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
        { name: "file", value: "FILE", text: "A problem of your own; see below." },
        { name: "list", text: "Print the gallery." },
      ],
    },
    {
      title: "Network and training",
      flags: [
        {
          name: "hidden",
          value: "N,...",
          text: "Widths between inputs and outputs.",
          fallback: "the problem's",
        },
        {
          name: "degree",
          value: "N",
          text: "Degree of the splines: at least one more than the highest derivative.",
          fallback: "the problem's",
        },
        { name: "intervals", value: "N", text: "Pieces on the coarsest level." },
        { name: "knots", value: "KIND", text: "uniform or free.", fallback: "the problem's" },
        {
          name: "schedule",
          value: "N,...",
          text: "Epochs per level, each level with twice the intervals.",
          fallback: "the problem's",
        },
        {
          name: "optimizer",
          value: "NAME",
          text: `auto or ${Object.keys(OPTIMIZERS).join(" or ")}.`,
          fallback: "auto",
        },
        {
          name: "grid",
          value: "N,...",
          text: "Collocation points per coordinate.",
          fallback: "the problem's",
        },
        { name: "seed", value: "N", text: "Seed of the network.", fallback: "1234" },
        {
          name: "threads",
          value: "N",
          text: "Threads; results are the same for any number.",
          fallback: "all cores",
        },
      ],
    },
    {
      title: "Output",
      flags: [
        {
          name: "out",
          value: "FILE",
          text: "Writes a CSV file: points of a grid, the solution, and the true one if known.",
        },
        { name: "model-out", value: "FILE", text: "Writes the network." },
        { name: "json", text: "Print one JSON object." },
        { name: "quiet", text: "Show no progress." },
      ],
    },
  ],
  notes: [
    'A file holds the problem as data: {"name": "decay", "domain": {"t": [0, 1]}, "equations": ' +
    '[{"equation": "u_t = -k*u"}], "conditions": [{"at": {"t": 0}, "equation": "u = 1"}], ' +
    '"constants": {"k": 2}}. Derivatives are written u_t, u_xx, u_xt; further fields: unknowns, ' +
    "coefficients (numbers to find), ansatz (hard conditions), periodic, exact, grid.",
  ],
  examples: [
    { text: "The Burgers equation", line: "freeknot solve --problem burgers --out burgers.csv" },
    {
      text: "Find a diffusion coefficient from measurements",
      line: "freeknot solve --problem inverse-diffusion",
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
    const files = ["out", "model-out"].flatMap((flag) => {
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
    const progress = showProgress(terminal, schedule.stages.length, quiet);
    const interrupt = listenForInterrupt(
      () => progress.line("stopping: the best network so far is kept"),
      () => progress.stop(),
    );
    try {
      const counts = integersFlag(given, "grid", { least: 2 });
      const threads = integerFlag(given, "threads", { least: 1, most: 256 });
      const solution = await solvePde(problem, {
        network: networkFlags(given),
        schedule,
        seed,
        signal: interrupt.signal,
        ...(threads === undefined ? {} : { threads }),
        ...(counts ? { sampler: { kind: "grid", counts } } : {}),
        ...(kind === "auto" ? {} : { optimizer: OPTIMIZERS[kind]() }),
        onEvent: (event) => progress.event(event),
      });
      progress.stop();
      const model = textFlag(given, "model-out"), out = textFlag(given, "out");
      if (model !== undefined) {
        await writeFile(model, encodeModel(solution.network, { version: VERSION, problem }));
      }
      if (out !== undefined) await writeFile(out, table(problem, solution));
      const json = switchFlag(given, "json") ?? false;
      terminal.out(json ? `${asJson(problem, solution, seed)}\n` : asText(problem, solution));
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
  if (name !== undefined) return findPde(name);
  let data: unknown;
  try {
    data = JSON.parse(await readText(file!));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      `Cannot read ${file}: it must be JSON, current value is not (${error.message})`,
    );
  }
  const problem = data as PdeProblem;
  for (const field of ["domain", "equations", "conditions"] as const) {
    if (typeof problem?.[field] !== "object" || problem[field] === null) {
      throw new UsageError(`Cannot read ${file}: it must have ${field}, current value is none`);
    }
  }
  return { ...problem, name: problem.name ?? file!, title: problem.title ?? problem.name ?? "" };
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

function asJson(problem: PdeProblem, solution: PdeSolution, seed: number): string {
  const { network, finished, terms, coefficients, error } = solution;
  const { intervals: _, ...options } = network.config;
  return JSON.stringify(
    {
      problem: problem.name,
      ...options,
      parameters: network.parameters.length,
      seed,
      levels: finished.levels,
      loss: finished.loss,
      terms,
      ...(problem.coefficients ? { coefficients } : {}),
      ...(error ? { error } : {}),
      evaluations: finished.evaluations,
      seconds: finished.seconds,
      status: finished.status,
      version: VERSION,
    },
    null,
    2,
  );
}

function asText(problem: PdeProblem, solution: PdeSolution): string {
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
    `${finished.status} (${finished.reason})\n\n${levels}\n\n${textTable(facts, "lr")}\n`;
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
