/**
 * What the browser test runs in a page: the same kernels, compiled by the browser's own compiler.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { createNetwork, type NetworkOptions } from "../../../lib/model/mod.ts";
import { prolong } from "../../../lib/multilevel/mod.ts";
import { leaveFindings } from "../../support/leave_findings.ts";
import { randomDataset } from "../../support/networks.ts";
import {
  type Agreement,
  agreement,
  norm,
  optionCases,
  shapeCases,
  type WebgpuCase,
} from "../../support/webgpu_cases.ts";

/** What the page found. */
export interface BrowserFindings {
  readonly adapter: string | undefined;
  readonly agreements: readonly Agreement[];
  /** Objective before and after two epochs of L-BFGS. */
  readonly objectives: readonly number[];
  /** Whether the same epochs gave the same bits. */
  readonly repeats: boolean;
  /** Difference of the parameters prolonged on the device from `prolong`'s, of their norm. */
  readonly prolongation: number;
}

async function run(): Promise<BrowserFindings> {
  const adapter = (await findWebgpuAdapter())?.name;
  if (adapter === undefined) {
    return { adapter, agreements: [], objectives: [], repeats: false, prolongation: NaN };
  }
  const engine = await createWebgpuEngine();
  const agreements: Agreement[] = [];
  // One degree: each costs seconds of SwiftShader's compiler.
  const cases = [...optionCases("bspline", 19, [3]), ...optionCases("relu", 19, [3])];
  const others: NetworkOptions[] = [
    { widths: [2, 3, 17, 2] }, // many outputs have moments of their own
    { widths: [2, 4, 3, 2], activation: "relu" },
  ];
  const more = others.map((options, seed): WebgpuCase => {
    const dataset = randomDataset({ rows: 30, nIn: 2, nOut: 2, seed });
    return { options, seed, loss: { kind: "mse" }, dataset };
  });
  for (const each of [...cases, shapeCases()[0], ...more]) {
    agreements.push(await agreement(engine, each));
  }

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
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    objectives.push((await evaluator.evaluate(network.parameters)).objective);
    const one = (await evaluator.resident!.runEpoch(method, network.parameters))!;
    const two = (await evaluator.resident!.runEpoch(method, one.parameters))!;
    objectives.push(one.objective, two.objective);
    ends.push(two.parameters.join());
    evaluator.dispose();
  }
  const coarse = { ...network, parameters: network.parameters.map(Math.fround) };
  const fine = prolong(coarse);
  const evaluator = await engine.compile({ network: fine, loss: { kind: "mse" }, dataset, coarse });
  const parameters = await evaluator.resident!.start!();
  evaluator.dispose();
  engine.dispose();
  return {
    ...{ adapter, agreements, objectives: objectives.slice(0, 3), repeats: ends[0] === ends[1] },
    prolongation: norm(parameters.map((x, i) => x - fine.parameters[i])) / norm(fine.parameters),
  };
}

leaveFindings(run());
