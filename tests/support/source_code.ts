/**
 * The code of a source file without its words, and the functions in it: what tests of style read.
 *
 * A small scanner, no compiler: it knows strings, templates, comments and regular expressions, and
 * the way `deno fmt` writes functions.
 *
 * @module
 */

/** The code of a file, as long as the file, and which of its lines begin inside a template. */
export interface SourceCode {
  /** The file with spaces for comments and for what strings, templates and patterns hold. */
  readonly code: string;
  /** Numbers, from 1, of the lines that begin inside a template's text. */
  readonly templateLines: ReadonlySet<number>;
}

/** One function with a body. */
export interface FunctionSpan {
  readonly name: string;
  /** Line of its name, or of the arrow, from 1. */
  readonly line: number;
  /** Lines from there to the closing brace, those of templates' text left out. */
  readonly length: number;
}

/** After these a slash begins a regular expression, not a division. */
const BEFORE_PATTERN =
  /(^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|of|in|do|else|void))\s*$/;

/** Blanks comments, strings, templates' text and regular expressions. */
export function readCode(text: string): SourceCode {
  const out = [...text.replace(/[^\n]/g, " ")];
  const templateLines = new Set<number>();
  const open: string[] = []; // "`" or "{" of what encloses the place, innermost last
  let line = 1, i = 0;
  const end = (from: number, pattern: RegExp) => {
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    return match ? match.index + match[0].length : text.length;
  };
  const skip = (to: number) => {
    for (; i < to; i++) if (text[i] === "\n") line++;
  };
  while (i < text.length) {
    const here = text[i], two = text.slice(i, i + 2);
    if (open.at(-1) === "`") {
      if (here === "`") open.pop();
      else if (two === "${") open.push("{");
      if (here === "\n") templateLines.add(line + 1);
      if (two === "${") out[i + 1] = "{";
      skip(i + (here === "\\" || two === "${" ? 2 : 1));
      continue;
    }
    if (two === "//") skip(end(i, /(?=\n)/g));
    else if (two === "/*") skip(end(i + 2, /\*\//g));
    else if (here === '"' || here === "'") {
      out[i] = here;
      skip(end(i + 1, here === '"' ? /(\\[^]|[^"\\])*"/g : /(\\[^]|[^'\\])*'/g));
      out[i - 1] = here;
    } else if (here === "`") {
      open.push("`");
      skip(i + 1);
    } else if (here === "/" && BEFORE_PATTERN.test(out.slice(Math.max(0, i - 40), i).join(""))) {
      skip(end(i + 1, /(\\.|\[(\\.|[^\]\\])*\]|[^/\\[])*\/\w*/g));
    } else {
      if (here === "{") open.push("{");
      else if (here === "}") open.pop();
      out[i] = here;
      skip(i + 1);
    }
  }
  return { code: out.join(""), templateLines };
}

const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "return", "function"]);
/** A function, a method that begins its line, or an arrow before a block. */
const BEGINNINGS =
  /\bfunction\b\s*\*?\s*(\w*)|^[ \t]*(?:(?:static|override|private|async|get|set) )*\*?(#?\w+)(?=[<(])|=>\s*\{/gm;

/** Finds every function with a body and measures it. */
export function functionsOf(text: string): FunctionSpan[] {
  const { code, templateLines } = readCode(text);
  const lineOf = (at: number) => code.slice(0, at).split("\n").length;
  const found: FunctionSpan[] = [];
  for (const match of code.matchAll(BEGINNINGS)) {
    const after = match.index + match[0].length;
    if (CONTROL.has(match[2])) continue;
    const body = match[0].startsWith("=>") ? after - 1 : bodyOf(code, after);
    if (body === undefined) continue;
    const line = lineOf(match.index + match[0].search(/\S/)), last = lineOf(closing(code, body));
    let length = 0;
    for (let k = line; k <= last; k++) if (!templateLines.has(k)) length++;
    found.push({ name: match[1] || match[2] || "=>", line, length });
  }
  return found;
}

/** Place of the brace that opens a function's body, undefined for a signature or a call. */
function bodyOf(code: string, from: number): number | undefined {
  let i = from;
  if (code[i] === "<") i = closing(code, i) + 1;
  if (code[i] !== "(") return undefined;
  i = closing(code, i) + 1;
  const next = code.slice(i).match(/^\s*([{:])/);
  if (!next) return undefined;
  i += next[0].length;
  if (next[1] === "{") return i - 1;
  for (let before = ":"; i < code.length; i++) {
    if (code[i] === ";" || code[i] === "}" || code[i] === ")") return undefined;
    if (code[i] === "{" && !/[:|&,<(>]/.test(before)) return i;
    if (code[i] === "{" && before === ">" && !/=>\s*$/.test(code.slice(0, i))) return i;
    if (/[{(<[]/.test(code[i])) i = closing(code, i);
    if (/\S/.test(code[i])) before = code[i];
  }
  return undefined;
}

/** Place of the bracket that closes the one at `from`; in `<...>` an arrow's sign is none. */
function closing(code: string, from: number): number {
  const begin = code[from], end = { "{": "}", "(": ")", "<": ">", "[": "]" }[begin]!;
  for (let i = from, depth = 0; i < code.length; i++) {
    if (code[i] === begin) depth++;
    else if (code[i] === end && !(end === ">" && code[i - 1] === "=") && --depth === 0) return i;
  }
  return code.length;
}
