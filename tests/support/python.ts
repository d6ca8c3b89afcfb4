/**
 * Python programs as independent oracles, where a Python with the needed module is installed.
 *
 * @module
 */

/** The interpreter that is asked for. */
export const PYTHON = "/usr/bin/python3";

/** A Python with a module. */
export interface PythonOracle {
  /** The module's version, or `undefined` if it cannot be imported; then a line has said so. */
  readonly version: string | undefined;
  /**
   * Runs a Python program that reads `data` (a JSON value) and leaves its answer in `answer`.
   *
   * @param program Python statements.
   * @param data Input, any JSON value.
   * @returns `answer`, as JSON.
   */
  run<T>(program: string, data: unknown): Promise<T>;
}

/**
 * Looks for a Python with a module.
 *
 * @param module `scipy`, `torch`, ...
 * @param title What people call it.
 * @param preamble Statements that run before every program.
 */
export function pythonOracle(
  module: string,
  title: string,
  preamble: readonly string[],
): PythonOracle {
  async function run<T>(program: string, data: unknown): Promise<T> {
    const script = [
      "import sys, json",
      ...preamble,
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
  return { version: probe(module, title), run };
}

function probe(module: string, title: string): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(PYTHON, {
      args: ["-c", `import ${module}; print(${module}.__version__)`],
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // no such program: said below
  }
  console.log(`SKIPPED: comparisons with ${title}, ${PYTHON} cannot import ${module}`);
  return undefined;
}
