/**
 * What the report of an explanation shows; drawn by {@linkcode renderExplanation}.
 *
 * @module
 */

import type { Explanation } from "../../interpret/mod.ts";
import type { NetworkDrawing } from "../network/data.ts";

/** Everything that the page shows. */
export interface ExplanationReport {
  /** Heading. */
  readonly title: string;
  /** One line below the heading. */
  readonly subtitle: string;
  /** What was found. */
  readonly explanation: Explanation;
  /** The network; absent where several networks were explained by their mean. */
  readonly drawing?: NetworkDrawing;
  /** The command line that repeats it. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
