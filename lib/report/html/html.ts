/**
 * Text into HTML: escaping, embedded data, tables.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Serialises a value for a script element: JSON whose `<`, `>`, `&`, U+2028 and U+2029 are
 * escaped, so that no text in it can close the element. Numbers that are not finite become
 * null.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** A column of a table. */
export interface HtmlColumn {
  readonly heading: string;
  /** Whether the cells are numbers, aligned right. */
  readonly numeric?: boolean;
  /** Whether the cells are HTML already. */
  readonly html?: boolean;
}

/** Columns of numbers. */
export function numberColumns(...headings: string[]): HtmlColumn[] {
  return headings.map((heading) => ({ heading, numeric: true }));
}

/**
 * Builds a table that scrolls within its own box where it is too wide.
 *
 * @param caption Plain text; what the table says.
 * @param columns The first column holds the row headings.
 * @param rows Plain text per cell, HTML where the column says so (never the first).
 */
export function table(
  caption: string,
  columns: readonly HtmlColumn[],
  rows: readonly (readonly string[])[],
): string {
  const kind = (j: number) => columns[j].numeric ? ' class="number"' : "";
  const head = columns.map((c, j) => `<th scope="col"${kind(j)}>${escapeHtml(c.heading)}</th>`);
  const body = rows.map((row) =>
    "<tr>" + row.map((cell, j) =>
      j === 0
        ? `<th scope="row"${kind(j)}>${escapeHtml(cell)}</th>`
        : `<td${kind(j)}>${columns[j].html ? cell : escapeHtml(cell)}</td>`
    ).join("") + "</tr>"
  );
  const label = escapeHtml(caption);
  return `<p class="caption">${label}</p><div class="table"><table aria-label="${label}">` +
    `<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}
