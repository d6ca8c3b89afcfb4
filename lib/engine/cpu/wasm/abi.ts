/**
 * The contract with the kernels: their names and arguments, and the records that both sides read
 * and write. `deno task kernels` writes the AssemblyScript side from these lists
 * (assembly/_*.ts) and compares the kernels' signatures with them; the TypeScript side derives its
 * types and its numbers' order from them.
 *
 * @module
 */

/**
 * Types of arguments and fields. An `address` counts bytes (0: none) and is called `<name>At` in
 * AssemblyScript; other bytes are `usize`, and `<name>Step` counts those from one row to the next.
 */
export type WordType = "i32" | "usize" | "address" | "f64" | "bool";

/** Names and types in their order. */
export type WordList = Readonly<Record<string, WordType>>;

/** A kernel. */
export interface Signature {
  /** Its file in assembly/. */
  readonly file: string;
  readonly takes: WordList;
}

/** A kernel that phases call. */
export interface PhaseKernel extends Signature {
  /** The modules whose phases may call it. */
  readonly modules: readonly ("values" | "jets")[];
  /** Whether it comes for numbers of float32 and of float64, `name<T>`. */
  readonly generic?: boolean;
  /** Whether the number of rows of the chunk goes before its arguments. */
  readonly rows?: boolean;
}

/** A kernel that TypeScript calls. */
export interface ExportedKernel extends Signature {
  readonly gives: "void" | "f64" | "bool";
}

/** Kernels of both kinds of phases, on points of a batch, on jets. */
const SUMS = { file: "tables", modules: ["values", "jets"] } as const;
const POINTS = { modules: ["values"], generic: true, rows: true } as const;
const GAUSS_NEWTON = { file: "gauss_newton", modules: ["values"] } as const;
const ROW_PRODUCTS = { file: "row_products", modules: ["values"] } as const;
const MATRIX_COLUMNS = { file: "matrix_columns", modules: ["values"] } as const;
const JETS = { modules: ["jets"], rows: true } as const;

/** The kernels that phases call; a call's number is its place in this list. */
// deno-fmt-ignore
export const PHASE_KERNELS = {
  zero: { ...SUMS, takes: { to: "address", size: "usize" } },
  addTables: { ...SUMS, takes: {
    tables: "address", count: "i32", stride: "usize", blocks: "address", block: "i32" } },
  zeroRows: { file: "tables", modules: ["values"], rows: true, takes: {
    to: "address", step: "usize" } },
  flush: { file: "tables", modules: ["values"], takes: {
    from: "address", to: "address", count: "i32" } },
  runList: { file: "lists", modules: ["values"], generic: true, takes: {
    lists: "address", list: "i32" } },

  place: { file: "place", ...POINTS, takes: {
    nIn: "i32", x: "address", xStep: "usize", from: "address", scale: "address", origin: "address",
    a: "f64", b: "f64", covers: "bool", refuses: "bool", vectors: "i32", buckets: "i32",
    records: "address", knots: "address", knotStep: "usize", pieces: "i32", origins: "address",
    piece: "address", w: "address", u: "address", wStep: "usize" } },
  forwardOne: { file: "spline_one", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    y: "address", yStep: "usize" } },
  backwardOne: { file: "spline_one", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    moments: "address", origins: "address", yBar: "address", yStep: "usize", slopes: "bool" } },
  forwardMany: { file: "spline_many", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize",
    polynomials: "address", first: "address", table: "address", y: "address", yStep: "usize",
    scratch: "address" } },
  backwardMany: { file: "spline_many", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize",
    polynomials: "address", first: "address", table: "address", bar: "address",
    origins: "address", knots: "address", yBar: "address", yStep: "usize", slopes: "bool",
    scratch: "address" } },
  linearForward: { file: "linear", ...POINTS, takes: {
    nIn: "i32", weights: "address", bias: "address", adds: "bool", x: "address", xStep: "usize",
    y: "address", yStep: "usize" } },
  linearBackward: { file: "linear", ...POINTS, takes: {
    nIn: "i32", x: "address", xStep: "usize", yBar: "address", yStep: "usize",
    weightsBar: "address", biasBar: "address" } },
  linearPull: { file: "linear", ...POINTS, takes: {
    nIn: "i32", weights: "address", yBar: "address", yStep: "usize", slope: "address",
    xBar: "address", xStep: "usize" } },
  resetExtremes: { file: "normalise", modules: ["values"], takes: {
    nIn: "i32", minimum: "address", maximum: "address" } },
  extremes: { file: "normalise", ...POINTS, takes: {
    nIn: "i32", begin: "i32", x: "address", xStep: "usize", minimum: "address",
    maximum: "address", lowRow: "address", highRow: "address" } },
  pullExtremes: { file: "normalise", ...POINTS, takes: {
    nIn: "i32", begin: "i32", x: "address", bar: "address", step: "usize", scale: "address",
    minimum: "address", maximum: "address", lowRow: "address", highRow: "address",
    sums: "address" } },
  columnSums: { file: "normalise", ...POINTS, takes: {
    nIn: "i32", x: "address", xStep: "usize", centre: "address", sums: "address" } },
  momentSums: { file: "normalise", ...POINTS, takes: {
    nIn: "i32", x: "address", bar: "address", step: "usize", mean: "address", scale: "address",
    sums: "address" } },
  pullMoments: { file: "normalise", ...POINTS, takes: {
    nIn: "i32", x: "address", bar: "address", step: "usize", mean: "address", scale: "address",
    means: "address" } },
  errors: { file: "elementwise", ...POINTS, takes: {
    nOut: "i32", y: "address", targets: "address", bar: "address", step: "usize",
    weights: "address", delta: "f64", scale: "address", sum: "address" } },
  silu: { file: "silu", ...POINTS, takes: {
    u: "address", value: "address", slope: "address", step: "usize" } },
  relu: { file: "elementwise", ...POINTS, takes: { x: "address", y: "address", step: "usize" } },
  pullRelu: { file: "elementwise", ...POINTS, takes: {
    y: "address", yBar: "address", xBar: "address", step: "usize" } },

  gnPlace: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", x: "address", from: "address", scale: "address", origin: "address",
    a: "f64", b: "f64", ends: "i32", pieces: "i32", vectors: "i32", buckets: "i32",
    records: "address", knots: "address", knotStep: "usize", origins: "address", rates: "address",
    piece: "address", w: "address", silu: "address" } },
  gnForward: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", nOut: "i32", degree: "i32", pieces: "i32", piece: "address",
    w: "address", coefficients: "address", silu: "address", base: "address", y: "address" } },
  gnLinear: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", nOut: "i32", weights: "address", bias: "address", x: "address",
    y: "address" } },
  gnSplineRows: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", nOut: "i32", degree: "i32", pieces: "i32", pieceStep: "i32",
    piece: "address", w: "address", coefficients: "address", rates: "address", scale: "address",
    bar: "address", barStep: "i32", values: "address", nodeStep: "i32", xBar: "address" } },
  gnBaseRows: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", nOut: "i32", stride: "i32", silu: "address", base: "address",
    scale: "address", factors: "address", bar: "address", barStep: "i32", values: "address",
    statistics: "address", xBar: "address" } },
  gnLinearRows: { ...GAUSS_NEWTON, takes: {
    rows: "i32", nIn: "i32", nOut: "i32", bias: "bool", x: "address", bar: "address",
    values: "address" } },
  gnAddProducts: { ...ROW_PRODUCTS, takes: {
    rows: "i32", table: "address", strideA: "i32", strideB: "i32",
    a: "address", lengthA: "i32", pieceA: "address", stepA: "i32",
    b: "address", lengthB: "i32", pieceB: "address", stepB: "i32",
    blocks: "i32", scratch: "address" } },
  gnMapPair: { ...MATRIX_COLUMNS, takes: {
    table: "address",
    piecesA: "i32", lengthA: "i32", groupA: "i32", startsA: "address", columnsA: "address",
    valuesA: "address", targetsA: "i32",
    piecesB: "i32", lengthB: "i32", groupB: "i32", startsB: "address", columnsB: "address",
    valuesB: "address", targetsB: "i32", scratch: "address", out: "address" } },
  gnSubstitute: { ...MATRIX_COLUMNS, takes: {
    matrix: "address", columns: "i32", from: "i32", to: "i32", n: "i32", count: "i32",
    gradients: "address", lengths: "address", halves: "address" } },

  linearJets: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", nOut: "i32", channels: "i32", weights: "address", bias: "address", x: "address",
    y: "address" } },
  pullLinearJets: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", nOut: "i32", channels: "i32", hasBias: "bool", x: "address", yBar: "address",
    bar: "address", rowStep: "usize" } },
  forwardJets: { file: "jet_spline", ...JETS, takes: {
    layer: "address", shape: "address", x: "address", piece: "address", y: "address",
    scratch: "address" } },
  backwardJets: { file: "jet_spline", ...JETS, takes: {
    layer: "address", shape: "address", x: "address", piece: "address", yBar: "address",
    xBar: "address", coefficientBars: "address", baseBars: "address", polynomialBars: "address",
    placeBars: "address", sums: "address", rowStep: "usize", nodeStep: "usize", values: "bool",
    scratch: "address" } },
  resetJetExtremes: { file: "jet_rows", modules: ["jets"], takes: { nIn: "i32", found: "address" } },
  jetExtremes: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", found: "address" } },
  jetMoments: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", found: "address" } },
  pullJetMoments: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", bar: "address", shares: "address" } },
  addStripPairs: { file: "strip_pairs", modules: ["jets"], takes: {
    parts: "address", part: "i32", rows: "i32", matrix: "address", size: "i32",
    counts: "address", order: "address", panels: "address" } },
} as const satisfies Readonly<Record<string, PhaseKernel>>;

/** The functions of vector.ts. */
// deno-fmt-ignore
export const VECTOR_KERNELS = {
  dot: { file: "vector", gives: "f64", takes: { bytes: "usize", x: "address", y: "address" } },
  twoLoop: { file: "vector", gives: "void", takes: {
    bytes: "usize", capacity: "i32", first: "i32", count: "i32", pairs: "address",
    products: "address", alphas: "address", z: "address", scale: "f64" } },
} as const satisfies Readonly<Record<string, ExportedKernel>>;

/** The functions of cholesky.ts, besides its phase. */
// deno-fmt-ignore
export const CHOLESKY_KERNELS = {
  solveFactorised: { file: "cholesky", gives: "void", takes: {
    strips: "i32", factor: "address", inverses: "address", vector: "address" } },
} as const satisfies Readonly<Record<string, ExportedKernel>>;

/** The functions of dense.ts. */
// deno-fmt-ignore
export const DENSE_KERNELS = {
  multiply: { file: "dense", gives: "void", takes: {
    rows: "i32", nIn: "i32", weights: "address", x: "address", xStep: "usize", y: "address",
    yStep: "usize" } },
  addProducts: { file: "dense", gives: "void", takes: {
    rows: "i32", nIn: "i32", x: "address", xStep: "usize", yBar: "address", yStep: "usize",
    weightsBar: "address" } },
  bend: { file: "dense", gives: "void", takes: {
    rows: "i32", channels: "i32", step: "usize", order: "i32", terms: "i32", table: "address",
    factors: "address", smooth: "bool", x: "address", y: "address", scratch: "address" } },
  unbend: { file: "dense", gives: "void", takes: {
    rows: "i32", channels: "i32", step: "usize", order: "i32", terms: "i32", table: "address",
    factors: "address", smooth: "bool", x: "address", yBar: "address", xBar: "address",
    scratch: "address" } },
} as const satisfies Readonly<Record<string, ExportedKernel>>;

/** Records in the memory; all fields of one are 4 bytes long, or all are float64. */
// deno-fmt-ignore
export const RECORDS = {
  /** Head of a phase of values; its calls follow. */
  PhaseHead: {
    chunkRows: "f64",
    /** Rows after which the calls at the end run. */
    spanRows: "f64",
    /** Numbers of calls before the rows, on a chunk, at the end of a span. */
    starts: "f64", chunks: "f64", ends: "f64",
  },
  /** Calls, one after the other. A phase of jets is the tiles' address, calls, calls per group. */
  CallList: { callsAt: "f64", count: "f64" },
  /** Rows of a group of points. */
  Tile: { group: "i32", row: "i32", rows: "i32" },
  /** A layer of splines under jets. */
  JetLayer: {
    nIn: "i32", nOut: "i32",
    /** Functions of a piece, and padded to an even number. */
    size: "i32", padded: "i32",
    /** Numbers from one order of derivatives to the next: `padded`, and 2 more with a base branch. */
    width: "i32",
    /** Numbers of coefficients from one output to the next. */
    length: "i32",
    coefficients: "address", base: "address", vectors: "i32", pieces: "i32",
    /** The locator's number of buckets, their records, its knots and bytes from vector to vector. */
    buckets: "i32", records: "address", knots: "address", knotStep: "usize",
    /** Origin and rate of every piece of every vector. */
    places: "address",
    /** Polynomials `[piece, k, padded]`; bytes from piece to piece, 0 where all are the same. */
    polynomials: "address", polynomialStep: "usize",
    /** First coefficient of every piece of every vector, int32. */
    first: "address",
    /** Per node: from, scale, origin. */
    maps: "address",
    /** The domain's ends. */
    domain: "address",
    /** Whether every row lies in the domain, and whether none may lie outside. */
    covers: "bool", refuses: "bool",
    /** Whether knots move, and whether the statistics depend on parameters. */
    free: "bool", moves: "bool",
    /** k (k-1) ... (k-m+1), `[m, k]` with `padded` numbers in a row. */
    falling: "address",
    /** Derivatives of a piece's polynomials and place by knots, `[piece, size padded + 3, 2 degree]`. */
    reach: "address",
  },
  /** Derivatives of a group of points. */
  Shape: {
    channels: "i32", padded: "i32", order: "i32", terms: "i32", chain: "address",
    factors: "address",
  },
  /** A term of the chain rule: its blocks are channels of the inner function. */
  Term: {
    channel: "i32", order: "i32", blocks: "i32",
    block0: "i32", block1: "i32", block2: "i32", block3: "i32", unused: "i32",
  },
  /** Columns of Gauss-Newton rows that belong to one node, for rows side by side. */
  Strip: {
    /** Numbers of a row, a multiple of 4. */
    length: "i32",
    values: "address",
    /** Pieces of the rows, int32, or 0: one piece. */
    piece: "address", pieceStep: "usize",
    /** Subtracted from a piece's number. */
    firstPiece: "i32", pieces: "i32",
    /** Column of every number, `[pieces, length]` int32; -1: none. */
    columns: "address",
  },
  /** The phase of cholesky.ts: S M S + shift I = L L^T. */
  Factorisation: {
    n: "i32",
    /** Strips of twelve rows along a block's side. */
    side: "i32",
    /** M, rows side by side; the lower half of L in strips; 1 / L_ii; S. */
    matrix: "address", factor: "address", inverses: "address", scales: "address",
    /** Two numbers: the shift, and what pivots must be above. */
    numbers: "address",
    /** Finished blocks of every row of blocks, int32. */
    progress: "address",
    /** Two int32: blocks taken so far, and whether a pivot was not above the least. */
    state: "address",
    /** Whether a thread that waits for another may sleep. */
    sleeps: "bool",
  },
} as const satisfies Readonly<Record<string, WordList>>;

/** Scratch of a thread that works on jets: numbers of each part; one for every term follows. */
export const JET_SCRATCH = {
  U: 64,
  POWERS: 64,
  FUNCTIONS: 64, // up to 6 orders of 8
  FUNCTION_BARS: 64,
  POLYNOMIAL_BARS: 48, // up to 39
  JETS: 512, // 64 channels of 8
  JET_BARS: 512,
  TURNED: 512,
} as const;

/** Derivatives that the scratch has room for. */
export const MOST_CHANNELS = JET_SCRATCH.U;

/** Rows of a strip that are summed before they are added to the matrix. */
export const STRIP_PANEL = 64;
