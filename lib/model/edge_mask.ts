/**
 * Masks of edges: which edges of a spline layer exist.
 *
 * A configuration holds a mask as text, one word of `0` and `1` per input of the layer: compact in a
 * file, and readable. Here it becomes the tables that layouts and engines ask.
 *
 * @module
 */

/** A mask in a configuration: per input of a layer a word with a `1` for every edge that exists. */
export type EdgeRows = readonly string[];

/**
 * Per spline layer a word for every edge, shape `[nIn, nOut]`: for every knot inside the domain a `1`
 * where the edge has it, a `0` where it goes on smoothly.
 */
export type EdgeGrids = readonly (readonly string[])[];

/** The edges of a spline layer some of which are missing; they are counted input by input. */
export interface EdgeMask {
  /** Number of edges. */
  readonly count: number;
  /** Output node of every edge, by input. */
  readonly outputs: readonly Int32Array[];
  /** Number of every edge, shape `[nIn, nOut]`; -1: there is none. */
  readonly numbers: Int32Array;
  /** How many edges every output node has. */
  readonly inDegrees: Int32Array;
}

const masks = new WeakMap<EdgeRows, EdgeMask>();

/** Finds the tables of a layer's mask; undefined of a layer that has all edges. */
export function edgeMask(rows: EdgeRows | null | undefined): EdgeMask | undefined {
  if (!rows) return undefined;
  const known = masks.get(rows);
  if (known) return known;
  const nOut = rows[0].length, numbers = new Int32Array(rows.length * nOut).fill(-1);
  const inDegrees = new Int32Array(nOut);
  let count = 0;
  const outputs = rows.map((row, p) => {
    const kept: number[] = [];
    for (let q = 0; q < nOut; q++) {
      if (row[q] !== "1") continue;
      numbers[p * nOut + q] = count++;
      inDegrees[q]++;
      kept.push(q);
    }
    return Int32Array.from(kept);
  });
  const mask = { count, outputs, numbers, inDegrees };
  masks.set(rows, mask);
  return mask;
}

/** A mask as a file keeps it where few edges exist: the outputs that every input leads to. */
interface EdgeLists {
  /** Outputs of the layer. */
  readonly outputs: number;
  /** Per input the outputs that it leads to, ascending, from 0. */
  readonly ends: readonly (readonly number[])[];
}

/** Fewest characters of a mask that is worth lists. */
const MANY = 2000;

/** Writes a mask for a file: as words, or as lists where it is large and these are shorter. */
export function plainEdges(rows: EdgeRows | null): EdgeRows | EdgeLists | null {
  if (!rows || !(rows.length * rows[0].length > MANY)) return rows;
  const { count, outputs } = edgeMask(rows)!;
  if (8 * count > rows.length * rows[0].length) return rows;
  return { outputs: rows[0].length, ends: outputs.map((each) => [...each]) };
}

/** Reads a mask that {@linkcode plainEdges} wrote; what is neither is left for a check to refuse. */
export function edgeWords(plain: unknown): unknown {
  const { outputs, ends } = (plain ?? {}) as { outputs?: unknown; ends?: unknown };
  if (!Array.isArray(ends) || !Number.isInteger(outputs)) return plain;
  const size = outputs as number, rows = ends as readonly unknown[];
  const fits = size > 0 && size <= MOST_OUTPUTS && rows.every((each) =>
    Array.isArray(each) &&
    each.every((q) => Number.isInteger(q) && q >= 0 && q < size)
  );
  if (!fits) return plain;
  return (rows as readonly (readonly number[])[]).map((each) => {
    const word = new Uint8Array(size).fill(ZERO);
    for (const q of each) word[q] = ZERO + 1;
    return new TextDecoder().decode(word);
  });
}

const ZERO = "0".charCodeAt(0);
/** Widest layer of a file: `MAX_WIDTH` of configurations. */
const MOST_OUTPUTS = 100_000;

/** Whether an edge exists. */
export function hasEdge(
  { nOut, edges }: { readonly nOut: number; readonly edges: EdgeMask | undefined },
  input: number,
  output: number,
): boolean {
  return edges === undefined || edges.numbers[input * nOut + output] >= 0;
}

/**
 * Brings masks into the one form that a configuration holds: null for a layer with all edges,
 * undefined where every layer has all.
 *
 * @param masks What a caller has written.
 * @param widths Widths of the layers' inputs, and of the last one's outputs.
 * @param fail Is called with the fault; must throw.
 */
export function canonicalEdges(
  masks: unknown,
  widths: readonly number[],
  fail: (rule: string, current: unknown) => never,
): readonly (EdgeRows | null)[] | undefined {
  if (masks === undefined || masks === null) return undefined;
  const layers = widths.length - 1;
  if (!Array.isArray(masks) || masks.length !== layers) {
    fail(`a list with a mask or null for each of the ${layers} spline layers`, masks);
  }
  const canonical = masks.map((rows: unknown, layer): EdgeRows | null => {
    if (rows === null || rows === undefined) return null;
    const nIn = widths[layer], nOut = widths[layer + 1];
    const shape = `${nIn} words of ${nOut} characters 0 and 1 in layer ${layer}, a word per input`;
    const word = new RegExp(`^[01]{${nOut}}$`);
    if (
      !Array.isArray(rows) || rows.length !== nIn ||
      !rows.every((row) => typeof row === "string" && word.test(row))
    ) {
      fail(shape, rows);
    }
    const words = rows as string[];
    const node = words.findIndex((row) => !row.includes("1"));
    if (node >= 0) {
      fail(
        `such that every input has an edge (a node without one is taken out of widths)`,
        `none of input ${node} in layer ${layer}`,
      );
    }
    for (let q = 0; q < nOut; q++) {
      if (words.some((row) => row[q] === "1")) continue;
      fail("such that every output has an edge", `none of output ${q} in layer ${layer}`);
    }
    return words.every((row) => !row.includes("0")) ? null : Object.freeze([...words]);
  });
  return canonical.every((rows) => rows === null) ? undefined : Object.freeze(canonical);
}
