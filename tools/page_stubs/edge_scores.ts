/**
 * What the page's pictures need of lib/interpret, without the search for formulas, which is unpacked
 * when it is needed.
 *
 * @module
 */

export { edgeScores } from "../../lib/interpret/scores/edge_scores.ts";
