/**
 * A box cut into convex cells by functions that are affine on every cell: vertices, edges, faces and
 * solids that know what bounds them.
 *
 * Cells of dimension `k` are lists of the cells of dimension `k - 1` around them. A cut first splits
 * the edges whose ends lie on different sides, then faces and solids; neighbours share what is
 * between them, so that the parts fit together (edge subdivision, as in A. Berzins, Polyhedral
 * complex extraction from ReLU networks using edge subdivision, 2023).
 *
 * @module
 */

/** Sides of a cut that a cell has points on, as bits. */
const BELOW = 1, ABOVE = 2, BOTH = 3;

/** A box and its cuts. */
export class CutComplex {
  readonly dimension: number;
  /** Coordinates, one list per axis. */
  readonly coordinates: number[][];
  /** `bounds[k][i]`: the cells of dimension `k - 1` around cell `i` of dimension `k`; `k >= 1`. */
  readonly bounds: number[][][];
  /** Values at the vertices that are carried along, one list per function. */
  carried: number[][] = [];
  readonly #mostCells: number;

  /** The cells of a box with these ends. */
  constructor(box: readonly (readonly [number, number])[], mostCells: number) {
    this.dimension = box.length;
    this.#mostCells = mostCells;
    this.coordinates = box.map(() => []);
    this.bounds = box.map(() => []);
    this.bounds.push([]);
    // cells of a box: on every axis the low end, the high end, or all between
    const numbers = new Map<string, number>();
    const counts = new Array<number>(box.length + 1).fill(0);
    for (const word of words(box.length)) {
      const k = [...word].filter((letter) => letter === "*").length;
      numbers.set(word, counts[k]++);
      if (k === 0) {
        box.forEach((ends, axis) => this.coordinates[axis].push(ends[word[axis] === "0" ? 0 : 1]));
        continue;
      }
      this.bounds[k].push(
        [...word].flatMap((letter, axis) =>
          letter !== "*"
            ? []
            : ["0", "1"].map((end) =>
              numbers.get(word.slice(0, axis) + end + word.slice(axis + 1))!
            )
        ),
      );
    }
  }

  /** Number of vertices. */
  get vertices(): number {
    return this.coordinates[0].length;
  }

  /** Cells of the highest dimension. */
  get cells(): readonly (readonly number[])[] {
    return this.bounds[this.dimension];
  }

  /** Cuts all cells along `carried[index] = place`; what is nearer than `slack` counts as there. */
  cut(index: number, place: number, slack: number): void {
    const values = this.carried[index], sides: Uint8Array[] = [];
    const marks = new Uint8Array(2 * values.length + this.bounds[1].length);
    let all = 0;
    for (let v = 0; v < values.length; v++) {
      const off = values[v] - place;
      all |= marks[v] = off > slack ? ABOVE : off < -slack ? BELOW : 0;
    }
    if (all !== BOTH) return;
    sides.push(marks);
    /** Of a cell that was split: its other half, and what lies between; -1: whole. */
    let half = new Int32Array(0), between = new Int32Array(0);
    for (let k = 1; k <= this.dimension; k++) {
      const list = this.bounds[k], count = list.length, below = sides[k - 1];
      const marked = new Uint8Array(2 * count + (this.bounds[k + 1]?.length ?? 0));
      sides.push(marked);
      const nextHalf = new Int32Array(count).fill(-1), nextBetween = new Int32Array(count).fill(-1);
      for (let i = 0; i < count; i++) {
        const around = list[i];
        let side = 0;
        for (const cell of around) side |= below[cell] | (k > 1 && half[cell] >= 0 ? BOTH : 0);
        marked[i] = side;
        if (side !== BOTH) continue;
        const parts = k === 1
          ? this.#splitEdge(around, values, place, index, marks)
          : this.#splitCell(k, around, sides, half, between);
        if (parts === undefined) {
          marked[i] = 0; // too thin to be cut: stays whole
          if (k > 1) list[i] = withHalves(around, half);
          continue;
        }
        list[i] = parts.low;
        nextHalf[i] = list.length;
        nextBetween[i] = parts.between;
        marked[i] = BELOW;
        marked[list.length] = ABOVE;
        list.push(parts.high);
      }
      half = nextHalf;
      between = nextBetween;
    }
    if (this.cells.length > this.#mostCells) {
      throw new RangeError(
        `Cannot find regions: box must hold at most ${this.#mostCells} cells, current value is more`,
      );
    }
  }

  #splitEdge(
    [v, w]: readonly number[],
    values: readonly number[],
    place: number,
    index: number,
    marks: Uint8Array,
  ): Parts {
    const vertex = this.vertices, share = (place - values[v]) / (values[w] - values[v]);
    for (const list of this.coordinates) list.push(list[v] + share * (list[w] - list[v]));
    for (const list of this.carried) list.push(list[v] + share * (list[w] - list[v]));
    this.carried[index][vertex] = place;
    marks[vertex] = 0;
    return marks[v] === BELOW
      ? { low: [v, vertex], high: [vertex, w], between: vertex }
      : { low: [vertex, w], high: [v, vertex], between: vertex };
  }

  /** Splits a face or solid; undefined where rounding left too little between its halves. */
  #splitCell(
    k: number,
    around: readonly number[],
    sides: readonly Uint8Array[],
    half: Int32Array,
    between: Int32Array,
  ): Parts | undefined {
    const low: number[] = [], high: number[] = [], cut: number[] = [];
    const below = sides[k - 1], two = sides[k - 2];
    for (const cell of around) {
      if (half[cell] >= 0) {
        low.push(cell);
        high.push(half[cell]);
        cut.push(between[cell]);
        continue;
      }
      if (below[cell] === ABOVE) high.push(cell);
      else if (below[cell] === BELOW) low.push(cell);
      else return undefined;
      for (const part of this.bounds[k - 1][cell]) {
        if (two[part] === 0 && !cut.includes(part)) cut.push(part);
      }
    }
    if (cut.length < k || (k === 2 && cut.length !== 2) || low.length < k || high.length < k) {
      return undefined;
    }
    const facet = this.bounds[k - 1].length;
    this.bounds[k - 1].push(cut);
    sides[k - 1][facet] = 0;
    low.push(facet);
    high.push(facet);
    return { low, high, between: facet };
  }
}

/** Halves of a cell, and the cell between them. */
interface Parts {
  readonly low: number[];
  readonly high: number[];
  readonly between: number;
}

function withHalves(around: readonly number[], half: Int32Array): number[] {
  return around.flatMap((cell) => half[cell] >= 0 ? [cell, half[cell]] : [cell]);
}

/** All words of the letters 0, 1 and *, those with fewer stars first. */
function words(length: number): string[] {
  let all = [""];
  for (let i = 0; i < length; i++) {
    all = all.flatMap((word) => [`${word}0`, `${word}1`, `${word}*`]);
  }
  const stars = (word: string) => word.split("*").length;
  return all.sort((a, b) => stars(a) - stars(b));
}
