/**
 * The rows of Tables 1 and 2 of Actor, Harper, Southworth, Cyr: Leveraging KANs for Expedient
 * Training of Multichannel MLPs via Preconditioning and Geometric Refinement (2025), as data: which
 * network, which schedule, which optimizer; and rows of our own beside them.
 *
 * @module
 */

import { checkRecord } from "../numerics/inner.ts";
import type { PaperRow, Problem } from "../data/mod.ts";
import type { NetworkOptions } from "../model/mod.ts";
import {
  adaptiveSchedule,
  coarseSchedule,
  customSchedule,
  fineSchedule,
  multilevelSchedule,
  type Schedule,
} from "../multilevel/mod.ts";
import { adamw, gaussNewton, lbfgs, type LbfgsState, type Optimizer } from "../train/mod.ts";
import { defaultStarts, GAUSS_NEWTON_SMOOTHING } from "../train/inner.ts";

/**
 * Optimizers of rows: `lbfgs` is the library's default, `lbfgs-unit` the paper's own setting,
 * torch.optim.LBFGS without a line search; `adamw-cyclic` its choice for differential equations:
 * weight decay 0.01, rates in waves of 100 steps between 1e-4 and 1e-3, their height times 0.9995
 * per step (Actor et al. 2025, appendix D).
 */
export type RowOptimizer = "lbfgs" | "lbfgs-unit" | "gauss-newton" | "adamw-cyclic";

/** What to print for an optimizer, and how to make it. */
interface NamedOptimizer {
  readonly label: string;
  // deno-lint-ignore no-explicit-any
  create(): Optimizer<any>;
}

const OPTIMIZERS: Readonly<Record<RowOptimizer, NamedOptimizer>> = {
  "lbfgs": { label: "L-BFGS", create: () => lbfgs() },
  "lbfgs-unit": {
    label: "L-BFGS, unit steps",
    create: () => untilTheEnd(lbfgs({ lineSearch: "none" })),
  },
  "gauss-newton": { label: "Gauss-Newton", create: () => gaussNewton() },
  "adamw-cyclic": {
    label: "AdamW",
    create: () => adamw({ learningRate: 1e-3, schedule: { kind: "cyclic" } }),
  },
};

/** One row of a table: all that its runs have in common but the seed. */
export interface TableRow {
  /** Words with dashes between them: `spline-uniform-coarse`, `mlp-2-30-1`. */
  readonly id: string;
  /** What is printed: `spline, coarse, free knots`. */
  readonly label: string;
  /** What its curve shares a colour with. */
  readonly group: "relu" | "spline" | "mlp" | "ours";
  /** The network on the schedule's first grid. */
  readonly network: NetworkOptions;
  /** Epochs per grid. */
  readonly schedule: Schedule;
  /** Name of the optimizer; see {@linkcode rowOptimizer}. */
  readonly optimizer: RowOptimizer;
  /** First guesses that compete, see `createTournament`. Default 1: none. */
  readonly starts?: number;
  /** See `TrainOptions.smoothing`. Default 0. */
  readonly smoothing?: number;
  /** `"symmetric"`: the network sees inputs from 0 to 1 on [-1, 1]. Default: as they are. */
  readonly inputs?: "symmetric";
  /** `"torch"`: the linear map begins as PyTorch's does. Default: as `createNetwork` draws it. */
  readonly firstMap?: "torch";
  /** What the first map of PyTorch's kind is multiplied by. Default 1. */
  readonly mapScale?: number;
  /** What the first coefficients are multiplied by. Default 1. */
  readonly coefficients?: number;
  /** `"unit"`: steps are those in ReLU powers that reach 1 at the domain's end. Default: as told. */
  readonly powers?: "unit";
  /** Training points of a variant. Default: the table's. */
  readonly points?: number;
  /** Of a variant: the published row that it explains. */
  readonly explains?: PaperRow;
  /** The published row; absent for rows of our own. */
  readonly paper?: PaperRow;
}

/** A published row that ours does not reach, but for one choice: does it explain the row? */
interface Variant {
  /** Table of the paper and id of the row. */
  readonly table: string;
  readonly of: string;
  /** Words that end the label. */
  readonly label: string;
  readonly change: Pick<TableRow, "powers" | "points" | "mapScale">;
  /** Times the row's epochs. Default 1. */
  readonly epochs?: number;
  /** Word that ends the id, where a row has several variants. */
  readonly word?: string;
}

const UNIT = { label: "powers that reach 1", change: { powers: "unit" } } as const;
const VARIANTS: readonly Variant[] = [
  { table: "Table 2", of: "relu-uniform-coarse", ...UNIT },
  { table: "Table 2", of: "relu-uniform-multilevel", ...UNIT },
  {
    table: "Table 2",
    of: "spline-uniform-coarse",
    label: "from 500 points",
    change: { points: 500 },
  },
  {
    table: "Table 2",
    of: "spline-uniform-coarse",
    word: "map",
    label: "first map 100 times as large",
    change: { mapScale: 100 },
  },
  {
    table: "Table 2",
    of: "spline-uniform-coarse",
    word: "long",
    label: "four times the epochs",
    change: {},
    epochs: 4,
  },
];

/** Which rows, and how long. */
export interface TableRowOptions {
  /**
   * `"wolfe"` (default): the library's safeguarded steps; `"none"`: the paper's unit steps;
   * `"both"`: each published row twice. Rows of our own have steps of their own.
   */
  readonly lineSearch?: "wolfe" | "none" | "both";
  /** A quarter of the epochs: to see that it works, not to compare. Default false. */
  readonly quick?: boolean;
}

/** Intervals of the coarse grid, and epochs per level of the three fidelities: equal work. */
const INTERVALS = 5, MULTILEVEL = [32, 16, 8, 4], COARSE = 128, FINE = 16;

/** Rows of our own: what the paper does not have. */
const OWN_ROWS: readonly {
  readonly id: string;
  readonly label: string;
  readonly knots: "uniform" | "free";
  readonly epochs: readonly number[];
  readonly optimizer: RowOptimizer;
  /** Where new knots go; evenly by default. */
  readonly placement?: "residual";
  /** Whether it trains as the command line does by default, not for 128 work units. */
  readonly adaptive?: true;
}[] = [
  {
    id: "ours-spline-free-multilevel",
    label: "ours: spline, multilevel, free knots",
    knots: "free",
    epochs: MULTILEVEL,
    optimizer: "lbfgs",
  },
  {
    id: "ours-spline-free-gauss-newton",
    label: "ours: spline, multilevel, free knots",
    knots: "free",
    epochs: MULTILEVEL,
    optimizer: "gauss-newton",
  },
  {
    id: "ours-spline-free-residual-gauss-newton",
    label: "ours: spline, knots where the error is",
    knots: "free",
    epochs: MULTILEVEL,
    optimizer: "gauss-newton",
    placement: "residual",
  },
  {
    id: "ours-default",
    label: "ours: spline, free knots, as train does by default",
    knots: "free",
    epochs: [32, 32, 32, 32],
    optimizer: "gauss-newton",
    adaptive: true,
  },
];

/**
 * The rows of the table that a paper prints for a problem, in its order, then variants of rows that
 * show what a published number depends on, then our own.
 *
 * KANs have 5 intervals on the coarse grid, 40 on the fine one; the epochs are the paper's:
 * [128, 0, 0, 0], [0, 0, 0, 16] and [32, 16, 8, 4], 128 work units each. The paper prints no epochs
 * for its MLPs: they get 128 of the same optimizer, as the coarse rows do. Nor does it print on which
 * inputs: they see them on [-1, 1], the domain of the spline layers, where kinks of the first guess
 * lie among the points. On [0, 1] as the points are drawn half of them do not, and errors are several
 * times the paper's. Nor does it print first parameters: the linear map in front of
 * splines begins as PyTorch's does, from which more seeds arrive; in front of ReLU powers, and in
 * the row that trains by default, as `createNetwork` draws it.
 *
 * @param problem A problem of the gallery with published rows.
 * @param options Line search, and whether to be quick.
 * @returns The rows.
 * @throws {RangeError} If the problem has no published rows.
 *
 * @example Table 1 has 13 rows, then come ours
 * ```ts
 * import { findProblem } from "@freeknot/freeknot";
 * import { tableRows } from "@freeknot/freeknot/reproduce";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = tableRows(findProblem("nonsmooth-left"));
 * assertEquals(rows.filter(({ paper }) => paper).length, 13);
 * assertEquals(rows[0].id, "relu-uniform-coarse");
 * ```
 */
export function tableRows(problem: Problem, options: TableRowOptions = {}): TableRow[] {
  checkRecord("make table", "problem", problem, "a problem (findProblem gives one)", ["name"]);
  const { paper, defaults } = problem;
  if (paper === undefined) {
    throw new RangeError(
      `Cannot list rows: problem must be one with published rows, current value is ${problem.name}`,
    );
  }
  const { lineSearch = "wolfe", quick = false } = options;
  const share = quick ? 4 : 1;
  const optimizers: RowOptimizer[] = [
    ...lineSearch === "none" ? [] : ["lbfgs" as const],
    ...lineSearch === "wolfe" ? [] : ["lbfgs-unit" as const],
  ];
  const published = paper.rows.flatMap((row) =>
    optimizers.map((optimizer) => publishedRow(row, defaults, optimizer, share))
  );
  const variants = VARIANTS.flatMap((variant) =>
    variant.table === paper.table ? variantsOf(published, variant) : []
  );
  const ours = OWN_ROWS.map((row): TableRow => {
    const { id, label, knots, optimizer, placement, adaptive = false } = row;
    const epochs = row.epochs.map((count) => Math.ceil(count / share));
    return {
      id,
      label: `${label}, ${OPTIMIZERS[optimizer].label}`,
      group: "ours",
      network: { ...defaults, intervals: INTERVALS, basis: "bspline", knots },
      schedule: adaptive
        ? adaptiveSchedule({ epochs })
        : placed(multilevelSchedule(epochs), placement),
      optimizer,
      ...(adaptive
        ? { starts: defaultStarts(defaults), smoothing: GAUSS_NEWTON_SMOOTHING }
        : { firstMap: "torch" }),
    };
  });
  return [...published, ...variants, ...ours];
}

/** The variant of the row that it names, if that is there. */
function variantsOf(
  published: readonly TableRow[],
  { of, word, label, change, epochs = 1 }: Variant,
): TableRow[] {
  const row = published.find(({ id }) => id === of);
  if (row?.paper === undefined) return [];
  const { paper: explains, ...told } = row;
  return [{
    ...told,
    ...change,
    schedule: epochs === 1 ? row.schedule : coarseSchedule(epochs * row.schedule.stages[0].epochs),
    id: ["variant", of, ...word === undefined ? [] : [word]].join("-"),
    label: `${row.label}, ${label}`,
    explains,
  }];
}

/** A new optimizer of a row. */
// deno-lint-ignore no-explicit-any
export function rowOptimizer({ optimizer }: TableRow): Optimizer<any> {
  return OPTIMIZERS[optimizer].create();
}

/** The same schedule with new knots elsewhere. */
function placed(schedule: Schedule, placement: "residual" | undefined): Schedule {
  if (placement === undefined) return schedule;
  return customSchedule(
    schedule.stages.map((stage) => stage.refine ? { ...stage, placement } : stage),
    schedule,
  );
}

/** As torch does: tolerances end an epoch, not the run; the next epoch steps on. */
function untilTheEnd(optimizer: Optimizer<LbfgsState>): Optimizer<LbfgsState> {
  return {
    ...optimizer,
    async epoch(state, evaluator, onStep) {
      const status = await optimizer.epoch(state, evaluator, onStep);
      return status === "converged" ? "running" : status;
    },
  };
}

function publishedRow(
  paper: PaperRow,
  defaults: Problem["defaults"],
  optimizer: RowOptimizer,
  share: number,
): TableRow {
  const { widths, basis, knots, fidelity } = paper;
  const unit = optimizer === "lbfgs-unit";
  const label = paper.label + (unit ? ", unit steps" : "");
  const ending = unit ? "-unit" : "";
  if (paper.network === "mlp") {
    return {
      id: `mlp-${widths.join("-")}${ending}`,
      label,
      group: "mlp",
      network: { widths, activation: "relu" },
      inputs: "symmetric",
      schedule: coarseSchedule(COARSE / share),
      optimizer,
      paper,
    };
  }
  const schedule = fidelity === "coarse"
    ? coarseSchedule(COARSE / share)
    : fidelity === "fine"
    ? fineSchedule(FINE / share, MULTILEVEL.length - 1)
    : multilevelSchedule(MULTILEVEL.map((epochs) => epochs / share));
  const group = basis === "relu" ? "relu" : "spline";
  return {
    id: `${group}-${knots}-${fidelity}${ending}`,
    label,
    group,
    network: { ...defaults, widths, basis, knots, intervals: INTERVALS * schedule.startFactor },
    ...(basis === "bspline" ? { firstMap: "torch" } : {}),
    schedule,
    optimizer,
    paper,
  };
}
