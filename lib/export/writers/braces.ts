/**
 * The steps of a network in a language with braces: JavaScript and C differ in a few words.
 *
 * @module
 */

import { SCALE_REACH } from "../../data/inner.ts";
import type {
  LinearStep,
  NetworkProgram,
  NodeStep,
  OutputMap,
  OutputScale,
  ProgramStep,
  SparseStep,
  SplineStep,
  ValuesResult,
} from "../program/program.ts";
import { averagesProbabilities, isSelection } from "../program/program.ts";
import { log } from "../../numerics/inner.ts";

/** The words in which two languages differ. */
export interface BraceWords {
  /** `const double ` or `const `. */
  readonly constant: string;
  /** `double ` or `let `. */
  readonly variable: string;
  /** `int ` or `let `. */
  readonly index: string;
  /** A number. */
  number(value: number): string;
  /** A function of math.h, such as `exp`. */
  math(name: string): string;
  /** The integer part of a number of at least 0. */
  integer(text: string): string;
  readonly nan: string;
  /** Declares a table of numbers. */
  table(name: string, values: ArrayLike<number>): string;
  /** Declares a table of integers. */
  integers(name: string, values: ArrayLike<number>): string;
  /** Declares an array to work in, of a function (C) or for all calls (JavaScript). */
  scratch(name: string, length: number): string;
  /** Whether scratch lies outside of functions. */
  readonly sharedScratch: boolean;
  /** The head of a function that reads and writes numbers, without the brace. */
  step(name: string): string;
  /** The head of a function of one number, without the brace. */
  scalar(name: string): string;
}

/** Knots up to which a piece is found by counting all of them; above by bisection. */
const COUNTED = 24;

/** What the functions of a network need, and the functions. */
export interface BraceCode {
  readonly tables: string[];
  readonly functions: string[];
  /** Statements that fill `y` from `columns`, both as the language declares them. */
  readonly body: string[];
  readonly scratch: string[];
}

/** Writes all steps of a network: `columns` in, `outputs` filled. */
export function writeNetwork(program: NetworkProgram, words: BraceWords): BraceCode {
  const { columns, members, result } = program, code: BraceCode = emptyCode();
  const scratch = (name: string, length: number) => {
    code.scratch.push(words.scratch(name, length));
    return name;
  };
  const input = scratch("scaled", columns.length);
  const scaleOf = scaleWriter(code, words);
  columns.forEach(({ offset, scale }, p) => {
    const raw = offset === undefined
      ? `columns[${p}]`
      : `(columns[${p}] - ${words.number(offset)})`;
    code.body.push(`${input}[${p}] = ${scale ? scaleOf(scale, raw, "scale") : raw};`);
  });
  const nOut = members[0][members[0].length - 1].nOut, many = members.length > 1;
  const classes = result.kind === "classes", count = classes ? result.labels.length : nOut;
  const early = averagesProbabilities(program), summed = early ? count : nOut;
  const widest = Math.max(count, ...members.flat().map((step) => step.nOut));
  const x = scratch("odd", widest), y = scratch("even", widest);
  if (many) code.body.push(`for (${words.index}q = 0; q < ${summed}; q++) outputs[q] = ${zero()};`);
  members.forEach((steps, m) => {
    let from = input;
    steps.forEach((step, s) => {
      const name = `step${many ? `${m}_` : ""}${s}`, to = from === x ? y : x;
      writeStep(step, name, code, words);
      code.body.push(`${name}(${from}, ${to});`);
      from = to;
    });
    const target = many ? (from === x ? y : x) : "outputs";
    if (early) code.body.push(...probabilityLines(count, from, target, words));
    else if (!many) forAll(nOut, `outputs[q] = ${from}[q];`);
    else code.body.push(...sumUp(from));
    if (early && many) code.body.push(...sumUp(target));
  });
  if (classes && !early) {
    forAll(nOut, `${x}[q] = outputs[q];`);
    code.body.push(...probabilityLines(count, x, "outputs", words));
  }
  if (result.kind === "values") {
    code.body.push(...boundLines(result, words));
    result.scales.forEach((scale, q) => {
      if (!scale) return;
      code.body.push(`outputs[${q}] = ${scaleOf(scale, `outputs[${q}]`, "unscale")};`);
    });
  }
  return code;

  function zero(): string {
    return words.number(0);
  }
  function forAll(length: number, statement: string): void {
    code.body.push(`for (${words.index}q = 0; q < ${length}; q++) ${statement}`);
  }
  function sumUp(from: string): string[] {
    const share = words.number(members.length);
    return [`for (${words.index}q = 0; q < ${summed}; q++) outputs[q] += ${from}[q] / ${share};`];
  }
}

/** Statements that make probabilities of logits. */
function probabilityLines(size: number, from: string, target: string, words: BraceWords): string[] {
  const exp = words.math("exp"), one = words.number(1);
  if (size === 2) {
    return [
      "{",
      `  ${words.constant}logit = ${from}[0];`,
      `  ${target}[0] = ${one} / (${one} + ${exp}(logit));`,
      `  ${target}[1] = ${one} / (${one} + ${exp}(-logit));`,
      "}",
    ];
  }
  return [
    "{",
    `  ${words.variable}most = ${from}[0], sum = ${words.number(0)};`,
    `  for (${words.index}q = 1; q < ${size}; q++) if (${from}[q] > most) most = ${from}[q];`,
    `  for (${words.index}q = 0; q < ${size}; q++) {`,
    `    ${target}[q] = ${exp}(${from}[q] - most);`,
    `    sum += ${target}[q];`,
    "  }",
    `  for (${words.index}q = 0; q < ${size}; q++) ${target}[q] /= sum;`,
    "}",
  ];
}

/** Statements that hold outputs within bounds; NaN stays. */
function boundLines({ bounds = [] }: ValuesResult, { number }: BraceWords): string[] {
  return bounds.flatMap(([low, high], q) => [
    `if (outputs[${q}] < ${number(low)}) outputs[${q}] = ${number(low)};`,
    `if (outputs[${q}] > ${number(high)}) outputs[${q}] = ${number(high)};`,
  ]);
}

/** Code without anything. */
function emptyCode(): BraceCode {
  return { tables: [], functions: [], body: [], scratch: [] };
}

function writeStep(step: ProgramStep, name: string, code: BraceCode, words: BraceWords): void {
  if (step.kind === "linear") writeLinear(step, name, code, words);
  else if (step.kind === "sparse") writeSparse(step, name, code, words);
  else if (step.kind === "splines") writeSplines(step, name, code, words);
  else writeNodes(step, name, code, words);
}

function writeNodes(step: NodeStep, name: string, code: BraceCode, words: BraceWords) {
  const { nOut } = step, power = step.kind === "relu" ? step.power ?? 1 : 1;
  const value = step.kind === "tanh"
    ? `${words.math("tanh")}(x[q])`
    : `x[q] < ${words.number(0)} ? ${words.number(0)} : ${Array(power).fill("x[q]").join(" * ")}`;
  code.functions.push(
    `${words.step(name)} {\n` +
      `  for (${words.index}q = 0; q < ${nOut}; q++) y[q] = ${value};\n}\n`,
  );
}

function writeLinear(step: LinearStep, name: string, code: BraceCode, words: BraceWords): void {
  const { nIn, nOut, weights, bias } = step, table = `${name}_weights`;
  code.tables.push(words.table(table, weights));
  if (bias) code.tables.push(words.table(`${name}_bias`, bias));
  code.functions.push([
    `${words.step(name)} {`,
    `  for (${words.index}q = 0; q < ${nOut}; q++) y[q] = ${
      bias ? `${name}_bias[q]` : words.number(0)
    };`,
    `  for (${words.index}p = 0; p < ${nIn}; p++) {`,
    `    ${words.constant}value = x[p];`,
    `    for (${words.index}q = 0; q < ${nOut}; q++) y[q] += value * ${table}[p * ${nOut} + q];`,
    "  }",
    "}\n",
  ].join("\n"));
}

/** A sparse map: where every row has one entry, one product for each, else compressed rows. */
function writeSparse(step: SparseStep, name: string, code: BraceCode, words: BraceWords): void {
  const { nOut, starts, columns, values, bias } = step, { index } = words;
  code.tables.push(
    words.integers(`${name}_columns`, columns.length > 0 ? columns : [0]),
    words.table(`${name}_values`, values.length > 0 ? values : [0]),
    words.table(`${name}_bias`, bias),
  );
  const product = (k: string) => `${name}_values[${k}] * x[${name}_columns[${k}]]`;
  const head = [`${words.step(name)} {`, `  for (${index}q = 0; q < ${nOut}; q++) {`];
  if (isSelection(step)) {
    code.functions.push(
      [...head, `    y[q] = ${product("q")} + ${name}_bias[q];`, "  }", "}\n"].join("\n"),
    );
    return;
  }
  code.tables.push(words.integers(`${name}_starts`, starts));
  code.functions.push([
    ...head,
    `    ${words.variable}sum = ${name}_bias[q];`,
    `    for (${index}k = ${name}_starts[q]; k < ${name}_starts[q + 1]; k++) {`,
    `      sum += ${product("k")};`,
    "    }",
    "    y[q] = sum;",
    "  }",
    "}\n",
  ].join("\n"));
}

/** `a[at] + w * (a[at + step] + ...)`, up to a degree. */
function horner(entry: (k: number) => string, degree: number): string {
  let text = entry(degree);
  for (let k = degree - 1; k >= 0; k--) {
    text = `${entry(k)} + w * ${k < degree - 1 ? `(${text})` : text}`;
  }
  return text;
}

const plus = (base: string, add: number): string => add === 0 ? base : `${base} + ${add}`;

function writeSplines(step: SplineStep, name: string, code: BraceCode, words: BraceWords): void {
  const { nIn, nOut, degree, pieces, grids, maps, limits, table, rows, basis, silu, wiring } = step;
  const { index, constant } = words, size = degree + 1, shared = grids.length === 1;
  const concat = (key: "knots" | "origins" | "inverses") => grids.flatMap((grid) => [...grid[key]]);
  code.tables.push(
    words.table(`${name}_maps`, maps),
    ...(grids[0].uniform ? [] : [words.table(`${name}_knots`, concat("knots"))]),
    words.table(`${name}_origins`, concat("origins")),
    words.table(`${name}_inverses`, concat("inverses")),
    words.table(`${name}_table`, table),
    ...(limits ? [words.table(`${name}_limits`, limits)] : []),
    ...(silu ? [words.table(`${name}_silu`, silu)] : []),
    ...(wiring
      ? [
        words.integers(`${name}_starts`, wiring.starts),
        words.integers(`${name}_ends`, wiring.outputs.length > 0 ? wiring.outputs : [0]),
      ]
      : []),
  );
  if (basis) {
    code.tables.push(words.table(`${name}_basis`, basis.polynomials));
    code.tables.push(words.integers(`${name}_first`, basis.first));
  }
  const at = shared ? "piece" : `(p * ${pieces} + piece)`;
  const one = nOut === 1 && !wiring; // summed in a variable
  const lines = [
    `${words.step(name)} {`,
    one
      ? `  ${words.variable}total = ${words.number(0)};`
      : `  for (${index}q = 0; q < ${nOut}; q++) y[q] = ${words.number(0)};`,
    `  for (${index}p = 0; p < ${nIn}; p++) {`,
    `    ${limits ? words.variable : constant}u = (x[p] - ${name}_maps[3 * p]) * ` +
    `${name}_maps[3 * p + 1] + ${name}_maps[3 * p + 2];`,
    ...(limits
      ? [
        `    if (x[p] < ${name}_limits[2 * p] || x[p] > ${name}_limits[2 * p + 1]) ` +
        `u = ${words.nan};`,
      ]
      : []),
    ...(wiring
      ? [
        `    ${index}start = ${name}_starts[p], count = ${name}_starts[p + 1] - start;`,
      ]
      : []),
    ...findPiece(step, name, words).map((line) => `    ${line}`),
    `    ${constant}w = (u - ${name}_origins[${at}]) * ${name}_inverses[${at}];`,
  ];
  const width = wiring ? "count" : String(nOut);
  const entry = (i: number) =>
    wiring && i > 0
      ? `${name}_table[at + q + ${i === 1 ? "" : `${i} * `}count]`
      : `${name}_table[${plus(one ? "at" : "at + q", i * nOut)}]`;
  const add = (text: string) =>
    one ? `    total += ${text};` : `    for (${index}q = 0; q < ${width}; q++) ` +
      `y[${wiring ? `${name}_ends[start + q]` : "q"}] += ${text};`;
  const place = (row: string) =>
    wiring ? `${rows} * start + (${row}) * count` : `(p * ${rows} + ${row}) * ${nOut}`;
  if (basis) {
    lines.push(`    ${index}b = ${at} * ${size * size};`);
    for (let i = 0; i < size; i++) {
      const factor = horner((k) => `${name}_basis[${plus("b", k * size + i)}]`, degree);
      lines.push(`    ${constant}f${i} = ${factor};`);
    }
    lines.push(`    ${index}at = ${place(`${name}_first[${at}]`)};`);
  } else if (wiring) lines.push(`    ${index}at = ${place(`piece * ${size}`)};`);
  else lines.push(`    ${index}at = (p * ${pieces} + piece) * ${size * nOut};`);
  const sum = basis
    ? Array.from({ length: size }, (_, i) => `f${i} * ${entry(i)}`).join(" + ")
    : horner(entry, degree);
  lines.push(add(sum));
  if (silu) {
    lines.push(
      `    ${constant}s = u / (${words.number(1)} + ${words.math("exp")}(-u));`,
      add(`s * ${name}_silu[${wiring ? "start + q" : one ? "p" : `p * ${nOut} + q`}]`),
    );
  }
  code.functions.push([...lines, "  }", ...(one ? ["  y[0] = total;"] : []), "}\n"].join("\n"));
}

/** Statements that declare `piece`, the number of knots `<= u`; 0 for NaN. */
function findPiece({ pieces, grids }: SplineStep, name: string, words: BraceWords): string[] {
  const { index, number } = words, count = pieces - 1, shared = grids.length === 1;
  const { knots, uniform } = grids[0];
  if (uniform) {
    const a = knots[0], perUnit = (count - 1) / (knots[count - 1] - a);
    return [
      `${words.constant}place = (u - ${wrapped(number(a))}) * ${number(perUnit)} + ${number(1)};`,
      `${index}piece = 0;`,
      `if (place >= ${number(count)}) piece = ${count};`,
      `else if (place >= ${number(0)}) piece = ${words.integer("place")};`,
    ];
  }
  const knot = (i: string) => `${name}_knots[${shared ? i : `p * ${count} + ${i}`}]`;
  if (count <= COUNTED) {
    return [
      `${index}piece = 0;`,
      `for (${index}i = 0; i < ${count}; i++) piece += u >= ${knot("i")} ? 1 : 0;`,
    ];
  }
  return [
    `${index}piece = 0;`,
    `for (${index}high = ${count}; piece < high;) {`,
    `  ${index}middle = (piece + high) >> 1;`,
    `  if (u >= ${knot("middle")}) piece = middle + 1;`,
    "  else high = middle;",
    "}",
  ];
}

const wrapped = (text: string): string => text.startsWith("-") ? `(${text})` : text;

/** The inverse of a link. */
function linkText(
  { maximum }: OutputScale,
  map: OutputMap,
  raw: string,
  { number, math }: BraceWords,
): string {
  if (map.kind === "sigmoid") return `${number(1)} / (${number(1)} + ${math("exp")}(-${raw}))`;
  return `${number(maximum)} * ${math("exp")}(${raw} * ${wrapped(number(map.rate))})`;
}

/** Writes scales of columns, and the functions that they need, once each. */
function scaleWriter(code: BraceCode, words: BraceWords) {
  const { number, constant, variable, index } = words, math = (name: string) => words.math(name);
  const made = new Set<string>();
  const reach = number(SCALE_REACH), zero = number(0), one = number(1);
  const size = `${math("fabs")}(x) / ${reach}`;
  function need(name: string, lines: readonly string[]): void {
    if (made.has(name)) return;
    made.add(name);
    code.functions.push(
      [`${words.scalar(name)} {`, ...lines.map((each) => `  ${each}`), "}\n"]
        .join("\n"),
    );
  }
  const signed = (text: string) => `return x < ${zero} ? -(${text}) : ${text};`;
  const slowed = () => need("slowed", [signed(`${reach} * ${math("log1p")}(${size})`)]);
  const hastened = () => need("hastened", [signed(`${reach} * ${math("expm1")}(${size})`)]);
  /** Linear interpolation between points. */
  function through(name: string, from: readonly number[], to: readonly number[]): void {
    code.tables.push(words.table(`${name}_from`, from), words.table(`${name}_to`, to));
    need(name, [
      `${index}low = 0, high = ${from.length - 1};`,
      "while (high - low > 1) {",
      `  ${index}middle = (low + high) >> 1;`,
      `  if (x >= ${name}_from[middle]) low = middle;`,
      "  else high = middle;",
      "}",
      `${constant}slope = (${name}_to[low + 1] - ${name}_to[low]) / ` +
      `(${name}_from[low + 1] - ${name}_from[low]);`,
      `return ${name}_to[low] + (x - ${name}_from[low]) * slope;`,
    ]);
  }
  let count = 0;
  return (scale: OutputScale, raw: string, kind: "scale" | "unscale"): string => {
    const { minimum, maximum, map } = scale;
    const low = wrapped(number(minimum)), range = number(maximum - minimum);
    if (map === undefined && kind === "scale") {
      return maximum === minimum ? number(0.5) : `(${raw} - ${low}) / ${range}`;
    }
    if (map === undefined) return maximum === minimum ? low : `${low} + ${raw} * ${range}`;
    if (map.kind === "exp" || map.kind === "sigmoid") return linkText(scale, map, raw, words);
    const name = `${kind}${count++}`;
    if (map.kind === "log") {
      const length = number(log(maximum / minimum));
      if (kind === "scale") {
        slowed();
        need(name, [
          `if (x <= ${low}) return slowed((x - ${low}) / (${low} * ${length}));`,
          `return ${math("log")}(x / ${low}) / ${length};`,
        ]);
      } else {
        hastened();
        need(name, [
          `if (x <= ${zero}) return ${low} + hastened(x) * ${low} * ${length};`,
          `return ${low} * ${math("exp")}(x * ${length});`,
        ]);
      }
      return `${name}(${raw})`;
    }
    if (kind === "scale") {
      slowed();
      through(`${name}_line`, map.values, map.positions);
      need(name, [
        `${constant}place = ${name}_line(x);`,
        `if (place < ${zero}) return slowed(place);`,
        `return place > ${one} ? ${one} + slowed(place - ${one}) : place;`,
      ]);
    } else {
      hastened();
      through(`${name}_line`, map.positions, map.values);
      need(name, [
        `${variable}place = x;`,
        `if (x < ${zero}) place = hastened(x);`,
        `else if (x > ${one}) place = ${one} + hastened(x - ${one});`,
        `return ${name}_line(place);`,
      ]);
    }
    return `${name}(${raw})`;
  };
}
