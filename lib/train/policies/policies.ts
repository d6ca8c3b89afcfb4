/**
 * The policies of every run, in the order in which they are asked.
 *
 * @module
 */

import type { Policy } from "../run.ts";
import { optimizerStatus } from "./optimizer_status.ts";
import { patience } from "./patience.ts";
import { rebalance } from "./rebalance.ts";
import { stall } from "./stall.ts";

/** A policy is a file of this folder and an entry here. */
export const POLICIES: readonly Policy[] = [optimizerStatus, patience, stall, rebalance];
