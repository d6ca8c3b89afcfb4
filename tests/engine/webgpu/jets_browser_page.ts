/**
 * What the browser test of jets runs in a page: kernels compiled by the browser's own compiler.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { leaveFindings } from "../../support/leave_findings.ts";
import { type JetAgreement, jetAgreement } from "../../support/webgpu_jets.ts";

/** What the page found. */
export interface JetFindings {
  readonly adapter: string | undefined;
  readonly agreements: readonly JetAgreement[];
}

async function run(): Promise<JetFindings> {
  const adapter = (await findWebgpuAdapter())?.name, agreements: JetAgreement[] = [];
  if (adapter === undefined) return { adapter, agreements };
  const engine = await createWebgpuEngine();
  // one degree and one list of derivatives: SwiftShader's compiler takes seconds for each
  for (const [i, basis] of (["bspline", "relu"] as const).entries()) {
    const normalisation = (["batchnorm", "minmax"] as const)[i];
    const options = {
      widths: [2, 3, 3, 1],
      degree: 3,
      knots: "free",
      basis,
      normalisation,
    } as const;
    agreements.push(await jetAgreement(engine, options, [[0], [1, 1]], 1));
  }
  engine.dispose();
  return { adapter, agreements };
}

leaveFindings(run());
