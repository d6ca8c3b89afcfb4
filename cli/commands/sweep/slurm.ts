/**
 * A sweep as a batch job of Slurm: an array with one task for each run of a round, and a last job that
 * prints the table.
 *
 * @module
 */

import { shellWord } from "../../terminal/shell_word.ts";
import { runsOfRound, type SweepPlan } from "./plan.ts";

/**
 * Writes the shell script that hands a sweep to Slurm.
 *
 * @param words The words of the sweep's command line, without `--print-slurm`.
 */
export function slurmScript(plan: SweepPlan, words: readonly string[]): string {
  const command = words.map(shellWord).join(" ");
  const rounds = plan.rounds.map((_, round) => {
    const before = round > 0 ? `--dependency=afterany:"$round${round}" ` : "";
    const task = `${command} --threads "$SLURM_CPUS_PER_TASK" --quiet --round ${round + 1} ` +
      '--task "$SLURM_ARRAY_TASK_ID"';
    const last = runsOfRound(plan, round) - 1;
    return [
      `round${round + 1}=$(sbatch --parsable --array=0-${last} --cpus-per-task="$CPUS" ${before}\\`,
      `  --wrap ${shellWord(task)})`,
    ].join("\n");
  });
  return [
    "#!/bin/sh",
    "# Hands the runs of a sweep to Slurm. The folder must be one that all machines see. What is",
    "# done already is not done again. The last job does what is missing then, and prints the table.",
    "set -eu",
    'CPUS="${CPUS:-1}"',
    ...rounds,
    `sbatch --dependency=afterany:"$round${plan.rounds.length}" --output=sweep-%j.txt \\`,
    `  --wrap ${shellWord(command)}`,
    "",
  ].join("\n");
}
