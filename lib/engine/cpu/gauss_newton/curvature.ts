/**
 * The curvature of an evaluator: the Gauss-Newton matrix, or its products, in float64 in engines of
 * either precision; a penalty on edges has its own where the evaluator's pass has been. Memory is taken
 * at the first call.
 *
 * @module
 */

import { type Dataset, subset } from "../../../data/mod.ts";
import type { Network } from "../../../model/mod.ts";
import type { Curvature } from "../../contract.ts";
import type { Loss } from "../../loss.ts";
import { addSquare } from "../../loss_roots.ts";
import { residualProducts } from "../../residual_products.ts";
import { canAssembleHeld, createHeldMatrix, type MeasuredRows } from "./held_matrix.ts";
import { createRegressionMatrix, type RegressionMatrix } from "./regression_matrix.ts";
import type { EdgePenalty } from "../../penalty.ts";
import { addBlocks, addCurvatureProduct, type EdgeCurvature } from "../../edge_curvature.ts";
import { edgeCurvatures } from "../../penalty_curvature.ts";
import { createEdgeMajorants } from "./edge_majorants.ts";
import { canAssemble } from "./row_matrix.ts";
import { createPass, type Pass, type PassSettings } from "../values/pass.ts";

type Products = Omit<Curvature, "matrix">;

/**
 * Creates the curvature of a network on a dataset.
 *
 * @param settings Threads, and other processes that share the rows of the matrix.
 * @param evaluated The evaluator's pass.
 * @param rounded What edges cost, rounded off at 0 as now asked for.
 */
export function createCurvature(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  { threads, peers }: Pick<PassSettings, "threads" | "peers">,
  evaluated: EvaluatedPass,
  rounded?: { readonly penalty: EdgePenalty; readonly epsilon: number },
) {
  let equations: RegressionMatrix | undefined;
  let held: ReturnType<typeof createHeldMatrix> | undefined;
  const hasMatrix = dataset.whole ? canAssembleHeld(network) : canAssemble(network);
  let open: Promise<Pass> | undefined; // a pass whose outputs can be pulled by anything
  let batch: Dataset | undefined = inMemory(dataset); // a copy, made at first use
  let rows: Int32Array | undefined;
  const selected = (): Dataset => batch ??= rows ? subset(dataset, rows) : targetsOf(dataset);

  async function createOpenPass(): Promise<Pass> {
    // all rows are computed here, and shared only where no process has them all
    const settings = { threads, dtype: "float64", ...(dataset.whole && { peers }) } as const;
    const pass = await createPass(network, loss, dataset, settings, false);
    if (rows) pass.selectRows(rows);
    return pass;
  }

  const edges = rounded && createEdgeBlocks(network, selected, evaluated, rounded);

  const matrix: Curvature["matrix"] = (parameters, matrixOut, gradientOut) => {
    const objective = evaluated.valueAndGradient(parameters, gradientOut);
    if (!Number.isFinite(objective)) {
      matrixOut.fill(NaN);
      return objective;
    }
    if (dataset.whole) {
      held ??= createHeldMatrix(network, loss, dataset, threads, peers);
      held.assemble(parameters, evaluated.measured, matrixOut);
      return objective;
    }
    equations ??= createRegressionMatrix(network, loss, selected(), threads, peers);
    const shared = equations.assemble(parameters, matrixOut); // the pass stays where it is
    if (edges) addBlocks(edges.measure(parameters), matrixOut, parameters.length);
    return shared
      ? takeShared(open ??= createOpenPass(), shared, parameters, matrixOut).then(() => objective)
      : objective;
  };

  let products: Promise<Products> | undefined;
  const opened = () =>
    products ??= (open ??= createOpenPass()).then((pass) =>
      productsOf(pass, () => equations, loss, selected)
    );

  const curvature: Curvature = {
    ...(hasMatrix && { matrix }),
    async product(parameters, vector, out) {
      await (await opened()).product(parameters, vector, out);
      if (edges) addCurvatureProduct(edges.at(parameters), vector, out);
    },
    residuals: async (parameters) => await (await opened()).residuals(parameters),
    jvp: async (...args) => await (await opened()).jvp(...args),
    vjp: async (...args) => await (await opened()).vjp(...args),
    secondJvp: async (...args) => await (await opened()).secondJvp(...args),
  };
  return {
    curvature,
    /** See `Evaluator`. */
    selectRows(selection: Int32Array | undefined) {
      rows = selection;
      batch = selection ? undefined : inMemory(dataset);
      equations?.dispose();
      equations = undefined;
      open?.then((pass) => pass.selectRows(selection));
    },
    dispose() {
      equations?.dispose();
      held?.dispose();
      open?.then((pass) => pass.dispose());
    },
  };
}

/** A dataset whose numbers are in the memory; undefined where they are stored elsewhere. */
function inMemory(dataset: Dataset): Dataset | undefined {
  return dataset.whole?.stored ? undefined : dataset;
}

/** Rows of a stored dataset that are read at a time. */
const READ_ROWS = 1 << 16;

/** Targets and weights of stored rows in the memory; their inputs stay where they are. */
function targetsOf(dataset: Dataset): Dataset {
  const { rows, nOut, weights, whole } = dataset, targets = new Float64Array(rows * nOut);
  const all = weights && new Float64Array(rows);
  for (let from = 0; from < rows; from += READ_ROWS) {
    const part = whole!.stored!.read(from, Math.min(rows, from + READ_ROWS));
    targets.set(part.targets, from * nOut);
    all?.set(part.weights!, from);
  }
  return { ...dataset, targets, ...(all && { weights: all }) };
}

/** Products from a pass whose outputs can be pulled by anything; a matrix knows the outputs where it is. */
function productsOf(
  pass: Pass,
  equations: () => RegressionMatrix | undefined,
  loss: Loss,
  selected: () => Dataset,
): Products {
  return residualProducts(
    {
      outputs(parameters) {
        const known = equations();
        if (known?.isAt(parameters)) return known.outputs();
        pass.forward(parameters);
        return pass.outputs();
      },
      pull: pass.pull, // sooner than through the matrix's jets
    },
    loss,
    selected,
  );
}

/** Subtracts the squares of what rows have in common from a matrix. */
async function takeShared(
  open: Promise<Pass>,
  shared: readonly Float64Array[],
  parameters: Float64Array,
  matrixOut: Float64Array,
): Promise<void> {
  const pass = await open, row = new Float64Array(parameters.length);
  for (const vector of shared) {
    pass.pull(parameters, vector, row);
    addSquare(matrixOut, -1, row);
  }
}

/** What a curvature takes from the evaluator's pass. */
export interface EvaluatedPass extends Pick<Pass, "pricing"> {
  /** What the latest pass has found of all rows. */
  readonly measured: MeasuredRows;
  /** The objective and, overwritten, its gradient. */
  valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number;
  /** Runs forward. */
  value(parameters: Float64Array): void;
}

/** The curvature of edges at some parameters, kept while they are the same: products come in series. */
function createEdgeBlocks(
  network: Network,
  selected: () => Dataset,
  pass: EvaluatedPass,
  rounded: { readonly penalty: EdgePenalty; readonly epsilon: number },
) {
  const { penalty } = rounded;
  const majorants = network.config.base === "none" && !network.config.edges
    ? createEdgeMajorants(network, penalty)
    : undefined;
  let latest:
    | { rows: Dataset; epsilon: number; point: Float64Array; list: EdgeCurvature[] }
    | undefined;

  /** After a pass at the parameters. */
  function measure(parameters: Float64Array): EdgeCurvature[] {
    const { epsilon } = rounded, at = pass.pricing!.evaluated();
    return majorants
      ? majorants(parameters, at, epsilon)
      : edgeCurvatures({ ...network, parameters }, at, penalty, epsilon);
  }

  return {
    measure,
    at(parameters: Float64Array): EdgeCurvature[] {
      const { epsilon } = rounded, rows = selected();
      const known = latest?.rows === rows && latest.epsilon === epsilon &&
        latest.point.every((x, i) => x === parameters[i]);
      if (!known) {
        pass.value(parameters);
        latest = { rows, epsilon, point: parameters.slice(), list: measure(parameters) };
      }
      return latest!.list;
    },
  };
}
