/**
 * What the report of an experiment shows; drawn by {@linkcode renderExperiment}.
 *
 * @module
 */

import type { Findings } from "../../reproduce/mod.ts";

/** Everything that the page shows. */
export interface ExperimentReport extends Findings {
  /** Heading. */
  readonly title: string;
  /** One line below the heading: paper and place in it. */
  readonly subtitle: string;
  /** The verdict in a word or two. */
  readonly status: string;
  /** Whether the verdict is good news. */
  readonly good: boolean;
  /** The command line that repeats it. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
