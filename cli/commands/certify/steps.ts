/**
 * The three steps of `certify`.
 *
 * @module
 */

import { certify } from "../../../lib/certify/mod.ts";
import { EXIT } from "../../terminal/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { cutOff } from "./answer.ts";
import { type CertifyRequest, readCertifyRequest } from "./request.ts";
import { certifyJson, certifyText } from "./result.ts";
import type { SolutionRequest, SolutionResult } from "./solution.ts";
import { inUnits, type UnitCertificate } from "./units.ts";

/** What was asked for, with what is proven. */
type Proven =
  | { readonly kind: "network"; readonly request: CertifyRequest; readonly result: UnitCertificate }
  | {
    readonly kind: "solution";
    readonly request: SolutionRequest;
    readonly result: SolutionResult;
  };

/** Reads, proves, prints. */
export const certifySteps: CommandSteps<CertifyRequest | SolutionRequest, Proven> = {
  request: readCertifyRequest,
  async run(request) {
    if (request.kind === "solution") {
      const { runSolution } = await import("./solution.ts");
      return { kind: "solution", request, result: runSolution(request) };
    }
    const begun = performance.now();
    const sum = certify(request.networks, request.options);
    const certificate = cutOff(sum, request.networks, request.bounds);
    const seconds = (performance.now() - begun) / 1000;
    return { kind: "network", request, result: inUnits(certificate, request, seconds) };
  },
  async present(proven, _, terminal) {
    if (proven.kind === "solution") {
      return await presentSolution(proven.result, proven.request, terminal);
    }
    const { result, request } = proven;
    terminal.out(
      request.json ? jsonText(certifyJson(result, request)) : certifyText(result, request),
    );
    const { status } = result;
    return status === "proven" || status === "bounded" ? EXIT.done : EXIT.failed;
  },
};

async function presentSolution(
  result: SolutionResult,
  request: SolutionRequest,
  terminal: Terminal,
): Promise<number> {
  const { solutionJson, solutionText } = await import("./solution.ts");
  const { json } = request;
  terminal.out(json ? jsonText(solutionJson(result, request)) : solutionText(result, request));
  const { status } = result;
  return status === "proven" || status === "bounded" ? EXIT.done : EXIT.failed;
}
