/**
 * What Gauss-Newton asks of an evaluator: the matrix, or its products; memory is taken when they
 * are asked for.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Loss } from "../engine.ts";
import { normalProduct } from "../normal_product.ts";
import { createNormalEquations, type NormalEquations } from "./normal_equations.ts";
import { createPass, type Pass, type PassSettings } from "./pass.ts";

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
  settings: PassSettings,
): Curvature {
  let equations: Promise<NormalEquations> | undefined;
  let open: Promise<Pass> | undefined; // a pass whose outputs can be pulled by anything
  let batch = dataset;
  let rows: Int32Array | undefined;

  async function createOpenPass(): Promise<Pass> {
    const pass = await createPass(network, loss, dataset, settings, false);
    if (rows) pass.selectRows(rows);
    return pass;
  }

  return {
    async assemble(parameters, outputs, matrixOut) {
      equations ??= createNormalEquations(network, loss, batch, settings.threads);
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
      normalProduct(maps, loss, batch, parameters, vector, out);
    },
    selectRows(now) {
      rows = now;
      batch = now ? subset(dataset, now) : dataset;
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
