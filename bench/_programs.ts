/**
 * The programs that the table compares, each run in a process of its own.
 *
 * @module
 */

import { type Case, createProblem, type Patience, rowsWithin } from "./_case.ts";
import { OWN_ENGINES } from "./_engines.ts";
import type { PlainC } from "./_plain_c.ts";
import { type Measurement, runJson, runText, Unavailable } from "./_run_json.ts";

/** A program. */
export interface Program {
  /** Heading of its column, and its name for `--only`. */
  readonly name: string;
  /** Ours and plain C are measured in every round; peers, slower by far, in fewer. */
  readonly kind: "ours" | "plain" | "peer";
  /** Whether it can run this case at all. */
  accepts(which: Case): boolean;
  /**
   * Times it.
   *
   * @throws {Unavailable} If it is not installed or fails.
   */
  run(which: Case, patience: Patience): Promise<Measurement>;
}

/** Folders of clones; empty where not given. */
export interface Clones {
  readonly "efficient-kan": string;
  readonly pykan: string;
  readonly fastkan: string;
}

/** What a program of the full basis holds per basis value: the tape of free knots, float64. */
const BYTES_PER_VALUE = 216;
const TFJS_VALUES = { cpu: 2 ** 15, wasm: 2 ** 20 } as const;

/** Our engines, twice each: the same work as the peers, and with the default min-max. */
export function ownPrograms(): Program[] {
  return OWN_ENGINES.flatMap(({ name, accepts }) =>
    (["none", "minmax"] as const).map((normalisation): Program => ({
      name: normalisation === "none" ? name : `${name} minmax`,
      kind: "ours",
      accepts: ({ threads }) => accepts(threads),
      run: (which, patience) =>
        runJson([
          Deno.execPath(),
          "run",
          "--quiet",
          "--allow-all",
          file("./_own_process.ts"),
          name,
          normalisation,
          JSON.stringify(which),
          JSON.stringify(patience),
        ]),
    }))
  );
}

/** The plain C program. */
export function plainProgram(plainC: PlainC): Program {
  return {
    name: "C",
    kind: "plain",
    accepts: () => true,
    run: (which, patience) => plainC.run(which, createProblem(which, "none"), patience),
  };
}

/**
 * PyTorch with the full basis, and the clones that there are.
 *
 * @param python A Python with torch.
 * @param clones Where the clones are.
 * @param bytes Memory that one evaluation may take, about: sets the number of points.
 */
export function torchPrograms(python: string, clones: Clones, bytes: number): Program[] {
  const script = file("./peers/full_basis_torch.py");
  const programs: Program[] = [{
    name: "torch",
    kind: "peer",
    accepts: () => true,
    run: (which, patience) =>
      runJson([
        python,
        "-B",
        script,
        ...torchArguments(which, patience, bytes),
        `--knots=${which.knots}`,
      ]),
  }];
  for (const [name, path] of Object.entries(clones)) {
    if (!path) continue;
    programs.push({
      name,
      kind: "peer",
      // Gaussian bumps have no degree: one row of them is enough.
      accepts: ({ knots, degree }) => knots === "uniform" && (name !== "fastkan" || degree === 3),
      run: (which, patience) =>
        runJson([
          python,
          "-B",
          file("./peers/clones_torch.py"),
          name,
          `--path=${path}`,
          ...torchArguments(which, patience, bytes),
        ]),
    });
  }
  return programs;
}

function torchArguments(which: Case, { seconds, repeats }: Patience, bytes: number): string[] {
  const { widths, degree, intervals, threads } = which;
  const rows = rowsWithin(which, bytes / BYTES_PER_VALUE);
  return Object.entries({ widths, degree, intervals, threads, rows, seconds, repeats })
    .map(([key, value]) => `--${key}=${value}`);
}

/** The network composed of tfjs operations. */
export function tfjsPrograms(): Program[] {
  return (["cpu", "wasm"] as const).map((backend): Program => ({
    name: `tfjs-${backend}`,
    kind: "peer",
    accepts: ({ threads }) => threads === 1,
    run: (which, patience) =>
      runJson([
        Deno.execPath(),
        "run",
        "--quiet",
        "--no-lock", // tfjs is large: who does not run the benchmark never downloads it
        "--allow-all",
        file("./peers/full_basis_tfjs.ts"),
        backend,
        String(rowsWithin(which, TFJS_VALUES[backend])),
        JSON.stringify(which),
        JSON.stringify(patience),
      ]),
  }));
}

/**
 * Finds a Python that has torch.
 *
 * @param candidates Programs to try, in order.
 * @returns The program and what it runs.
 * @throws {Unavailable} If there is none.
 */
export async function findTorch(
  candidates: readonly string[],
): Promise<{ python: string; version: string }> {
  const code = "import platform, torch; " +
    "print('PyTorch', torch.__version__, 'on Python', platform.python_version())";
  for (const python of candidates) {
    try {
      return { python, version: (await runText([python, "-c", code])).trim() };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
  }
  throw new Unavailable(`no torch in any of ${candidates.join(", ")}`);
}

/** Commit of a clone, for the header. */
export async function commitOf(folder: string): Promise<string> {
  try {
    return (await runText(["git", "-C", folder, "rev-parse", "--short", "HEAD"])).trim();
  } catch {
    return "unknown commit";
  }
}

function file(path: string): string {
  return decodeURIComponent(new URL(path, import.meta.url).pathname);
}
