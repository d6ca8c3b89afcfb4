import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** A plan of four runs on a small table. */
async function writePlan(folder: string, schedule: string): Promise<string> {
  const rows = Array.from({ length: 300 }, (_, i) => `${i / 300},${Math.sin(i / 40)}`);
  await Deno.writeTextFile(`${folder}/t.csv`, `x,y\n${rows.join("\n")}\n`);
  const base = { data: `${folder}/t.csv`, target: "y", widths: "1,3,1", schedule };
  const vary = { optimizer: ["lbfgs", "gauss-newton"], seed: [1, 2] };
  await Deno.writeTextFile(`${folder}/plan.json`, JSON.stringify({ base, vary }));
  return `${folder}/plan.json`;
}

function start(command: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Deno.Command(command, {
    args: [...args],
    ...{ env, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function ended(process: Deno.ChildProcess) {
  const { code, stdout, stderr } = await process.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

const deno = (args: readonly string[]) => start(Deno.execPath(), ["run", "--quiet", "-A", ...args]);

/** What is said of every run: the times differ. */
const tableOf = (out: string) => out.split("\n").filter((line) => /^\d+ /.test(line.trim()));

async function results(folder: string): Promise<number> {
  let count = 0;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      count += Number(/^\D*\d.*\.json$/.test(name));
    }
  } catch {
    return 0;
  }
  return count;
}

Deno.test("sweep: what kill -9 leaves is kept, and the same command does the rest", async () => {
  await withFolder(async (folder) => {
    const plan = await writePlan(folder, "60,40"), out = `${folder}/o`;
    const sweep = [CLI, "sweep", plan, "--out", out, "--threads", "1"];
    const first = deno(sweep), end = ended(first);
    for (let k = 0; k < 400 && await results(out) < 1; k++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    first.kill("SIGKILL");
    await end;
    const kept = await results(out);
    assert(kept >= 1, `${kept} results`);
    const again = await ended(deno(sweep));
    assertEquals(again.code, 0, again.err);
    assertEquals(again.err.match(/^run \d/gm)?.length ?? 0, 4 - kept, again.err);
    const whole = await ended(deno([CLI, "sweep", plan, "--out", `${folder}/w`, "--quiet"]));
    assertEquals(tableOf(again.out).map((line) => line.split(/ +/).slice(0, 4)), [
      ...tableOf(whole.out).map((line) => line.split(/ +/).slice(0, 4)),
    ]);
  });
});

/** An sbatch that does every task at once, as Slurm would; what is done is told in a file. */
const SBATCH = `#!/bin/sh
set -eu
tasks=none; cpus=1
while [ $# -gt 0 ]; do
  case "$1" in
    --array=0-*) tasks=$(seq 0 "\${1#--array=0-}");;
    --cpus-per-task=*) cpus=\${1#*=};;
    --wrap) work=$2; shift;;
  esac
  shift
done
for task in $tasks; do
  [ "$task" = none ] || export SLURM_ARRAY_TASK_ID=$task
  SLURM_CPUS_PER_TASK=$cpus sh -c "$work" >>"$SBATCH_LOG" 2>&1
done
echo 17
`;

Deno.test("sweep --print-slurm: the script runs every task and prints the table", async () => {
  await withFolder(async (folder) => {
    const plan = await writePlan(folder, "2,1"), bin = `${folder}/bin`;
    await Deno.mkdir(bin);
    await Deno.writeTextFile(`${bin}/sbatch`, SBATCH);
    await Deno.writeTextFile(
      `${bin}/freeknot`,
      `#!/bin/sh\nexec ${Deno.execPath()} run -qA ${CLI} "$@"\n`,
    );
    for (const name of ["sbatch", "freeknot"]) await Deno.chmod(`${bin}/${name}`, 0o755);
    const sweep = [CLI, "sweep", plan, "--out", `${folder}/o`];
    const { code, out: script } = await ended(deno([...sweep, "--print-slurm"]));
    assertEquals(code, 0);
    await Deno.writeTextFile(`${folder}/sweep.sh`, script);
    const log = `${folder}/log`, PATH = `${bin}:${Deno.env.get("PATH")}`;
    const ran = await ended(start("sh", [`${folder}/sweep.sh`], { PATH, SBATCH_LOG: log }));
    assertEquals(ran.code, 0, ran.err);
    const told = await Deno.readTextFile(log);
    assertMatch(told, /^best: run \d: freeknot train /m);
    assertEquals(tableOf(told).length, 4);
  });
});
