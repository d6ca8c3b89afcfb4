/**
 * The controls of the page, and what they say: as the page's address, and as a run.
 *
 * @module
 */

import type { GivenTable, RunPlan } from "../protocol.ts";

/** One control: a flag of `freeknot train`, or what the page makes a table of. */
export interface Control {
  /** Its name in the address. */
  readonly key: string;
  readonly label: string;
  /** What it changes, in a few words. */
  readonly hint: string;
  /** Values to choose among, with their words; absent: typed. */
  readonly choices?: readonly (readonly [value: string, words: string])[];
  /** Typed numbers get the keyboard of numbers. */
  readonly numeric?: boolean;
  readonly fallback: string;
  /** The flag that it sets; an empty value leaves it out. */
  readonly flag?: string;
  /** Lines that are typed into, where there is more than one. */
  readonly lines?: number;
  /** What follows from the choice is seen or not: `own` shows for one value of another control. */
  readonly when?: readonly [key: string, value: string];
  /** The kinds of data that it is for; absent: all. */
  readonly of?: readonly Learned[];
}

/** What is learned. */
export type Learned = "problem" | "formula" | "table" | "drawn" | "equation";

/** Controls below a heading. */
export interface ControlGroup {
  readonly title: string;
  readonly controls: readonly Control[];
}

/** Values by key. */
export type PageState = Readonly<Record<string, string>>;

/** Problems of the gallery with at most four inputs, and equations; a test holds them to the library's. */
const PROBLEMS = "nonsmooth nonsmooth-left xor exp-sine product bessel four-d".split(" ");
const EQUATIONS =
  ("burgers burgers-perturbed poisson helmholtz allen-cahn heat wave advection kdv lotka-volterra " +
    "inverse-diffusion").split(" ");

const made: readonly Learned[] = ["problem", "formula"];
const trained: readonly Learned[] = ["problem", "formula", "table", "drawn"];
const solved: readonly Learned[] = ["equation"];

/** An equation to begin with. */
const EQUATION = `{
  "title": "logistic growth",
  "domain": { "t": [0, 8] },
  "equations": [{ "equation": "u_t = u*(1 - u)" }],
  "conditions": [
    { "at": { "t": 0 }, "equation": "u = 0.05" }
  ],
  "exact": { "u": "1/(1 + 19*exp(-t))" }
}`;

const WHAT: ControlGroup = {
  title: "What to learn",
  controls: [
    {
      key: "learn",
      label: "Source",
      hint: "Where the rows come from.",
      choices: [
        ["problem", "a problem of the gallery"],
        ["formula", "a formula of your own"],
        ["table", "a table of your own (CSV)"],
        ["drawn", "a curve drawn by hand"],
        ["equation", "a differential equation"],
      ],
      fallback: "problem",
    },
    {
      key: "equation",
      label: "Equation",
      hint:
        "Solved by a network of splines, whose derivatives are exact. allen-cahn and inverse-diffusion take minutes.",
      choices: [
        ...EQUATIONS.map((name): [string, string] => [name, name]),
        ["own", "one of your own"],
      ],
      fallback: "heat",
      of: solved,
    },
    {
      key: "pde",
      label: "Your equation",
      hint:
        "JSON as freeknot solve --file reads it; u_t, u_xx are derivatives. See docs/problems.md.",
      fallback: EQUATION,
      lines: 11,
      when: ["equation", "own"],
      of: solved,
    },
    {
      key: "problem",
      label: "Problem",
      hint: "nonsmooth has kinks along curves: watch knots gather there.",
      choices: PROBLEMS.map((name) => [name, name]),
      fallback: "nonsmooth",
      of: ["problem"],
    },
    {
      key: "formula",
      label: "Formula",
      hint: "Of x, or x and y, ...: abs, sin, exp, sqrt, min, max, if(x < 0, a, b), pi, ...",
      fallback: "abs(x - 0.3) + sin(3*x)/4",
      of: ["formula"],
    },
    {
      key: "low",
      label: "from",
      hint: "The range of every variable.",
      numeric: true,
      fallback: "-1",
      of: ["formula"],
    },
    { key: "high", label: "to", hint: "", numeric: true, fallback: "1", of: ["formula"] },
    {
      key: "rows",
      label: "Rows",
      hint: "Points drawn at random; more make an epoch slower and the fit firmer.",
      numeric: true,
      fallback: "1000",
      of: made,
    },
    {
      key: "noise",
      label: "Noise",
      hint: "Its standard deviation, as a share of the function's range.",
      choices: [["0", "none"], ["0.01", "1 %"], ["0.03", "3 %"], ["0.1", "10 %"], ["0.3", "30 %"]],
      fallback: "0",
      of: made,
    },
  ],
};

const NETWORK: ControlGroup = {
  title: "Network",
  controls: [
    {
      key: "widths",
      label: "Widths",
      hint: "Nodes per layer, such as 2,5,1; empty: the problem's, or inputs,5,outputs.",
      fallback: "",
      flag: "widths",
      of: trained,
    },
    {
      key: "first",
      label: "First layer",
      hint: "A matrix that turns the plane, or splines of each input.",
      choices: [["", "the problem's, or linear"], ["linear", "linear"], ["spline", "splines"]],
      fallback: "",
      flag: "first-layer",
      of: trained,
    },
    {
      key: "degree",
      label: "Degree",
      hint: "1: broken lines; 3: cubic, smooth but at close knots.",
      choices: ["1", "2", "3", "4", "5", "7", "9"].map((value) => [value, value]),
      fallback: "3",
      flag: "degree",
      of: trained,
    },
    {
      key: "intervals",
      label: "Intervals",
      hint: "Pieces per spline on the coarsest grid; every level doubles them.",
      numeric: true,
      fallback: "5",
      flag: "intervals",
      of: trained,
    },
    {
      key: "knots",
      label: "Knots",
      hint: "Free ones slide to where the function bends.",
      choices: [["free", "free: they are trained"], ["uniform", "uniform: they stay"]],
      fallback: "free",
      flag: "knots",
      of: trained,
    },
    {
      key: "basis",
      label: "Basis",
      hint: "Powers of ReLU are the same functions in other parameters: watch them train slower.",
      choices: [["bspline", "B-splines"], ["relu", "powers of ReLU"]],
      fallback: "bspline",
      flag: "basis",
      of: trained,
    },
  ],
};

const TRAINING: ControlGroup = {
  title: "Training",
  controls: [
    {
      key: "schedule",
      label: "Schedule",
      hint: "Epochs per level, coarsest first: 48 stays coarse, 0,0,0,12 is fine at once.",
      fallback: "16,12,10,10",
      flag: "schedule",
      of: trained,
    },
    {
      key: "optimizer",
      label: "Optimizer",
      hint: "Gauss-Newton sees curvature; Adam is what most others use; gradient descent is slow.",
      choices: [
        ["auto", "auto"],
        ["gauss-newton", "Gauss-Newton"],
        ["lbfgs", "L-BFGS"],
        ["adam", "Adam"],
        ["gradient-descent", "gradient descent"],
      ],
      fallback: "auto",
      flag: "optimizer",
      of: trained,
    },
    {
      key: "engine",
      label: "Engine",
      hint: "The GPU computes in float32: for large tables and networks.",
      choices: [["", "CPU, float64"], ["webgpu", "GPU (WebGPU), float32"]],
      fallback: "",
      flag: "engine",
      of: trained,
    },
    {
      key: "sparsity",
      label: "Sparsity",
      hint: "What edges cost: those that do not pay fade in the network's picture.",
      choices: [["", "none"], ["0.00001", "0.00001"], ["0.0001", "0.0001"], ["0.001", "0.001"]],
      fallback: "",
      flag: "sparsity",
      of: trained,
    },
    {
      key: "seed",
      label: "Seed",
      hint: "Of the first parameters: the same seed gives the same bits.",
      numeric: true,
      fallback: "1234",
      flag: "seed",
    },
    {
      key: "more",
      label: "More flags",
      hint: "Any of freeknot train --help (or solve): --loss huber --validation-fraction 0.2",
      fallback: "",
    },
  ],
};

const SOLVING: ControlGroup = {
  title: "Solving",
  controls: [
    {
      key: "solver",
      label: "Hidden layers",
      hint: "Widths between coordinates and unknowns; empty: the problem's.",
      fallback: "",
      flag: "hidden",
      of: solved,
    },
    {
      key: "order",
      label: "Degree",
      hint: "Of the splines: above the highest derivative.",
      choices: [
        ["", "the problem's"],
        ...["2", "3", "4", "5", "6", "7", "9"].map((value): [string, string] => [value, value]),
      ],
      fallback: "",
      flag: "degree",
      of: solved,
    },
    {
      key: "pieces",
      label: "Intervals",
      hint: "Pieces per spline on the coarsest grid; empty: the problem's.",
      numeric: true,
      fallback: "",
      flag: "intervals",
      of: solved,
    },
    {
      key: "moving",
      label: "Knots",
      hint: "Free ones move to steep fronts.",
      choices: [["", "the problem's"], ["uniform", "uniform"], ["free", "free"]],
      fallback: "",
      flag: "knots",
      of: solved,
    },
    {
      key: "levels",
      label: "Schedule",
      hint: "Epochs per level; empty: grids are refined until the tolerance is kept.",
      fallback: "",
      flag: "schedule",
      of: solved,
    },
    {
      key: "tolerance",
      label: "Tolerance",
      hint: "Of relative residuals at fresh points, and of the estimated error; empty: 3e-7.",
      numeric: true,
      fallback: "",
      flag: "tolerance",
      of: solved,
    },
    {
      key: "method",
      label: "Optimizer",
      hint: "Gauss-Newton up to 2,500 parameters, above that L-BFGS, where it is auto.",
      choices: ["auto", "gauss-newton", "lbfgs", "bfgs", "gradient-descent"]
        .map((value): [string, string] => [value, value]),
      fallback: "auto",
      flag: "optimizer",
      of: solved,
    },
  ],
};

/** All controls, in the order of the page. */
export const CONTROL_GROUPS: readonly ControlGroup[] = [WHAT, NETWORK, SOLVING, TRAINING];

/** Keys that a table brings along. */
const TABLE_KEYS = ["target", "loss"];

const ALL = CONTROL_GROUPS.flatMap(({ controls }) => controls);

/** What the page starts with. */
export const FIRST_STATE: PageState = Object.fromEntries(
  ALL.map(({ key, fallback }) => [key, fallback]),
);

/** The state of an address; what it does not know is left out. */
export function readState(hash: string): PageState {
  const state: Record<string, string> = { ...FIRST_STATE };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const control = ALL.find((each) => each.key === key);
    const known = control
      ? control.choices?.some(([choice]) => choice === value) ?? true
      : TABLE_KEYS.includes(key);
    if (known) state[key] = value;
  }
  return state;
}

/** What of a state counts and differs from the start. */
export function differing(state: PageState): [key: string, value: string][] {
  return Object.entries(state).filter(([key, value]) => {
    const control = ALL.find((each) => each.key === key);
    if (value === (control?.fallback ?? "")) return false;
    if (TABLE_KEYS.includes(key)) return state.learn === "table";
    if (control?.when && state[control.when[0]] !== control.when[1]) return false;
    return control?.of?.includes(state.learn as Learned) ?? true;
  });
}

/** The address of a state: only what differs from the start. */
export function writeState(state: PageState): string {
  return `#${new URLSearchParams(differing(state))}`;
}

/** Keys that leave the data and the first network as they are. */
const LATER_KEYS = ["schedule", "optimizer", "engine", "sparsity"];

/** Whether a state begins with the network and the data that the page starts with. */
export function hasFirstNetwork(state: PageState): boolean {
  return differing(state).every(([key]) => LATER_KEYS.includes(key));
}

/** The state of a run by its flags: those without a control stand among the other flags. */
export function stateOfFlags(words: readonly string[]): PageState {
  const state: Record<string, string> = { ...FIRST_STATE, learn: "problem" }, others: string[] = [];
  for (let k = 0; k < words.length; k++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(words[k]) ?? [];
    const next = words[k + 1], bare = inline === undefined && (next?.startsWith("--") ?? true);
    const value = inline ?? (bare ? undefined : words[++k]);
    const control = ALL.find(({ flag, key, of = trained }) =>
      of.some((kind) => trained.includes(kind)) &&
      (flag === name || (key === name && key === "problem"))
    );
    const fits = control?.choices?.some(([choice]) => choice === value) ?? true;
    if (name === "data") state.learn = "table";
    else if (name === "rows") state.rows = value ?? "";
    else if (name === "target") state.target = value ?? "";
    else if (name === "loss" && ["mse", "cross-entropy"].includes(value ?? "")) {
      state.loss = value === "mse" ? "" : value!;
    } else if (control && fits && value !== undefined) state[control.key] = value;
    else others.push(value === undefined ? `--${name}` : `--${name}=${quoted(value)}`);
  }
  return { ...state, more: others.join(" ") };
}

/** A word that {@linkcode splitWords} reads back. */
function quoted(value: string): string {
  return /^[^\s"']*$/.test(value) ? value : value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** Words of a line as a shell splits them, quotes included. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b ?? "")
  );
}

/** The run that a state asks for. */
export function planOf(state: PageState, table: GivenTable | undefined): RunPlan {
  const { learn, problem, formula, noise } = state, more = splitWords(state.more);
  const own = new Set(more.flatMap((word) => word.match(/^--(?:no-)?([a-z-]+)/)?.[1] ?? []));
  const words = ALL.flatMap(({ key, flag, of = [learn as Learned] }) =>
    flag === undefined || !of.includes(learn as Learned) || state[key].trim() === "" ||
      own.has(flag)
      ? []
      : [`--${flag}`, state[key].trim()]
  );
  if (learn === "equation") return equationPlan(state, [...words, ...more]);
  if (learn === "table" || learn === "drawn") {
    const target = learn === "drawn" ? "y" : state.target ?? "";
    return {
      words: [
        ...["--data", table?.name ?? "table.csv", "--target", target],
        ...(learn === "table" && state.loss && !own.has("loss") ? ["--loss", state.loss] : []),
        ...words,
        ...more,
      ],
      ...(table ? { table } : {}),
    };
  }
  if (learn === "problem" && noise === "0") {
    return { words: ["--problem", problem, "--rows", state.rows, ...words, ...more] };
  }
  const points = { low: Number(state.low), high: Number(state.high), rows: Number(state.rows) };
  return {
    words: [...words, ...more],
    made: {
      ...(learn === "problem" ? { problem } : { formula }),
      ...{ ...points, noise: Number(noise), seed: 0 },
    },
  };
}

/** What the text of an equation is called. */
const EQUATION_FILE = "problem.json";

function equationPlan({ equation, pde }: PageState, words: readonly string[]): RunPlan {
  if (equation !== "own") return { words: ["--problem", equation, ...words], solves: {} };
  const file = { name: EQUATION_FILE, bytes: new TextEncoder().encode(pde) };
  return { words: ["--file", EQUATION_FILE, ...words], solves: { file } };
}
