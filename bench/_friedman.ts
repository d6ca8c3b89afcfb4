/**
 * Tables of Friedman's function, written part by part.
 *
 * @module
 */

import type { createRandom } from "@freeknot/freeknot/model";

/** Writes a table of Friedman's function of five of the columns, with noise (Friedman 1991). */
export async function writeFriedmanTable(
  file: string,
  { rows, columns, digits }: Readonly<Record<"rows" | "columns" | "digits", number>>,
  random: ReturnType<typeof createRandom>,
): Promise<void> {
  const encoder = new TextEncoder();
  using out = await Deno.open(file, { write: true, create: true, truncate: true });
  let text = `${Array.from({ length: columns }, (_, c) => `x${c + 1}`).join(",")},y\n`;
  for (let row = 0; row < rows; row++) {
    const x = Array.from({ length: columns }, () => random.uniform());
    const y = 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4] +
      random.normal();
    text += `${[...x, y].map((each) => each.toFixed(digits)).join(",")}\n`;
    if (text.length > 1 << 22 || row === rows - 1) {
      const bytes = encoder.encode(text);
      for (let done = 0; done < bytes.length;) done += await out.write(bytes.subarray(done));
      text = "";
    }
  }
}
