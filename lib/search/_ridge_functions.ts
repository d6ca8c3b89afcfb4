/**
 * Sums of splines of single columns, or of linear combinations of columns, by penalised regression:
 * additive models and ridge functions, as networks.
 *
 * @module
 */

import { bsplineDerivatives } from "../basis/mod.ts";
import { writeBsplineBasis } from "../basis/inner.ts";
import type { Dataset } from "../data/mod.ts";
import { grevilleAbscissae, knotsFromBreakpoints, quantileKnots } from "../knots/mod.ts";
import { createNetwork, type Network } from "../model/mod.ts";
import { factorPositive } from "../numerics/inner.ts";
import {
  addUpRows,
  type NodeFunctions,
  nodeRanges,
  SAMPLED_ROWS,
  spacedRows,
} from "./_many_rows.ts";
import {
  fitPenalised,
  fitRowSums,
  type PenalisedColumns,
  type TargetFamily,
} from "./_penalised_fit.ts";

/** What a sum of splines is made of. */
export interface RidgeFunctionOptions {
  /** Pieces per spline. */
  readonly intervals: number;
  /** Whether columns bend; lines alone otherwise. */
  readonly bends: boolean;
  /** Linear combinations, shape `[count, nIn]`, of scaled inputs. */
  readonly directions?: Float64Array;
  /** Strengths to begin with and how often they change, see {@linkcode fitPenalised}. */
  readonly strengths?: Float64Array;
  readonly updates?: number;
}

/** A fitted sum of splines. */
export interface RidgeFunctions {
  readonly network: Network;
  readonly strengths: Float64Array;
  /** Effective degrees of freedom, of all outputs. */
  readonly edf: number;
}

/** With fewer rows per column all columns bend with one strength. */
const ROWS_PER_STRENGTH = 8;
const DEGREE = 3, DOMAIN = [-1, 1] as const;

/** Fits a sum of splines: of every column, and of every direction. */
export function fitRidgeFunctions(
  dataset: Dataset,
  family: TargetFamily,
  options: RidgeFunctionOptions,
): RidgeFunctions {
  const { rows, nIn, nOut } = dataset, { directions } = options;
  const many = family === "gaussian" && rows > SAMPLED_ROWS;
  const values = nodeValues(spacedRows(dataset, many ? SAMPLED_ROWS : rows), directions);
  const ranges = nodeRanges(dataset, directions);
  const terms = values.map((each, node) => makeTerm(each, options, node < nIn, ranges[node]));
  const grouped = groupColumns(dataset, terms, options), { count } = grouped;
  let fit: ReturnType<typeof fitPenalised>;
  if (many) {
    const sums = addUpRows(dataset, terms, directions);
    fit = fitRowSums(grouped, sums, nOut, options.strengths, options.updates);
  } else {
    const columns = new Float64Array(rows * count);
    for (let r = 0; r < rows; r++) columns[r * count] = 1;
    let at = 1;
    for (const term of terms) {
      term.write(columns, count, at);
      at += term.width;
    }
    const design: PenalisedColumns = { ...grouped, values: columns };
    const { targets, weights } = dataset, { strengths, updates } = options;
    fit = fitPenalised(design, targets, nOut, family, weights, strengths, updates);
  }
  const network = toNetwork(dataset, terms, fit.coefficients, options);
  return {
    network,
    strengths: fit.strengths,
    edf: fit.edf.reduce((sum, each) => sum + each, 0),
  };
}

/** Group 0: lines; then one for the bends of every column; one for all directions. */
function groupColumns(
  { rows, nIn }: Dataset,
  terms: readonly Term[],
  { bends }: RidgeFunctionOptions,
): Omit<PenalisedColumns, "values"> {
  const count = 1 + terms.reduce((sum, { width }) => sum + width, 0);
  const groups = new Int32Array(count).fill(-1);
  const obliqueGroup = bends ? nIn + 1 : 1, apart = rows >= ROWS_PER_STRENGTH * nIn;
  let at = 1;
  terms.forEach(({ width }, node) => {
    for (let k = 0; k < width; k++) {
      groups[at + k] = node >= nIn ? obliqueGroup : k === 0 ? 0 : apart ? 1 + node : 1;
    }
    at += width;
  });
  return { rows, count, groups, numGroups: obliqueGroup + (terms.length > nIn ? 1 : 0) };
}

/** The values of every node, at every row. */
function nodeValues(
  { rows, nIn, inputs }: Dataset,
  directions: Float64Array | undefined,
): Float64Array[] {
  const nodes = nIn + (directions === undefined ? 0 : directions.length / nIn);
  return Array.from({ length: nodes }, (_, node) => {
    const out = new Float64Array(rows);
    if (node < nIn) {
      for (let r = 0; r < rows; r++) out[r] = inputs[r * nIn + node];
      return out;
    }
    const from = (node - nIn) * nIn;
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let p = 0; p < nIn; p++) sum += directions![from + p] * inputs[r * nIn + p];
      out[r] = sum;
    }
    return out;
  });
}

/** A node's functions: a line, and bends. */
interface Term extends NodeFunctions {
  /** Number of columns. */
  readonly width: number;
  readonly breakpoints: Float64Array;
  /** Writes the columns, centred. */
  write(columns: Float64Array, count: number, at: number): void;
  /** Adds the splines' coefficients for coefficients of the columns; returns the constant. */
  spline(beta: (k: number) => number, out: Float64Array): number;
}

function makeTerm(
  values: Float64Array,
  { intervals, bends }: RidgeFunctionOptions,
  line: boolean,
  [low, high]: readonly [number, number],
): Term {
  const rows = values.length;
  const uniform = Float64Array.from(
    { length: intervals + 1 },
    (_, i) => i === intervals ? 1 : -1 + 2 * i / intervals,
  );
  if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) {
    const knots = knotsFromBreakpoints(uniform, { degree: DEGREE });
    const none = { maps: [], means: new Float64Array(0), write() {}, spline: () => 0 };
    return { ...none, width: 0, breakpoints: uniform, low, high, knots };
  }
  const u = values.map((x) => Math.min(1, Math.max(-1, -1 + 2 * (x - low) / (high - low))));
  const distinct = new Set(u).size;
  const bent = (bends || !line) && distinct > 2;
  const breakpoints = bent
    ? quantileKnots(u, { degree: DEGREE, intervals, domain: DOMAIN, uniformFraction: 0.3 }).values
      .slice(DEGREE, DEGREE + intervals + 1)
    : uniform;
  const knots = knotsFromBreakpoints(breakpoints, { degree: DEGREE });
  const greville = grevilleAbscissae(knots), k = greville.length;
  const maps: Float64Array[] = []; // coefficients of every function
  const mean = (x: Float64Array) => x.reduce((sum, each) => sum + each, 0) / rows;
  if (line) {
    const middle = mean(u);
    const deviation = Math.sqrt(u.reduce((sum, x) => sum + (x - middle) ** 2, 0) / rows);
    maps.push(greville.map((x) => x / deviation));
  }
  if (bent) maps.push(...bendMaps(knots, greville));
  const local = new Float64Array(DEGREE + 1), width = maps.length;
  const functions = maps.map(() => new Float64Array(rows));
  for (let r = 0; r < rows; r++) {
    const first = writeBsplineBasis(knots, u[r], local) - DEGREE;
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let i = 0; i <= DEGREE; i++) sum += local[i] * maps[j][first + i];
      functions[j][r] = sum;
    }
  }
  const means = Float64Array.from(functions, mean);
  if (bent) {
    let square = 0;
    for (let j = line ? 1 : 0; j < width; j++) {
      square += functions[j].reduce((sum, x) => sum + (x - means[j]) ** 2, 0) / rows;
    }
    const unit = 1 / Math.sqrt(Math.max(square, 1e-300));
    for (let j = line ? 1 : 0; j < width; j++) {
      means[j] *= unit;
      for (let i = 0; i < k; i++) maps[j][i] *= unit;
      for (let r = 0; r < rows; r++) functions[j][r] *= unit;
    }
  }
  return {
    ...{ width, breakpoints, low, high, knots, maps, means },
    write(columns, count, at) {
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < width; j++) columns[r * count + at + j] = functions[j][r] - means[j];
      }
    },
    spline(beta, out) {
      let constant = 0;
      for (let j = 0; j < width; j++) {
        const b = beta(j);
        constant -= b * means[j];
        for (let i = 0; i < k; i++) out[i] += b * maps[j][i];
      }
      return constant;
    },
  };
}

/**
 * Functions that bend: their coefficients are orthogonal to constants and lines, and their penalty
 * `integral f''^2` is the identity. With `D` the divided second differences and `D S D^T = L L^T`,
 * the coefficients are the columns of `D^T L^-T`.
 */
function bendMaps(
  knots: ReturnType<typeof knotsFromBreakpoints>,
  greville: Float64Array,
): Float64Array[] {
  const k = greville.length, m = k - 2;
  const penalty = bendingMatrix(knots, k);
  const difference = Array.from({ length: m }, (_, i) => {
    const [a, b, c] = [greville[i], greville[i + 1], greville[i + 2]];
    const row = new Float64Array(k);
    row[i] = 1 / (b - a);
    row[i + 1] = -1 / (b - a) - 1 / (c - b);
    row[i + 2] = 1 / (c - b);
    const size = Math.hypot(row[i], row[i + 1], row[i + 2]);
    return row.map((x) => x / size);
  });
  const reduced = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = i; a < i + 3; a++) {
        for (let b = j; b < j + 3; b++) {
          sum += difference[i][a] * penalty[a * k + b] * difference[j][b];
        }
      }
      reduced[i * m + j] = sum;
    }
  }
  let most = 0;
  for (let i = 0; i < m; i++) most = Math.max(most, reduced[i * m + i]);
  for (let i = 0; i < m; i++) reduced[i * m + i] += 1e-9 * most;
  const factor = factorPositive(reduced, m)?.factor ?? reduced.fill(NaN);
  return Array.from({ length: m }, (_, j) => { // column j of D^T L^-T: solve L^T g = e_j
    const g = new Float64Array(m);
    for (let i = j; i >= 0; i--) {
      let sum = i === j ? 1 : 0;
      for (let l = i + 1; l <= j; l++) sum -= factor[l * m + i] * g[l];
      g[i] = sum / factor[i * m + i];
    }
    const map = new Float64Array(k);
    for (let i = 0; i <= j; i++) for (let a = i; a < i + 3; a++) map[a] += g[i] * difference[i][a];
    return map;
  });
}

/** Integrals of products of second derivatives; they are lines on every piece. */
function bendingMatrix(knots: ReturnType<typeof knotsFromBreakpoints>, k: number): Float64Array {
  const matrix = new Float64Array(k * k), { values: t } = knots;
  for (let mu = DEGREE; mu < k; mu++) {
    const h = t[mu + 1] - t[mu];
    const left = bsplineDerivatives(knots, t[mu], 2, mu).values.subarray(2 * (DEGREE + 1));
    const right = bsplineDerivatives(knots, t[mu + 1], 2, mu).values.subarray(2 * (DEGREE + 1));
    for (let i = 0; i <= DEGREE; i++) {
      for (let j = 0; j <= DEGREE; j++) {
        const [a, b, c, d] = [left[i], right[i], left[j], right[j]];
        matrix[(mu - DEGREE + i) * k + mu - DEGREE + j] += h / 6 *
          (2 * a * c + a * d + b * c + 2 * b * d);
      }
    }
  }
  return matrix;
}

function toNetwork(
  { nIn, nOut }: Dataset,
  terms: readonly Term[],
  coefficients: Float64Array,
  { intervals, directions }: RidgeFunctionOptions,
): Network {
  const nodes = terms.length;
  const breakpoints = new Float64Array(nodes * (intervals + 1));
  terms.forEach((term, node) => breakpoints.set(term.breakpoints, node * (intervals + 1)));
  const oblique = directions !== undefined;
  const network = createNetwork({
    widths: oblique ? [nIn, nodes, nOut] : [nIn, nOut],
    firstLayer: oblique ? "linear" : "spline",
    ...(oblique ? { bias: false } : {}),
    degree: DEGREE,
    intervals,
    knots: "fixed",
    outerKnots: "even",
  }, { seed: 0, breakpoints: [breakpoints] });
  const parameters = new Float64Array(network.parameters.length);
  let offset = 0;
  if (oblique) {
    for (let node = 0; node < nodes; node++) {
      for (let p = 0; p < nIn; p++) {
        parameters[p * nodes + node] = node < nIn
          ? p === node ? 1 : 0
          : directions[(node - nIn) * nIn + p];
      }
    }
    offset = nIn * nodes;
  }
  const k = intervals + DEGREE;
  const constants = Float64Array.from({ length: nOut }, (_, q) => coefficients[q]);
  let at = 1;
  terms.forEach((term, node) => {
    for (let q = 0; q < nOut; q++) {
      const spline = new Float64Array(k);
      constants[q] += term.spline((j) => coefficients[(at + j) * nOut + q], spline);
      for (let i = 0; i < k; i++) parameters[offset + (node * k + i) * nOut + q] = spline[i];
    }
    at += term.width;
  });
  for (let q = 0; q < nOut; q++) {
    for (let i = 0; i < k; i++) parameters[offset + i * nOut + q] += constants[q];
  }
  return {
    ...network,
    parameters,
    statistics: [{
      kind: "minmax",
      minimum: Float64Array.from(terms, ({ low }) => low),
      maximum: Float64Array.from(terms, ({ high }) => high),
    }],
  };
}
