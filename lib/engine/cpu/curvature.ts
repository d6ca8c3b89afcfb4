/**
 * What Gauss-Newton asks of an evaluator: the matrix, or its products, in float64 whatever the
 * engine's precision; memory is taken when they are asked for.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Loss } from "../engine.ts";
import { normalProduct } from "../normal_product.ts";
import { createNormalEquations, type NormalEquations } from "./normal_equations.ts";
import { createPass, type Pass } from "./pass.ts";

/** The curvature of one evaluator. */
export interface Curvature {
  /** Overwrites the matrix `[n, n]`; `outputs` are the network's at these parameters. */
  assemble(
    parameters: Float64Array,
    outputs: Float64Array,
    matrixOut: Float64Array,
  ): Promise<void>;
  /** Overwrites `out` with the matrix times a vector. */
  product(parameters: Float64Array, vector: Float64Array, out: Float64Array): Promise<void>;
  /** See `Evaluator`. */
  selectRows(rows: Int32Array | undefined): void;
  dispose(): void;
}

/** Creates the curvature of a network on a dataset. */
export function createCurvature(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number,
): Curvature {
  let equations: Promise<NormalEquations> | undefined;
  let open: Promise<Pass> | undefined; // a pass whose outputs can be pulled by anything
  let batch: Dataset | undefined = dataset; // copied when it is asked for: first-order steps never do
  let rows: Int32Array | undefined;

  function selected(): Dataset {
    return batch ??= subset(dataset, rows!);
  }

  async function createOpenPass(): Promise<Pass> {
    const pass = await createPass(network, loss, dataset, { threads, dtype: "float64" }, false);
    if (rows) pass.selectRows(rows);
    return pass;
  }

  return {
    async assemble(parameters, outputs, matrixOut) {
      equations ??= createNormalEquations(network, loss, selected(), threads);
      (await equations).assemble(parameters, outputs, matrixOut);
    },
    async product(parameters, vector, out) {
      open ??= createOpenPass();
      const pass = await open;
      const maps = {
        outputs(at: Float64Array) {
          pass.value(at);
          return pass.outputs();
        },
        pull: pass.pull,
      };
      normalProduct(maps, loss, selected(), parameters, vector, out);
    },
    selectRows(now) {
      rows = now;
      batch = now ? undefined : dataset;
      equations?.then((each) => each.dispose());
      equations = undefined;
      open?.then((pass) => pass.selectRows(now));
    },
    dispose() {
      equations?.then((each) => each.dispose());
      open?.then((pass) => pass.dispose());
    },
  };
}
