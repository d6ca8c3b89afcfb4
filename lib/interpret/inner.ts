/**
 * What other rooms may use of lib/interpret besides its users' door.
 *
 * @module
 */

export { formulaValues } from "./expressions/evaluate.ts";
export {
  addUp,
  callOf,
  columnNode,
  columnsRead,
  constant,
  free,
  freeNumbers,
  mapFormula,
  productOf,
  visitFormula,
  withFreeNumbers,
} from "./expressions/formula.ts";
export { edgeSymbols } from "./formula/edge_symbols.ts";
export { formulaRows } from "./formula/find_formula.ts";
export {
  countEdges,
  type EdgeSymbol,
  fixEdges,
  MOST_EDGES,
  pinConstants,
  type PinnedConstant,
  pinnedValue,
  splineEdges,
  trainFormula,
} from "./formula/network_formula.ts";
export { noiseOf } from "./formula/find_formula.ts";
export { roundConstants } from "./formula/round_constants.ts";
export { scaledInputs, unscaledOutput } from "./formula/scales.ts";
export { FORMULA_HELPERS, shownFormula } from "./expressions/print.ts";
export { meanSquare } from "./formula/refit_formula.ts";
export type { FormulaRows } from "./formula/rows.ts";
export { findSymbol, LIBRARY } from "./symbols/library.ts";
export { plainUnits } from "./structure/units.ts";
export { judgedLoss, refit } from "./prune/refit.ts";
export { withInputs } from "./prune/search.ts";
