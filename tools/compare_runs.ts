/**
 * Do two checkouts compute the same bits? A dozen runs in both: training, tables, classes, threads,
 * a run that was stopped and resumed, WebGPU, differential equations, tables of the paper,
 * TensorFlow.js. Compares model files, predictions and JSON byte for byte, times left out.
 *
 * `deno run --allow-all tools/compare_runs.ts BEFORE AFTER [WORDS]`, two folders with the sources;
 * WORDS picks the runs whose names hold them. What BEFORE gave is kept in `BEFORE.runs.json`, beside
 * the folder, and not run again.
 *
 * @module
 */

/** A run: command lines one after the other in an empty folder. */
interface Run {
  readonly name: string;
  readonly lines: readonly string[];
  /** Stops the first line by Ctrl-C as soon as this file is there. */
  readonly stopAt?: string;
}

const DATA = "TABLES/wisconsin_breast_cancer.csv";
const OUT = "--model-out m --json --quiet";
const PROBLEM = "train --problem nonsmooth --rows 400";

const RUNS: readonly Run[] = [
  { name: "default", lines: [`${PROBLEM} --threads 2 ${OUT}`, "inspect --model m --json"] },
  { name: "one-thread", lines: [`${PROBLEM} --threads 1 ${OUT}`] },
  {
    name: "lbfgs-silu-spline-quantiles",
    lines: [
      `train --problem xor --rows 500 --optimizer lbfgs --first-layer spline --base silu --schedule 6,4,2 ${OUT}`,
    ],
  },
  {
    name: "relu-uniform",
    lines: [
      `train --problem nonsmooth --rows 500 --basis relu --knots uniform --optimizer lbfgs --schedule 8,4 ${OUT}`,
    ],
  },
  {
    name: "relu-free-gauss-newton",
    lines: [`train --problem nonsmooth --rows 500 --basis relu --schedule 8,4 ${OUT}`],
  },
  {
    name: "adam-batches-huber-float32",
    lines: [
      `train --problem nonsmooth --rows 500 --optimizer adamw --batch-size 64 --loss huber --schedule 8,4 --dtype float32 ${OUT}`,
    ],
  },
  {
    name: "classes",
    lines: [
      `train --data ${DATA} --target benign --loss cross-entropy --intervals 2 --schedule 2 --weight-decay 0.001 --validation-fraction 0.2 --report r.html ${OUT}`,
      `predict --model m --data ${DATA} --out p.csv --quiet`,
      `evaluate --model m --data ${DATA} --json --quiet`,
    ],
  },
  {
    name: "seeds-mean",
    lines: [
      `${PROBLEM} --seeds 1..3 --keep mean --schedule 4,4 --refinement residual --outer-knots clamped --knot-sharing layer ${OUT}`,
    ],
  },
  {
    name: "resume",
    lines: [
      `${PROBLEM} --schedule 9,7,5 --checkpoint c --checkpoint-every 1 ${OUT}`,
      "train --resume c --model-out m --json --quiet",
    ],
    stopAt: "c",
  },
  {
    name: "webgpu",
    lines: [
      `${PROBLEM} --engine webgpu --optimizer lbfgs --schedule 3,2 ${OUT}`,
      `${PROBLEM} --engine webgpu --optimizer adam --schedule 3,2 --knots uniform ${OUT}`,
    ],
  },
  { name: "solve-poisson", lines: [`solve --problem poisson --out s.csv ${OUT}`] },
  {
    name: "solve-renewed",
    lines: [`solve --problem burgers --schedule 4,3 --renew 2 --points 900 ${OUT}`],
  },
  {
    name: "solve-auto",
    lines: [`solve --file TABLES/../../bench/cases/oscillator.json --report r.html ${OUT}`],
  },
  { name: "solve-inverse", lines: [`solve --problem inverse-diffusion --threads 1 ${OUT}`] },
  { name: "reproduce-table1", lines: ["reproduce table1 --quick --only spline --json --quiet"] },
  { name: "reproduce-table3", lines: ["reproduce table3 --quick --only spline --json --quiet"] },
  { name: "tfjs", lines: ["EXAMPLE fit_nonsmooth.ts"] },
];

/** Keys of JSON whose values differ from run to run. */
const TIMES = /seconds|Seconds|date|^at$|milliseconds|^bytes$/;

async function main(): Promise<void> {
  const [before, after, words = ""] = Deno.args;
  if (after === undefined) {
    console.error("usage: deno run --allow-all tools/compare_runs.ts BEFORE AFTER [WORDS]");
    Deno.exit(2);
  }
  let different = 0;
  const memory = `${before.replace(/\/$/, "")}.runs.json`;
  const known: Record<string, Record<string, string>> = JSON.parse(
    await Deno.readTextFile(memory).catch(() => "{}"),
  );
  for (const run of RUNS.filter(({ name }) => name.includes(words))) {
    const old = known[run.name] ??= await outcome(before, run), now = await outcome(after, run);
    await Deno.writeTextFile(memory, JSON.stringify(known));
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    const changed = names.filter((name) => old[name] !== now[name]);
    if (changed.length > 0) different++;
    const kept = names.map((name) => `${name} ${now[name]?.slice(0, 8)}`).join(", ");
    console.log(
      changed.length === 0
        ? `same       ${run.name}: ${kept}`
        : `DIFFERENT  ${run.name}: ${changed.join(", ")}`,
    );
    if (changed.length > 0) console.log(`  exit codes ${old.codes} before, ${now.codes} after`);
  }
  console.log(different === 0 ? "all runs are the same" : `${different} runs differ`);
  Deno.exit(different === 0 ? 0 : 1);
}

/** Digests of all that a run prints and leaves. */
async function outcome(checkout: string, run: Run): Promise<Record<string, string>> {
  const root = await Deno.realPath(checkout);
  const folder = await Deno.makeTempDir();
  const digests: Record<string, string> = { codes: "" };
  for (const [i, line] of run.lines.entries()) {
    const words = line.replaceAll("TABLES", `${await Deno.realPath(Deno.args[0])}/examples/data`)
      .split(" ");
    const args = words[0] === "EXAMPLE"
      ? ["run", "--no-lock", "--allow-all", `${root}/examples/tfjs/${words[1]}`]
      : ["run", "--no-lock", "--allow-all", `${root}/cli.ts`, ...words];
    const child = new Deno.Command(Deno.execPath(), {
      args,
      cwd: words[0] === "EXAMPLE" ? root : folder,
      env: { NO_COLOR: "1", XDG_RUNTIME_DIR: "/tmp" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    if (i === 0 && run.stopAt !== undefined) await stop(child, `${folder}/${run.stopAt}`);
    const { code, stdout } = await child.output();
    digests.codes += i === 0 && run.stopAt !== undefined ? "" : `${code} `;
    if (i > 0 || run.stopAt === undefined) {
      digests[`stdout ${i}`] = await digest(timeless(stdout));
    }
    for (const { name } of Deno.readDirSync(folder)) {
      if (name.includes(".part") || name.endsWith(".lock") || name === run.stopAt) continue;
      if (name.endsWith(".html")) continue; // pictures may be drawn otherwise
      if (i === 0 && run.stopAt !== undefined) continue;
      const bytes = await Deno.readFile(`${folder}/${name}`);
      digests[`${i} ${name}`] = await digest(name === "m" ? withoutSource(bytes) : bytes);
    }
  }
  await Deno.remove(folder, { recursive: true });
  return digests;
}

async function stop(child: Deno.ChildProcess, file: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await Deno.stat(file).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  try {
    child.kill("SIGINT");
  } catch {
    // it was done
  }
}

/** JSON without times; other text as it is. */
function timeless(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  let plain = text;
  try {
    plain = JSON.stringify(
      JSON.parse(text, (key, value) => TIMES.test(key) ? undefined : value),
    );
  } catch {
    // not JSON
  }
  return new TextEncoder().encode(plain);
}

/** A model file without the text that cites a problem's source, and the checksum of all. */
function withoutSource(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length))
    .replace(/\\*"source\\*":\\*"[^"\\]*\\*",?/g, "").replace(/"(crc32|checksum)":"[^"]*"/g, "");
  const text = new TextEncoder().encode(header.trimEnd()), data = bytes.subarray(8 + length);
  const all = new Uint8Array(text.length + data.length);
  all.set(text);
  all.set(data, text.length);
  return all;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

await main();
