/**
 * The command `sweep`.
 *
 * @module
 */

import { CLUSTER_GROUP } from "../../flags/cluster.ts";
import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Trains many networks by a plan, and tells which is best. */
export const sweepCommand: Command = command({
  name: "sweep",
  purpose: "Train many networks by a plan: on threads, on a cluster, or as a Slurm array.",
  synopsis: ["freeknot sweep FILE.json --out FOLDER [FLAGS]"],
  positionals: 1,
  flags: [
    {
      title: "Runs",
      flags: [
        flag(
          "out FOLDER",
          "Where results go, one small file for each run. A folder that has some of this plan goes on.",
        ),
        sharedFlag("threads", { text: "Threads, of all runs together." }),
        flag("task N", "Does run N, from 0, of a round alone: a task of a batch system."),
        flag("round N", "Of --task: the round, from 1.", "1"),
        {
          name: "print-slurm",
          text: "Prints a script that hands the runs to Slurm; runs nothing.",
        },
      ],
    },
    CLUSTER_GROUP,
    {
      title: "Output",
      flags: [
        sharedFlag("model-out", { text: "Train the best run once more and keep its network." }),
        sharedFlag("json"),
        sharedFlag("quiet"),
      ],
    },
  ],
  notes: [
    'A plan is an object: "base" has the flags of all runs, as {"data": "t.csv", "target": "y"}; ' +
    '"vary" the flags that vary, as {"widths": ["2,5,1", "2,8,1"], "seed": [1, 2]}. "method" is ' +
    'grid: all combinations; random: as many as "runs" says, drawn by "seed", where a range ' +
    '{"from": 1e-6, "to": 1e-2, "scale": "log"} may stand for a list; halving: all combinations, ' +
    'or "runs" of them, compete in "rounds", a list of flags that each round adds, as ' +
    '[{"schedule": "4"}, {"schedule": "16"}]; of "reduction" (3) runs one goes on.',
    "The best run has the lowest loss on the rows of validation-fraction, else on the training rows.",
    "A run that fails is tried once more, and then named; the others go on. Exit codes: 0 done, 1 " +
    "some runs failed, 2 wrong request (nothing is written), 130 stopped.",
    "With --cluster mpi every rank takes the next run that nobody has; with --task several machines " +
    "share the folder. The table is the same.",
  ],
  examples: {
    "All runs on this machine": "freeknot sweep plan.json --out results",
    "On four processes": "mpirun -n 4 freeknot sweep plan.json --out results --cluster mpi",
    "On a cluster with Slurm": "freeknot sweep plan.json --out results --print-slurm > sweep.sh",
  },
}, async () => (await import("./steps.ts")).sweepSteps);
