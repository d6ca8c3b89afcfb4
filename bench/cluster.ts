/**
 * Ranks of a cluster beside threads of one process at equal cores, times of exchanges by size beside
 * a C program's, and a model of the time on many machines with the constants that were measured.
 *
 * `deno run --allow-all bench/cluster.ts [--ranks 2] [--mpirun mpiexec.mpich] [--rounds 15]`
 *
 * Ranks and threads take turns within one job, and the least of many times is told. The model's
 * constants are those of messages within one machine; `--latency` (microseconds) and `--bandwidth`
 * (GB/s) put those of a network in their place.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Cluster, openCluster } from "../lib/cluster/mod.ts";
import { createCpuEngine, type Engine } from "../lib/engine/mod.ts";
import { createCholesky } from "../lib/engine/inner.ts";
import { sharesOf, subtreesOf, sumOverPeers } from "../lib/engine/peers.ts";
import { createNetwork } from "../lib/model/mod.ts";
import { describeMachine } from "./_machine.ts";

const args = parseArgs(Deno.args, {
  string: ["ranks", "mpirun", "rounds", "latency", "bandwidth"],
  boolean: ["child"],
}) as unknown as
  & Partial<Record<"ranks" | "mpirun" | "rounds" | "latency" | "bandwidth", string>>
  & { child: boolean };
const rounds = Number(args.rounds ?? 15);

/** A network and its rows. */
interface Case {
  readonly name: string;
  readonly widths: readonly number[];
  readonly intervals: number;
  readonly rows: number;
}

const CASES: readonly Case[] = [
  { name: "small", widths: [2, 5, 1], intervals: 10, rows: 200_000 },
  { name: "medium", widths: [8, 16, 1], intervals: 10, rows: 50_000 },
  { name: "large", widths: [8, 24, 24, 1], intervals: 10, rows: 20_000 },
];

/** What was measured of a case, in milliseconds of an evaluation with its gradient. */
interface Timed {
  readonly name: string;
  readonly n: number;
  readonly rows: number;
  readonly one: number;
  readonly threads: number;
  readonly ranks: number;
  /** The same rows on every rank. */
  readonly weak: number;
  /** A Gauss-Newton matrix, and its factorisation, on one thread; where there are few parameters. */
  readonly newton?: { readonly matrix: number; readonly cholesky: number };
}

/** Parameters beyond which training does not use Gauss-Newton. */
const MOST_NEWTON = 2500;

async function evaluatorOf(engine: Engine, { widths, intervals }: Case, rows: number) {
  const network = createNetwork({ widths: [...widths], intervals }, { seed: 1 });
  const [nIn] = widths;
  const inputs = Float64Array.from({ length: rows * nIn }, (_, i) => (i * 7919 % 10_007) / 10_007);
  const targets = Float64Array.from({ length: rows }, (_, r) => Math.sin(r));
  const evaluator = await engine.compile({
    ...{ network, loss: { kind: "mse" } },
    dataset: { rows, nIn, nOut: 1, inputs, targets },
  });
  const gradient = new Float64Array(network.parameters.length);
  return {
    n: gradient.length,
    async time(): Promise<number> {
      const begun = performance.now();
      await evaluator.evaluate(network.parameters, gradient);
      return performance.now() - begun;
    },
    async newton(): Promise<NonNullable<Timed["newton"]>> {
      const n = gradient.length, out = new Float64Array(n * n);
      let matrix = Infinity;
      for (let k = 0; k < 3; k++) {
        const begun = performance.now();
        await evaluator.curvature!.matrix!(network.parameters, out, gradient);
        matrix = Math.min(matrix, performance.now() - begun);
      }
      return { matrix, cholesky: timeCholesky(n) };
    },
    dispose: () => evaluator.dispose(),
  };
}

async function timeCase(each: Case, cluster: Cluster): Promise<Timed> {
  const { rank, size } = cluster, first = rank === 0;
  const one = await evaluatorOf(createCpuEngine({ threads: 1 }), each, each.rows);
  const many = await evaluatorOf(createCpuEngine({ threads: size }), each, each.rows);
  const peers = createCpuEngine({ threads: 1, peers: cluster });
  const shared = await evaluatorOf(peers, each, each.rows);
  const wider = await evaluatorOf(peers, each, each.rows * size);
  let [alone, threads, ranks, weak] = [Infinity, Infinity, Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    cluster.barrier();
    if (first) {
      alone = Math.min(alone, await one.time());
      await many.time(); // helpers wake up
      threads = Math.min(threads, await many.time(), await many.time());
    }
    cluster.barrier();
    await shared.time();
    ranks = Math.min(ranks, await shared.time(), await shared.time());
    weak = Math.min(weak, await wider.time());
  }
  const newton = first && one.n <= MOST_NEWTON ? { newton: await one.newton() } : {};
  for (const each of [one, many, shared, wider]) each.dispose();
  return {
    ...{ name: each.name, n: one.n, rows: each.rows, one: alone, threads, ranks, weak },
    ...newton,
  };
}

function timeCholesky(n: number): number {
  const { matrix, factorise, dispose } = createCholesky(n, 1);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1 + i;
  let least = Infinity;
  for (let k = 0; k < 3; k++) {
    const begun = performance.now();
    factorise();
    least = Math.min(least, performance.now() - begun);
  }
  dispose();
  return least;
}

/** Microseconds of the engine's sum over processes and of MPI's own, by numbers. */
function timeExchanges(cluster: Cluster) {
  const { rank, size } = cluster, count = 64, shares = sharesOf(count, size);
  const trees = subtreesOf(shares[rank], shares[rank + 1]);
  return [1, 100, 1000, 10_000, 100_000, 1_000_000].map((numbers) => {
    const values = new Float64Array(numbers), repeat = numbers < 1e6 ? 30 : 5;
    const nodes = trees.map(() => ({ values }));
    const least = (work: () => void) => {
      let best = Infinity;
      for (let k = 0; k < repeat; k++) {
        const begun = performance.now();
        work();
        best = Math.min(best, performance.now() - begun);
      }
      return 1000 * best;
    };
    return {
      numbers,
      tree: least(() => void sumOverPeers(cluster, count, nodes, numbers)),
      allreduce: least(() => void cluster.sum(values)),
    };
  });
}

async function child(): Promise<void> {
  const cluster = openCluster(), exchanges = timeExchanges(cluster);
  const timed: Timed[] = [];
  for (const each of CASES) timed.push(await timeCase(each, cluster));
  const { size, library } = cluster;
  if (cluster.rank === 0) console.log(JSON.stringify({ size, library, timed, exchanges }));
  cluster.close();
}

const PLAIN_C = `#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  MPI_Init(0, 0);
  int rank; MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  double *a = calloc(1000000, 8), *b = calloc(1000000, 8);
  for (int n = 1; n <= 1000000; n = n == 1 ? 100 : 10 * n) {
    int repeat = 1000000 / n; repeat = repeat < 3 ? 3 : repeat > 200 ? 200 : repeat;
    double best = 1e9;
    for (int k = 0; k < repeat; k++) {
      double t = MPI_Wtime();
      MPI_Allreduce(a, b, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
      t = MPI_Wtime() - t;
      if (t < best) best = t;
    }
    if (rank == 0) printf("%d %g\\n", n, 1e6 * best);
  }
  MPI_Finalize();
}
`;

async function output(command: string, words: readonly string[]): Promise<string | undefined> {
  const running = new Deno.Command(command, { args: [...words], stderr: "inherit" });
  const done = await running.output().catch(() => undefined);
  return done?.success ? new TextDecoder().decode(done.stdout) : undefined;
}

/** Microseconds of MPI_Allreduce in C by numbers; none without a compiler. */
async function timePlain(mpirun: string, flags: readonly string[]): Promise<Map<number, number>> {
  const folder = await Deno.makeTempDir(),
    compiler = mpirun.includes("openmpi") ? "openmpi" : "mpich";
  await Deno.writeTextFile(`${folder}/a.c`, PLAIN_C);
  const made = await output(`mpicc.${compiler}`, ["-O2", `${folder}/a.c`, "-o", `${folder}/a`]);
  const text = made === undefined ? undefined : await output(mpirun, [...flags, `${folder}/a`]);
  await Deno.remove(folder, { recursive: true });
  const lines = (text ?? "").trim().split("\n").map((line) => line.split(" ").map(Number));
  return new Map(lines.filter(({ length }) => length === 2) as [number, number][]);
}

/** Processes of the model. */
const MODELLED = [1, 4, 16, 64, 256, 1024];
/** Exchanges of an evaluation with its gradient: statistics, their adjoint, loss, sums. */
const EXCHANGES = 4;

/** Milliseconds of the model of an evaluation, or of a Gauss-Newton step. */
function modelled(
  { one, n, newton }: Timed,
  rowsFactor: number,
  processes: number,
  { latency, perNumber }: { readonly latency: number; readonly perNumber: number },
): Record<"lbfgs" | "gauss-newton", number> {
  const hops = Math.ceil(Math.log2(processes));
  const exchange = (numbers: number) =>
    processes === 1 ? 0 : (latency * hops + 2 * perNumber * numbers) / 1000;
  const evaluation = rowsFactor * one / processes + (EXCHANGES - 1) * exchange(10) + exchange(n);
  // the matrix' time has its evaluation; the factorisation is done by every process
  const step = newton
    ? rowsFactor * newton.matrix / processes + 3 * exchange(10) + exchange(n) + exchange(n * n) +
      newton.cholesky
    : NaN;
  return { lbfgs: evaluation, "gauss-newton": step };
}

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell) => String(cell).padStart(14)).join("");
}

async function parent(): Promise<void> {
  const ranks = args.ranks ?? "2", mpirun = args.mpirun ?? "mpiexec.mpich";
  const root = mpirun.includes("openmpi") ? ["--allow-run-as-root", "--oversubscribe"] : [];
  const flags = [...root, "-n", ranks];
  const program = ["run", "--quiet", "--allow-all", new URL(import.meta.url).pathname];
  const text = await output(mpirun, [
    ...[...flags, Deno.execPath(), ...program, "--child", "--rounds", String(rounds)],
  ]);
  if (text === undefined) throw new Error(`${mpirun} failed`);
  const { size, library, timed, exchanges } = JSON.parse(text) as {
    readonly size: number;
    readonly library: string;
    readonly timed: readonly Timed[];
    readonly exchanges: ReturnType<typeof timeExchanges>;
  };
  const plain = await timePlain(mpirun, flags);
  console.log(Object.values(describeMachine()).join(", "), `\n${library}, ${size} ranks\n`);
  console.log("evaluation with gradient, ms (least)");
  const speed = ["1 thread", `${size} threads`, `${size} ranks`, "ranks/threads", "weak"];
  console.log(row(["network", "parameters", "rows", ...speed]));
  for (const { name, n, rows, one, threads, ranks, weak } of timed) {
    const times = [one, threads, ranks].map((each) => each.toFixed(2));
    console.log(
      row([name, n, rows, ...times, (ranks / threads).toFixed(3), (weak / one).toFixed(3)]),
    );
  }
  console.log("\nsum over ranks, microseconds (least)");
  console.log(row(["numbers", "fixed tree", "allreduce", "in C"]));
  for (const { numbers, tree, allreduce } of exchanges) {
    const inC = plain.get(numbers);
    console.log(row([numbers, tree.toFixed(1), allreduce.toFixed(1), inC?.toFixed(1) ?? "none"]));
  }
  tellModel(timed, exchanges);
}

function tellModel(timed: readonly Timed[], exchanges: ReturnType<typeof timeExchanges>): void {
  const latency = Number(args.latency ?? exchanges[0].tree), large = exchanges.at(-1)!;
  const perNumber = args.bandwidth === undefined
    ? (large.tree - exchanges[0].tree) / (2 * large.numbers)
    : 8 / (1000 * Number(args.bandwidth));
  console.log(
    `\nmodel: rows / P + log2(P) x ${latency.toFixed(1)} us + numbers x ` +
      `${(1000 * perNumber).toFixed(2)} ns each way; ms, and share of P that is gained`,
  );
  console.log(row(["network", "rows", "step", ...MODELLED.map((p) => `P = ${p}`)]));
  for (const each of timed) {
    for (const factor of [1, 100]) {
      for (const step of ["lbfgs", "gauss-newton"] as const) {
        if (step === "gauss-newton" && !each.newton) continue;
        const times = MODELLED.map((p) => modelled(each, factor, p, { latency, perNumber })[step]);
        const cells = times.map((time, k) => {
          const gain = Math.round(100 * times[0] / (time * MODELLED[k]));
          return `${time.toPrecision(3)} ${gain}%`;
        });
        console.log(row([each.name, each.rows * factor, step, ...cells]));
      }
    }
  }
}

await (args.child ? child() : parent());
