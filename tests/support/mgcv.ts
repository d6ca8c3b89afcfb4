/**
 * R's package mgcv as an independent oracle.
 *
 * @module
 */

const RSCRIPT = "Rscript";

/** The package's version, or `undefined` if there is none; then a line has said so. */
export const MGCV: string | undefined = probe();

/** A table for R: columns by name. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Runs a program that reads the data frame `d` and prints lines `name number number ...`.
 *
 * @param program R statements; mgcv is loaded.
 * @param columns The data frame.
 * @returns The numbers of every line by name.
 */
export async function runMgcv(
  program: string,
  columns: Columns,
): Promise<Record<string, number[]>> {
  const folder = await Deno.makeTempDir();
  try {
    const names = Object.keys(columns), rows = columns[names[0]].length;
    const lines = Array.from({ length: rows }, (_, r) => names.map((name) => columns[name][r]));
    await Deno.writeTextFile(`${folder}/d.csv`, [names, ...lines].join("\n"));
    const script = [
      "suppressMessages(library(mgcv))",
      `d <- read.csv("${folder}/d.csv")`,
      "options(digits = 17)",
      'say <- function(name, x) cat(name, format(x, digits = 17), "\\n")',
      program,
    ].join("\n");
    await Deno.writeTextFile(`${folder}/run.R`, script);
    const { success, stdout, stderr } = await new Deno.Command(RSCRIPT, {
      args: [`${folder}/run.R`],
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`R failed: ${new TextDecoder().decode(stderr)}`);
    const found: Record<string, number[]> = {};
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      const [name, ...numbers] = line.trim().split(/\s+/);
      if (numbers.length > 0) found[name] = numbers.map(Number);
    }
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function probe(): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(RSCRIPT, {
      args: ["-e", 'cat(as.character(packageVersion("mgcv")))'],
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // no such program: said below
  }
  console.log("SKIPPED: comparisons with mgcv, there is no Rscript with it");
  return undefined;
}
