/**
 * Ranks of a cluster beside threads of one process at equal cores, times of exchanges by size beside
 * a C program's, and a model of the time on many machines with the constants that were measured.
 *
 * `deno run --allow-all bench/cluster.ts [--ranks 1,2,4] [--mpirun mpiexec.mpich] [--rounds 15]`
 *
 * Every number of ranks is a job of its own, in which ranks and threads take turns, and the least of
 * many times is told. Exchanges and the model are of two ranks, or of the only number. The model's
 * constants are those of messages within one machine; `--latency` (microseconds) and `--bandwidth`
 * (GB/s) put those of a network in their place; `--svg FILE` draws it.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { openCluster } from "../lib/cluster/mod.ts";
import { CASES, timeCase, timeEquation, timeExchanges } from "./_cluster_cases.ts";
import {
  gainOf,
  modelled,
  modelPicture,
  mostProcesses,
  STEPS,
  type Timed,
} from "./_cluster_model.ts";
import { describeMachine } from "./_machine.ts";

const args = parseArgs(Deno.args, {
  string: ["ranks", "mpirun", "rounds", "latency", "bandwidth", "svg"],
  boolean: ["child"],
}) as unknown as
  & Partial<Record<"ranks" | "mpirun" | "rounds" | "latency" | "bandwidth" | "svg", string>>
  & { child: boolean };
const rounds = Number(args.rounds ?? 15);

async function child(): Promise<void> {
  const cluster = openCluster(), exchanges = timeExchanges(cluster);
  const timed: Timed[] = [];
  for (const each of CASES) timed.push(await timeCase(each, cluster, rounds));
  const equation = await timeEquation(cluster, rounds);
  const { size, library } = cluster;
  if (cluster.rank === 0) {
    console.log(JSON.stringify({ size, library, timed, equation, exchanges }));
  }
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

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell) => String(cell).padStart(14)).join("");
}

/** What a job of so many ranks tells. */
interface Told {
  readonly size: number;
  readonly library: string;
  readonly timed: readonly Timed[];
  readonly equation: Awaited<ReturnType<typeof timeEquation>>;
  readonly exchanges: ReturnType<typeof timeExchanges>;
}

async function parent(): Promise<void> {
  const mpirun = args.mpirun ?? "mpiexec.mpich", jobs: Told[] = [];
  const root = mpirun.includes("openmpi") ? ["--allow-run-as-root", "--oversubscribe"] : [];
  const program = ["run", "--quiet", "--allow-all", new URL(import.meta.url).pathname];
  for (const ranks of (args.ranks ?? "1,2,4").split(",")) {
    const text = await output(mpirun, [
      ...[...root, "-n", ranks, Deno.execPath(), ...program],
      ...["--child", "--rounds", String(rounds)],
    ]);
    if (text === undefined) throw new Error(`${mpirun} failed`);
    jobs.push(JSON.parse(text) as Told);
  }
  console.log(Object.values(describeMachine()).join(", "), `\n${jobs[0].library}\n`);
  tellScaling(jobs);
  const { size, timed, exchanges } = jobs.find((job) => job.size === 2) ?? jobs[0];
  const plain = await timePlain(mpirun, [...root, "-n", String(size)]);
  console.log(`\nsum over ${size} ranks, us (least); work after or during MPI's own sum`);
  console.log(
    row(["numbers", "fixed tree", "allreduce", "in C", "pairs", "work", "after", "during"]),
  );
  for (const { numbers, tree, allreduce, pairs, work, after, meanwhile } of exchanges) {
    const inC = plain.get(numbers)?.toFixed(1) ?? "none";
    const others = [pairs, work, after, meanwhile].map((each) => each.toFixed(1));
    console.log(row([numbers, tree.toFixed(1), allreduce.toFixed(1), inC, ...others]));
  }
  await tellModel(timed, exchanges);
}

/** The same rows on threads and on ranks (strong), and so many rows on every rank (weak). */
function tellScaling(jobs: readonly Told[]): void {
  const head = ["network", "parameters", "rows", "cores", "1 thread", "threads", "ranks"];
  console.log("evaluation with gradient, ms (least); weak: the rows on every rank, by one rank's");
  console.log(row([...head, "ranks/threads", "strong", "weak"]));
  for (const [k, { name, n, rows }] of jobs[0].timed.entries()) {
    for (const { size, timed } of jobs) {
      const { one, ranks, weak } = timed[k];
      console.log(row([
        ...[name, n, rows, size, ...compared(timed[k])],
        ...[one / ranks, weak / one].map((each) => each.toFixed(2)),
      ]));
    }
  }
  const { n, points } = jobs[0].equation,
    burgers = (of: "evaluation" | "matrix") => {
      for (const { size, equation } of jobs) {
        const { one, ranks } = equation[of], strong = (one / ranks).toFixed(2);
        console.log(row(["burgers", n, points, size, ...compared(equation[of]), strong]));
      }
    };
  burgers("evaluation");
  console.log("\nGauss-Newton matrix with value and gradient, ms (least)");
  console.log(row([...head, "ranks/threads", "strong"]));
  for (const [k, { name, n, rows, newton: has }] of jobs[0].timed.entries()) {
    if (!has) continue;
    for (const { size, timed } of jobs) {
      const newton = timed[k].newton!, each = { ...newton, one: newton.matrix };
      const strong = (each.one / each.ranks).toFixed(2);
      console.log(row([name, n, rows, size, ...compared(each), strong]));
    }
  }
  burgers("matrix");
}

function compared({ one, threads, ranks }: Record<"one" | "threads" | "ranks", number>): string[] {
  return [...[one, threads, ranks].map((each) => each.toFixed(2)), (ranks / threads).toFixed(3)];
}

async function tellModel(
  timed: readonly Timed[],
  exchanges: ReturnType<typeof timeExchanges>,
): Promise<void> {
  const latency = Number(args.latency ?? exchanges[0].tree), large = exchanges.at(-1)!;
  const perNumber = args.bandwidth === undefined
    ? (large.tree - exchanges[0].tree) / (2 * large.numbers)
    : 8 / (1000 * Number(args.bandwidth));
  const link = { latency, perNumber };
  console.log(
    `\nmodel: rows / P + log2(P) x ${latency.toFixed(1)} us + numbers x ` +
      `${(1000 * perNumber).toFixed(2)} ns each way; ms, and share of P that is gained`,
  );
  console.log(row(["network", "rows", "step", ...MODELLED.map((p) => `P = ${p}`), "half at P"]));
  for (const each of timed) {
    for (const factor of [1, 100]) {
      for (const step of STEPS) {
        if (step === "Adam" && factor > 1) continue;
        const times = MODELLED.map((p) => modelled(each, factor, step, p, link));
        if (Number.isNaN(times[0])) continue;
        const cells = times.map((time, k) => {
          const gain = Math.round(100 * gainOf(each, factor, step, MODELLED[k], link));
          return `${time.toPrecision(3)} ${gain}%`;
        });
        const most = mostProcesses(each, factor, step, link);
        console.log(row([each.name, each.rows * factor, step, ...cells, most]));
      }
    }
  }
  if (args.svg !== undefined) await Deno.writeTextFile(args.svg, modelPicture(timed, link));
}

await (args.child ? child() : parent());
