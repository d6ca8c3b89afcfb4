/**
 * A problem as an engine: what training needs, with residuals instead of targets.
 *
 * `loss = sum_k weight_k mean_r residual_kr^2`. Unknown coefficients of an inverse problem are
 * eliminated at every evaluation: the loss is its minimum over them (variable projection, Golub and
 * Pereyra 1973), so that optimizers and prolongation see the network's parameters alone.
 *
 * @module
 */

import { crc32 } from "../../model/inner.ts";
import { checkPde, type PdeProblem } from "../equations/pde.ts";
import { checkThreads } from "../../engine/inner.ts";
import {
  type CompileRequest,
  type Engine,
  GAUSS_NEWTON_LIMIT,
  type JetDevice,
  type JetPoints,
  type Loss,
  type Peers,
  type ResidualProblem,
} from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { Sampler } from "../points/sampling.ts";
import { type LaidOutTerm, layOut } from "../points/lay_out.ts";
import { createDeviceEvaluator } from "./device_evaluator.ts";
import { createPdeEvaluator, type PdeEvaluator } from "./pde_evaluator.ts";

/** An engine for one problem. */
export interface PdeEngine extends Engine {
  /** How many residuals, and what tells them from others. */
  readonly residuals: ResidualProblem;
  /** Points at which the network is evaluated, the points of integrals included. */
  readonly numPoints: number;
  /**
   * Allocates all that an evaluation needs.
   *
   * @throws {TypeError} If the network's widths do not fit the problem.
   * @throws {RangeError} If its degree is too low or the loss not mse.
   */
  compile(request: CompileRequest): Promise<PdeEvaluator>;
}

/** Options of {@linkcode pdeEngine}. */
export interface PdeEngineOptions {
  /** Points inside. Default: the problem's grid, or 32 per coordinate in two dimensions. */
  readonly sampler?: Sampler;
  /**
   * Factors of the squared residuals, per term (equations first, then the conditions that the
   * ansatz does not fulfil) an array of shape `[points]`. Default: 1.
   */
  readonly shares?: readonly (Float64Array | undefined)[];
  /** Least number of points on a face. Default: what each condition says, else 64. */
  readonly facePoints?: number;
  /** Points on a face whose coordinates run over these ranges. Default: a grid that holds the edges. */
  readonly faceSampler?: (free: readonly (readonly [number, number])[], count: number) => Sampler;
  /**
   * Sizes: equations see the network's outputs times the sizes `unknowns`, residuals count in units
   * of the sizes `terms`. Default: 1 each, the units of the equations.
   */
  readonly scales?: {
    readonly unknowns: readonly number[];
    readonly terms: readonly number[];
  };
  /** Where the search for coefficients begins. Default: the problem's. */
  readonly coefficients?: Readonly<Record<string, number>>;
  /** Whether normalisation keeps the statistics of the network that is compiled. Default false. */
  readonly frozenStatistics?: boolean;
  /**
   * Threads, the caller included, from 1 to 256. Default: the cores of the machine, and one where
   * the work is too small to share. Results are the same bits for any number.
   */
  readonly threads?: number;
  /**
   * Processes that share the points; all must make the same calls. Results are the same bits for any
   * number. Default: this one has all.
   */
  readonly peers?: Peers;
  /**
   * A device that computes the first so many stages in float32, without matrices; the others are
   * computed here in float64. Default: all are.
   */
  readonly firstStages?: { readonly device: JetDevice; readonly count: number };
  /**
   * Whether a network may have fewer derivatives than the equations name; a missing one counts as
   * 0, as automatic differentiation has it. The equations are then others: only to see what that
   * does. Default false.
   */
  readonly allowMissingDerivatives?: boolean;
}

/**
 * Makes an engine of a problem, for `train` and `fit` with any optimizer and schedule.
 *
 * @param problem The problem.
 * @param options Where the equations are asked to hold.
 * @returns The engine; it needs no dataset.
 * @throws {RangeError} If the problem is not complete or not bounded, or threads out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findPde, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { pdeEngine } from "@freeknot/freeknot/physics";
 * import { assert } from "@std/assert";
 *
 * const engine = pdeEngine(findPde("heat"), { sampler: { kind: "grid", counts: [8, 8] } });
 * const network = createNetwork({ widths: [2, 4, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([2]);
 * const { loss } = await trainToEnd(network, undefined, { engine, schedule });
 * assert(loss < 1);
 * ```
 */
export function pdeEngine(problem: PdeProblem, options: PdeEngineOptions = {}): PdeEngine {
  checkPde("solve", problem);
  const { threads } = options;
  if (threads !== undefined) checkThreads(threads);
  const resolved = resolvePde(problem);
  const { sampler, facePoints, faceSampler, scales } = options;
  const terms = resolved.terms.map((term, k) =>
    layOut(problem, resolved, term, {
      ...{ sampler, facePoints, faceSampler },
      share: options.shares?.[k],
      size: scales?.terms[k],
    })
  );
  return {
    name: `pde ${problem.name}`,
    dtype: "float64",
    prefers: { gaussNewton: GAUSS_NEWTON_LIMIT, shortRuns: false },
    residuals: {
      rows: terms.reduce((sum, term) => sum + term.rows, 0),
      fingerprint: () => fingerprint(problem, terms),
    },
    numPoints: terms.reduce((sum, { groups }) => sum + numRows(groups), 0),
    async compile(request) {
      checkNetwork(request.network, request.loss, problem, resolved, options);
      const { firstStages: first } = options;
      return first && (request.stage ?? 0) < first.count
        ? await createDeviceEvaluator(request, problem, terms, first.device, options)
        : createPdeEvaluator(request, problem, terms, options);
    },
  };
}

/** Equations and points. */
function fingerprint(problem: PdeProblem, terms: readonly LaidOutTerm[]): string {
  const text = new TextEncoder().encode(JSON.stringify(problem));
  const parts = [text, ...terms.map(({ points }) => new Uint8Array(points.slice().buffer))];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return crc32(all);
}

function numRows(groups: readonly JetPoints[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

function checkNetwork(
  { config: { widths, degree, activation } }: Network,
  loss: Loss,
  problem: PdeProblem,
  { unknowns, order }: ResolvedPde,
  { allowMissingDerivatives = false }: PdeEngineOptions,
): void {
  const nIn = numPdeInputs(problem), nOut = unknowns.length;
  if (widths[0] !== nIn || widths[widths.length - 1] !== nOut) {
    throw new TypeError(
      `Cannot solve: widths must begin with ${nIn} and end with ${nOut} for ${problem.name}, ` +
        `current value is [${widths.join(", ")}]`,
    );
  }
  if (activation === "relu" && order >= 1 && !allowMissingDerivatives) {
    throw new RangeError(
      `Cannot solve: activation must be spline or tanh for derivatives of order ${order} (ReLU's ` +
        "slope jumps, its curvature is 0), current value is relu",
    );
  }
  if (activation === "spline" && degree < order + 1 && !allowMissingDerivatives) {
    throw new RangeError(
      `Cannot solve: degree must be at least ${order + 1} for derivatives of order ${order} ` +
        `(below, the loss jumps when knots or inner layers move), current value is ${degree}`,
    );
  }
  if (loss.kind !== "mse") {
    throw new RangeError(
      `Cannot solve: loss must be mse (of the residuals), current value is ${loss.kind}`,
    );
  }
}
