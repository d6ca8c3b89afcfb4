/**
 * What ranks and threads are timed by: evaluations of networks, steps of an equation, exchanges.
 *
 * @module
 */

import type { Cluster } from "../lib/cluster/mod.ts";
import { createCpuEngine, type Engine } from "../lib/engine/mod.ts";
import { createCholesky } from "../lib/engine/inner.ts";
import { sharesOf, subtreesOf, sumOverPeers } from "../lib/engine/peers.ts";
import { createNetwork } from "../lib/model/mod.ts";
import { findPde, pdeEngine, pdeNetwork } from "../lib/physics/mod.ts";
import type { Timed } from "./_cluster_model.ts";

/** A network and its rows. */
interface Case {
  readonly name: string;
  readonly widths: readonly number[];
  readonly intervals: number;
  readonly rows: number;
}

/** The networks. */
export const CASES: readonly Case[] = [
  { name: "small", widths: [2, 5, 1], intervals: 10, rows: 200_000 },
  { name: "medium", widths: [8, 16, 1], intervals: 10, rows: 50_000 },
  { name: "large", widths: [8, 24, 24, 1], intervals: 10, rows: 20_000 },
];

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
  const { parameters } = network, n = parameters.length, gradient = new Float64Array(n);
  const out = new Float64Array(n <= MOST_NEWTON ? n * n : 0);
  return {
    n,
    time: () => timeOf(() => evaluator.evaluate(parameters, gradient)),
    newton: () => timeOf(() => evaluator.curvature!.matrix!(parameters, out, gradient)),
    dispose: () => evaluator.dispose(),
  };
}

async function timeOf(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Milliseconds after which helper threads, which spin before they sleep, take no core any more. */
const REST_MS = 20;
const bed = new Int32Array(new SharedArrayBuffer(4));

/**
 * Lets one thread, threads and ranks take turns; the least times of all rounds. While threads of the
 * first rank are timed the others sleep: a wait for other ranks asks for them ever more rarely. While
 * ranks are timed the threads' helpers sleep.
 */
async function takeTurns(
  { rank, barrier }: Cluster,
  rounds: number,
  { one, threads, ranks, weak }: Readonly<
    Record<"one" | "threads" | "ranks" | "weak", () => Promise<number>>
  >,
): Promise<Record<"one" | "threads" | "ranks" | "weak", number>> {
  const best = { one: Infinity, threads: Infinity, ranks: Infinity, weak: Infinity };
  for (let round = 0; round < rounds; round++) {
    barrier();
    if (rank === 0) {
      Atomics.wait(bed, 0, 0, REST_MS); // the others come to rest
      best.one = Math.min(best.one, await one());
      await threads(); // helpers wake up
      best.threads = Math.min(best.threads, await threads(), await threads());
      Atomics.wait(bed, 0, 0, REST_MS);
    }
    barrier();
    await ranks();
    best.ranks = Math.min(best.ranks, await ranks(), await ranks());
    best.weak = Math.min(best.weak, await weak());
  }
  return best;
}

/** Times a network. */
export async function timeCase(each: Case, cluster: Cluster, rounds: number): Promise<Timed> {
  const { size } = cluster;
  const one = await evaluatorOf(createCpuEngine({ threads: 1 }), each, each.rows);
  const many = await evaluatorOf(createCpuEngine({ threads: size }), each, each.rows);
  const peers = createCpuEngine({ threads: 1, peers: cluster });
  const shared = await evaluatorOf(peers, each, each.rows);
  const wider = await evaluatorOf(peers, each, each.rows * size);
  const times = await takeTurns(cluster, rounds, {
    ...{ one: one.time, threads: many.time, ranks: shared.time, weak: wider.time },
  });
  let newton = {};
  if (one.n <= MOST_NEWTON) {
    const none = () => Promise.resolve(0);
    const { one: matrix, threads, ranks } = await takeTurns(cluster, 3, {
      ...{ one: one.newton, threads: many.newton, ranks: shared.newton, weak: none },
    });
    newton = { newton: { matrix, threads, ranks, cholesky: timeCholesky(one.n) } };
  }
  for (const each of [one, many, shared, wider]) each.dispose();
  return { name: each.name, n: one.n, rows: each.rows, ...times, ...newton };
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

/** Milliseconds of an equation's value and gradient, and of its Gauss-Newton matrix besides. */
export async function timeEquation(cluster: Cluster, rounds: number) {
  const problem = findPde("burgers"), { size } = cluster;
  const network = createNetwork(pdeNetwork(problem, { hidden: [8, 8], intervals: 8 }), { seed: 1 });
  const { parameters } = network, n = parameters.length;
  const evaluatorWith = async (more: object) => {
    const sampler = { kind: "sobol", count: 10_000, seed: 1 } as const;
    const engine = pdeEngine(problem, { sampler, ...more });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    const gradient = new Float64Array(n), out = new Float64Array(n * n);
    let at = parameters;
    const moved = () => at = at.map((x) => x * (1 + 1e-9)); // nothing is kept from before
    return {
      time: () => timeOf(() => evaluator.evaluate(moved(), gradient)),
      newton: () => timeOf(() => evaluator.curvature!.matrix!(moved(), out, gradient)),
      dispose: () => evaluator.dispose(),
    };
  };
  const one = await evaluatorWith({ threads: 1 }), many = await evaluatorWith({ threads: size });
  const shared = await evaluatorWith({ threads: 1, peers: cluster });
  const none = () => Promise.resolve(0);
  const evaluation = await takeTurns(cluster, rounds, {
    ...{ one: one.time, threads: many.time, ranks: shared.time, weak: none },
  });
  const matrix = await takeTurns(cluster, 3, {
    ...{ one: one.newton, threads: many.newton, ranks: shared.newton, weak: none },
  });
  for (const each of [one, many, shared]) each.dispose();
  return { n, points: 10_000, evaluation, matrix };
}

/** Microseconds of the engine's sum over processes and of MPI's own, by numbers. */
export function timeExchanges(cluster: Cluster) {
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
    /** About as long as the sum takes, by numbers that leave the cache. */
    const work = () => {
      for (let i = 0; i < numbers; i++) values[i] = Math.sqrt(values[i] + i);
    };
    return {
      numbers,
      tree: least(() => void sumOverPeers(cluster, count, nodes, numbers)),
      allreduce: least(() => void cluster.sum(values)),
      pairs: least(() => void cluster.sumPairs(values)),
      work: least(work),
      after: least(() => {
        cluster.sum(values);
        work();
      }),
      meanwhile: least(() => {
        const end = cluster.beginSum(values);
        work();
        end();
      }),
    };
  });
}
