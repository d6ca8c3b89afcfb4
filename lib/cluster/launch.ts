/**
 * What a launcher of MPI tells the processes that it starts.
 *
 * @module
 */

/** Reads a variable of the environment. */
export type ReadVariable = (name: string) => string | undefined;

/** How this process was started. */
export interface Launch {
  /** The family of the launcher. */
  readonly family: "mpich" | "openmpi";
  /** The processes that it has started, where it tells. */
  readonly size?: number;
  /** Which of them this is, where it tells. */
  readonly rank?: number;
}

/** Variables by which launchers tell of themselves. */
const LAUNCHERS: readonly {
  readonly family: Launch["family"];
  readonly size: string;
  readonly rank: string;
}[] = [
  { family: "openmpi", size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK" },
  { family: "mpich", size: "PMI_SIZE", rank: "PMI_RANK" }, // MPICH, Intel MPI, Slurm's pmi2
  { family: "openmpi", size: "SLURM_STEP_NUM_TASKS", rank: "PMIX_RANK" }, // srun --mpi=pmix
];

/**
 * Finds out whether a launcher of MPI has started this process.
 *
 * @param read Reads the environment.
 * @returns What the launcher tells; undefined without one.
 *
 * @example
 * ```ts
 * import { launchOf } from "@freeknot/freeknot/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const environment: Record<string, string> = { PMI_SIZE: "4", PMI_RANK: "2" };
 * const launch = launchOf((name) => environment[name]);
 * assertEquals(launch, { family: "mpich", size: 4, rank: 2 });
 * assertEquals(launchOf(() => undefined), undefined);
 * ```
 */
export function launchOf(read: ReadVariable): Launch | undefined {
  for (const { family, size, rank } of LAUNCHERS) {
    const found = read(rank);
    if (found === undefined || !/^\d+$/.test(found)) continue;
    const all = Number(read(size));
    return { family, ...(all >= 1 ? { size: all } : {}), rank: Number(found) };
  }
  return undefined;
}
