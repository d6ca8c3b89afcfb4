/**
 * Our engines that the table shows. To add one, add a line.
 *
 * @module
 */

import { createCpuEngine, type Engine } from "@freeknot/freeknot";

/** An engine of ours. */
export interface OwnEngine {
  /** Heading of its columns. */
  readonly name: string;
  /** Whether it can use this many threads. */
  readonly accepts: (threads: number) => boolean;
  /** Makes it. */
  readonly create: (threads: number) => Engine;
}

/** The engines, the one that others are compared with first. */
export const OWN_ENGINES: readonly OwnEngine[] = [
  { name: "cpu", accepts: () => true, create: (threads) => createCpuEngine({ threads }) },
  {
    name: "cpu f32",
    accepts: () => true,
    create: (threads) => createCpuEngine({ threads, dtype: "float32" }),
  },
];
