/**
 * Small inputs that once broke the program, each beside what is right: docs/trust.md by a command.
 *
 * `deno run --allow-read --allow-write --allow-run bench/trust.ts [--seeds 1..3] [NAME...]` prints the
 * table; with --write it goes into docs/trust.md.
 */

import { parseArgs } from "@std/cli/parse-args";
import { markdown } from "./_table.ts";

const FOLDER = "bench/cases", PAGE = new URL("../docs/trust.md", import.meta.url);

/** What a run printed. */
interface Printed {
  readonly code: number;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
  readonly err: string;
  /** Rows of `--out`, where the case asks for it. */
  readonly rows: readonly Readonly<Record<string, number>>[];
}

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly right: string;
  readonly ours: (printed: Printed) => string;
  /** Whether what came out is right. */
  readonly holds: (printed: Printed) => boolean;
  /** Whether the solution is wanted on a grid. */
  readonly out?: boolean;
}

const digits = (x: number, n = 3) => Number.isFinite(x) ? x.toPrecision(n) : String(x);
const power = (x: number) => Number.isFinite(x) ? x.toExponential(1) : String(x);

const solving = (name: string) => ["solve", "--file", `${FOLDER}/${name}.json`];

/** A differential equation with a known solution: its relative L2 error, and how small it must be. */
function equation(name: string, most: number, right: string): Case {
  return {
    name,
    args: solving(name),
    right,
    ours: ({ json }) => power(json.error.relativeL2),
    holds: ({ json, code }) => code === 0 && json.error.relativeL2 <= most,
  };
}

/** A table: a score of the test rows, and a bound. */
function table(
  name: string,
  more: readonly string[],
  right: string,
  // deno-lint-ignore no-explicit-any
  ours: (scores: any) => string,
  // deno-lint-ignore no-explicit-any
  holds: (scores: any) => boolean,
): Case {
  return {
    name,
    args: ["train", "--form", "network", "--data", `${FOLDER}/${name}.csv`, ...more],
    right,
    ours: ({ json }) => ours(json.scores),
    holds: ({ json, code }) => code === 0 && holds(json.scores),
  };
}

/** A fault that must be told. */
function told(name: string, code: number, words: string, right: string): Case {
  return {
    name,
    args: solving(name),
    right,
    ours: ({ json, err }) => {
      const notes: string[] = json?.notes ?? [];
      return [...notes, json?.reason ?? err].find((text) => text.includes(words)) ?? "not told";
    },
    holds: (printed) =>
      printed.code === code &&
      [...printed.json?.notes ?? [], printed.json?.reason ?? printed.err].join().includes(words),
  };
}

/** The value of the solution nearest to a place. */
function valueAt({ rows }: Printed, at: Readonly<Record<string, number>>, name: string): number {
  const distance = (row: Readonly<Record<string, number>>) =>
    Object.entries(at).reduce((sum, [key, x]) => sum + (row[key] - x) ** 2, 0);
  return rows.reduce((best, row) => distance(row) < distance(best) ? row : best)[name];
}

const CASES: readonly Case[] = [
  equation("two-ends", 1e-4, "100 - 50 x"),
  equation("oscillator", 1e-4, "cos t"),
  equation("heat-si", 1e-4, "300 + 700 exp(-k/(rho cp) (pi/0.04)^2 t) sin(pi x/0.04)"),
  equation("klein-gordon", 1e-3, "x cos(5 pi t) + x^3 t^3, error <= 1e-3"),
  equation("kovasznay", 1e-3, "Kovasznay's flow, error <= 1e-3"),
  told("neumann", 1, "contradict", "has no solution: exit code 1, and why"),
  {
    name: "schroedinger",
    args: solving("schroedinger"),
    right: "abs(h) = 4.00 at (pi/4, 0), to 5 % (split-step Fourier)",
    out: true,
    ours: (printed) => digits(soliton(printed)),
    holds: (printed) => Math.abs(soliton(printed) - 4) <= 0.2,
  },
  equation("high-frequency", 1e-3, "sin(50 pi x) on a slow wave"),
  equation("heat-4d", 1e-2, "exp(-4 k pi^2 t) times four sines, error <= 1e-2"),
  equation("singular-at-0", 1e-4, "sin x / x"),
  {
    name: "half-a-face",
    args: solving("half-a-face"),
    right: "u(0.5, 0.5) = 0.413, u(0, 1) = 0.543 (finite differences); a jump in the conditions",
    out: true,
    ours: (printed) =>
      `${digits(valueAt(printed, { x: 0.5, y: 0.5 }, "u"))}, ` +
      `${digits(valueAt(printed, { x: 0, y: 1 }, "u"))}`,
    holds: (printed) =>
      Math.abs(valueAt(printed, { x: 0.5, y: 0.5 }, "u") - 0.413) <= 0.02 &&
      Math.abs(valueAt(printed, { x: 0, y: 1 }, "u") - 0.543) <= 0.05,
  },
  {
    name: "not-identifiable",
    args: solving("not-identifiable"),
    right: "b = 0.4, c - pi^2 a = -1.4739; that a and c are open is said",
    ours: ({ json: { coefficients: { a, b, c }, notes = [] } }) =>
      `${digits(b, 4)}, ${digits(c - Math.PI ** 2 * a, 5)}; ${notes[0] ?? "nothing said"}`,
    holds: ({ json: { coefficients: { a, b, c }, notes = [] } }) =>
      Math.abs(b - 0.4) < 0.01 && Math.abs(c - Math.PI ** 2 * a + 1.4739) < 0.01 &&
      notes.join().includes("do not determine"),
  },
  {
    ...equation("arrhenius", 1e-3, "A = 7.8e8; u = 1/(0.001 + 2e-6 t)"),
    ours: ({ json }) => `${digits(json.coefficients.A, 4)}; ${power(json.error.relativeL2)}`,
    holds: ({ json }) =>
      Math.abs(json.coefficients.A / 7.8e8 - 1) < 0.01 && json.error.relativeL2 < 1e-3,
  },
  table(
    "x-outlier",
    ["--target", "y"],
    "r2 0.998",
    ({ test }) => `r2 ${digits(test.r2, 4)}`,
    ({ test }) => test.r2 > 0.99,
  ),
  table(
    "skewed-column",
    ["--target", "y"],
    "r2 near 1",
    ({ test }) => `r2 ${digits(test.r2, 4)}`,
    ({ test }) => test.r2 > 0.99,
  ),
  table(
    "y-outliers",
    [
      "--target",
      "y",
      "--test-fraction",
      "0",
      "--intervals",
      "5",
      "--schedule",
      "32,16",
      "--loss",
      "huber",
    ],
    "mae 45.00, that of the nine outliers alone",
    ({ train }) => `mae ${digits(train.mae, 4)}`,
    ({ train }) => Math.abs(train.mae - 45) < 0.02,
  ),
  table(
    "two-units",
    ["--target", "temp,pressure"],
    "a score for each target (scikit-learn: rmse 0.030 K and 0.65 Pa)",
    ({ test: { targets } }) =>
      `${digits(targets.temp.rmse)} K, ${digits(targets.pressure.rmse)} Pa`,
    ({ test: { targets } }) => targets.temp.r2 > 0.999 && targets.pressure.r2 > 0.999,
  ),
  table(
    "pandas-index",
    ["--target", "y"],
    "read; the index is no input",
    ({ test }) => `r2 ${digits(test.r2, 4)}`,
    ({ test }) => test.r2 > 0.9,
  ),
  {
    name: "long-integers",
    args: ["train", "--form", "network", "--data", `${FOLDER}/long-integers.csv`, "--target", "y"],
    right: "an error that names the column, and what helps",
    ours: ({ err }) => err.trim().split("\n").at(-1)!,
    holds: ({ code, err }) => code === 2 && err.includes("id") && err.includes("--offset"),
  },
  table(
    "imbalanced",
    ["--target", "bad", "--loss", "cross-entropy", "--class-weights", "balanced"],
    "recall, precision and balanced accuracy per class",
    ({ test: { balancedAccuracy } }) => `balanced accuracy ${digits(balancedAccuracy)}`,
    ({ test: { balancedAccuracy } }) => balancedAccuracy > 0.8,
  ),
];

function soliton(printed: Printed): number {
  const at = { t: Math.PI / 4, x: 0 };
  return Math.hypot(valueAt(printed, at, "u"), valueAt(printed, at, "v"));
}

async function perform({ args, out }: Case, seed: number): Promise<Printed> {
  const file = out ? await Deno.makeTempFile({ suffix: ".csv" }) : undefined;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-read", "--allow-write", "cli.ts", ...args, "--seed", `${seed}`, "--json"],
      ...["--quiet", ...file ? ["--out", file] : []],
    ],
  }).output();
  const [text, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const json = text.trim().startsWith("{") ? JSON.parse(text) : undefined;
  const rows: Record<string, number>[] = [];
  if (file) {
    const [head, ...lines] = (await Deno.readTextFile(file)).trim().split("\n");
    const names = head.split(",");
    for (const line of lines) {
      const cells = line.split(",").map(Number);
      rows.push(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
    }
    await Deno.remove(file);
  }
  return { code, json, err, rows };
}

const { _: names, seeds, write } = parseArgs(Deno.args, {
  string: ["seeds"],
  boolean: ["write"],
  default: { seeds: "1" },
});
const [first, last = first] = String(seeds).split("..").map(Number);
const body: string[][] = [];
for (const own of CASES.filter(({ name }) => names.length === 0 || names.includes(name))) {
  for (let seed = first; seed <= last; seed++) {
    const printed = await perform(own, seed), { json } = printed;
    const row = [
      `\`${own.args.join(" ")}\``,
      ...first === last ? [] : [`${seed}`],
      own.right,
      own.ours(printed),
      json ? digits(json.seconds, 2) : "-",
      `${json?.status ?? "refused"}, code ${printed.code}`,
      own.holds(printed) ? "yes" : "**no**",
    ];
    console.error(own.name, ...row.slice(1));
    body.push(row.map((cell) => cell.replaceAll("|", "\\|")));
  }
}
const head = [
  "freeknot",
  ...first === last ? [] : ["seed"],
  "right",
  "ours",
  "seconds",
  "status",
  "as promised",
];
const page = markdown(head, body);
if (write) {
  const text = await Deno.readTextFile(PAGE), [begin, end] = ["<!-- table -->", "<!-- end -->"];
  const at = text.indexOf(begin) + begin.length;
  await Deno.writeTextFile(
    PAGE,
    `${text.slice(0, at)}\n\n${page}\n\n${text.slice(text.indexOf(end))}`,
  );
} else console.log(page);
