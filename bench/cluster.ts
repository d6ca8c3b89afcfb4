/**
 * Ranks of a cluster beside threads of one process at equal cores, times of exchanges by size beside
 * a C program's, and a model of the time on many machines with the constants that were measured.
 *
 * `deno run --allow-all bench/cluster.ts [--ranks 2] [--mpirun mpiexec.mpich] [--rounds 15]`
 *
 * Ranks and threads take turns within one job, and the least of many times is told. The model's
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

async function parent(): Promise<void> {
  const ranks = args.ranks ?? "2", mpirun = args.mpirun ?? "mpiexec.mpich";
  const root = mpirun.includes("openmpi") ? ["--allow-run-as-root", "--oversubscribe"] : [];
  const flags = [...root, "-n", ranks];
  const program = ["run", "--quiet", "--allow-all", new URL(import.meta.url).pathname];
  const text = await output(mpirun, [
    ...[...flags, Deno.execPath(), ...program, "--child", "--rounds", String(rounds)],
  ]);
  if (text === undefined) throw new Error(`${mpirun} failed`);
  const { size, library, timed, equation, exchanges } = JSON.parse(text) as {
    readonly size: number;
    readonly library: string;
    readonly timed: readonly Timed[];
    readonly equation: Awaited<ReturnType<typeof timeEquation>>;
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
  console.log("\nGauss-Newton matrix with value and gradient, ms (least)");
  console.log(row(["network", "parameters", "rows", ...speed.slice(0, 4)]));
  for (const { name, n, rows, newton } of timed) {
    if (newton) console.log(row([name, n, rows, ...compared({ ...newton, one: newton.matrix })]));
  }
  const { n, points, evaluation, matrix } = equation;
  console.log(row(["burgers", n, points, ...compared(matrix)]), "matrix");
  console.log(row(["burgers", n, points, ...compared(evaluation)]), "evaluation");
  console.log("\nsum over ranks, microseconds (least); work after or during MPI's own sum");
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
