/**
 * The controls of the page, and what they say: as the page's address, and as a run.
 *
 * @module
 */

import { problems } from "../../../lib/data/mod.ts";
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
  /** The kinds of data that it is for; absent: all. */
  readonly of?: readonly Learned[];
}

/** What is learned. */
export type Learned = "problem" | "formula" | "table" | "drawn";

/** Controls below a heading. */
export interface ControlGroup {
  readonly title: string;
  readonly controls: readonly Control[];
}

/** Values by key. */
export type PageState = Readonly<Record<string, string>>;

const made: readonly Learned[] = ["problem", "formula"];

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
      ],
      fallback: "problem",
    },
    {
      key: "problem",
      label: "Problem",
      hint: "nonsmooth has kinks along curves: watch knots gather there.",
      choices: problems.filter(({ nIn }) => nIn <= 4).map(({ name }) => [name, name]),
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
    },
    {
      key: "first",
      label: "First layer",
      hint: "A matrix that turns the plane, or splines of each input.",
      choices: [["", "the problem's, or linear"], ["linear", "linear"], ["spline", "splines"]],
      fallback: "",
      flag: "first-layer",
    },
    {
      key: "degree",
      label: "Degree",
      hint: "1: broken lines; 3: cubic, smooth but at close knots.",
      choices: ["1", "2", "3", "4", "5", "7", "9"].map((value) => [value, value]),
      fallback: "3",
      flag: "degree",
    },
    {
      key: "intervals",
      label: "Intervals",
      hint: "Pieces per spline on the coarsest grid; every level doubles them.",
      numeric: true,
      fallback: "5",
      flag: "intervals",
    },
    {
      key: "knots",
      label: "Knots",
      hint: "Free ones slide to where the function bends.",
      choices: [["free", "free: they are trained"], ["uniform", "uniform: they stay"]],
      fallback: "free",
      flag: "knots",
    },
    {
      key: "basis",
      label: "Basis",
      hint: "Powers of ReLU are the same functions in other parameters: watch them train slower.",
      choices: [["bspline", "B-splines"], ["relu", "powers of ReLU"]],
      fallback: "bspline",
      flag: "basis",
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
    },
    {
      key: "sparsity",
      label: "Sparsity",
      hint: "What edges cost: those that do not pay fade in the network's picture.",
      choices: [["", "none"], ["0.00001", "0.00001"], ["0.0001", "0.0001"], ["0.001", "0.001"]],
      fallback: "",
      flag: "sparsity",
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
      hint: "Any of freeknot train --help, such as --loss huber --validation-fraction 0.2",
      fallback: "",
    },
  ],
};

/** All controls, in the order of the page. */
export const CONTROL_GROUPS: readonly ControlGroup[] = [WHAT, NETWORK, TRAINING];

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
    return control?.of?.includes(state.learn as Learned) ?? true;
  });
}

/** The address of a state: only what differs from the start. */
export function writeState(state: PageState): string {
  return `#${new URLSearchParams(differing(state))}`;
}

/** The state of a run by its flags: those without a control stand among the other flags. */
export function stateOfFlags(words: readonly string[]): PageState {
  const state: Record<string, string> = { ...FIRST_STATE, learn: "problem" }, others: string[] = [];
  for (let k = 0; k < words.length; k++) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(words[k]) ?? [];
    const next = words[k + 1], bare = inline === undefined && (next?.startsWith("--") ?? true);
    const value = inline ?? (bare ? undefined : words[++k]);
    const control = ALL.find(({ flag, key }) =>
      flag === name || (key === name && key === "problem")
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
  const words = ALL.flatMap(({ key, flag }) =>
    flag === undefined || state[key].trim() === "" || own.has(flag)
      ? []
      : [`--${flag}`, state[key].trim()]
  );
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
