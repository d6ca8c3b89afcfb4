/**
 * Spectra of the neural tangent kernel in both bases (Actor et al. 2025, Theorem 3.2).
 *
 * @module
 */

import { changeOfBasisNormRatio, designMatrix, toDense } from "../../basis/mod.ts";
import { datasetOf, findProblem, galleryDatasets } from "../../data/mod.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { createNetwork, createRandom, type Network } from "../../model/mod.ts";
import { coarseSchedule, prolong } from "../../multilevel/mod.ts";
import {
  coefficientJacobian,
  kernelModes,
  kernelSpectrum,
  type OutputJacobian,
} from "../../theory/mod.ts";
import { trainToEnd } from "../../train/mod.ts";
import type {
  CheckedClaim,
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, verdict } from "./_fits.ts";
import { cos, pow, sin } from "../../numerics/inner.ts";

/** `||A~||^2` over intervals. */
interface NormsValue {
  readonly kind: "norms";
  readonly degree: number;
  readonly intervals: readonly number[];
  readonly norms: readonly number[];
}

/** Two spectra of one network. */
interface SpectraValue {
  readonly kind: "spectra";
  readonly name: string;
  readonly degree: number;
  readonly intervals: number;
  /** Decreasing. */
  readonly splines: readonly number[];
  readonly relu: readonly number[];
}

/** Rayleigh quotients of sines. */
interface FrequenciesValue {
  readonly kind: "frequencies";
  readonly degree: number;
  readonly frequencies: readonly number[];
  readonly splines: readonly number[];
  readonly relu: readonly number[];
  /** The frequency that each of the leading eigenvectors has most of. */
  readonly leadingSplines: readonly number[];
  readonly leadingRelu: readonly number[];
}

/** Decay of residuals along eigenvectors, predicted and measured. */
interface ModesValue {
  readonly kind: "modes";
  readonly basis: string;
  readonly mode: readonly number[];
  readonly predicted: readonly number[];
  readonly measured: readonly number[];
}

type NtkValue =
  | NormsValue
  | { readonly kind: "list"; readonly list: readonly SpectraValue[] }
  | FrequenciesValue
  | ModesValue;

const SEED = 1234;
const POINTS = 200;

/** The experiment. */
export const ntk: Experiment<NtkValue> = {
  name: "ntk",
  title: "Tangent kernels in both bases",
  source: "Actor et al. 2025, Section 3, equations (18) and (19), Theorem 3.2; appendix B",
  takes: ["network"],
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<NtkValue>[] {
  const { quick = false, seeds: [seed] = [SEED], network } = options;
  if (network !== undefined) {
    return [{ id: "network", run: async () => list([await ofUsers(network, seed)]) }];
  }
  const shapes = quick ? [[2, 5, 1]] : [[2, 5, 1], [2, 5, 5, 1]];
  return [
    ...[1, 2, 3, 4, 5].map((degree) => ({
      id: `norms-degree-${degree}`,
      run: () => norms(degree, quick ? [5, 20, 80] : [5, 20, 80, 320]),
    })),
    ...[1, 3].flatMap((degree) => [
      { id: `layer-degree-${degree}`, run: () => list(oneLayers(degree)) },
      { id: `frequencies-degree-${degree}`, run: () => frequencies(degree) },
    ]),
    ...shapes.map((widths) => ({
      id: `network-${widths.join(".")}`,
      run: async (running: PartRunning) => list(await alongTraining(widths, quick, seed, running)),
    })),
    { id: "random", run: async () => list(await randomNetworks(quick ? 20 : 100, seed)) },
    ...(["splines", "relu"] as const).map((basis) => ({
      id: `modes-${basis}`,
      run: () => modes(basis),
    })),
  ];
}

function list(spectra: readonly SpectraValue[]): NtkValue {
  return { kind: "list", list: spectra };
}

function norms(degree: number, intervals: readonly number[]): NormsValue {
  const found = intervals.map((n) => changeOfBasisNormRatio(degree, n));
  return { kind: "norms", degree, intervals, norms: found };
}

/** Middles of `POINTS` equal parts of [-1, 1]. */
function middles(): Float64Array {
  return Float64Array.from({ length: POINTS }, (_, i) => (2 * i + 1) / POINTS - 1);
}

/** The Jacobian of one layer with one input and one output: the basis at the points. */
function layerJacobian(
  degree: number,
  intervals: number,
  basis: "bspline" | "relu",
): OutputJacobian {
  const design = designMatrix(uniformKnots({ degree, intervals }), middles(), { basis });
  return { rows: design.rows, columns: design.columns, values: toDense(design) };
}

function oneLayers(degree: number): SpectraValue[] {
  return [5, 20, 80].map((intervals) => ({
    kind: "spectra" as const,
    ...{ name: `one layer, degree ${degree}, ${intervals} intervals`, degree, intervals },
    splines: [...kernelSpectrum(layerJacobian(degree, intervals, "bspline"))],
    relu: [...kernelSpectrum(layerJacobian(degree, intervals, "relu"))],
  }));
}

async function spectraOf(
  name: string,
  network: Network,
  dataset: Parameters<typeof coefficientJacobian>[1],
): Promise<SpectraValue> {
  const { degree, intervals } = network.config;
  const [splines, relu] = await Promise.all((["bspline", "relu"] as const).map(async (basis) => [
    ...kernelSpectrum(await coefficientJacobian(network, dataset, basis)),
  ]));
  return { kind: "spectra", name, degree, intervals, splines, relu };
}

/** Before training, and after every level. */
async function alongTraining(
  widths: readonly number[],
  quick: boolean,
  seed: number,
  running: PartRunning,
): Promise<SpectraValue[]> {
  const { train: dataset } = galleryDatasets(findProblem("nonsmooth"), { rows: quick ? 150 : 400 });
  const start = createNetwork({ widths, intervals: 5, knots: "uniform" }, { seed });
  const name = `[${widths.join(", ")}]`;
  const found = [await spectraOf(`${name} at first`, start, dataset)];
  let network = start;
  for (const epochs of quick ? [8, 4] : [32, 16, 8]) {
    if (found.length > 1) {
      network = prolong(network);
      found.push(
        await spectraOf(`${name} refined to ${network.config.intervals}`, network, dataset),
      );
    }
    const schedule = coarseSchedule(epochs);
    ({ network } = await trainToEnd(network, dataset, { schedule, ...running }));
    found.push(await spectraOf(`${name} trained on ${network.config.intervals}`, network, dataset));
  }
  return found;
}

async function randomNetworks(count: number, seed: number): Promise<SpectraValue[]> {
  const found: SpectraValue[] = [];
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed, `network ${i}`);
    const whole = (low: number, high: number) =>
      low + Math.floor(random.uniform() * (high - low + 1));
    const widths = [whole(1, 3), whole(2, 4), ...whole(0, 1) ? [whole(2, 3)] : [], 1];
    const degree = 1 + i % 5, intervals = whole(2, 12);
    const inputs = Array.from(
      { length: 60 },
      () => Array.from({ length: widths[0] }, () => random.uniform()),
    );
    const network = createNetwork({ widths, degree, intervals, knots: "uniform" }, {
      seed: seed + i,
    });
    const dataset = datasetOf({ inputs, targets: new Float64Array(60) });
    found.push(await spectraOf(`[${widths.join(", ")}], degree ${degree}`, network, dataset));
  }
  return found;
}

function ofUsers(network: Network, seed: number): Promise<SpectraValue> {
  const random = createRandom(seed, "points"), { widths } = network.config;
  const inputs = Array.from(
    { length: 300 },
    () => Array.from({ length: widths[0] }, () => random.uniform()),
  );
  const targets = Array.from({ length: 300 }, () => new Array<number>(widths.at(-1)!).fill(0));
  return spectraOf(`[${widths.join(", ")}]`, network, datasetOf({ inputs, targets }));
}

/** `v^T K v` of the sine of a frequency, `v` of length 1, over that of frequency 1. */
function frequencies(degree: number): FrequenciesValue {
  const places = doublings(1, 32), x = middles();
  const waves = Array.from({ length: POINTS / 2 }, (_, k) => [
    x.map((place) => sin((k + 1) * Math.PI * place)),
    x.map((place) => cos((k + 1) * Math.PI * place)),
  ]);
  function of(basis: "bspline" | "relu") {
    const jacobian = layerJacobian(degree, 40, basis), { values, rows, columns } = jacobian;
    const quotients = places.map((k) => {
      const wave = waves[k - 1][0];
      let sum = 0, square = 0;
      for (let c = 0; c < columns; c++) {
        let dot = 0;
        for (let r = 0; r < rows; r++) dot += values[r * columns + c] * wave[r];
        sum += dot * dot;
      }
      for (const value of wave) square += value * value;
      return sum / square;
    });
    const { vectors } = kernelModes(jacobian);
    const leading = Array.from({ length: 10 }, (_, m) => {
      const vector = vectors.subarray(m * rows, (m + 1) * rows);
      const shares = waves.map((pair) =>
        pair.reduce(
          (sum, wave) => sum + wave.reduce((s, each, r) => s + each * vector[r], 0) ** 2,
          0,
        )
      );
      const mean = vector.reduce((sum, each) => sum + each, 0) ** 2 / 2;
      return mean > Math.max(...shares) ? 0 : 1 + shares.indexOf(Math.max(...shares));
    });
    return { quotients: quotients.map((each) => each / quotients[0]), leading };
  }
  const splines = of("bspline"), relu = of("relu");
  return {
    ...{ kind: "frequencies", degree, frequencies: places },
    ...{ splines: splines.quotients, relu: relu.quotients },
    ...{ leadingSplines: splines.leading, leadingRelu: relu.leading },
  };
}

/** Steps of descent whose residuals are compared. */
const STEPS = 200;

/** Descent on one layer: along eigenvector k the residual shrinks by `1 - eta lambda_k` a step. */
function modes(basis: "splines" | "relu"): ModesValue {
  const jacobian = layerJacobian(1, 20, basis === "relu" ? "relu" : "bspline");
  const { rows, columns, values } = jacobian, { values: lambda, vectors } = kernelModes(jacobian);
  const eta = 1 / lambda[0], x = middles();
  const targets = x.map((place) => sin(2 * Math.PI * place) + Math.abs(place - 0.3));
  const c = new Float64Array(columns), residual = targets.map((y) => -y);
  const along = (m: number) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += vectors[m * rows + r] * residual[r];
    return sum;
  };
  const mode = [0, 1, 2, 4, 8, 16], before = mode.map(along);
  for (let step = 0; step < STEPS; step++) {
    for (let k = 0; k < columns; k++) {
      let slope = 0;
      for (let r = 0; r < rows; r++) slope += values[r * columns + k] * residual[r];
      c[k] -= eta * slope;
    }
    for (let r = 0; r < rows; r++) {
      let sum = -targets[r];
      for (let k = 0; k < columns; k++) sum += values[r * columns + k] * c[k];
      residual[r] = sum;
    }
  }
  return {
    ...{ kind: "modes", basis: basis === "relu" ? "ReLU powers" : "splines" },
    mode: mode.map((m) => m + 1),
    predicted: mode.map((m) => pow(1 - eta * lambda[m], STEPS)),
    measured: mode.map((m, i) => along(m) / before[i]),
  };
}

function conclude(
  found: ReadonlyMap<string, NtkValue>,
  { network }: ExperimentOptions,
): Findings {
  const values = [...found.values()];
  const spectra = values.flatMap((value) => value.kind === "list" ? value.list : []);
  const networks = [...found].flatMap(([id, value]) =>
    id.startsWith("network") && value.kind === "list" ? value.list : []
  );
  const ofKind = <Kind extends NtkValue["kind"]>(kind: Kind) =>
    values.filter((value): value is Extract<NtkValue, { kind: Kind }> => value.kind === kind);
  const normValues = ofKind("norms"),
    frequencyValues = ofKind("frequencies"),
    modeValues = ofKind("modes");
  return {
    claims: network !== undefined ? [boundClaim(spectra)] : [
      normClaim(normValues),
      boundClaim(spectra),
      verdict(
        "Along training, the spline basis has more eigenvalues above 1e-4 of the largest",
        networks,
        (all) => {
          const pairs = all.map(({ splines, relu }) => [above(splines), above(relu)]);
          return {
            holds: pairs.every(([s, r]) => s > r),
            measured: pairs.map(([s, r]) => `${s} and ${r}`).join(", "),
          };
        },
      ),
      frequencyClaim(frequencyValues),
      verdict(
        `Residuals along eigenvectors shrink by 1 - eta lambda a step: ${STEPS} steps, within 1e-9`,
        modeValues,
        (all) => {
          const most = Math.max(
            ...all.flatMap(({ predicted, measured }) =>
              predicted.map((each, i) => Math.abs(each - measured[i]))
            ),
          );
          return { holds: most < 1e-9, measured: `within ${brief(most)}` };
        },
      ),
    ],
    tables: [
      ...normTable(normValues),
      spectraTable(
        [...found].flatMap(([id, value]) =>
          id !== "random" && value.kind === "list" ? value.list : []
        ),
      ),
      ...frequencyValues.map(frequencyTable),
      ...modeValues.map(({ basis, mode, predicted, measured }) => ({
        title: `Residuals after ${STEPS} steps of descent, ${basis}, degree 1, 20 intervals`,
        columns: ["eigenvector", "predicted share", "measured share"],
        rows: mode.map((m, i) => [`${m}`, predicted[i], measured[i]]),
      })),
    ].filter(({ rows }) => rows.length > 0),
    charts: [...networks.slice(0, 1), ...networks.slice(-1)].map(spectraChart),
    notes: NOTES,
  };
}

function above(spectrum: readonly number[]): number {
  return spectrum.filter((value) => value > 1e-4 * spectrum[0]).length;
}

/** `(2^r / (r - 1)!)^2`. */
function normLimit(degree: number): number {
  let limit = pow(2, degree + 1);
  for (let k = 2; k <= degree; k++) limit /= k;
  return limit ** 2;
}

function normClaim(found: readonly NormsValue[]): CheckedClaim {
  return verdict(
    "||A~||^2 stays below (2^r / (r-1)!)^2 with r = degree + 1, and passes the theorem's 4 at degree 1 and 2",
    found,
    (all) => ({
      holds: all.every(({ degree, norms }) =>
        norms.every((norm) => norm < normLimit(degree)) && (degree > 2 || Math.max(...norms) > 4)
      ),
      measured: all.map(({ degree, norms }) =>
        `degree ${degree}: ${brief(Math.max(...norms), 5)} of ${brief(normLimit(degree), 5)}`
      ).join(", "),
    }),
  );
}

/** Theorem 3.2 in the plain basis: `rho_S <= ||A~||^2 h^(-2 degree) rho_R`, `h = 2 / intervals`. */
function boundOf({ degree, intervals }: SpectraValue): number {
  return normLimit(degree) * pow(intervals / 2, 2 * degree);
}

function boundClaim(spectra: readonly SpectraValue[]): CheckedClaim {
  return verdict(
    "rho(NTK_S) <= (2^r / (r-1)!)^2 h^(-2 degree) rho(NTK_R) on every network measured",
    spectra,
    (all) => {
      const shares = all.map((each) => each.splines[0] / each.relu[0] / boundOf(each));
      return {
        holds: shares.every((share) => share <= 1),
        measured: `${all.length} ${all.length === 1 ? "network" : "networks"}, at most ${
          brief(Math.max(...shares))
        } of the bound`,
      };
    },
  );
}

function frequencyClaim(found: readonly FrequenciesValue[]): CheckedClaim {
  return verdict(
    "The kernel of splines sees the 8th sine at least 10 times more, relative to the first, than that of ReLU powers",
    found,
    (all) => {
      const gains = all.map(({ frequencies, splines, relu }) => {
        const at = frequencies.indexOf(8);
        return splines[at] / relu[at];
      });
      return {
        holds: gains.every((gain) => gain > 10),
        measured: `${gains.map((gain) => brief(gain)).join(" and ")} times`,
      };
    },
  );
}

function normTable(found: readonly NormsValue[]) {
  if (found.length === 0) return [];
  return [{
    title: "||A~||^2 over the number of intervals; the theorem prints 4",
    columns: ["degree", ...found[0].intervals.map((n) => `${n}`), "limit"],
    rows: found.map(({ degree, norms }) => [`${degree}`, ...norms, normLimit(degree)]),
  }];
}

function spectraTable(spectra: readonly SpectraValue[]) {
  return {
    title: "Largest eigenvalues, and how many exceed 1e-4 of the largest",
    columns: [
      "network",
      "splines",
      "ReLU powers",
      "ratio",
      "bound of ratio",
      "above, splines",
      "above, ReLU",
    ],
    rows: spectra.map((each) => [
      each.name,
      ...[each.splines[0], each.relu[0], each.splines[0] / each.relu[0], boundOf(each)],
      ...[above(each.splines), above(each.relu)],
    ]),
  };
}

function frequencyTable(
  { degree, frequencies, splines, relu, leadingSplines, leadingRelu }: FrequenciesValue,
) {
  return {
    title:
      `v^T K v of sin(k pi x) over that of k = 1: one layer, degree ${degree}, 40 intervals; ` +
      `the ten leading eigenvectors have most of the frequencies ${leadingSplines.join(", ")} ` +
      `(splines) and ${leadingRelu.join(", ")} (ReLU powers)`,
    columns: ["k", "splines", "ReLU powers"],
    rows: frequencies.map((k, i) => [`${k}`, splines[i], relu[i]]),
  };
}

function spectraChart({ name, splines, relu }: SpectraValue) {
  const curve = (label: string, spectrum: readonly number[]) => {
    const y = spectrum.map((value) => value / spectrum[0]).filter((value) => value > 1e-14);
    return { label, x: y.map((_, i) => i + 1), y };
  };
  return {
    title: `Spectra: ${name}`,
    text:
      "Eigenvalues of the tangent kernel relative to the largest, in decreasing order: those of " +
      "the spline basis fall slower than those of ReLU powers.",
    ...{ xTitle: "eigenvalue", yTitle: "share of the largest", logarithmic: "y" as const },
    curves: [curve("splines", splines), curve("ReLU powers", relu)],
  };
}

const NOTES = [
  "NTK_S = J_c J_c^T and NTK_R = J_W J_W^T with J_W = J_c A^-T, by the coefficients of all layers; " +
  "linear maps are left out, as in the paper.",
  "Theorem 3.2 prints 4: that bounds ||A~||, whose square counts, and for the basis scaled by h. In " +
  "the plain basis the bound carries h^(-2 degree), h = 2 / intervals. It is loose by orders.",
  "A network by --model is measured on 300 random points of the unit cube, the range of scaled tables.",
];
