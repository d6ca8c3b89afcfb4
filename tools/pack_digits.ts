/**
 * Packs scikit-learn's digits into lib/reproduce/experiments/_digits_data.ts: columns one after the
 * other, the labels first, deflated, as base64.
 *
 * `deno run --no-lock --allow-read --allow-write tools/pack_digits.ts digits.csv`, where
 * `python3 -c "import numpy as n, sklearn.datasets as s; d = s.load_digits();
 * n.savetxt('digits.csv', n.c_[d.target, d.data], '%d', ',')"` writes the table.
 *
 * @module
 */

const rows = (await Deno.readTextFile(Deno.args[0])).trim().split("\n").map((line) =>
  line.split(",").map(Number)
);
const bytes = Uint8Array.from(rows[0].flatMap((_, column) => rows.map((row) => row[column])));
const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
const packed = new Uint8Array(await new Response(stream).arrayBuffer());
const text = `/**
 * Handwritten digits of 8 x 8 pixels from 0 to 16: the ${rows.length} test images of "Optical Recognition of
 * Handwritten Digits" (Alpaydin and Kaynak 1998, UCI Machine Learning Repository,
 * doi 10.24432/C50P49, CC BY 4.0), as scikit-learn ships them. Packed by tools/pack_digits.ts, not
 * changed otherwise.
 *
 * @module
 */

/** How many images. */
export const DIGIT_ROWS = ${rows.length};

/** Columns one after the other, the labels first, a byte a number, deflated, as base64. */
export const PACKED_DIGITS =
  "${packed.toBase64()}";
`;
await Deno.writeTextFile("lib/reproduce/experiments/_digits_data.ts", text);
