/**
 * R programs as independent oracles, where R with the needed package is installed.
 *
 * @module
 */

/** An R with a package. */
export interface ROracle {
  /** Whether it is there; if not, a line has said so. */
  readonly found: boolean;
  /**
   * Runs an R program that reads the table `data` and prints numbers, one a line, with `cat`.
   *
   * @param program R statements.
   * @param csv The table, as CSV text.
   */
  run(program: string, csv: string): Promise<number[]>;
}

/** Looks for an R with a package, `stats` or `survival`. */
export function rOracle(name: string): ROracle {
  return { found: probe(name), run };

  async function run(program: string, csv: string): Promise<number[]> {
    const script =
      `library(${name}); data <- read.csv(file("stdin")); options(digits = 17); ${program}`;
    const process = new Deno.Command("Rscript", {
      args: ["-e", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(csv));
    await writer.close();
    const { success, stdout, stderr } = await process.output();
    if (!success) throw new Error(`R failed: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
  }
}

function probe(name: string): boolean {
  try {
    const { success } = new Deno.Command("Rscript", {
      args: ["-e", `library(${name})`],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    if (success) return true;
  } catch { // no R
  }
  console.warn(`R with ${name} is not installed: tests that ask it are left out`);
  return false;
}
