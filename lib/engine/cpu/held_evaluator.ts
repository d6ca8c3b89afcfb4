/**
 * Evaluations on rows of which every process holds its share alone.
 *
 * All rows are evaluated where they are. The rows of a mini-batch lie anywhere: every process is given
 * all of them, and evaluates its blocks.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import type { Evaluation, Evaluator } from "../contract.ts";
import { checkSelection, isRowWise } from "../loss.ts";
import { cutHeld } from "./wasm/row_blocks.ts";
import {
  compileRows,
  type RowsEvaluator,
  type RowsRequest,
  type RowsSettings,
} from "./rows_evaluator.ts";

/**
 * Allocates what evaluations of all rows need; what mini-batches need at the first of them.
 *
 * @throws {RangeError} If the loss compares rows with each other, or there are more processes than
 * blocks of rows.
 */
export async function compileHeld(
  request: RowsRequest,
  settings: RowsSettings,
): Promise<Evaluator> {
  const { loss, dataset, penalty } = request, { peers } = settings;
  const blocks = cutHeld(dataset.whole!.rows).length;
  if (!isRowWise(loss)) {
    throw new RangeError(
      "Cannot compile network: loss must be a sum over rows where every process holds its share of " +
        `them alone, current value is ${loss.kind}`,
    );
  }
  if (peers && peers.size > blocks) {
    throw new RangeError(
      `Cannot compile network: processes must be at most ${blocks}, the blocks of ` +
        `${dataset.whole!.rows} rows, current value is ${peers.size}`,
    );
  }
  const { evaluator } = await compileRows(request, settings);
  const { curvature, batches: _, ...rest } = evaluator;
  let batch: Dataset | undefined, room: RowsEvaluator | undefined, most = 0;
  let taken: Dataset | undefined;

  /** The evaluator of the selected rows. */
  async function ofBatch(rows: Dataset): Promise<Evaluator> {
    if (!room || most < rows.rows) {
      room?.evaluator.dispose();
      room = await compileRows({ ...request, dataset: rows }, settings);
      most = rows.rows;
    } else if (taken !== rows) room.takeRows(rows);
    taken = rows;
    return room.evaluator;
  }

  return {
    ...rest,
    async evaluate(parameters, gradientOut): Promise<Evaluation> {
      const here = batch ? await ofBatch(batch) : evaluator;
      return await here.evaluate(parameters, gradientOut);
    },
    // curvatures of edges are sums over all rows' inputs, which no process has
    ...(curvature && !penalty && { curvature }),
    batches: {
      select(rows) {
        checkSelection(loss, rows);
        batch = rows && subset(dataset, rows);
      },
    },
    dispose() {
      evaluator.dispose();
      room?.evaluator.dispose();
    },
  };
}
