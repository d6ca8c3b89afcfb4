/**
 * A model as one file of Python on numpy.
 *
 * @module
 */

import { SCALE_REACH } from "../../data/inner.ts";
import { findSymbol } from "../../interpret/inner.ts";
import { log } from "../../numerics/inner.ts";
import type {
  ClassesResult,
  FormulasProgram,
  ModelProgram,
  NetworkProgram,
  OutputScale,
  ProgramStep,
  ProgramWiring,
  SparseStep,
  SplineStep,
} from "../program/program.ts";
import { averagesProbabilities, isSelection, outputNames } from "../program/program.ts";
import { MATH_NAMES, writeFormulas } from "./formulas.ts";
import { decimal, headLines, numberLines, type WriterOptions } from "./text.ts";

interface PythonCode {
  readonly tables: string[];
  readonly functions: string[];
  readonly body: string[];
  readonly dtype: WriterOptions["dtype"];
}

/** Writes the file. */
export function writePython(program: ModelProgram, { dtype }: WriterOptions): string {
  const code: PythonCode = { tables: [], functions: [], body: [], dtype };
  if (program.kind === "formulas") formulaBody(program, code);
  else networkBody(program, code);
  const { columns, result } = program;
  const names = (list: readonly string[]) => list.map((each) => JSON.stringify(each)).join(", ");
  const classes = result.kind !== "classes" ? "" : `

def classify(columns):
    """The label of the most probable class of every row."""
    return np.array(LABELS)[np.argmax(predict(columns), axis=1)]
`;
  return `${headLines(program).map((line) => `# ${line}\n`).join("")}
import numpy as np

COLUMNS = [${names(columns.map(({ name }) => name))}]
OUTPUTS = [${names(outputNames(program))}]
${result.kind === "classes" ? `LABELS = [${names(result.labels)}]\n` : ""}

def _array(values, *shape):
    return np.array(values, dtype=np.${dtype}).reshape(shape)


${[...code.tables, ""].join("\n")}
${[...code.functions, ""].join("\n\n")}
def predict(columns):
    """Outputs of every row, shape [rows, ${outputNames(program).length}].

    columns: an array of shape [rows, ${columns.length}], or a dict (or data frame) of columns by name.
    """
    if hasattr(columns, "keys"):
        columns = np.stack([np.asarray(columns[name]) for name in COLUMNS], axis=-1)
    columns = np.asarray(columns, dtype=np.${dtype})
    if columns.ndim != 2 or columns.shape[1] != ${columns.length}:
        raise TypeError("columns must have shape [rows, ${columns.length}], current value is %s"
                        % (columns.shape,))
    with np.errstate(all="ignore"):
${code.body.map((line) => `        ${line}\n`).join("")}        return outputs
${classes}`;
}

function table(code: PythonCode, name: string, values: ArrayLike<number>, shape: number[]): void {
  const text = numberLines(values, (value) => decimal(value, code.dtype), "    ");
  code.tables.push(`${name} = _array([\n${text}\n], ${shape.join(", ")})`);
}

function networkBody(program: NetworkProgram, code: PythonCode): void {
  const { columns, members, result } = program, many = members.length > 1;
  const scaleOf = scaleWriter(code), early = averagesProbabilities(program);
  const inputs = columns.map(({ offset, scale }, p) => {
    const raw = offset === undefined ? `columns[:, ${p}]` : `(columns[:, ${p}] - ${offset})`;
    return scale ? scaleOf(scale, raw, "scale") : raw;
  });
  if (columns.some(({ scale, offset }) => scale ?? offset)) {
    code.body.push("inputs = np.stack([", ...inputs.map((text) => `    ${text},`), "], axis=1)");
  } else code.body.push("inputs = columns");
  if (many) code.body.push("outputs = 0");
  members.forEach((steps, m) => {
    let from = "inputs";
    steps.forEach((step, s) => {
      from = `${stepCall(step, `step${many ? `${m}_` : ""}${s}`, code)}(${from})`;
    });
    code.body.push(`y = ${from}`);
    if (early && result.kind === "classes") code.body.push(...probabilityLines(result, "y"));
    code.body.push(many ? `outputs = outputs + y / ${members.length}` : "outputs = y");
  });
  if (!early && result.kind === "classes") code.body.push(...probabilityLines(result, "outputs"));
  if (result.kind === "values" && result.bounds) {
    const ends = (k: 0 | 1) => `[${result.bounds!.map((pair) => pair[k]).join(", ")}]`;
    code.body.push(`outputs = np.clip(outputs, ${ends(0)}, ${ends(1)})`);
  }
  if (result.kind === "values" && result.scales.some((scale) => scale)) {
    const scaled = result.scales.map((scale, q) => {
      const raw = `outputs[:, ${q}]`;
      return scale ? scaleOf(scale, raw, "unscale") : raw;
    });
    code.body.push("outputs = np.stack([", ...scaled.map((text) => `    ${text},`), "], axis=1)");
  }
  code.body.push(`outputs = outputs.astype(np.${code.dtype}, copy=False)`);
}

/** Statements that make probabilities of the logits in a variable. */
function probabilityLines({ labels }: ClassesResult, y: string): string[] {
  if (labels.length === 2) {
    return [`${y} = 1 / (1 + np.exp(np.concatenate([${y}, -${y}], axis=1)))`];
  }
  return [
    `${y} = np.exp(${y} - np.max(${y}, axis=1, keepdims=True))`,
    `${y} = ${y} / np.sum(${y}, axis=1, keepdims=True)`,
  ];
}

function stepCall(step: ProgramStep, name: string, code: PythonCode): string {
  if (step.kind === "relu") {
    const { power = 1 } = step;
    return `(lambda x: np.where(x < 0, 0, x)${power === 1 ? "" : ` ** ${power}`})`;
  }
  if (step.kind === "tanh") return "np.tanh";
  if (step.kind === "splines") splineFunction(step, name, code);
  else if (step.kind === "sparse") sparseFunction(step, name, code);
  else {
    const { nIn, nOut, weights, bias } = step;
    table(code, `_${name}_weights`, weights, [nIn, nOut]);
    if (bias) table(code, `_${name}_bias`, bias, [nOut]);
    code.functions.push(
      `def _${name}(x):\n    return x @ _${name}_weights${bias ? ` + _${name}_bias` : ""}\n`,
    );
  }
  return `_${name}`;
}

/** A sparse map: where every row has one entry, columns that are taken, else a matrix. */
function sparseFunction(step: SparseStep, name: string, code: PythonCode): void {
  const { nIn, nOut, starts, columns, values, bias } = step;
  const integers = (what: string, list: ArrayLike<number>) =>
    code.tables.push(
      `_${name}_${what} = np.array([\n${numberLines(list, String, "    ")}\n], dtype=np.int64)`,
    );
  integers("columns", columns);
  table(code, `_${name}_values`, values, [values.length]);
  table(code, `_${name}_bias`, bias, [nOut]);
  if (isSelection(step)) {
    code.functions.push(
      `def _${name}(x):\n    return x[:, _${name}_columns] * _${name}_values + _${name}_bias\n`,
    );
    return;
  }
  integers("starts", starts);
  code.tables.push(
    `_${name}_weights = np.zeros((${nIn}, ${nOut}), dtype=np.${code.dtype})\n` +
      `_${name}_weights[_${name}_columns, np.repeat(np.arange(${nOut}), ` +
      `np.diff(_${name}_starts))] = _${name}_values`,
  );
  code.functions.push(`def _${name}(x):\n    return x @ _${name}_weights + _${name}_bias\n`);
}

function splineFunction(step: SplineStep, name: string, code: PythonCode): void {
  const { nIn, nOut, degree, pieces, grids, maps, limits, rows, basis, silu, wiring } = step;
  const size = degree + 1, count = pieces - 1, shared = grids.length === 1;
  const of = (key: "knots" | "origins" | "inverses") => grids.flatMap((grid) => [...grid[key]]);
  const v = shared ? "0" : "p";
  table(code, `_${name}_maps`, maps, [nIn, 3]);
  if (!grids[0].uniform) table(code, `_${name}_knots`, of("knots"), [grids.length, count]);
  table(code, `_${name}_origins`, of("origins"), [grids.length, pieces]);
  table(code, `_${name}_inverses`, of("inverses"), [grids.length, pieces]);
  const tableShape = basis ? [nIn, rows, nOut] : [nIn, pieces, size, nOut];
  table(code, `_${name}_table`, step.table, wiring ? [step.table.length] : tableShape);
  if (silu) table(code, `_${name}_silu`, silu, wiring ? [silu.length] : [nIn, nOut]);
  if (wiring) code.tables.push(wiringTables(step, wiring, name));
  if (limits) table(code, `_${name}_limits`, limits, [nIn, 2]);
  if (basis) {
    table(code, `_${name}_basis`, basis.polynomials, [grids.length, pieces, size, size]);
    code.tables.push(
      `_${name}_first = np.array([\n${
        numberLines(basis.first, String, "    ")
      }\n]).reshape(${grids.length}, ${pieces})`,
    );
  }
  const { knots, uniform } = grids[0], perUnit = (count - 1) / (knots[count - 1] - knots[0]);
  const find = uniform
    ? [
      `place = (u - ${decimal(knots[0], code.dtype)}) * ${decimal(perUnit, code.dtype)} + 1`,
      `piece = np.where(place >= 0, np.minimum(place, ${count}), 0).astype(np.int64)`,
    ]
    : [`piece = np.searchsorted(_${name}_knots[${v}], u, side="right")`];
  const lines = [
    `def _${name}(x):`,
    `    y = np.zeros((len(x), ${nOut}), dtype=x.dtype)`,
    `    for p in range(${nIn}):`,
    `        start, scale, origin = _${name}_maps[p]`,
    "        u = (x[:, p] - start) * scale + origin",
    ...(limits
      ? [
        `        outside = (x[:, p] < _${name}_limits[p, 0]) | (x[:, p] > _${name}_limits[p, 1])`,
        "        u = np.where(outside, np.nan, u)",
      ]
      : []),
    ...find.map((line) => `        ${line}`),
    `        w = ((u - _${name}_origins[${v}][piece]) * _${name}_inverses[${v}][piece])[:, None]`,
  ];
  const horner = (entry: (k: number) => string) => {
    let text = entry(degree);
    for (let k = degree - 1; k >= 0; k--) text = `${entry(k)} + w * (${text})`;
    return text;
  };
  const target = wiring ? `y[:, _${name}_ends[p]]` : "y";
  if (basis) {
    lines.push(
      `        b = _${name}_basis[${v}][piece]`,
      `        f = ${horner((k) => `b[:, ${k}]`)}`,
      `        first = _${name}_first[${v}][piece]`,
      ...Array.from(
        { length: size },
        (_, i) => `        ${target} += f[:, ${i}:${i + 1}] * _${name}_table[p][first + ${i}]`,
      ),
    );
  } else {
    lines.push(
      `        c = _${name}_table[p][piece]`,
      `        ${target} += ${horner((k) => `c[:, ${k}]`)}`,
    );
  }
  if (silu) lines.push(`        ${target} += (u / (1 + np.exp(-u)))[:, None] * _${name}_silu[p]`);
  code.functions.push([...lines, "    return y\n"].join("\n"));
}

/** Cuts the tables of a layer some of whose edges are missing into one for each input. */
function wiringTables(
  { pieces, degree, rows, basis, silu }: SplineStep,
  { starts, outputs }: ProgramWiring,
  name: string,
): string {
  const list = (what: string, values: ArrayLike<number>) =>
    `_${name}_${what} = np.array([\n${numberLines(values, String, "    ")}\n], dtype=np.int64)\n`;
  const cut = (what: string, size: number, shape: string) =>
    `_${name}_${what} = [_${name}_${what}[${size} * a:${size} * b].reshape(${shape})\n` +
    `    for a, b in zip(_${name}_starts[:-1], _${name}_starts[1:])]\n`;
  return list("starts", starts) + list("ends", outputs) + cut("ends", 1, "b - a") +
    cut("table", rows, basis ? `${rows}, b - a` : `${pieces}, ${degree + 1}, b - a`) +
    (silu ? cut("silu", 1, "b - a") : "");
}

/** Writes scales of columns, and the functions that they need, once each. */
function scaleWriter(code: PythonCode) {
  const made = new Set<string>();
  function need(name: string, lines: readonly string[]): void {
    if (made.has(name)) return;
    made.add(name);
    code.functions.push(
      [`def ${name}(x):`, ...lines.map((line) => `    ${line}`), ""].join("\n"),
    );
  }
  const bent = (name: string) =>
    `return np.sign(x) / ${1 / SCALE_REACH} * np.${name}(np.abs(x) * ${1 / SCALE_REACH})`;
  const slowed = () => need("_slowed", [bent("log1p")]);
  const hastened = () => need("_hastened", [bent("expm1")]);
  function through(from: readonly number[], to: readonly number[], name: string): string[] {
    table(code, `${name}_from`, from, [from.length]);
    table(code, `${name}_to`, to, [to.length]);
    return [
      `low = np.clip(np.searchsorted(${name}_from, x, side="right") - 1, 0, ${from.length - 2})`,
      `slope = np.diff(${name}_to) / np.diff(${name}_from)`,
      `x = ${name}_to[low] + (x - ${name}_from[low]) * slope[low]`,
    ];
  }
  let count = 0;
  return (scale: OutputScale, raw: string, kind: "scale" | "unscale"): string => {
    const { minimum: low, maximum: high, map } = scale;
    if (map === undefined && kind === "scale") {
      return low === high ? `0 * ${raw} + 0.5` : `(${raw} - ${low}) / ${high - low}`;
    }
    if (map === undefined) {
      return low === high ? `0 * ${raw} + ${low}` : `${low} + ${raw} * ${high - low}`;
    }
    if (map.kind === "exp") return `${high} * np.exp(${raw} * ${map.rate})`;
    if (map.kind === "sigmoid") return `1 / (1 + np.exp(-${raw}))`;
    const name = `_${kind}${count++}`;
    if (kind === "scale") slowed();
    else hastened();
    if (map.kind === "log") {
      const length = log(high / low);
      need(name, [
        kind === "scale"
          ? `return np.where(x <= ${low}, _slowed((x - ${low}) / ${low * length}), ` +
            `np.log(x / ${low}) / ${length})`
          : `return np.where(x <= 0, ${low} + _hastened(x) * ${low * length}, ` +
            `${low} * np.exp(x * ${length}))`,
      ]);
    } else if (kind === "scale") {
      need(name, [
        ...through(map.values, map.positions, name),
        "return np.where(x < 0, _slowed(x), np.where(x > 1, 1 + _slowed(x - 1), x))",
      ]);
    } else {
      need(name, [
        "x = np.where(x < 0, _hastened(x), np.where(x > 1, 1 + _hastened(x - 1), x))",
        ...through(map.positions, map.values, name),
        "return x",
      ]);
    }
    return `${name}(${raw})`;
  };
}

/** Functions that numpy calls what the library does. */
const NUMPY: readonly string[] = [...Object.keys(MATH_NAMES), "abs", "sign"];

function formulaBody(program: FormulasProgram, code: PythonCode): void {
  const expressions = writeFormulas(program, {
    title: "numpy",
    number: String,
    column: (p) => `columns[:, ${p}]`,
    power: (base, exponent) => `np.power(${base}, ${exponent})`,
    call(name) {
      if (NUMPY.includes(name)) return (x) => `np.${name}(${x})`;
      const exponent = findSymbol(name)?.power;
      if (exponent !== undefined) return (x) => `np.power(${x}, ${exponent.toFixed(1)})`;
      if (name === "gaussian") return (x) => `np.exp(-(${x}) ** 2)`;
      if (name === "sigmoid") return (x) => `(1 / (1 + np.exp(-(${x}))))`;
      if (name === "x") return (x) => `(${x})`;
      return name === "constant" ? () => "1.0" : undefined;
    },
  });
  code.body.push(
    "one = np.ones(len(columns), dtype=columns.dtype)",
    "outputs = np.stack([",
    ...expressions.map((text) => `    one * ${text},`),
    "], axis=1)",
  );
}
