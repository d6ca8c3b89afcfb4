/**
 * Formulas typed in one line, as HTML: `u_xx` with a subscript, `x^2` with a power.
 *
 * @module
 */

import { escapeHtml } from "./html.ts";

const GREEK: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  epsilon: "ε",
  eta: "η",
  theta: "θ",
  kappa: "κ",
  lambda: "λ",
  mu: "μ",
  nu: "ν",
  pi: "π",
  rho: "ρ",
  sigma: "σ",
  tau: "τ",
  phi: "φ",
  psi: "ψ",
  omega: "ω",
};

const TOKENS =
  /(\d+\.?\d*(?:e[+-]?\d+)?)|([A-Za-z]\w*)|\s*([=+-])\s*|\s*(?:\*\*|\^)\s*(-?\d+|[A-Za-z]\w*)?|\s*(\*)\s*|(.)/gs;

/** Writes a formula; characters outside the grammar stay as they are, escaped. */
export function formulaHtml(text: string): string {
  let html = "", before = "";
  for (const match of text.matchAll(TOKENS)) {
    const [whole, digits, name, sign, exponent, times, other] = match;
    if (digits !== undefined) html += digits;
    else if (name !== undefined) html += nameHtml(name);
    else if (sign === "-") html += /^[=(,*/^+-]?$/.test(before) ? "−" : " − ";
    else if (sign !== undefined) html += ` ${sign} `;
    else if (times !== undefined) html += "\u2009";
    else if (other !== undefined) html += escapeHtml(other);
    else if (exponent === undefined) html += "^";
    else html += `<sup>${nameHtml(exponent.replace("-", "−"))}</sup>`;
    if (whole.trim() !== "") before = whole.trim().slice(-1);
  }
  return `<span class="formula">${html}</span>`;
}

/** A name: letters in italics, `alpha` as α, derivatives as subscripts. */
function nameHtml(name: string): string {
  const [first, ...rest] = name.split("_");
  const letter = Object.hasOwn(GREEK, first) ? GREEK[first] : first;
  const head = letter.length === 1 && /\D/.test(letter) && letter !== "π"
    ? `<i>${escapeHtml(letter)}</i>`
    : escapeHtml(letter);
  return rest.length === 0 ? head : `${head}<sub><i>${escapeHtml(rest.join("_"))}</i></sub>`;
}
