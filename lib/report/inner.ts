/**
 * What other rooms may use of lib/report besides its users' door.
 *
 * @module
 */

export { escapeHtml } from "./html/html.ts";
export { STYLE } from "./html/style.ts";
export {
  compactNumber,
  finiteRange,
  formatNumber,
  hundredths,
  powerOfTen,
} from "./html/numbers.ts";
export { networkDrawing } from "./network/drawing.ts";
export type { NetworkDrawing } from "./network/data.ts";
export { networkSvg } from "./network/svg.ts";
export type { CurvePanel, FigureSeries, MapPanel } from "./figure/data.ts";
export type { Ink } from "./figure/ink.ts";
export { panelSvg } from "./figure/panel.ts";
export { knotSnapshot } from "./solution/collect.ts";
export type { KnotSnapshot } from "./solution/data.ts";
export { networkKnots } from "./solution/knot_paths.ts";
export { inputRanges, mapAxis } from "./training/error_map.ts";
export { knotLineMap } from "./training/knot_lines.ts";
export type { KnotLineMap } from "./training/data.ts";
export { chainNames } from "./training/names.ts";
