/**
 * Which examples of the documentation the page of `freeknot page` can run, and by which address.
 *
 * @module
 */

import { SOLVE_FLAGS } from "../../cli/commands/solve/flags.ts";
import { TRAIN_FLAGS } from "../../cli/commands/train/flags.ts";
import { type FlagGroup, parseFlags } from "../../cli/flags/parse.ts";
import {
  CONTROL_GROUPS,
  FIRST_STATE,
  type PageState,
  splitWords,
  stateOfFlags,
  writeState,
} from "../../cli/page/view/state.ts";
import { parsePde } from "../../lib/physics/mod.ts";

/** Flags with files or of many runs, which the page leaves out: the example is the same without. */
const LEFT_OUT = ["report", "model-out", "out", "svg", "png", "pictures", "json", "quiet"];
/** Flags that the page has no meaning for. */
const HINDERING = [
  ...["data", "file", "from", "seeds", "folds", "keep", "form", "cluster", "checkpoint", "resume"],
  ...["time-limit", "learning-curve", "group", "order", "list", "help", "engine"],
];

/** The addresses, after `#`, of the commands in a text of a shell; the others are left out. */
export function commandAddresses(text: string): string[] {
  return text.replaceAll(/\\\n\s*/g, " ").split("\n").flatMap((line) => {
    const words = splitWords(line.replace(/\s#.*$/, "")), at = words.indexOf("freeknot");
    const [, name, ...flags] = at === 0 ? words : [];
    if (name === "train") return trainAddress(flags) ?? [];
    return name === "solve" ? solveAddress(flags) ?? [] : [];
  });
}

/** The address of a problem that is written as JSON; undefined where the text is something else. */
export function equationAddress(text: string): string | undefined {
  try {
    const data = JSON.parse(text);
    if (!("equations" in data)) return undefined;
    parsePde({ name: "problem", ...data });
    return writeState({ ...FIRST_STATE, learn: "equation", equation: "own", pde: text.trim() });
  } catch {
    return undefined;
  }
}

function trainAddress(words: readonly string[]): string | undefined {
  const kept = keptFlags(words, TRAIN_FLAGS);
  if (!kept?.has("problem")) return undefined;
  const flags = [...kept].flatMap(([name, value]) =>
    value === undefined ? [`--${name}`] : [`--${name}`, value]
  );
  const state = stateOfFlags(flags);
  return writeState({ ...state, ...kept.has("schedule") ? {} : { schedule: "" } });
}

function solveAddress(words: readonly string[]): string | undefined {
  const kept = keptFlags(words, SOLVE_FLAGS), problem = kept?.get("problem");
  if (!kept || problem === undefined) return undefined;
  const state: Record<string, string> = { ...FIRST_STATE, learn: "equation", equation: problem };
  const more: string[] = [];
  for (const [name, value = ""] of kept) {
    if (name === "problem") continue;
    const control = CONTROL_GROUPS.flatMap(({ controls }) => controls)
      .find(({ flag, of }) => flag === name && (of?.includes("equation") ?? true));
    if (control) state[control.key] = value;
    else more.push(`--${name}`, value);
  }
  return writeState({ ...state, more: more.join(" ") } as PageState);
}

/** The flags that count, by name; undefined where the page cannot do what they ask for. */
function keptFlags(
  words: readonly string[],
  groups: readonly FlagGroup[],
): ReadonlyMap<string, string | undefined> | undefined {
  try {
    parseFlags([...words], groups);
  } catch {
    return undefined; // an example of a pattern, such as --problem NAME ...
  }
  const kept = new Map<string, string | undefined>();
  for (let k = 0; k < words.length; k++) {
    const [, name, inline] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(words[k]) ?? [];
    if (name === undefined || HINDERING.includes(name)) return undefined;
    const hasValue = inline === undefined && words[k + 1] !== undefined &&
      !words[k + 1].startsWith("--");
    const value = inline ?? (hasValue ? words[++k] : undefined);
    if (!LEFT_OUT.includes(name)) kept.set(name, value);
  }
  return kept;
}
