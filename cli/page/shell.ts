/**
 * The page as one file of HTML: head, style, controls' places, and its script.
 *
 * @module
 */

import { escapeHtml, STYLE } from "../../lib/report/inner.ts";
import { VERSION } from "../terminal/version.ts";
import { CONTROL_GROUPS } from "./view/state.ts";
import { controlsHtml } from "./view/controls_html.ts";

const PAGE_STYLE = `
body { font-size: 15px; }
main, header.page, footer.page { max-width: 1480px; }
header.page { padding-top: 22px; display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 18px; }
header.page h1 { font-size: 1.7rem; }
header.page p { margin: 0; max-width: none; color: var(--muted); }
.bar { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center;
  gap: 8px 10px; background: var(--paper); border-bottom: 1px solid var(--rule); padding: 10px 24px;
  margin: 14px -24px 0; }
button, select, input, textarea { font: inherit; color: inherit; }
.bar button, .files button, .chips button, .drop button { border: 1px solid var(--rule);
  border-radius: 7px; background: var(--panel); padding: 6px 13px; cursor: pointer; min-height: 36px; }
:is(.bar, .files, .chips, .drop) button:hover:not(:disabled) { border-color: var(--muted); }
button:disabled { opacity: .45; cursor: default; }
.bar button.main { background: var(--train); border-color: var(--train); color: var(--paper);
  font-weight: 600; min-width: 6.4em; }
.bar label { color: var(--muted); font-size: .85rem; display: inline-flex; align-items: center; gap: 6px; }
.bar .sum { margin-left: auto; font-variant-numeric: tabular-nums; color: var(--muted);
  font-size: .9rem; }
.bar .sum b { color: var(--ink); font-weight: 600; }
select, .control input, .control textarea { width: 100%; min-height: 34px; padding: 5px 8px;
  border: 1px solid var(--rule); border-radius: 6px; background: var(--paper); }
.bar select { width: auto; }
.frame { display: grid; grid-template-columns: 262px minmax(0, 1fr); gap: 0 34px; align-items: start; }
.controls { padding: 4px 0 30px; }
.controls details { margin: 14px 0 0; }
.controls summary { font: 600 1.02rem/1.3 "Iowan Old Style", "Palatino Linotype", Palatino, Charter,
  Georgia, serif; padding: 4px 0; }
.control { margin: 9px 0 0; }
.control > label { display: block; font-size: .85rem; font-weight: 600; margin-bottom: 3px; }
.control p { margin: 3px 0 0; font-size: .76rem; line-height: 1.35; color: var(--muted); }
.pairs { display: grid; grid-template-columns: 1fr 1fr; gap: 0 10px; }
.drop { border: 1.5px dashed var(--muted); border-radius: 8px; padding: 12px; margin-top: 10px;
  font-size: .85rem; }
.drop p { margin: 0 0 8px; }
.drop.over { border-color: var(--train); background: var(--band); }
.drop textarea { min-height: 4.6em; }
:is(.drop, .control) textarea { font: .75rem/1.35 ui-monospace, Menlo, Consolas, monospace; }
.drop input[type=file] { border: 0; padding: 0; background: none; }
#pad { width: 100%; height: auto; margin-top: 6px; border: 1px solid var(--rule); border-radius: 8px;
  background: var(--panel); touch-action: none; cursor: crosshair; }
.fault { border-left: 4px solid var(--test); background: var(--panel); padding: 10px 14px;
  margin: 14px 0 0; max-width: none; overflow-wrap: anywhere; }
.note { border-left: 4px solid var(--rule); padding: 4px 12px; margin: 10px 0 0; color: var(--muted);
  font-size: .85rem; max-width: none; }
.pictures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 6px 30px; }
.pictures section { margin: 18px 0 0; min-width: 0; }
.pictures .wide { grid-column: 1 / -1; }
.pictures h2 { font-size: 1.12rem; display: flex; align-items: baseline; gap: 10px; }
.pictures h2 span { margin-left: auto; font: .78rem system-ui, sans-serif; }
.pictures h2 button { border: 0; background: none; color: var(--muted); cursor: pointer; padding: 6px 4px;
  text-decoration: underline; text-underline-offset: 2px; }
.panels { display: flex; flex-wrap: wrap; gap: 4px 18px; }
.panels h3 { margin: 4px 0 2px; font-size: .84rem; font-weight: 500; color: var(--muted); }
.holder { min-height: 60px; }
svg.picture { display: block; max-width: 100%; height: auto; }
.picture { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; }
.knots text { font-size: 11px; fill: var(--muted); }
.knots .name { fill: var(--ink); }
.picture .curve { stroke: var(--train); stroke-width: 2; fill: none; stroke-linejoin: round; }
.picture .panel { fill: var(--panel); }
.picture .path { stroke-width: 1.15; fill: none; stroke-linejoin: round; }
.picture .s0 { stroke: var(--n0); } .picture .s1 { stroke: var(--n1); }
.picture .s2 { stroke: var(--n2); } .picture .s3 { stroke: var(--n3); }
.picture .s4 { stroke: var(--n4); } .picture .name.s { stroke: none; }
.f0 { fill: var(--n0); } .f1 { fill: var(--n1); } .f2 { fill: var(--n2); }
.f3 { fill: var(--n3); } .f4 { fill: var(--n4); }
[hidden] { display: none !important; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 14px 0 0;
  font-size: .85rem; color: var(--muted); }
.chips button { color: var(--ink); padding: 3px 11px; min-height: 32px; }
.files { display: flex; flex-wrap: wrap; gap: 8px; }
.runs td, .runs th { padding: 4px 14px 4px 0; overflow-wrap: normal; }
.runs td:not(:nth-child(2), :nth-child(7), :last-child) { white-space: nowrap; }
.runs td:nth-child(7) { min-width: 9em; }
.runs td:nth-child(2) { min-width: 8em; }
.runs td:last-child { white-space: normal; min-width: 9em; }
.bar #jump { display: none; }
.runs thead th { white-space: normal; vertical-align: bottom; }
.runs tr.best td { font-weight: 600; }
.keys kbd { border: 1px solid var(--rule); border-radius: 4px; padding: 0 5px; font: .8rem ui-monospace, monospace; }
pre { font-size: .8rem; }
html { scroll-padding-top: 76px; }
.keys label { display: inline-flex; gap: 6px; align-items: center; margin-left: 14px; }
.keys input { accent-color: var(--train); margin: 0; }
@media (max-width: 900px) {
  html { scroll-padding-top: 120px; }
  .frame { reading-flow: grid-order; grid-template-columns: minmax(0, 1fr); }
  .bar #jump { display: inline-block; }
  .frame .controls { order: 2; border-top: 1px solid var(--rule); }
  .pictures { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 560px) {
  .bar { padding: 8px 16px; margin: 10px -16px 0; gap: 6px; }
  .bar button { padding: 5px 10px; }
  .bar .sum { width: 100%; margin: 0; }
  .bar label span { display: none; }
  .controls .grid { grid-template-columns: 1fr; }
}
@media print {
  .bar { position: static; width: auto; height: auto; border: 0; padding: 0; margin: 0; }
  .bar > :not(.sum), .chips, .controls, .files, .drop, .keys, .pictures h2 span { display: none; }
  .bar .sum { margin: 0; }
  .frame { display: block; }
  .pictures section { break-inside: avoid; }
}
@media (min-width: 561px) and (max-width: 900px) {
  .controls { display: grid; grid-template-columns: 1fr 1fr; gap: 0 30px; }
}
`;

/** Pictures that can be saved: an id, a heading, words. */
const PICTURES = [
  ["function", "The function", "wide"],
  ["knots", "Knots, epoch by epoch", ""],
  ["loss", "Loss", ""],
  ["network", "The network: inputs below, every edge a spline", "wide"],
] as const;

/** The page's code. */
export interface PageCode {
  readonly script: string;
  /** The worker's, which begins before all of the page is there. */
  readonly worker: string;
  /** What is unpacked when it is needed: gzip, base64. */
  readonly late: string;
}

/** The whole page. */
export function playgroundHtml({ script, worker, late }: PageCode): string {
  const pictures = PICTURES.map(([id, title, kind]) =>
    `<section class="${kind}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}<span>` +
    `<button type="button" data-save="${id}" data-as="svg" aria-label="Save ${id} as SVG">SVG</button> ` +
    `<button type="button" data-save="${id}" data-as="png" aria-label="Save ${id} as PNG">PNG</button>` +
    `</span></h2><div class="holder${
      id === "function" ? " panels" : ""
    }" id="${id}"></div></section>`
  ).join("");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' \
'wasm-unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; \
form-action 'none'">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Freeknot ${escapeHtml(VERSION)}">
<title>Freeknot: knots that move</title>
<link rel="icon" href="data:,">
<style>${STYLE}${PAGE_STYLE}</style>
</head>
<body>
<header class="page"><h1>Freeknot</h1><p>Networks of splines whose knots move, trained in this tab, \
coarse to fine: on rows, or on an equation. Nothing leaves it.</p></header>
<main>
<div class="bar" role="toolbar" aria-label="Training">
<button type="button" class="main" id="play" aria-keyshortcuts="t">Train</button>
<button type="button" id="step" aria-keyshortcuts="s">One epoch</button>
<button type="button" id="refine" aria-keyshortcuts="r">Refine</button>
<button type="button" id="again" aria-keyshortcuts="b">Start over</button>
<label><span>Pace</span><select id="pace" aria-label="Pace"><option value="400">slow</option>\
<option value="120" selected>to watch</option><option value="0">full speed</option></select></label>
<button type="button" id="jump">Controls</button>
<span class="sum" id="sum"></span>
</div>
<p class="fault" id="fault" role="alert" hidden></p>
<div id="notes"></div>
<p role="status" aria-live="polite" class="status-line" id="said" style="position:absolute;width:1px;\
height:1px;overflow:hidden;clip-path:inset(50%)"></p>
<div class="frame">
<form class="controls" id="controls" aria-label="Controls">${controlsHtml(CONTROL_GROUPS)}</form>
<div>
<div class="chips" id="levels" role="group" aria-label="Go back to the end of a level"></div>
<div class="pictures">${pictures}
<section class="wide" aria-labelledby="runs-title"><h2 id="runs-title">Runs of this session</h2>
<div class="table" id="runs"><p class="lead">A run that ends stands here, best first.</p></div></section>
<section class="wide" aria-labelledby="take-title"><h2 id="take-title">Take it with you</h2>
<div class="files" id="files">
<button type="button" data-file="model">Model</button>
<button type="button" data-file="checkpoint">Checkpoint</button>
<button type="button" data-file="js">JavaScript</button>
<button type="button" data-file="onnx">ONNX</button>
<button type="button" data-file="python">Python</button>
<button type="button" data-file="c">C</button>
<button type="button" data-file="formula">Formula</button>
<button type="button" data-file="report">Report</button>
<button type="button" data-file="data" id="table-file">Table (CSV)</button>
</div>
<pre id="found" tabindex="0" aria-label="Formula" hidden></pre>
<p class="caption" data-run="solve" hidden>The model is one for <code>freeknot predict</code> and \
<code>freeknot solve --from</code>; the solution is a grid of about 10,000 points. The run in a \
terminal, where the text of an equation of your own is saved as problem.json:</p>
<p class="caption" data-run="train">The model is one for <code>freeknot predict</code>; <code>freeknot train --resume \
freeknot.checkpoint</code> goes on to the same bits, and a checkpoint of freeknot train that is \
dropped here goes on in this tab. The run from its start, in a terminal:</p>
<pre id="command" tabindex="0" aria-label="Command line"></pre>
<p class="lead keys">Keys: <kbd>t</kbd> train or pause, <kbd>s</kbd> one epoch, <kbd>r</kbd> refine, \
<kbd>u</kbd> back one level, <kbd>b</kbd> start over. The address of this page holds the controls.\
<label><input type="checkbox" id="keys" checked>Keys are on</label></p>
</section></div></div></div>
</main>
<footer class="page"><div>Freeknot ${escapeHtml(VERSION)}. MIT licence.</div></footer>
<script>${script}</script>
<script type="text/plain" id="worker">${worker}</script>
<script>startWorker()</script>
<script type="text/plain" id="late">${late}</script>
</body>
</html>
`;
}
