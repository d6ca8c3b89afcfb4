/**
 * Differential equations that others report errors of: ours beside theirs, with reference solutions
 * checked by a second way.
 *
 * @module
 */

import { solvePde } from "../../physics/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";
import { RECOGNISED, type RecognisedPde } from "./_pde_problems.ts";
import { type CheckedReference, REFERENCES } from "./_pde_references.ts";

/** A problem that was solved. */
interface SolvedRow {
  readonly kind: "solved";
  readonly name: string;
  readonly seed: number;
  readonly parameters: number;
  readonly tolerance: number;
  readonly error: number;
  readonly estimate: number | null;
  readonly residual: number;
  readonly seconds: number;
  readonly status: string;
}

/** A reference solution that was checked. */
interface ReferenceRow {
  readonly kind: "reference";
  readonly name: string;
  /** Relative L2 distance of both ways, and the largest one. */
  readonly distance: number;
  readonly largest: number;
}

type PdeValue = SolvedRow | ReferenceRow;

const SEED = 1234;
/** Points at which two ways to a reference solution are compared. */
const POINTS = 2000;

/** The experiment. */
export const pde: Experiment<PdeValue> = {
  name: "pde",
  title: "Differential equations of the field",
  source: "Webb, Jerad, Cartis 2026 (arXiv 2607.02194), Kiyani et al. 2025 (arXiv 2501.16371), " +
    "Jnini et al. 2026 (arXiv 2604.05230)",
  minutes: 14,
  parts,
  conclude,
};

function parts(
  { quick = false, seeds = [SEED], threads }: ExperimentOptions,
): ExperimentPart<PdeValue>[] {
  return [
    ...REFERENCES.filter(({ isQuick }) => !quick || isQuick).map((reference) => ({
      id: `reference-${reference.name}`,
      run: (): ReferenceRow => {
        const [a, b] = reference.both(latticePoints());
        let square = 0, size = 0, largest = 0;
        a.forEach((x, i) => {
          square += (x - b[i]) ** 2;
          size += x * x;
          largest = Math.max(largest, Math.abs(x - b[i]));
        });
        const distance = Math.sqrt(square / size);
        return { kind: "reference", name: reference.name, distance, largest };
      },
    })),
    ...RECOGNISED.filter((each) => !quick || each.quick).flatMap((each) =>
      seeds.map((seed) => ({
        id: each.name + (seeds.length > 1 ? `-seed-${seed}` : ""),
        run: (running: PartRunning) => solveOne(each, { quick, seed, threads, running }),
      }))
    ),
  ];
}

async function solveOne(
  { name, problem, options, quick: short = {} }: RecognisedPde,
  { quick, seed, threads, running }: {
    readonly quick: boolean;
    readonly seed: number;
    readonly threads: number | undefined;
    readonly running: PartRunning;
  },
): Promise<SolvedRow> {
  const chosen = quick ? short : options;
  const { network, finished, error, errorEstimate, verification } = await solvePde(problem, {
    ...{ ...chosen, seed, signal: running.signal },
    ...(threads === undefined ? {} : { threads }),
  });
  running.signal.throwIfAborted();
  return {
    ...{ kind: "solved", name, seed, parameters: network.parameters.length },
    tolerance: chosen.tolerance ?? 3e-7,
    error: error!.relativeL2,
    estimate: errorEstimate ?? null,
    residual: verification.fresh,
    seconds: finished.seconds,
    status: finished.status,
  };
}

/** Points `(t, x)` of a lattice on `[0, 1] x [-1, 1]`. */
function latticePoints(): Float64Array {
  return Float64Array.from({ length: 2 * POINTS }, (_, i) => {
    const place = (Math.floor(i / 2) + 0.5) *
      (i % 2 === 0 ? 0.7548776662466927 : 0.569840290998053);
    return i % 2 === 0 ? place % 1 : 2 * (place % 1) - 1;
  });
}

/** An error that is a multiple of the tolerance by more than this is no keeping of it. */
const FACTOR = 10;
function conclude(values: ReadonlyMap<string, PdeValue>): Findings {
  const all = [...values.values()];
  const solved = all.filter((value) => value.kind === "solved");
  const references = all.filter((value) => value.kind === "reference");
  return {
    claims: [
      verdict(
        `Runs that say converged have errors of at most ${FACTOR} times their tolerance`,
        solved,
        (rows) => {
          const done = rows.filter(({ status }) => status === "converged");
          return {
            holds: done.every(({ error, tolerance }) => error <= FACTOR * tolerance),
            measured: done.length === 0 ? "none said so" : "error over tolerance: " +
              done.map(({ name, error, tolerance }) => `${name} ${brief(error / tolerance, 2)}`)
                .join(", "),
          };
        },
      ),
      verdict(
        "Two ways to each reference solution agree to 1e-12, relative L2 (KdV 1e-11, Sod's tube 2e-11, " +
          "Kuramoto and Sivashinsky 1e-10, cavity 2e-5)",
        references,
        (rows) => ({
          holds: rows.every(({ name, distance }) => distance <= referenceOf(name).agreement),
          measured: rows.map(({ name, distance }) => `${name} ${brief(distance, 2)}`).join(", "),
        }),
      ),
    ],
    tables: [
      ...solved.length > 0 ? [oursTable(solved), publishedTable(solved)] : [],
      ...references.length > 0 ? [referenceTable(references)] : [],
    ],
    charts: solved.length === 0 ? [] : [errorChart(solved)],
    notes: NOTES,
  };
}

function titleOf(name: string): string {
  return RECOGNISED.find((each) => each.name === name)!.title;
}

function referenceOf(name: string): CheckedReference {
  return REFERENCES.find((each) => each.name === name)!;
}

function oursTable(rows: readonly SolvedRow[]) {
  return {
    title: "Ours, on the cores of this machine: relative L2 errors",
    columns: [
      ...["problem", "seed", "error", "its estimate", "residual", "tolerance", "status"],
      ...["parameters", "seconds"],
    ],
    rows: rows.map((row) => [
      ...[titleOf(row.name), row.seed, row.error, row.estimate, row.residual, row.tolerance],
      ...[row.status, row.parameters, row.seconds],
    ]),
  };
}

function publishedTable(rows: readonly SolvedRow[]) {
  const names = [...new Set(rows.map(({ name }) => name))];
  return {
    title: "Beside what others report, on their devices",
    columns: ["problem", "by", "relative L2 error", "over ours", "parameters", "seconds"],
    rows: names.flatMap((name) => {
      const ours = Math.min(...rows.filter((row) => row.name === name).map(({ error }) => error));
      const { title, published } = RECOGNISED.find((each) => each.name === name)!;
      return published.length === 0
        ? [[title, "no figure found", null, null, null, null]]
        : published.map(({ by, error, parameters = null, seconds = null }) => [
          ...[title, by, error, error / ours, parameters, seconds],
        ]);
    }),
  };
}

function referenceTable(rows: readonly ReferenceRow[]) {
  return {
    title: "Reference solutions, each by two ways, at 2,000 points",
    columns: ["problem", "ways", "relative L2 distance", "largest distance"],
    rows: rows.map(({ name, distance, largest }) => [
      ...[name, referenceOf(name).ways, distance, largest],
    ]),
  };
}

/** Whose errors and parameters are known. */
function errorChart(rows: readonly SolvedRow[]): Findings["charts"][number] {
  const names = [...new Set(rows.map(({ name }) => name))];
  const others = names.flatMap((name) =>
    RECOGNISED.find((each) => each.name === name)!.published.flatMap(({ error, parameters }) =>
      parameters === undefined ? [] : [{ error, parameters }]
    )
  );
  const points = (label: string, of: readonly { error: number; parameters: number }[]) => ({
    label,
    x: of.map(({ parameters }) => parameters),
    y: of.map(({ error }) => error),
    kind: "points" as const,
  });
  return {
    title: "Errors over parameters",
    text: "Every point is a problem: its relative L2 error over the parameters of the network. " +
      "Others' are those whose parameters are printed; the tables name the problems.",
    ...{ xTitle: "parameters", yTitle: "relative L2 error", logarithmic: "both" },
    curves: [points("ours", rows), ...(others.length === 0 ? [] : [points("others", others)])],
  };
}

const NOTES = [
  "Every run has a limit of work, one or two minutes on two idle cores; evolutions with fronts go " +
  "window after window in time. Others train on GPUs for minutes to hours.",
  "Of DSGNAR's Poisson problem the right-hand side was not to be had: ours is u = sum cos(pi x_i) on " +
  "[0, 1]^5, which a network without hidden nodes can hold. Its error there says nothing of five " +
  "dimensions in general.",
  "Wave, Helmholtz, Klein-Gordon, Poisson, Kovasznay, soliton and travelling shock have formulas as " +
  "solutions. What limits the reference of Kuramoto and Sivashinsky is the equation: a difference at " +
  "the start has grown some 600 times at t = 1; that of the cavity its corners, where derivatives of " +
  "fourth order are not bounded. Its lid slows down towards its ends: figures of a lid of one speed are " +
  "no figures of this problem.",
  "Figures of others are as their papers say, or repositories that quote them: look into the source " +
  "before you cite one.",
  "The quick form solves two problems to coarse tolerances.",
];
