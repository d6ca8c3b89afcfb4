/**
 * Runs the program inside the test or as a process of its own.
 *
 * @module
 */

import { main } from "../../cli.ts";

/** Root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** The data of the classification test. */
export const WISCONSIN = decodeURIComponent(
  new URL("examples/data/wisconsin_breast_cancer.csv", ROOT).pathname,
);

/** What a run printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `main` here, with streams of its own. */
export async function run(...args: string[]): Promise<Outcome> {
  let out = "", err = "";
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
  });
  return { code, out, err };
}

/** The command that runs the program as a process, with the permissions the README names. */
export function program(
  args: readonly string[],
  cwd: string,
  stdin: "null" | "piped" = "null",
): Deno.Command {
  const script = decodeURIComponent(new URL("cli.ts", ROOT).pathname);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", "--no-prompt", script, ...args],
    cwd,
    // without it drivers of WebGPU complain on stderr, even with --quiet
    env: { XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program as a process. */
export async function spawn(args: readonly string[], cwd: string): Promise<Outcome> {
  const { code, stdout, stderr } = await program(args, cwd).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

export { withFolder } from "../support/folder.ts";

/** Names and contents of all files below a folder, sorted. */
export function listing(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(`${path}/`, ...listing(path));
    else found.push(`${path}: ${[...Deno.readFileSync(path)].join()}`);
  }
  return found.sort();
}

/** Trains one network on a table, which is written into a folder as the model is. */
export async function trainNetwork(
  folder: string,
  table: string,
  ...flags: string[]
): Promise<{ readonly data: string; readonly model: string }> {
  const data = `${folder}/t.csv`, model = `${folder}/m`;
  await Deno.writeTextFile(data, table);
  const files = ["--data", data, "--model-out", model];
  const { code, err } = await run(
    ...["train", "--form", "network", ...files, "--quiet", "--threads", "1", ...flags],
  );
  if (code !== 0) throw new Error(`train ends with code ${code}: ${err}`);
  return { data, model };
}

/** A table `a,b,y` with `y = 3 + 2 a - b + a b`. */
export function smallTable(rows = 60): string {
  const lines = ["a,b,y"];
  for (let r = 0; r < rows; r++) {
    const a = (r * 7) % 13 / 13, b = (r * 5) % 11 / 11;
    lines.push(`${a},${b},${3 + 2 * a - b + a * b}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A table `a,b,kind` of three classes by the size of `a + b`. */
export function classTable(rows = 90): string {
  const lines = ["a,b,kind"];
  for (let r = 0; r < rows; r++) {
    const a = (r * 7) % 13 / 13, b = (r * 5) % 11 / 11;
    lines.push(`${a},${b},${a + b < 0.7 ? "low" : a + b < 1.2 ? "middle" : "high"}`);
  }
  return `${lines.join("\n")}\n`;
}
