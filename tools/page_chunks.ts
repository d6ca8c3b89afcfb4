/**
 * Splits a bundle in two texts: what a page needs at once, and what it imports when it is asked for.
 *
 * `deno bundle` writes modules that import each other; a page that opens from a file, and its worker,
 * have no addresses for them. So every module becomes a function that a small loader calls once.
 *
 * @module
 */

/** A module of the bundle, as the bundler wrote it. */
interface Chunk {
  readonly imports: readonly { readonly from: string; readonly names: string }[];
  readonly body: string;
  /** `local as exported, ...`. */
  readonly exports: string;
}

/** The two texts; `late` sets `globalThis.late` to the functions of its modules. */
export interface SplitBundle {
  readonly main: string;
  readonly late: string;
}

/**
 * Splits the files of a bundle.
 *
 * @param files Texts by name, of `deno bundle --code-splitting --format esm --minify`.
 * @param entry The name of the first one.
 */
export function splitBundle(files: ReadonlyMap<string, string>, entry: string): SplitBundle {
  const chunks = new Map([...files].map(([name, text]) => [name, readChunk(name, text)]));
  const main = reached(chunks, [entry]);
  const all = reached(chunks, [...main, ...[...main].flatMap((name) => lateNames(chunks, name))]);
  const names = new Map([...all].map((name, k) => [name, `m${k}`]));
  const table = (chosen: Iterable<string>) =>
    `{${[...chosen].map((name) => functionOf(chunks.get(name)!, names.get(name)!, names)).join()}}`;
  const later = [...all].filter((name) => !main.has(name));
  return {
    main: `(()=>{const D=${table(main)},M={};` +
      "const need=(n)=>n in M?M[n]:M[n]=D[n](need,late);" +
      "const late=async(n)=>{if(!(n in D))Object.assign(D,await globalThis.lateChunks());return need(n)};" +
      `need(${JSON.stringify(names.get(entry))})})()`,
    late: `globalThis.late=${table(later)}`,
  };
}

/** Modules that are imported, and imported by these, first those that others need. */
function reached(chunks: ReadonlyMap<string, Chunk>, from: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    for (const each of chunks.get(name)!.imports) visit(each.from);
    found.add(name);
  };
  from.forEach(visit);
  // what late modules import late
  const later = [...found].flatMap((name) => lateNames(chunks, name)).filter((name) =>
    !found.has(name) && from.length > 1
  );
  return later.length === 0 ? found : reached(chunks, [...found, ...later]);
}

const LATE = /\bimport\("\.\/([^"]+)"\)/g;

function lateNames(chunks: ReadonlyMap<string, Chunk>, name: string): string[] {
  return [...chunks.get(name)!.body.matchAll(LATE)].map(([, late]) => late);
}

function readChunk(name: string, text: string): Chunk {
  const imports: { from: string; names: string }[] = [];
  let rest = text.trim();
  for (;;) {
    const [whole, names = "", from] = /^import(?:\{([^}]*)\}from)?"\.\/([^"]+)";/.exec(rest) ?? [];
    if (whole === undefined) break;
    imports.push({ names, from });
    rest = rest.slice(whole.length);
  }
  const [ending = "", exports = ""] = /export\{([^{}]*)\};?$/.exec(rest) ?? [];
  const body = rest.slice(0, rest.length - ending.length);
  if (/^import[{"*\s\w]|;import[{"*]|;export[{*\s]/.test(body)) {
    throw new Error(
      `Cannot split the bundle: ${name} must begin with imports and end with exports`,
    );
  }
  return { imports, body, exports };
}

/** `name:((need,late)=>{...})`. */
function functionOf(
  { imports, body, exports }: Chunk,
  name: string,
  names: ReadonlyMap<string, string>,
): string {
  const head = imports.map(({ from, names: list }) => {
    const call = `need("${names.get(from)}")`;
    return list === "" ? `${call};` : `const{${list.replaceAll(" as ", ":")}}=${call};`;
  }).join("");
  const code = body.replace(LATE, (_, late) => `late("${names.get(late)}")`);
  const given = exports.split(",").filter(Boolean).map((each) => {
    const [local, exported = local] = each.trim().split(" as ");
    return `${exported}:${local}`;
  });
  // in brackets: an engine that sees a function in brackets reads it once, not first to skip it
  return `${name}:((need,late)=>{${head}${code};return{${given.join()}}})`;
}
