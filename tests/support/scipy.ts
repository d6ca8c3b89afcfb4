/**
 * SciPy as an independent oracle, where a Python with SciPy is installed.
 *
 * @module
 */

const PYTHON = "/usr/bin/python3";

/** SciPy's version, or `undefined` if it cannot be imported; then a line says so. */
export const scipyVersion: string | undefined = probe();

function probe(): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(PYTHON, {
      args: ["-c", "import scipy; print(scipy.__version__)"],
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // no such program: said below
  }
  console.log(`SKIPPED: comparisons with SciPy, ${PYTHON} cannot import scipy`);
  return undefined;
}

/**
 * Runs a Python program that reads `data` (a JSON value) and leaves its answer in `answer`.
 *
 * @param program Python statements; `numpy as np`, `BSpline` and `insert` are imported.
 * @param data Input, any JSON value.
 * @returns `answer`, as JSON.
 */
export async function runScipy<T>(program: string, data: unknown): Promise<T> {
  const script = [
    "import sys, json",
    "import numpy as np",
    "from scipy.interpolate import BSpline, insert",
    "data = json.load(sys.stdin)",
    program,
    "json.dump(answer, sys.stdout)",
  ].join("\n");
  const process = new Deno.Command(PYTHON, {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(data)));
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  if (!success) throw new Error(`Python failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as T;
}
