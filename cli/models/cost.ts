/**
 * What wrong classes cost, and how to decide so that they cost least.
 *
 * @module
 */

import { costThreshold } from "../../lib/data/mod.ts";
import { classViews } from "../../lib/data/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { confusionText } from "./score_table.ts";
import { textTable } from "../terminal/text_table.ts";
import type { JudgedClasses, JudgedRows } from "./judged_rows.ts";

/** A way to take rows for classes, and what it costs. */
export interface CostedRule {
  /** Of two classes: from what probability of the second on a row is taken for it. */
  readonly threshold?: number;
  /** Mean cost of a row. */
  readonly cost: number;
  /** `confusion[right][predicted]`, sums of weights. */
  readonly confusion: readonly (readonly number[])[];
}

/** What `--cost` finds. */
export interface CostResult {
  readonly labels: readonly string[];
  /** Cost of a row of each label that is taken for another one. */
  readonly costs: Readonly<Record<string, number>>;
  /** Every row is taken for its most probable class. */
  readonly usual: CostedRule;
  /** Every row is taken for the class with the largest cost times probability. */
  readonly expected: CostedRule;
  /** Of two classes: the best threshold for these rows. */
  readonly best?: CostedRule;
}

/**
 * The cost of every label, 1 for those that have none.
 *
 * @param verb What cannot be done otherwise.
 * @param labels Undefined of a model of numbers.
 * @throws {UsageError} If there are no classes, a label is none of them, or all costs are 0.
 */
export function labelCosts(
  verb: string,
  labels: readonly string[] | undefined,
  given: Readonly<Record<string, number>>,
): number[] {
  if (labels === undefined) {
    throw new UsageError(`Cannot ${verb}: --cost must come with a model of classes only`);
  }
  const unknown = Object.keys(given).find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot ${verb}: --cost must name labels (${
        labels.map((label) => JSON.stringify(label)).join(", ")
      }), current value is ${JSON.stringify(unknown)}`,
    );
  }
  const each = labels.map((label) => Object.hasOwn(given, label) ? given[label] : 1);
  if (each.some((cost) => cost > 0)) return each;
  throw new UsageError(`Cannot ${verb}: --cost must be above 0 for a label, all are 0`);
}

/**
 * Finds what decisions cost; labels that have no cost have 1.
 *
 * @throws {UsageError} If the rows have no classes, or a label is none of them.
 */
export function costResult(
  judged: JudgedRows | undefined,
  given: Readonly<Record<string, number>>,
): CostResult {
  const classes = judged?.kind === "classes" ? judged : undefined;
  const each = labelCosts("evaluate", classes?.labels, given);
  if (judged?.kind !== "classes") throw new TypeError("no classes"); // refused above
  const { labels } = judged;
  const costs = Object.fromEntries(labels.map((label, k) => [label, each[k]]));
  const usual = ruleOf(judged, each, labels.map(() => 1));
  const expected = ruleOf(judged, each, each);
  if (labels.length !== 2) return { labels, costs, usual, expected };
  const [, second] = classViews(judged.logits, judged.targets, judged.nOut);
  const { threshold, cost, confusion, expected: right } = costThreshold(
    second.probabilities,
    second.positive,
    { miss: each[1], alarm: each[0] },
    judged.weights,
  );
  return {
    ...{ labels, costs, usual: { ...usual, threshold: 0.5 } },
    ...{ expected: { ...expected, threshold: right }, best: { threshold, cost, confusion } },
  };
}

/** Takes every row for the class with the largest factor times probability. */
function ruleOf(
  { logits, targets, nOut, labels, weights }: JudgedClasses,
  costs: readonly number[],
  factors: readonly number[],
): CostedRule {
  const views = classViews(logits, targets, nOut);
  const confusion = labels.map(() => labels.map(() => 0));
  let sum = 0, total = 0;
  for (let row = 0; row < views[0].positive.length; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    const right = views.findIndex(({ positive }) => positive[row] === 1);
    let said = 0;
    for (let k = 1; k < views.length; k++) {
      const [more, most] = [k, said].map((c) => factors[c] * views[c].probabilities[row]);
      if (more > most) said = k;
    }
    confusion[right][said] += weight;
    if (said !== right) sum += weight * costs[right];
    total += weight;
  }
  return { cost: sum / total, confusion };
}

/** What `--cost` prints. */
export function costText(
  part: string,
  { labels, costs, usual, expected, best }: CostResult,
): string {
  const two = best !== undefined;
  const rule = (name: string, { threshold, cost }: CostedRule): string[] => [
    name,
    ...(two ? [threshold === undefined ? "-" : threshold.toPrecision(4)] : []),
    cost.toPrecision(5),
  ];
  const head = ["taken for", ...(two ? [`${JSON.stringify(labels[1])} from`] : []), "mean cost"];
  const rows = [
    rule("the most probable class", usual),
    rule("the largest cost times probability", expected),
    ...(best === undefined ? [] : [rule("the best for these rows", best)]),
  ];
  const { confusion } = best ?? expected;
  return [
    `cost of a row that is taken for another class: ${
      labels.map((label) => `${JSON.stringify(label)} ${costs[label]}`).join(", ")
    }`,
    textTable([head, ...rows], two ? "lrr" : "lr"),
    `${two ? "with the best threshold" : "with the largest cost times probability"}:\n` +
    confusionText(part, { labels, confusion }),
    ...(two ? ["a threshold that is chosen on some rows costs more on others"] : []),
  ].join("\n\n");
}

/** What `--cost` finds, as a table of a page. */
export function costTable({ labels, costs, usual, expected, best }: CostResult) {
  const rules = [
    ["the most probable class", usual] as const,
    ["the largest cost times probability", expected] as const,
    ...(best === undefined ? [] : [["the best for these rows", best] as const]),
  ];
  const two = best !== undefined;
  return {
    caption: `What decisions cost, where a row of ${
      labels.map((label) => `${label} costs ${costs[label]}`).join(", of ")
    } if it is taken for another class. A threshold that is chosen on some rows costs more on others.`,
    head: ["taken for", ...(two ? [`${labels[1]} from`] : []), "mean cost"],
    rows: rules.map(([name, { threshold, cost }]) => [
      name,
      ...(two ? [threshold?.toPrecision(4) ?? "-"] : []),
      cost.toPrecision(5),
    ]),
  };
}
