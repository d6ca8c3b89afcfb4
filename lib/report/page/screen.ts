/**
 * Colours of the style sheet, redrawing where they change, radio buttons and arrow keys.
 *
 * @module
 */

/// <reference lib="dom" />

const root = document.documentElement;
const drawings: (() => void)[] = [];

/** The value of a CSS variable: `color("train")` reads `--train`. */
export function color(name: string): string {
  return getComputedStyle(root).getPropertyValue("--" + name).trim();
}

/** The same colour with an opacity; the variable must be `#rrggbb`. */
export function fade(name: string, opacity: number): string {
  return color(name) + Math.round(255 * opacity).toString(16).padStart(2, "0");
}

/** Name of the scheme that the page is shown in; paper is light. */
export function scheme(): "light" | "dark" {
  return getComputedStyle(root).colorScheme === "dark" ? "dark" : "light";
}

/** Draws at once, and again when the colour scheme changes or the page is printed. */
export function onScheme(draw: () => void): void {
  drawings.push(draw);
  draw();
}

function redraw(): void {
  for (const draw of drawings) draw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  root.dataset.scheme = "print"; // the style sheet then gives the colours of paper
  redraw();
});
addEventListener("afterprint", () => {
  delete root.dataset.scheme;
  redraw();
});

/** Calls `choose` with the radio button that a reader chooses among the ones that a selector finds. */
export function onChoice(selector: string, choose: (choice: HTMLInputElement) => void): void {
  for (const choice of document.querySelectorAll<HTMLInputElement>(selector)) {
    choice.addEventListener("change", () => choose(choice));
  }
}

/** Shows the one of several pictures that a radio button names. */
export function chooseTabs(): void {
  onChoice("input[data-tab]", ({ dataset, value }) => {
    const parts = document.querySelectorAll<HTMLElement>(`[data-tab-of='${dataset.tab}']`);
    for (const part of parts) part.hidden = part.dataset.tabName !== value;
  });
}

/** A canvas of the page; `undefined` where the page has none of that id. */
export function findCanvas(id: string): HTMLCanvasElement | undefined {
  const element = document.getElementById(id);
  return element instanceof HTMLCanvasElement ? element : undefined;
}

/** Steps to the right and upwards of an arrow key, with Shift ten; `undefined` for other keys. */
export function arrowStep({ key, shiftKey }: KeyboardEvent): [number, number] | undefined {
  const size = shiftKey ? 10 : 1;
  if (key === "ArrowLeft") return [-size, 0];
  if (key === "ArrowRight") return [size, 0];
  if (key === "ArrowDown") return [0, -size];
  return key === "ArrowUp" ? [0, size] : undefined;
}
