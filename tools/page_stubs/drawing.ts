/**
 * What the page's own script needs of lib/report: its door opens on networks and equations, which are the
 * worker's.
 *
 * @module
 */

export { escapeHtml } from "../../lib/report/html/html.ts";
export {
  compactNumber,
  finiteRange,
  formatNumber,
  hundredths,
  powerOfTen,
} from "../../lib/report/html/numbers.ts";
export { networkSvg } from "../../lib/report/network/svg.ts";
export { panelSvg } from "../../lib/report/figure/panel.ts";
