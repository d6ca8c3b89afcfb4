/**
 * Proven bounds: what a network cannot exceed on a box, how steep it can be, whether it is monotone
 * or convex there.
 *
 * @module
 */

export { type Certificate, certify, type CertifyOptions } from "./certify.ts";
export type { OutputCertificate, ProvenBounds } from "./certify.ts";
export type { Claim, ClaimVerdict } from "./claims.ts";
