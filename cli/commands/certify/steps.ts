/**
 * The three steps of `certify`.
 *
 * @module
 */

import { certify } from "../../../lib/certify/mod.ts";
import { EXIT } from "../../terminal/errors.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type CertifyRequest, readCertifyRequest } from "./request.ts";
import { certifyJson, certifyText } from "./result.ts";
import { inUnits, type UnitCertificate } from "./units.ts";

/** Reads, proves, prints. */
export const certifySteps: CommandSteps<CertifyRequest, UnitCertificate> = {
  request: readCertifyRequest,
  run(request) {
    const begun = performance.now();
    const certificate = certify(request.network, request.options);
    return inUnits(certificate, request, (performance.now() - begun) / 1000);
  },
  present(result, request, terminal) {
    terminal.out(
      request.json ? jsonText(certifyJson(result, request)) : certifyText(result, request),
    );
    const { status } = result;
    return status === "proven" || status === "bounded" ? EXIT.done : EXIT.failed;
  },
};
