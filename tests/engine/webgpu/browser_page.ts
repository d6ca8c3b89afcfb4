/**
 * What the browser test runs in a page: the same kernels, compiled by the browser's own compiler.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { leaveFindings } from "../../support/leave_findings.ts";
import { randomDataset } from "../../support/networks.ts";
import { type Agreement, agreement, optionCases, shapeCases } from "../../support/webgpu_cases.ts";

/** What the page found. */
export interface BrowserFindings {
  readonly adapter: string | undefined;
  readonly agreements: readonly Agreement[];
  /** Objective before and after two epochs of L-BFGS. */
  readonly objectives: readonly number[];
  /** Whether the same epochs gave the same bits. */
  readonly repeats: boolean;
}

async function run(): Promise<BrowserFindings> {
  const adapter = (await findWebgpuAdapter())?.name;
  if (adapter === undefined) {
    return { adapter, agreements: [], objectives: [], repeats: false };
  }
  const engine = await createWebgpuEngine();
  const agreements: Agreement[] = [];
  // One degree: each costs seconds of SwiftShader's compiler.
  const cases = [...optionCases("bspline", 19, [3]), ...optionCases("relu", 19, [3])];
  for (const each of [...cases, shapeCases()[0]]) agreements.push(await agreement(engine, each));

  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  const dataset = randomDataset({ rows: 200, nIn: 2, nOut: 1, seed: 1 });
  const method = {
    kind: "lbfgs",
    lineSearch: "wolfe",
    memory: 10,
    maxIterations: 5,
    gradientTolerance: 0,
    changeTolerance: 0,
  } as const;
  const ends: string[] = [], objectives: number[] = [];
  for (let repeat = 0; repeat < 2; repeat++) {
    const evaluator = await engine.compile(network, { kind: "mse" }, dataset);
    objectives.push(await evaluator.value(network.parameters));
    const one = (await evaluator.runEpoch!(method, network.parameters))!;
    const two = (await evaluator.runEpoch!(method, one.parameters))!;
    objectives.push(one.objective, two.objective);
    ends.push(two.parameters.join());
    evaluator.dispose();
  }
  engine.dispose();
  return { adapter, agreements, objectives: objectives.slice(0, 3), repeats: ends[0] === ends[1] };
}

leaveFindings(run());
