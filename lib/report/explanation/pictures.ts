/**
 * The curves of an explanation as the page carries them.
 *
 * @module
 */

import type { EffectCurve, OutputExplanation } from "../../interpret/mod.ts";
import { rounded } from "../html/numbers.ts";
import type { PageData, PageLine, PageProfile } from "../page/data.ts";
import type { ExplanationReport } from "./data.ts";

/** Most outputs, and curves of each, that a page shows. */
const MOST_OUTPUTS = 3, MOST_CURVES = 12;

/** The outputs that the page shows in pictures. */
export function shownOutputs({ explanation }: ExplanationReport): readonly OutputExplanation[] {
  return explanation.outputs.slice(0, MOST_OUTPUTS);
}

/** What an output is called. */
export function outputTitle({ name, kind }: Pick<OutputExplanation, "name" | "kind">): string {
  if (kind === "logit") return `logit of ${name}`;
  if (kind === "logarithm") return `ln ${name}`;
  return kind === "place" ? `place of ${name}` : name;
}

/** The curves that the page shows of an output: of the inputs that matter most. */
export function shownEffects({ effects, inputs }: OutputExplanation): readonly EffectCurve[] {
  return effects.map((effect, i) => ({ effect, total: inputs[i].total }))
    .filter(({ effect: { x } }) => x.length > 1 && x[x.length - 1] > x[0])
    .sort((a, b) => b.total - a.total).slice(0, MOST_CURVES).map(({ effect }) => effect);
}

/** The id of a curve's canvas. */
export function effectId(output: number, place: number): string {
  return `effect-${output}-${place}`;
}

/** The part of the explanation that the page draws. */
export function explanationPageData(report: ExplanationReport): PageData {
  return {
    profiles: shownOutputs(report).flatMap((output) =>
      shownEffects(output).map((effect, place): PageProfile => ({
        id: effectId(output.output, place),
        xTitle: effect.name,
        yTitle: `effect on ${outputTitle(output)}`,
        logarithmic: false,
        x: rounded(effect.x, 5).map((value) => value ?? 0),
        lines: effectLines(effect),
      }))
    ),
  };
}

function effectLines({ value, error, low, high, exact }: EffectCurve): PageLine[] {
  const line = (label: string, values: readonly number[], more: Partial<PageLine>): PageLine => ({
    ...{ label, color: "train", dash: [], width: 2 },
    values: rounded(values, 4),
    ...more,
  });
  const effect = line("effect", value, {});
  if (exact) return [effect];
  const off = (sign: number) => value.map((each, k) => each + sign * 2 * error[k]);
  return [
    line("effect − 2 standard errors", off(-1), { color: "test", width: 1, dash: [2, 2] }),
    line("+ 2 standard errors", off(1), { color: "test", width: 1, dash: [2, 2], fill: true }),
    line("lowest tenth of the rows", low, { width: 0.75 }),
    line("highest tenth", high, { width: 0.75, fill: true }),
    effect,
  ];
}
