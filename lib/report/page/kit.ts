/**
 * Colours, numbers and redrawing for the page's pictures (runs in the browser).
 *
 * @module
 */

import type { PageKit, PageWindow } from "./types.ts";

/** Builds what the drawing functions share; self-contained, see `_page_types.ts`. */
export function createPageKit(window: PageWindow): PageKit {
  const root = window.document.documentElement;
  const drawings: (() => void)[] = [];

  function color(name: string): string {
    return window.getComputedStyle(root).getPropertyValue("--" + name).trim();
  }

  function fade(name: string, opacity: number): string {
    const byte = Math.round(255 * opacity).toString(16).padStart(2, "0");
    return color(name) + byte;
  }

  function isDark(): boolean {
    return window.getComputedStyle(root).getPropertyValue("color-scheme") === "dark";
  }

  function decade(value: number): number | null {
    const exponent = Math.log10(value), whole = Math.round(exponent);
    return Math.abs(exponent - whole) < 1e-9 ? whole : null;
  }

  function power(exponent: number): string {
    const digits = String(exponent).replace(
      /[-\d]/g,
      (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)],
    );
    return "10" + digits;
  }

  function number(value: number | null, digits = 3): string {
    if (value === null) return "not finite";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e-3 && size < 1e5) {
      return String(Number(value.toPrecision(digits))).replace("-", "−");
    }
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return mantissa.replace("-", "−") + "×" + power(Number(exponent));
  }

  function ticks(low: number, high: number, count: number): number[] {
    const rough = (high - low) / count;
    if (!(rough > 0)) return [low];
    const size = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].find((m) => m * size >= rough * 0.999)! * size;
    const found: number[] = [];
    const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    for (let i = first; i <= last; i++) found.push(Number((i * step).toPrecision(12)));
    return found;
  }

  function setDefaults(): void {
    window.Chart.defaults.color = color("muted");
    window.Chart.defaults.borderColor = color("rule");
    window.Chart.defaults.font.family = "system-ui, -apple-system, 'Segoe UI', sans-serif";
  }

  function redraw(): void {
    setDefaults();
    for (const draw of drawings) draw();
  }

  function onScheme(draw: () => void): void {
    drawings.push(draw);
    setDefaults();
    draw();
  }

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => {
    root.dataset.scheme = "print"; // the style sheet then gives the colours of paper
    redraw();
  });
  window.addEventListener("afterprint", () => {
    delete root.dataset.scheme;
    redraw();
  });
  return { window, color, fade, isDark, onScheme, number, decade, power, ticks };
}
