/**
 * Starts programs by a real mpirun; a test that needs one is skipped aloud without.
 *
 * @module
 */

/** A launcher of MPI that is installed. */
export interface Mpirun {
  readonly name: "MPICH" | "Open MPI";
  readonly command: string;
  readonly flags: readonly string[];
}

const CANDIDATES: readonly Mpirun[] = [
  { name: "MPICH", command: "mpiexec.mpich", flags: [] },
  {
    name: "Open MPI",
    command: "mpirun.openmpi",
    flags: ["--allow-run-as-root", "--oversubscribe"],
  },
];

async function isThere({ command }: Mpirun): Promise<boolean> {
  const running = new Deno.Command(command, {
    args: ["--version"],
    stdout: "null",
    stderr: "null",
  });
  return await running.output().then(({ success }) => success, () => false);
}

/** The launchers that are installed. */
export const MPIRUNS: readonly Mpirun[] = (await Promise.all(
  CANDIDATES.map(async (each) => await isThere(each) ? [each] : []),
)).flat();

if (MPIRUNS.length === 0) {
  console.warn("SKIPPED: no mpirun is installed (Debian: apt-get install mpich openmpi-bin)");
}

/** What a job printed, and how it ended. */
export interface JobResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const PROGRAM = ["run", "--quiet", "--allow-all"];

/** Starts a program of this repository on so many ranks; the arguments of rank r may differ. */
export function startJob(
  { command, flags }: Mpirun,
  ranks: number,
  args: readonly string[] | ((rank: number) => readonly string[]),
  environment: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  const deno = Deno.execPath();
  const parts = typeof args === "function"
    ? Array.from({ length: ranks }, (_, r) => [
      ...(r > 0 ? [":"] : []),
      ...["-n", "1", deno, ...PROGRAM, ...args(r)],
    ]).flat()
    : ["-n", String(ranks), deno, ...PROGRAM, ...args];
  return new Deno.Command(command, {
    args: [...flags, ...parts],
    ...{ stdin: "null", stdout: "piped", stderr: "piped", env: environment },
  }).spawn();
}

/** Seconds after which a job counts as one that hangs. */
const PATIENCE = 240;

/** Waits for a job; one that hangs is ended, and an error. */
export async function jobResult(job: Deno.ChildProcess): Promise<JobResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      job.kill("SIGTERM");
      reject(new Error(`a job of several processes has not ended after ${PATIENCE} seconds`));
    }, PATIENCE * 1000);
  });
  const { code, stdout, stderr } = await Promise.race([job.output(), late])
    .finally(() => clearTimeout(timer));
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

/** The processes of this program whose command line names a file. */
export async function ranksOf(file: string): Promise<number[]> {
  const ranks: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (words.startsWith(Deno.execPath()) && words.includes(file)) ranks.push(Number(name));
  }
  return ranks;
}

/** Kills one of the processes whose command line names a file, once the file is there. */
export async function killRank(file: string): Promise<boolean> {
  for (let k = 0; k < 600; k++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (await Deno.stat(file).then(() => true, () => false)) break;
  }
  const ranks = await ranksOf(file);
  if (ranks.length === 0) return false;
  Deno.kill(ranks[ranks.length - 1], "SIGKILL");
  return true;
}
