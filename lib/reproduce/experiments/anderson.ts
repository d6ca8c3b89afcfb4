/**
 * Mobility edges of quasiperiodic chains (Liu et al. 2024, the application to Anderson localisation):
 * networks of splines classify eigenstates, and the edge that they have found becomes a formula.
 *
 * @module
 */

import { type Dataset, datasetOf } from "../../data/mod.ts";
import { evaluateFormula, findFormula, printFormula } from "../../interpret/mod.ts";
import { createNetwork, createRandom, forward, type Network } from "../../model/mod.ts";
import { multilevelSchedule } from "../../multilevel/mod.ts";
import { createTournament, lbfgs, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { verdict } from "./_fits.ts";
import { fractalDimension, type Lattice, LATTICES } from "./_lattices.ts";

/** A place of the edge that a network has found. */
interface EdgePoint {
  readonly lambda: number;
  /** The chain's other number; 0 where there is none. */
  readonly other: number;
  readonly found: number;
  readonly known: number;
}

/** What one model showed. */
interface AndersonValue {
  readonly name: string;
  readonly hamiltonian: string;
  readonly sites: number;
  /** States that were trained on, and those that were not. */
  readonly rows: readonly [number, number];
  /** Share of all states on whose side the known edge is right. */
  readonly theory: number;
  /** The same of the network, on states that it has not seen. */
  readonly network: number;
  /** The same of the formula, on all states. */
  readonly told: number;
  readonly widths: readonly number[];
  /** Mean fractal dimension on the known edge's extended and localised side. */
  readonly dimensions: readonly [number, number];
  readonly points: readonly EdgePoint[];
  /** The formula of the found edge, and the known one. */
  readonly formula: string;
  readonly edge: string;
  /** Of the search that is told the known edge's functions: text, share of states, distance. */
  readonly helped?: readonly [string, number, number];
  /** Formulas by length: text, complexity, share of states, distance from the known edge. */
  readonly front: readonly (readonly [string, number, number, number])[];
  /** Root mean square distance from the known edge over its deviation: of points, of the formula. */
  readonly distances: readonly [number, number];
}

/** A state counts as extended from this fractal dimension on. */
const EXTENDED = 0.5;
/** States of a chain that become rows. */
const STATES = 50;
/** Neighbouring energies that are farther apart have a gap between them. */
const GAP = 0.3;
/** Places at which a network's edge is looked for. */
const PLACES = 600;
const SEED = 1234;
/** Functions of formulas. */
const FUNCTIONS = ["exp", "log", "cosh"];

/** Where the numbers of a chain lie, and which network classifies its states. */
interface Plan {
  readonly lattice: Lattice;
  readonly sites: number;
  readonly lambda: readonly [number, number];
  readonly other?: readonly [number, number];
  readonly widths: readonly number[];
  /** Functions of the known edge, for a search that is told them. Default: none is. */
  readonly help?: readonly string[];
}

const PLANS: Readonly<Record<keyof typeof LATTICES, Plan>> = {
  mosaic: { lattice: LATTICES.mosaic, sites: 610, lambda: [0.5, 2.5], widths: [2, 1, 1] },
  generalised: {
    ...{ lattice: LATTICES.generalised, sites: 610, lambda: [0.6, 1.3], other: [0.2, 0.7] },
    ...{ widths: [3, 2, 1], help: [] },
  },
  modified: {
    ...{ lattice: LATTICES.modified, sites: 233, lambda: [1.6, 4], other: [0.5, 1.5] },
    ...{ widths: [3, 2, 1], help: ["exp", "cosh"] },
  },
};

/** The experiment. */
export const anderson: Experiment<AndersonValue> = {
  name: "anderson",
  title: "Mobility edges of quasiperiodic chains, found by networks of splines",
  source: "Liu et al. 2024 (arXiv 2404.19756), Anderson localisation; edges of the models' authors",
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<AndersonValue>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  return Object.entries(PLANS).filter(([id]) => !quick || id === "mosaic").map(([id, plan]) => ({
    id,
    run: (running) => model(plan, quick, seed, running),
  }));
}

/** The states of all chains as rows `[lambda, E]` or `[lambda, other, E]`. */
interface States {
  readonly inputs: number[][];
  /** 1: localised. */
  readonly targets: number[];
  /** What the known edge says. */
  readonly known: number[];
  readonly dimensions: number[];
  /** All energies of each chain, increasing. */
  readonly chains: { lambda: number; other: number; energies: Float64Array }[];
}

function evenly([from, to]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + (to - from) * i / (count - 1));
}

function statesOf({ lattice, sites, lambda, other }: Plan, quick: boolean, seed: number): States {
  const found: States = { inputs: [], targets: [], known: [], dimensions: [], chains: [] };
  const random = createRandom(seed, `anderson ${lattice.name}`), size = quick ? 233 : sites;
  const strengths = evenly(lambda, other ? 21 : 61);
  for (const second of other ? evenly(other, 8) : [0]) {
    for (const strength of strengths) {
      const phase = 2 * Math.PI * random.uniform();
      const { values, vectors } = lattice.states(size, strength, second, phase);
      found.chains.push({ lambda: strength, other: second, energies: values });
      for (let k = 0; k < STATES; k++) {
        const i = Math.floor((k + 0.5) * size / STATES);
        const dimension = fractalDimension(vectors.subarray(i * size, (i + 1) * size));
        found.inputs.push(other ? [strength, second, values[i]] : [strength, values[i]]);
        found.dimensions.push(dimension);
        found.targets.push(dimension > EXTENDED ? 0 : 1);
        found.known.push(lattice.side(values[i], strength, second) < 0 ? 0 : 1);
      }
    }
  }
  return found;
}

async function model(
  plan: Plan,
  quick: boolean,
  seed: number,
  running: PartRunning,
): Promise<AndersonValue> {
  const { lattice, sites, widths } = plan, states = statesOf(plan, quick, seed);
  const rowsWhere = (keep: (i: number) => boolean): Dataset =>
    datasetOf({
      inputs: states.inputs.filter((_, i) => keep(i)),
      targets: states.targets.filter((_, i) => keep(i)),
    });
  const train = rowsWhere((i) => i % 3 > 0), test = rowsWhere((i) => i % 3 === 0);
  const network = await classifier(train, widths, seed, running);
  const points = edgeOf(network, lattice, states);
  const all = rowsWhere(() => true), right = sideOf(network, all);
  const { chosen: { formula, values, share: told }, found } = await formulaOf(
    ...[points, lattice, states, right - 0.005, FUNCTIONS, running.signal] as const,
  );
  const helped = plan.help && (await formulaOf(
    ...[points, lattice, states, right - 0.005, plan.help, running.signal] as const,
  )).chosen;
  const known = points.map((point) => point.known);
  const mean = (side: number) => {
    const list = states.dimensions.filter((_, i) => states.known[i] === side);
    return list.reduce((sum, value) => sum + value, 0) / list.length;
  };
  return {
    ...{ name: lattice.name, hamiltonian: lattice.formula, sites: quick ? 233 : sites },
    rows: [train.rows, test.rows],
    theory: share(states.targets, states.known),
    ...{ network: sideOf(network, test), told },
    ...{ widths, dimensions: [mean(0), mean(1)], points, formula, edge: lattice.edge },
    ...(helped && { helped: [helped.formula, helped.share, distance(helped.values, known)] }),
    front: found.map((each) => [
      ...[each.formula, each.complexity, each.share, distance(each.values, known)] as const,
    ]),
    distances: [distance(points.map(({ found }) => found), known), distance(values, known)],
  };
}

function share(a: readonly number[], b: readonly number[]): number {
  return a.filter((value, i) => value === b[i]).length / a.length;
}

/** Root mean square difference over the deviation of the known values. */
function distance(found: readonly number[], known: readonly number[]): number {
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const square = known.reduce((sum, value, i) => sum + (found[i] - value) ** 2, 0);
  return Math.sqrt(square / known.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}

/** Share of rows whose class the network knows. */
function sideOf(network: Network, { inputs, targets, rows }: Dataset): number {
  const sides = [...forward(network, inputs, rows)].map((value) => value > 0 ? 1 : 0);
  return share([...targets], sides);
}

/** Splines on all edges, cross-entropy; the best of first guesses. */
async function classifier(
  train: Dataset,
  widths: readonly number[],
  seed: number,
  running: PartRunning,
): Promise<Network> {
  const config = { widths, firstLayer: "spline", knots: "uniform", intervals: 5 } as const;
  const { network } = await trainToEnd(createNetwork(config, { seed }), train, {
    loss: { kind: "crossEntropy", weightDecay: 1e-4 },
    schedule: multilevelSchedule([15, 5]),
    optimizer: lbfgs(),
    ...{ ...running, tournament: createTournament(config, { seed }) },
  });
  return network;
}

/**
 * Where the network changes its mind, once per chain (of mirrored sides above 0). In a gap between
 * bands, where no state says anything, it does not count.
 */
function edgeOf(network: Network, lattice: Lattice, { chains }: States): EdgePoint[] {
  const points: EdgePoint[] = [], mirrored = lattice.other === undefined;
  for (const { lambda, other, energies } of chains) {
    const low = mirrored ? 0 : energies[0], high = energies[energies.length - 1];
    const places = evenly([low, high], PLACES);
    const inputs = places.flatMap((energy) =>
      mirrored ? [lambda, energy] : [lambda, other, energy]
    );
    const y = forward(network, Float64Array.from(inputs), PLACES);
    const crossings = places.flatMap((energy, i) =>
      i > 0 && (y[i - 1] > 0) !== (y[i] > 0)
        ? [places[i - 1] + (energy - places[i - 1]) * y[i - 1] / (y[i - 1] - y[i])]
        : []
    );
    if (crossings.length !== 1) continue;
    const [found] = crossings, above = energies.findIndex((energy) => energy > found);
    if (above < 1 || energies[above] - energies[above - 1] > GAP) continue;
    points.push({ lambda, other, found, known: lattice.energy(lambda, other) });
  }
  return points;
}

/** A formula of the edge, its values at the points, and the share of states on its side. */
interface EdgeFormula {
  readonly formula: string;
  readonly complexity: number;
  readonly values: number[];
  readonly share: number;
}

/**
 * The shortest formula of the edge that tells the states apart as well as `least`; where none does,
 * the one that does best.
 */
async function formulaOf(
  points: readonly EdgePoint[],
  { other, above }: Lattice,
  states: States,
  least: number,
  library: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly chosen: EdgeFormula; readonly found: readonly EdgeFormula[] }> {
  const names = ["lambda", ...(other === undefined ? [] : [other])];
  const inputs = points.map((point) =>
    other === undefined ? [point.lambda] : [point.lambda, point.other]
  );
  const targets = points.map(({ found }) => found), columns = names.length;
  const { front } = await findFormula({ inputs, targets, names }, {
    ...{ signal, complexity: 14, library },
  });
  const numbers = states.inputs.map((row) => row.slice(0, columns));
  const energies = states.inputs.map((row) => other === undefined ? Math.abs(row[1]) : row[2]);
  const found = front.map(({ formula, complexity }): EdgeFormula => {
    const edges = evaluateFormula(formula, numbers, names);
    const sides = energies.map((energy, i) => (energy > edges[i]) === above ? 1 : 0);
    return {
      complexity,
      formula: `E = ${printFormula(formula, "plain", { digits: 3 })}`,
      values: [...evaluateFormula(formula, inputs, names)],
      share: share(states.targets, sides),
    };
  });
  const chosen = found.find((each) => each.share >= least) ??
    found.reduce((best, each) => each.share > best.share ? each : best);
  return { chosen, found };
}

function conclude(values: ReadonlyMap<string, AndersonValue>): Findings {
  const models = [...values.values()];
  const list = (text: (model: AndersonValue) => string) =>
    models.map((model) => `${model.name} ${text(model)}`).join("; ");
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return {
    claims: [
      verdict(
        "The known edges separate the states of these chains: at least 98 % are on their side",
        models,
        (found) => ({
          holds: found.every(({ theory }) => theory >= 0.98),
          measured: list(({ theory }) => percent(theory)),
        }),
      ),
      verdict(
        "Networks of splines say as much of states that they have not seen: within 2 points of the known edge",
        models,
        (found) => ({
          holds: found.every(({ theory, network }) => network >= theory - 0.02),
          measured: list(({ network }) => percent(network)),
        }),
      ),
      verdict(
        "Formulas of the networks' edges tell states apart as well: within 2 points of the known edge",
        models,
        (found) => ({
          holds: found.every(({ theory, told }) => told >= theory - 0.02),
          measured: list(({ formula, told }) => `${formula}: ${percent(told)}`),
        }),
      ),
    ],
    tables: models.length === 0 ? [] : tablesOf(models),
    charts: models.map(edgeChart),
    notes: [
      "Open chains with a random phase for every one, frequency the golden mean; a state counts as " +
      "extended where its fractal dimension -log(sum |psi|^4) / log(sites) exceeds 1/2. The mosaic " +
      "model has the factor 2 of its authors, with which the known edge is |lambda E| = 1.",
      "Networks see numbers of the chain and the energy, a third of the states is not trained on. " +
      "Formulas are fitted to the network's edge, not to the known one; shown is the shortest that " +
      "tells states apart as well as the network, to half a point; places in gaps wider than 0.3 are " +
      "left out. The paper's rows and its " +
      "accuracies are not at hand: the classifier is this library's.",
    ],
  };
}

/** The edge over the strength of disorder; of chains with another number found over known. */
function edgeChart({ name, points }: AndersonValue): Findings["charts"][number] {
  const found = points.map((point) => point.found), known = points.map((point) => point.known);
  if (points.every(({ other }) => other === 0)) {
    const x = points.map(({ lambda }) => lambda);
    return {
      title: `${name}: the edge`,
      text: "Places at which the network changes its mind over the strength of disorder, beside " +
        "the known edge.",
      ...{ xTitle: "lambda", yTitle: "energy" },
      curves: [
        { label: "known", x, y: known, kind: "guide" },
        { label: "network of splines", x, y: found, kind: "points" },
      ],
    };
  }
  const ends = [Math.min(...known), Math.max(...known)];
  return {
    title: `${name}: the edge`,
    text: "Energies at which the network changes its mind over those of the known edge, for all " +
      "strengths of disorder and values of the chain's other number; on the line both agree.",
    ...{ xTitle: "known energy", yTitle: "energy found" },
    curves: [
      { label: "known", x: ends, y: ends, kind: "guide" },
      { label: "network of splines", x: known, y: found, kind: "points" },
    ],
  };
}

function tablesOf(models: readonly AndersonValue[]): Findings["tables"] {
  const tables = [
    {
      title: "Edges",
      columns: [
        ...["model", "known edge", "formula of the network's edge", "distance of the network"],
        "of the formula",
      ],
      rows: models.map(({ name, edge, formula, distances }) => [name, edge, formula, ...distances]),
    },
    {
      title: "With help: the search has the known edge's functions alone",
      columns: ["model", "formula", "states on its side", "distance from the known edge"],
      rows: models.flatMap(({ name, helped }) => helped ? [[name, ...helped]] : []),
    },
    {
      title: "States",
      columns: [
        ...["model", "sites", "states trained on", "other states", "known edge is right"],
        ...["network", "formula", "widths", "mean dimension, extended side", "localised side"],
      ],
      rows: models.map(({ name, sites, rows, theory, network, told, widths, dimensions }) => [
        ...[name, sites, ...rows, theory, network, told, widths.join("-"), ...dimensions],
      ]),
    },
    {
      title: "Formulas of the networks' edges by length",
      columns: [
        ...["formula", "model", "complexity", "states on their side"],
        "distance from the known edge",
      ],
      rows: models.flatMap(({ name, front }) =>
        front.map(([text, ...numbers]) => [text, name, ...numbers])
      ),
    },
    {
      title: "Chains",
      columns: ["model", "Hamiltonian"],
      rows: models.map(({ name, hamiltonian }) => [name, hamiltonian]),
    },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}
