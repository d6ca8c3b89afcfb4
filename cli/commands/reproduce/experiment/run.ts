/**
 * Runs the parts of an experiment, telling of each.
 *
 * @module
 */

import { type Findings, runExperiment } from "../../../../lib/reproduce/mod.ts";
import { listenForInterrupt } from "../../../terminal/interrupt.ts";
import type { Terminal } from "../../../terminal/terminal.ts";
import { duration } from "../../../terminal/text_table.ts";
import type { KeptParts } from "./kept_parts.ts";
import type { ExperimentRequest } from "./request.ts";

/** What was found, and whether that is all that was asked for. */
export interface ExperimentResult {
  readonly request: ExperimentRequest;
  readonly findings: Findings;
  readonly complete: boolean;
  /** Seconds of all parts, those of the file too. */
  readonly seconds: number;
}

/** Runs all parts; Ctrl-C ends it with what is done. */
export async function runParts(
  request: ExperimentRequest,
  kept: KeptParts,
  terminal: Terminal,
): Promise<ExperimentResult> {
  const { experiment, options, parts, quiet } = request;
  const tell = (text: string) => quiet ? undefined : terminal.err(`${text}\n`);
  const values = new Map(kept.parts.map(({ id, value }) => [id, value]));
  let seconds = kept.parts.reduce((sum, part) => sum + part.seconds, 0);
  if (values.size > 0) tell(`${values.size} of ${parts.length} parts were done before`);
  const interrupt = listenForInterrupt(
    () => tell("stopping; what is done is printed. Ctrl-C again leaves at once"),
    () => {},
  );
  try {
    const choose = (id: string) => parts.includes(id) && !values.has(id);
    for await (const part of runExperiment(experiment, options, choose, interrupt.signal)) {
      values.set(part.id, part.value);
      seconds += part.seconds;
      await kept.add(part);
      const count = String(values.size).padStart(String(parts.length).length);
      tell(`${count}/${parts.length} ${part.id}: ${duration(part.seconds)}`);
    }
  } finally {
    interrupt.dispose();
  }
  const inOrder = new Map(parts.flatMap((id) => values.has(id) ? [[id, values.get(id)]] : []));
  return {
    ...{ request, seconds },
    findings: experiment.conclude(inOrder, options),
    complete: values.size === parts.length,
  };
}
