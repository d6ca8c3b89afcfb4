/**
 * PyTorch as an independent oracle, where a Python with torch is installed.
 *
 * @module
 */

const PYTHON = "/usr/bin/python3";

/** PyTorch's version, or `undefined` if it cannot be imported; then a line says so. */
export const torchVersion: string | undefined = probe();

function probe(): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(PYTHON, {
      args: ["-c", "import torch; print(torch.__version__)"],
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // no such program: said below
  }
  console.log(`SKIPPED: comparisons with PyTorch, ${PYTHON} cannot import torch`);
  return undefined;
}

/**
 * Runs a Python program that reads `data` (a JSON value) and leaves its answer in `answer`.
 *
 * @param program Python statements; `torch` is imported, its default type is float64.
 * @param data Input, any JSON value.
 * @returns `answer`, as JSON.
 */
export async function runTorch<T>(program: string, data: unknown): Promise<T> {
  const script = [
    "import sys, json, torch",
    "torch.set_default_dtype(torch.float64)",
    "torch.set_num_threads(1)",
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
