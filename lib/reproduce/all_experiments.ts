/**
 * All experiments as one: their parts under the names of their experiments, their findings together.
 *
 * @module
 */

import type { Experiment, ExperimentOptions, ExperimentPart, Findings } from "./experiment.ts";

/**
 * One experiment that runs several after one another.
 *
 * A part's id is its experiment's name, a dash, and its own id. Headings, claims and notes begin
 * with the name, too. Experiments of which no part was run are left out of the findings.
 *
 * @param experiments Which ones. No name may be another one with words after it.
 * @returns The experiment `all`.
 *
 * @example Ids tell what they belong to
 * ```ts
 * import { allExperiments, findExperiment } from "@freeknot/freeknot/reproduce";
 * import { assert } from "@std/assert";
 *
 * const all = allExperiments([findExperiment("cost")!, findExperiment("sizes")!]);
 * assert(all.parts({}).every(({ id }) => id.startsWith("cost-") || id.startsWith("sizes-")));
 * ```
 */
export function allExperiments(experiments: readonly Experiment[]): Experiment {
  return {
    name: "all",
    title: "All experiments",
    source: "Each experiment names its own; docs/reproduce.md lists them",
    minutes: experiments.reduce((sum, { minutes }) => sum + minutes, 0),
    parts: (options) =>
      experiments.flatMap(({ name, parts }) =>
        parts(options).map(({ id, run }): ExperimentPart<unknown> => ({ id: `${name}-${id}`, run }))
      ),
    conclude: (values, options) =>
      together(experiments.flatMap((experiment) => found(experiment, values, options))),
  };
}

/** An experiment's findings under its name; none where no part of it was run. */
function found(
  experiment: Experiment,
  values: ReadonlyMap<string, unknown>,
  options: ExperimentOptions,
): Findings[] {
  const { name } = experiment, of = new Map<string, unknown>();
  for (const { id } of experiment.parts(options)) {
    if (values.has(`${name}-${id}`)) of.set(id, values.get(`${name}-${id}`));
  }
  if (of.size === 0) return [];
  const { claims, tables, charts, maps = [], notes } = experiment.conclude(of, options);
  const titled = <Titled extends { readonly title: string }>(all: readonly Titled[]): Titled[] =>
    all.map((one) => ({ ...one, title: `${name}: ${one.title}` }));
  return [{
    claims: claims.map((claim) => ({ ...claim, statement: `${name}: ${claim.statement}` })),
    ...{ tables: titled(tables), charts: titled(charts), maps: titled(maps) },
    notes: notes.map((note) => `${name}: ${note}`),
  }];
}

function together(all: readonly Findings[]): Findings {
  return {
    claims: all.flatMap(({ claims }) => claims),
    tables: all.flatMap(({ tables }) => tables),
    charts: all.flatMap(({ charts }) => charts),
    maps: all.flatMap(({ maps }) => maps ?? []),
    notes: all.flatMap(({ notes }) => notes),
  };
}
