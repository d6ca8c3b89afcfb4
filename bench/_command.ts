/**
 * The command line called from a benchmark, and a table of Friedman's function for it.
 *
 * @module
 */

import { main } from "@freeknot/freeknot/cli";
import { generator, normal } from "../tests/support/random.ts";

/** Runs a command with `--json`; gives what it prints. */
export async function runCommand(...args: readonly string[]): Promise<Record<string, unknown>> {
  let printed = "", faults = "";
  const code = await main([...args, "--json", "--quiet"], {
    out: (text) => void (printed += text),
    err: (text) => void (faults += text),
    interactive: false,
  });
  if (code !== 0) throw new Error(`freeknot ${args.join(" ")} ended with ${code}: ${faults}`);
  return JSON.parse(printed);
}

/**
 * Writes a table of `10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5` (Friedman 1991) with noise of
 * deviation 1, columns of noise beside the five, all uniform on [0, 1].
 */
export function writeFriedman(
  file: string,
  { seed, rows, columns }: Record<"seed" | "rows" | "columns", number>,
): void {
  const random = generator(seed), most = 100;
  const names = Array.from({ length: columns }, (_, i) => `x${i + 1}`);
  const lines = Array.from({ length: rows }, () => {
    // the same rows for any number of columns
    const x = Array.from({ length: most }, random);
    const y = 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4];
    return [...x.slice(0, columns), y + normal(random)].join(",");
  });
  Deno.writeTextFileSync(file, [[...names, "y"].join(","), ...lines].join("\n") + "\n");
}
