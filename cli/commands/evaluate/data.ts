/**
 * The rows that a network is evaluated on.
 *
 * @module
 */

import {
  classificationScores,
  type Dataset,
  encodeTable,
  findProblem,
  numericColumn,
  regressionScores,
  scaleColumns,
  subset,
  type Table,
  type TablePart,
} from "../../../lib/data/mod.ts";
import {
  classIndices,
  encodeClasses,
  inputColumns,
  knownRows,
  linkColumns,
  selectPart,
  selectRows,
  targetNames,
  targetScores,
} from "../../../lib/data/inner.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { joinColumns } from "../../../lib/numerics/inner.ts";
import { UsageError } from "../../terminal/errors.ts";
import {
  type FormulaClasses,
  type FormulaModel,
  formulaPredictions,
} from "../../models/formula_file.ts";
import type { JudgedRows } from "../../models/judged_rows.ts";
import type { ModelMetadata } from "../../models/metadata.ts";
import { checkColumns, networkInputs } from "../../models/network_inputs.ts";
import type { GapTally } from "../../models/gap_tally.ts";
import { NONE_OUTSIDE, type RangeTally } from "../../models/range_tally.ts";
import { galleryAgain, readTable } from "../train/data.ts";

/** The points of a gallery problem; the model file says which. */
export function drawnAgain(metadata: ModelMetadata, network: Network, part: TablePart): Dataset {
  const { encoding, options } = metadata;
  if (encoding.kind !== "gallery") {
    throw new UsageError(
      "Cannot evaluate: --data must be a table (the network was trained on one), " +
        "current value is none",
    );
  }
  const problem = findProblem(encoding.problem);
  if (problem.nIn !== network.config.widths[0]) {
    throw new UsageError(
      `Cannot evaluate: the network must have the ${problem.nIn} inputs of ${problem.name}, ` +
        `current value is ${network.config.widths[0]}`,
    );
  }
  const { train, validation, test } = galleryAgain(encoding, options);
  const chosen = part === "test" ? test : part === "validation" ? validation : train;
  if (part === "all" || chosen === undefined) {
    throw new UsageError(
      `Cannot evaluate: --part must be train${validation ? ", validation" : ""} or test for a ` +
        `network of the gallery, current value is "${part}"`,
    );
  }
  return chosen;
}

/** Scores of formulas on all rows of a table; the loss is the mean squared error. */
export async function formulaScores(
  model: FormulaModel,
  file: string | undefined,
  part: TablePart,
  gaps: GapTally,
) {
  if (file === undefined || part !== "all") {
    throw new UsageError(
      file === undefined
        ? "Cannot evaluate: --data must be a table (the model is a formula), current value is none"
        : `Cannot evaluate: --part must be all for a formula, current value is "${part}"`,
    );
  }
  const table = await readTable(file), names = model.targets.map(({ name }) => name);
  const { classes } = model;
  if (classes !== undefined) return await classFormulaScores(model, classes, table, gaps);
  checkColumns(table, names);
  const said = await formulaPredictions(model, table), wide = names.length;
  gaps.add(table);
  const right = names.map((name) => numericColumn(table, name));
  const flat = (columns: readonly Float64Array[]) => joinColumns(columns, table.rows);
  const scores = {
    ...regressionScores(flat(said), flat(right), wide),
    ...(wide === 1 ? {} : { targets: targetScores(flat(said), flat(right), names) }),
  };
  const judged: JudgedRows = {
    ...{ kind: "numbers", rows: table.rows, names, said: flat(said), right: flat(right) },
  };
  return {
    ...{ problem: null, rows: table.rows, outside: NONE_OUTSIDE, leftOut: 0 },
    ...{ scores, judged },
    loss: scores.rmse ** 2,
  };
}

/** Scores of formulas of logits; the loss is the cross-entropy. */
async function classFormulaScores(
  model: FormulaModel,
  { column, labels }: FormulaClasses,
  table: Table,
  gaps: GapTally,
) {
  checkColumns(table, [column]);
  const wide = model.targets.length, said = await formulaPredictions(model, table);
  gaps.add(table);
  const logits = joinColumns(said, table.rows);
  const right = encodeClasses(classIndices(table, column, labels), labels.length);
  const { classes, ...others } = classificationScores(logits, right, wide);
  const scores = {
    ...others,
    labels,
    classes: Object.fromEntries(labels.map((label, k) => [label, classes[k]])),
  };
  const judged: JudgedRows = {
    ...{ kind: "classes", rows: table.rows, labels, logits, targets: right, nOut: wide },
  };
  return {
    ...{ problem: null, rows: table.rows, outside: NONE_OUTSIDE, leftOut: 0 },
    ...{ scores, judged },
    loss: others.logLoss,
  };
}

export async function fromTable(
  file: string,
  { encoding }: ModelMetadata,
  network: Network,
  part: TablePart,
  tally: RangeTally,
  gaps: GapTally,
): Promise<Dataset> {
  const whole = await readTable(file);
  if (encoding.kind === "table") {
    const { weight } = encoding;
    const linked = encoding.task === "regression" ? linkColumns(encoding.link) : [];
    const names = [...inputColumns(encoding), ...targetNames(encoding), ...linked];
    checkColumns(whole, weight === undefined ? names : [...names, weight]);
    const { table } = knownRows(whole, encoding);
    gaps.leave(whole.rows - table.rows);
    const all = encodeTable(table, encoding, { requireTargets: true });
    const rows = selectPart(table, encoding, part);
    const chosen = part === "all" ? all : subset(all, rows);
    const judged = part === "all" ? table : selectRows(table, rows);
    tally.add(judged, chosen.inputs);
    gaps.add(judged);
    return chosen;
  }
  const table = whole;
  if (part !== "all") {
    throw new UsageError(
      `Cannot evaluate: --part ${part} must come without --data for a network of the gallery`,
    );
  }
  const [nIn] = network.config.widths;
  checkColumns(table, [encoding.target.name]);
  return {
    rows: table.rows,
    nIn,
    nOut: 1,
    inputs: networkInputs(table, encoding, nIn),
    targets: scaleColumns(numericColumn(table, encoding.target.name), [encoding.target]),
  };
}
