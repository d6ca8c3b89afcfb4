/**
 * The controls as HTML.
 *
 * @module
 */

import { escapeHtml } from "../../../lib/report/inner.ts";
import type { Control, ControlGroup } from "./state.ts";

/** Groups of controls, and the place where a table is dropped. */
export function controlsHtml(groups: readonly ControlGroup[]): string {
  return groups.map(({ title, controls }, k) =>
    `<details open${groupOf(controls)}><summary>${escapeHtml(title)}</summary>${
      k === 0 ? withTable(controls) : controls.map(controlHtml).join("")
    }</details>`
  ).join("");
}

/** The kinds of data that a group is for: all that one of its controls is for. */
function groupOf(controls: readonly Control[]): string {
  if (controls.some(({ of }) => of === undefined)) return "";
  return ` data-of="${[...new Set(controls.flatMap(({ of }) => of ?? []))].join(" ")}"`;
}

/** The source first, then what a table needs. */
function withTable([first, ...others]: readonly Control[]): string {
  return controlHtml(first) +
    `<div class="drop" id="drop" data-of="table">
<p><label for="file">A table in UTF-8 with names of columns in its first line: drop the file here, \
choose it, or paste its text.</label></p>
<input type="file" id="file" accept=".csv,.tsv,.txt,text/csv">
<div class="control"><label for="paste">Text</label><textarea id="paste" spellcheck="false" \
placeholder="a,b,y"></textarea></div>
<div class="control"><label for="target">Target</label><select id="target" \
data-key="target"></select><p>The column to predict; all others are inputs.</p></div>
<div class="control"><label for="loss-kind">It holds</label><select id="loss-kind" data-key="loss">\
<option value="">numbers</option><option value="cross-entropy">classes</option></select></div>
</div>
<div class="control" data-of="drawn"><p id="pad-hint">Draw a new curve over this one, with the mouse or \
a finger.</p><svg id="pad" class="picture" role="img" aria-label="A place to draw a curve; without a \
pointer, paste a table instead" aria-describedby="pad-hint"></svg></div>` +
    others.map(controlHtml).join("");
}

function controlHtml({ key, label, hint, choices, numeric, lines, of, when }: Control): string {
  const id = `c-${key}`, about = hint === "" ? "" : ` aria-describedby="${id}-hint"`;
  const input = choices
    ? `<select id="${id}" data-key="${key}"${about}>${
      choices.map(([value, words]) =>
        `<option value="${escapeHtml(value)}">${escapeHtml(words)}</option>`
      ).join("")
    }</select>`
    : lines !== undefined
    ? `<textarea id="${id}" data-key="${key}" rows="${lines}" spellcheck="false"${about}></textarea>`
    : `<input id="${id}" data-key="${key}" type="text" autocomplete="off" spellcheck="false"${
      numeric ? ' inputmode="decimal"' : ""
    }${about}>`;
  const shown = when ? ` data-when="${when.join(" ")}"` : "";
  return `<div class="control"${
    of ? ` data-of="${of.join(" ")}"` : ""
  }${shown}><label for="${id}">${escapeHtml(label)}</label>${input}${
    hint === "" ? "" : `<p id="${id}-hint">${escapeHtml(hint)}</p>`
  }</div>`;
}
