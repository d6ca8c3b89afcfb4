/**
 * The style of a network's drawing.
 *
 * @module
 */

/** Colours and lines of a drawing that is a file of its own. */
export const NETWORK_STYLE =
  `text{font:12px system-ui,sans-serif;fill:#1b1f24}.net-line{fill:none;stroke:#57606a}
.net-plus{fill:none;stroke:#0072b2}.net-minus{fill:none;stroke:#d55e00}
.net-box{fill:#fff;stroke:#57606a;stroke-width:1}.net-curve{fill:none;stroke:#0072b2;stroke-width:1.6}
.net-node{fill:#1b1f24}
.net-locked .net-box,.net-locked .net-curve{stroke:#d55e00}
.network .net-symbol{fill:#d55e00;stroke:#fff;stroke-width:3;paint-order:stroke}`;
