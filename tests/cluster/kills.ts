/**
 * Kills a random rank of a run again and again, and lets the run go on each time with another number of
 * ranks and another launcher: it must end with the bytes of a run without a break.
 *
 * `deno run -A tests/cluster/kills.ts [--times 20] [--what train,held,solve] [--seed 1]`: a network on a
 * table, a network on rows of which every rank holds its share, and an equation.
 *
 * @module
 */

import { createRandom } from "../../lib/model/mod.ts";
import { withFolder } from "../support/folder.ts";
import { jobResult, MPIRUNS, ranksOf, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** The runs: their flags, but for those of files and of the cluster. */
const RUNS = {
  train: () => [
    ...["train", "--problem", "nonsmooth", "--rows", "20000", "--schedule", "60,30"],
    ...["--optimizer", "lbfgs"],
  ],
  held: (folder: string) => [
    ...["train", "--data", `${folder}/t.csv`, "--target", "y", "--form", "network"],
    ...["--widths", "3,2,1", "--schedule", "60", "--optimizer", "lbfgs", "--memory-limit", "500MB"],
  ],
  solve: () => ["solve", "--problem", "heat", "--schedule", "60", "--optimizer", "lbfgs"],
};

/** What can be killed. */
export type KilledRun = keyof typeof RUNS;

/** A table that is long by its text, not by its numbers: 31 MB. */
function longTable(): string {
  const lines = ["a,b,kind,y"], long = ["u", "v"].map((letter) => letter.repeat(300));
  for (let r = 0; r < 90_000; r++) {
    const a = (r * 7919 % 10_007) / 10_007, b = (r * 104_729 % 9_973) / 9_973;
    lines.push(
      `${a.toFixed(6)},${b.toFixed(6)},${long[r % 2]},${(Math.sin(6 * a) + b).toFixed(6)}`,
    );
  }
  return lines.join("\n") + "\n";
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const written = (file: string) => Deno.stat(file).then((info) => info.mtime?.getTime(), () => 0);

/** What was found: how often a rank was killed, and the longest time until its job had ended. */
export interface Kills {
  readonly kills: number;
  readonly seconds: number;
  readonly same: boolean;
}

/** Kills ranks of a run so often, or until it is done. */
export async function killRanks(what: KilledRun, times: number, seed: number): Promise<Kills> {
  const random = createRandom(seed, `kills of ${what}`);
  let found: Kills | undefined;
  await withFolder(async (folder) => {
    if (what === "held") await Deno.writeTextFile(`${folder}/t.csv`, longTable());
    const kept = `${folder}/c.checkpoint`, model = `${folder}/m`, whole = `${folder}/whole`;
    const flags = [CLI, ...RUNS[what](folder), "--quiet", "--cluster", "mpi"];
    const keeping = [...flags, "--checkpoint", kept, "--checkpoint-every", "1"];
    const start = (turn: number) =>
      startJob(MPIRUNS[turn % MPIRUNS.length], 2 + turn % 3, [...keeping, "--model-out", model]);
    let kills = 0, seconds = 0;
    while (kills < times) {
      const before = await written(kept), job = start(kills), ended = jobResult(job);
      let done = false;
      ended.then(() => done = true);
      while (!done && await written(kept) === before) await pause(20);
      await pause(200 * random.uniform());
      const ranks = await ranksOf(kept);
      if (done || ranks.length === 0) break;
      Deno.kill(ranks[Math.floor(ranks.length * random.uniform())], "SIGKILL");
      const begun = performance.now(), { code } = await ended;
      if (code === 0) break; // the run was over
      seconds = Math.max(seconds, (performance.now() - begun) / 1000);
      kills++;
    }
    const last = await jobResult(start(kills));
    if (last.code > 1) throw new Error(`the run that goes on fails: ${last.err}`);
    const single = await jobResult(startJob(MPIRUNS[0], 1, [...flags, "--model-out", whole]));
    if (single.code > 1) throw new Error(`the run without a break fails: ${single.err}`);
    const [ours, theirs] = await Promise.all([model, whole].map((file) => Deno.readFile(file)));
    const same = ours.length === theirs.length && ours.every((byte, i) => byte === theirs[i]);
    found = { kills, seconds, same };
  });
  return found!;
}

if (import.meta.main) {
  const valueOf = (name: string, usual: string) => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? usual : Deno.args[at + 1];
  };
  const times = Number(valueOf("times", "20")), seed = Number(valueOf("seed", "1"));
  for (const what of valueOf("what", "train,held,solve").split(",")) {
    const { kills, seconds, same } = await killRanks(what as KilledRun, times, seed);
    console.log(
      `${what}: ${kills} of ${times} times a rank was killed, its job ended within ` +
        `${seconds.toFixed(1)} s, ${same ? "the same bytes" : "OTHER BYTES"}`,
    );
    if (!same || kills < times) Deno.exitCode = 1;
  }
}
