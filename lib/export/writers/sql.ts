/**
 * A model as one SELECT.
 *
 * Each layer is a common table expression that is materialised: a query that is flattened instead
 * would write the first layer again for every edge of the second.
 *
 * @module
 */

import { SCALE_REACH } from "../../data/inner.ts";
import { findSymbol } from "../../interpret/inner.ts";
import type {
  FormulasProgram,
  LinearStep,
  ModelProgram,
  NetworkProgram,
  OutputScale,
  ProgramScale,
  ProgramStep,
  SparseStep,
  SplineStep,
} from "../program/program.ts";
import { edgePolynomial } from "../program/edges.ts";
import { averagesProbabilities, outputNames } from "../program/program.ts";
import { edgesByOutput, inputEdges } from "../program/wiring.ts";
import { MATH_NAMES, writeFormulas } from "./formulas.ts";
import { decimal, headLines, withPoint } from "./text.ts";
import { log } from "../../numerics/inner.ts";

/** A name in SQL. */
function quoted(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** A text in SQL. */
function literal(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}

/** A number that no database takes for an integer. */
function real(value: number): string {
  const text = withPoint(decimal(value, "float64"));
  return value < 0 ? `(${text})` : text;
}

/** A sum as a balanced tree: databases limit the depth of expressions. */
function sum(terms: readonly string[]): string {
  if (terms.length === 0) return "0.0";
  if (terms.length <= 4) return terms.length === 1 ? terms[0] : `(${terms.join(" + ")})`;
  const half = terms.length >> 1;
  return `(${sum(terms.slice(0, half))} + ${sum(terms.slice(half))})`;
}

/** Branches by the number of knots `<= x`: a tree of CASE. */
function branches(x: string, knots: readonly string[], leaf: (piece: number) => string): string {
  const build = (low: number, high: number): string => {
    if (low === high) return leaf(low);
    const middle = (low + high) >> 1;
    const below = build(low, middle), above = build(middle + 1, high);
    return below === above
      ? below
      : `CASE WHEN ${x} < ${knots[middle]} THEN ${below} ELSE ${above} END`;
  };
  return build(0, knots.length);
}

/** A chain of tables: each is computed from the one before and carries some of its columns on. */
interface Chain {
  readonly tables: string[];
  /** Name of the last table. */
  last: string;
  /** Columns that are carried on. */
  readonly carried: string[];
}

function addTable(chain: Chain, columns: readonly (readonly [string, string])[]): void {
  const name = `freeknot_${chain.tables.length}`;
  const list = [
    ...chain.carried,
    ...columns.map(([column, expression]) => `${expression} AS ${column}`),
  ];
  chain.tables.push(
    `${name} AS MATERIALIZED (\n  SELECT ${list.join(",\n    ")}\n  FROM ${chain.last}\n)`,
  );
  chain.last = name;
}

/** Writes the query. */
export function writeSql(program: ModelProgram, table: string): string {
  const names = program.columns.map(({ name }) => quoted(name));
  const chain: Chain = { tables: [], last: quoted(table), carried: [...names] };
  const outputs = program.kind === "formulas"
    ? formulaColumns(program, chain)
    : networkColumns(program, chain);
  const head = headLines(program).map((line) => `-- ${line}\n`).join("");
  const columns = [...names, ...outputs].join(",\n  ");
  const tables = chain.tables.length === 0 ? "" : `WITH ${chain.tables.join(", ")}\n`;
  return `${head}${tables}SELECT ${columns}\nFROM ${chain.last};\n`;
}

function networkColumns(program: NetworkProgram, chain: Chain): string[] {
  const { columns, members, result } = program, many = members.length > 1;
  const scaled = columns.map(({ name, offset, scale }, p): [string, string] => {
    const raw = `(${quoted(name)} + 0.0)`; // numbers that a CSV file brought in as text
    const shifted = offset === undefined ? raw : `(${raw} - ${real(offset)})`;
    return [`s${p}`, scale ? scaledText(scale, shifted) : shifted];
  });
  addTable(chain, scaled);
  if (many) chain.carried.push(...scaled.map(([name]) => name));
  const kept: string[][] = [];
  members.forEach((steps, m) => {
    let from = scaled.map(([name]) => name);
    for (const step of steps) from = addStep(step, from, chain);
    kept.push(from.map((_, q) => `m${m}_${q}`));
    addTable(chain, from.map((name, q) => [kept[m][q], name]));
    chain.carried.push(...kept[m]);
  });
  if (result.kind === "values") {
    return result.names.map((name, q) => {
      const mean = sum(kept.map((outputs) => outputs[q]));
      let value = many ? `(${mean} / ${members.length}.0)` : mean;
      const scale = result.scales[q], bounds = result.bounds?.[q];
      if (bounds !== undefined) {
        const [low, high] = bounds.map(real), free = `free${q}`;
        addTable(chain, [[free, value]]);
        chain.carried.push(free);
        value = `(CASE WHEN ${free} < ${low} THEN ${low} WHEN ${free} > ${high} THEN ${high} ` +
          `ELSE ${free} END)`;
      }
      if (scale?.map === undefined) {
        return `${scale ? unscaledText(scale, value) : value} AS ${quoted(name)}`;
      }
      addTable(chain, [[`y${q}`, value]]);
      chain.carried.push(`y${q}`);
      return `${unscaledText(scale, `y${q}`)} AS ${quoted(name)}`;
    });
  }
  const { labels, target } = result;
  if (many && !averagesProbabilities(program)) {
    const z = kept[0].map((_, q): [string, string] => [
      `z${q}`,
      `${sum(kept.map((outputs) => outputs[q]))} / ${members.length}.0`,
    ]);
    addTable(chain, z);
    chain.carried.push(...z.map(([name]) => name));
    kept.splice(0, kept.length, z.map(([name]) => name));
  }
  const ps = labels.map((_, k): [string, string] => {
    const shares = kept.map((z) =>
      labels.length === 2
        ? `1.0 / (1.0 + exp(${k === 0 ? "" : "-"}${z[0]}))`
        : `1.0 / ${sum(labels.map((_, j) => j === k ? "1.0" : `exp(${z[j]} - ${z[k]})`))}`
    );
    return [`p${k}`, kept.length > 1 ? `${sum(shares)} / ${members.length}.0` : shares[0]];
  });
  addTable(chain, ps);
  const best = labels.slice(0, -1).map((label, k) => {
    const others = labels.slice(k + 1).map((_, j) => `p${k} >= p${k + 1 + j}`).join(" AND ");
    return ` WHEN ${others} THEN ${literal(label)}`;
  });
  const last = literal(labels[labels.length - 1]);
  return [
    `CASE WHEN p0 IS NULL THEN NULL${best.join("")} ELSE ${last} END AS ${
      quoted(`${target}_prediction`)
    }`,
    ...outputNames(program).map((name, k) => `p${k} AS ${quoted(name)}`),
  ];
}

/** Adds the tables of one step; the names of its columns. */
function addStep(step: ProgramStep, from: readonly string[], chain: Chain): string[] {
  const stage = chain.tables.length;
  const outputs = Array.from({ length: step.nOut }, (_, q) => `x${stage}_${q}`);
  if (step.kind === "splines") return splineTables(step, from, chain);
  const values = step.kind === "linear"
    ? linearTexts(step, from)
    : step.kind === "sparse"
    ? sparseTexts(step, from)
    : from.map((x) =>
      step.kind === "tanh"
        ? `tanh(${x})`
        : `CASE WHEN ${x} < 0.0 THEN 0.0 ELSE ${Array(step.power ?? 1).fill(x).join(" * ")} END`
    );
  addTable(chain, values.map((value, q) => [outputs[q], value]));
  return outputs;
}

function linearTexts({ nIn, nOut, weights, bias }: LinearStep, from: readonly string[]): string[] {
  return Array.from({ length: nOut }, (_, q) =>
    sum([
      ...(bias ? [real(bias[q])] : []),
      ...Array.from({ length: nIn }, (_, p) => `${from[p]} * ${real(weights[p * nOut + q])}`),
    ]));
}

function sparseTexts(
  { nOut, starts, columns, values, bias }: SparseStep,
  from: readonly string[],
): string[] {
  return Array.from({ length: nOut }, (_, q) => {
    const terms = [real(bias[q])];
    for (let k = starts[q]; k < starts[q + 1]; k++) {
      terms.push(`${from[columns[k]]} * ${real(values[k])}`);
    }
    return sum(terms);
  });
}

function splineTables(step: SplineStep, from: readonly string[], chain: Chain): string[] {
  const { nIn, pieces, grids, maps, limits, silu } = step;
  const stage = chain.tables.length, inputs = Array.from({ length: nIn }, (_, p) => p);
  addTable(
    chain,
    inputs.map((p) => {
      const [start, scale, origin] = maps.subarray(3 * p, 3 * p + 3);
      const u = `(${from[p]} - ${real(start)}) * ${real(scale)} + ${real(origin)}`;
      if (!limits) return [`u${stage}_${p}`, u];
      const [low, high] = limits.subarray(2 * p, 2 * p + 2);
      const outside = `${from[p]} < ${real(low)} OR ${from[p]} > ${real(high)}`;
      return [`u${stage}_${p}`, `CASE WHEN ${outside} THEN NULL ELSE ${u} END`];
    }),
  );
  addTable(
    chain,
    inputs.flatMap((p): [string, string][] => {
      const u = `u${stage}_${p}`, { knots, origins, inverses } = grids[grids.length === 1 ? 0 : p];
      const at = Array.from(knots, real);
      return [
        ...(silu ? [[u, u] as [string, string]] : []),
        [`j${stage}_${p}`, branches(u, at, String)],
        [
          `w${stage}_${p}`,
          branches(u, at, (j) => `(${u} - ${real(origins[j])}) * ${real(inverses[j])}`),
        ],
      ];
    }),
  );
  const between = Array.from({ length: pieces - 1 }, (_, j) => String(j + 1));
  const outputs = edgesByOutput(step).map((ends, q): [string, string] => {
    const edges = ends.map(([p, k]) =>
      branches(
        `j${stage}_${p}`,
        between,
        (j) => polynomialText(edgePolynomial(step, p, j, k), `w${stage}_${p}`),
      )
    );
    const base = !silu ? [] : ends.map(([p, k]) => {
      const u = `u${stage}_${p}`;
      return `${real(silu[inputEdges(step, p).start + k])} * ${u} / (1.0 + exp(-${u}))`;
    });
    return [`x${stage}_${q}`, sum([...edges, ...base])];
  });
  addTable(chain, outputs);
  return outputs.map(([name]) => name);
}

function polynomialText(polynomial: readonly number[], w: string): string {
  const most = Math.max(1, polynomial.findLastIndex((value) => value !== 0)); // NULL stays NULL
  let text = real(polynomial[most]);
  for (let k = most - 1; k >= 0; k--) text = `(${real(polynomial[k])} + ${w} * ${text})`;
  return text;
}

/** `x` on the scale. */
function scaledText({ minimum, maximum, map }: ProgramScale, x: string): string {
  if (map === undefined) {
    if (minimum === maximum) return `(0.0 * ${x} + 0.5)`;
    return `(${x} - ${real(minimum)}) / ${real(maximum - minimum)}`;
  }
  const below = (t: string) => `-${SCALE_REACH} * ln(1.0 - (${t}) / ${SCALE_REACH})`;
  if (map.kind === "log") {
    const length = log(maximum / minimum);
    const tangent = `(${x} - ${real(minimum)}) / ${real(minimum * length)}`;
    const inside = `ln(${x} / ${real(minimum)}) / ${real(length)}`;
    return `CASE WHEN ${x} <= ${real(minimum)} THEN ${below(tangent)} ELSE ${inside} END`;
  }
  const { values, positions } = map, last = values.length - 1;
  return branches(x, values.map(real), (j) => {
    const i = Math.min(Math.max(j - 1, 0), last - 1);
    const line = lineText(values, positions, i, x);
    if (j === 0) return below(line);
    return j > last ? `1.0 + ${SCALE_REACH} * ln(1.0 + (${line} - 1.0) / ${SCALE_REACH})` : line;
  });
}

/** A value of the scale `x` in the column's units. */
function unscaledText({ minimum, maximum, map }: OutputScale, x: string): string {
  if (map === undefined) return `(${real(minimum)} + ${x} * ${real(maximum - minimum)})`;
  if (map.kind === "exp") return `${real(maximum)} * exp(${x} * ${real(map.rate)})`;
  if (map.kind === "sigmoid") return `1.0 / (1.0 + exp(-${x}))`;
  const below = `-${SCALE_REACH} * (exp(-${x} / ${SCALE_REACH}) - 1.0)`;
  if (map.kind === "log") {
    const length = log(maximum / minimum);
    return `CASE WHEN ${x} <= 0.0 THEN ${real(minimum)} + ${below} * ${real(minimum * length)} ` +
      `ELSE ${real(minimum)} * exp(${x} * ${real(length)}) END`;
  }
  const { values, positions } = map, last = values.length - 1;
  return branches(x, positions.map(real), (j) => {
    const i = Math.min(Math.max(j - 1, 0), last - 1);
    const above = `(1.0 + ${SCALE_REACH} * (exp((${x} - 1.0) / ${SCALE_REACH}) - 1.0))`;
    const at = j === 0 ? `(${below})` : j > last ? above : x;
    return lineText(positions, values, i, at);
  });
}

function lineText(from: readonly number[], to: readonly number[], i: number, x: string): string {
  const slope = (to[i + 1] - to[i]) / (from[i + 1] - from[i]);
  return `${real(to[i])} + (${x} - ${real(from[i])}) * ${real(slope)}`;
}

function formulaColumns(program: FormulasProgram, chain: Chain): string[] {
  addTable(
    chain,
    program.columns.map(({ name }, p) => [`s${p}`, `(${quoted(name)} + 0.0)`]),
  );
  const texts = writeFormulas(program, {
    title: "SQL",
    number: real,
    column: (p) => `s${p}`,
    power: (base, exponent) => `pow(${base}, ${exponent})`,
    call(name) {
      if (name === "log") return (x) => `ln(${x})`;
      if (name === "abs" || name === "sign") return (x) => `${name}(${x})`;
      if (name in MATH_NAMES) return (x) => `${MATH_NAMES[name]}(${x})`;
      const exponent = findSymbol(name)?.power;
      if (exponent !== undefined) return (x) => `pow(${x}, ${real(exponent)})`;
      if (name === "gaussian") return (x) => `exp(-pow(${x}, 2.0))`;
      if (name === "sigmoid") return (x) => `(1.0 / (1.0 + exp(-(${x}))))`;
      if (name === "x") return (x) => `(${x})`;
      return name === "constant" ? () => "1.0" : undefined;
    },
  });
  return texts.map((text, q) => `${text} AS ${quoted(program.result.names[q])}`);
}
