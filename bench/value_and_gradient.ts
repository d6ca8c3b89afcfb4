/**
 * One loss-and-gradient of an all-spline cubic network: ours against PyTorch with the full basis.
 *
 * `deno task bench` prints the table. Both programs run on one thread in float64, in turn, in one
 * run; numbers are medians. "ours" normalises hidden layers by min-max (its default), the peer
 * does not normalise; "plain" is ours without normalisation, the same work as the peer's.
 *
 * @module
 */

import { cpuEngine, createNetwork, createRandom, type Dataset } from "@freeknot/freeknot";

const ROWS = 20_000;
const REPEATS = 15;
const WIDTHS = [2, 5, 1];
const EDGES = 15;
const INTERVALS = [5, 40, 320];
const PEER_INTERVALS = [5, 40];
const PYTHONS = ["python3", "/usr/bin/python3"];

function dataset(): Dataset {
  const random = createRandom(0, "bench");
  return {
    rows: ROWS,
    nIn: 2,
    nOut: 1,
    inputs: Float64Array.from({ length: ROWS * 2 }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: ROWS }, () => random.uniform()),
  };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Median milliseconds of one `valueAndGradient`. */
async function ours(
  data: Dataset,
  intervals: number,
  knots: "uniform" | "free",
  normalisation: "minmax" | "none",
): Promise<number> {
  const network = createNetwork(
    { widths: WIDTHS, firstLayer: "spline", intervals, knots, normalisation },
    { seed: 1 },
  );
  const evaluator = await cpuEngine.compile(network, { kind: "mse" }, data);
  const gradient = new Float64Array(network.parameters.length);
  const times: number[] = [];
  for (let i = 0; i < REPEATS + 5; i++) {
    const begin = performance.now();
    await evaluator.valueAndGradient(network.parameters, gradient);
    times.push(performance.now() - begin);
  }
  evaluator.dispose();
  return median(times.slice(5));
}

interface Peer {
  readonly milliseconds: Record<string, number>;
  readonly torch: string;
}

function peer(): Peer | undefined {
  const script = new URL("./peers/full_basis_torch.py", import.meta.url).pathname;
  const args = [script, "--widths", WIDTHS.join(), "--rows", `${ROWS}`, "--intervals"];
  for (const python of PYTHONS) {
    try {
      const { success, stdout } = new Deno.Command(python, {
        args: [...args, PEER_INTERVALS.join()],
        stderr: "null",
      }).outputSync();
      if (success) return JSON.parse(new TextDecoder().decode(stdout));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

function processor(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /model name\s*: (.*)/.exec(text)?.[1] ?? "unknown processor";
  } catch {
    return "unknown processor";
  }
}

const CASES = [["uniform", "none"], ["uniform", "minmax"], ["free", "minmax"]] as const;
const ROUNDS = 3;

const data = dataset();
const times = new Map<string, number[]>();
let versions = "no python3 with torch: its columns are left out";
function note(key: string, time: number): void {
  times.set(key, [...times.get(key) ?? [], time]);
}
for (let round = 0; round < ROUNDS; round++) {
  const torch = peer();
  if (torch) versions = `PyTorch ${torch.torch}`;
  for (const intervals of INTERVALS) {
    if (torch?.milliseconds[intervals]) note(`${intervals}`, torch.milliseconds[intervals]);
    for (const [knots, normalisation] of CASES) {
      const time = await ours(data, intervals, knots, normalisation);
      note(`${intervals} ${knots} ${normalisation}`, time);
    }
  }
}

console.log(`${processor()}, Deno ${Deno.version.deno}, ${versions}`);
console.log(`[${WIDTHS}] all-spline cubic, ${ROWS} points, float64, one thread\n`);
const rows = INTERVALS.flatMap((intervals) =>
  CASES.map(([knots, normalisation]) => {
    const time = median(times.get(`${intervals} ${knots} ${normalisation}`)!);
    const base = median(times.get(`${INTERVALS[0]} ${knots} ${normalisation}`)!);
    const other = times.has(`${intervals}`) ? median(times.get(`${intervals}`)!) : undefined;
    return [
      String(intervals),
      knots,
      normalisation,
      time.toFixed(2),
      (time * 1e6 / ROWS / EDGES).toFixed(1),
      (time / base).toFixed(2),
      other ? other.toFixed(1) : "-",
      other ? (other / time).toFixed(1) : "-",
    ];
  })
);
const head = [
  "intervals",
  "knots",
  "normalise",
  "ms",
  "ns/edge",
  `/ ${INTERVALS[0]} int.`,
  "torch ms",
  "ratio",
];
const widths = head.map((cell, c) => Math.max(cell.length, ...rows.map((row) => row[c].length)));
for (const row of [head, ...rows]) {
  console.log(row.map((cell, c) => cell.padStart(widths[c])).join("  "));
}
