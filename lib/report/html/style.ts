/**
 * The style sheet of the page: system fonts, one palette for light, dark and paper.
 *
 * The colours of data are Okabe and Ito's (told apart with any colour vision). Variables that
 * the page's code reads are `#rrggbb`.
 *
 * @module
 */

const LIGHT = `color-scheme: light;
  --paper: #ffffff; --ink: #1b1f24; --muted: #57606a; --rule: #dde2e8; --panel: #f6f8fa;
  --band: #f3f5f8; --train: #0072b2; --test: #d55e00; --third: #007a5a;
  --n0: #0072b2; --n1: #d55e00; --n2: #007a5a; --n3: #b04d86; --n4: #8a6a00; --gap: #808080;`;

const DARK = `color-scheme: dark;
  --paper: #14171b; --ink: #e7eaee; --muted: #9ba5b0; --rule: #2c323a; --panel: #1b1f25;
  --band: #1b2027; --train: #56b4e9; --test: #f0953a; --third: #2fc49a;
  --n0: #56b4e9; --n1: #f0953a; --n2: #2fc49a; --n3: #dd8fbc; --n4: #e3cf4e; --gap: #808080;`;

/** CSS of the page. */
export const STYLE = `
:root { ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-scheme=print]) { ${DARK} } }
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header.page, footer.page { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header.page { padding-top: 40px; }
h1, h2 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Charter, Georgia, serif;
  font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: 2rem; margin: 0; }
h2 { font-size: 1.4rem; margin: 0 0 4px; }
h3 { font-size: 1rem; margin: 28px 0 10px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 72ch; }
a { color: var(--train); }
.subtitle { color: var(--muted); margin: 6px 0 14px; overflow-wrap: anywhere; }
.status { display: inline-block; border: 1px solid var(--third); color: var(--third);
  border-radius: 999px; padding: 1px 11px; font-size: .82rem; font-weight: 600;
  vertical-align: .3em; margin-left: 8px; font-family: system-ui, sans-serif; }
.status.warn { border-color: var(--test); color: var(--test); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; padding: 10px 0;
  margin: 22px 0 0; border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule);
  font-size: .9rem; }
nav a { display: inline-block; padding: 4px 0; color: var(--ink); text-decoration: none; }
nav a:hover, nav a:focus-visible { text-decoration: underline; }
section { margin: 44px 0 0; }
.lead { color: var(--muted); margin-bottom: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 1px;
  border: 1px solid var(--rule); border-radius: 8px; overflow: hidden; margin: 0; }
.tiles div { box-shadow: 0 0 0 1px var(--rule); padding: 12px 14px; display: flex;
  flex-direction: column-reverse; justify-content: flex-end; }
.tiles dt { color: var(--muted); font-size: .8rem; }
.tiles dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 0; min-width: 0; }
figure + figure:not(.pair *, .plane) { margin-top: 24px; }
figcaption { color: var(--muted); font-size: .875rem; margin-top: 8px; max-width: 80ch; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr));
  gap: 24px; margin-top: 16px; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
  gap: 16px 20px; max-width: 1080px; }
.maps h4 { margin: 0 0 4px 52px; }
.maps.single { max-width: 460px; }
h4 { margin: 0 0 4px; font-size: .9rem; font-weight: 600; overflow-wrap: anywhere; }
.chart { position: relative; height: 340px; min-width: 0; }
.chart.small { height: 310px; }
.chart.tall { height: 460px; }
canvas { display: block; max-width: 100%; }
canvas[data-map] { touch-action: pan-y; }
.axis-choice { border: 0; padding: 0; margin: 0 0 10px; display: flex; flex-wrap: wrap;
  align-items: center; gap: 4px 14px; font-size: .875rem; color: var(--muted); }
.axis-choice legend { float: left; padding: 0; margin-right: 14px; }
.axis-choice label { display: inline-flex; gap: 6px; align-items: center; padding: 4px 0; }
.axis-choice input { accent-color: var(--train); margin: 0; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 0;
  margin: 4px 0 0; }
.legend button { display: flex; align-items: center; gap: 6px; padding: 3px 2px; border: 0;
  background: none; color: var(--muted); font: inherit; font-size: .8rem; text-align: left;
  overflow-wrap: anywhere; cursor: pointer; }
.legend button[aria-pressed=false] { text-decoration: line-through; opacity: .6; }
.legend svg { flex: none; overflow: visible; }
.readout { display: block; min-height: 1.5em; font-size: .875rem; color: var(--muted);
  font-variant-numeric: tabular-nums; margin-top: 8px; }
.table { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.caption { color: var(--muted); font-size: .875rem; margin: 20px 0 4px; }
th, td { text-align: left; padding: 5px 22px 5px 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
thead th { color: var(--muted); font-weight: 500; border-bottom: 1.5px solid var(--muted);
  white-space: nowrap; }
tbody th { font-weight: 500; min-width: 4em; overflow-wrap: break-word; }
#table table { font-size: .82rem; }
#table :is(th, td) { padding-right: 12px; }
#table tbody th { min-width: 11em; }
.table + .lead { margin-top: 16px; }
td { overflow-wrap: anywhere; min-width: 4em; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.shade { text-align: right; padding: 5px 14px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
  gap: 0 48px; }
.columns > div { min-width: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr));
  gap: 14px; }
.card { border: 1px solid var(--rule); border-radius: 8px; padding: 8px 10px 6px;
  break-inside: avoid; }
.card header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 8px; font-size: .85rem;
  align-items: baseline; }
.card h4 { margin: 0; max-width: 100%; font-size: .85rem; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.card .range { color: var(--muted); font-size: .75rem; white-space: nowrap; }
.meter { height: 3px; background: var(--rule); border-radius: 2px; margin: 4px 0 6px; }
.meter i { display: block; height: 100%; background: var(--train); border-radius: 2px; }
.plot svg { display: block; width: 100%; height: 104px; overflow: visible; }
.axis { display: flex; justify-content: space-between; gap: 6px; font-size: .6875rem;
  color: var(--muted); margin-top: 2px; white-space: nowrap; }
.axis .name { overflow: hidden; text-overflow: ellipsis; }
svg .range { fill: var(--panel); }
svg .zero { stroke: var(--rule); stroke-width: 1; fill: none; }
svg .tick { stroke: var(--muted); stroke-width: 1; fill: none; }
svg .curve { stroke: var(--train); stroke-width: 1.75; fill: none; stroke-linejoin: round; }
svg .dots { stroke: var(--test); stroke-width: 4.5; stroke-linecap: round; fill: none; }
svg path { vector-effect: non-scaling-stroke; }
.cards.slim { grid-template-columns: repeat(auto-fill, minmax(155px, 1fr)); }
.cards.slim .card header { flex-wrap: nowrap; flex-direction: row; }
.plot.paths svg { height: 170px; overflow: hidden; }
svg .path { stroke: var(--train); stroke-width: 1.1; fill: none; stroke-linejoin: round; }
svg .level { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 3; fill: none; }
.formula { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Charter, Georgia, serif;
  font-size: 1.05em; }
.formula sub, .formula sup { font-size: .72em; line-height: 0; }
.maps.two { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.network { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.network text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
.network path { stroke-width: 1.2; fill: none; }
.net-line { stroke: var(--muted); }
.net-plus { stroke: var(--train); }
.net-minus { stroke: var(--test); }
.net-box { fill: var(--paper); stroke: var(--muted); }
.network .net-curve { stroke: var(--train); stroke-width: 1.6; }
.net-node { fill: var(--ink); }
.net-locked .net-box, .network .net-locked .net-curve { stroke: var(--test); }
.network .net-symbol { fill: var(--test); stroke: var(--paper); stroke-width: 3; paint-order: stroke; }
.bar { display: block; }
.whisker { stroke: var(--ink); stroke-width: 1.3; fill: none; }
.whisker circle { fill: var(--train); stroke: none; }
.whisker .beam { fill: var(--train); fill-opacity: .3; stroke: none; }
.whisker .mark { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 2; }
.levels { min-width: 0; }
.levels .caption { margin-top: 0; }
th.upright { vertical-align: bottom; padding-right: 0; }
th.upright span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12em;
  overflow: hidden; text-overflow: ellipsis; }
.heat :is(th, td) { padding-top: 4px; padding-bottom: 4px; }
.heat td.shade { min-width: 3.4em; padding: 4px 6px; font-size: .8rem; white-space: nowrap; }
[hidden] { display: none; }
.planes { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr));
  gap: 18px 16px; }
.plane svg { display: block; width: 100%; height: auto; border: 1px solid var(--muted);
  background: var(--panel); }
.plane svg path { stroke-width: 1; fill: none; }
.plane svg.all path { stroke-opacity: .6; }
.plane .axis { margin-top: 4px; }
.s0 { stroke: var(--n0); } .s1 { stroke: var(--n1); } .s2 { stroke: var(--n2); }
.s3 { stroke: var(--n3); } .s4 { stroke: var(--n4); }
pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px;
  padding: 12px 14px; font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; margin: 12px 0; }
footer.page { color: var(--muted); font-size: .82rem; margin-top: 56px; padding-bottom: 40px; }
footer.page > div { border-top: 1px solid var(--rule); padding-top: 14px; }
pre span { display: inline-block; max-width: 100%; }
details { margin-top: 6px; } summary { cursor: pointer; }
details pre { user-select: auto; font-size: .75rem; }
:focus-visible { outline: 2px solid var(--train); outline-offset: 2px; }
@media (max-width: 560px) {
  main, header.page, footer.page { padding-left: 16px; padding-right: 16px; }
  header.page { padding-top: 24px; }
  h1 { font-size: 1.6rem; }
  .chart { height: 300px; }
  .levels .whisker { width: 96px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .cards, .planes { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px 10px; }
  .card header { flex-direction: column; }
  .columns { gap: 0; }
  th, td { padding-right: 12px; }
  table { font-size: .85rem; }
}
@media print {
  body { font-size: 11pt; }
  nav, .axis-choice, .readout { display: none; }
  section { margin-top: 28px; }
  figure, tr, .tiles { break-inside: avoid; }
  .table { overflow: visible; }
  #importance table { font-size: 8pt; }
  #importance :is(th, td) { padding-right: 8px; }
  .bar { width: 90px; height: 9px; }
  :is(#judging, #result) table { font-size: 8pt; }
  :is(#judging, #result) :is(th, td) { padding-right: 6px; overflow-wrap: normal; min-width: 0; }
  :is(#judging, #result) thead th { white-space: normal; }
  #table table { font-size: 7pt; }
  #table :is(th, td) { padding-right: 6px; overflow-wrap: normal; min-width: 0; }
  #table td:nth-child(-n + 3) { white-space: normal; }
  h2, h3, h4 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
