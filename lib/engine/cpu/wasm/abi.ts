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
  readonly gives: "void" | "f64" | "bool" | "i32";
}

/** Kernels of both kinds of phases, on points of a batch, on jets. */
const SUMS = { file: "tables", modules: ["values", "jets"] } as const;
const EDGES = { file: "edges", modules: ["values", "jets"], generic: true } as const;
const POINTS = { modules: ["values"], generic: true, rows: true } as const;
const JETS = { modules: ["jets"], rows: true } as const;

/** The kernels that phases call; a call's number is its place in this list. */
// deno-fmt-ignore
export const PHASE_KERNELS = {
  zero: { ...SUMS, takes: { to: "address", size: "usize" } },
  addTables: { ...SUMS, takes: {
    tables: "address", count: "i32", stride: "usize", blocks: "address", block: "i32" } },
  buildBasis: { ...EDGES, takes: {
    edges: "address", scratch: "address", blocks: "address", block: "i32" } },
  buildEdges: { ...EDGES, takes: {
    edges: "address", scratch: "address", blocks: "address", block: "i32" } },
  pullEdges: { ...EDGES, takes: {
    edges: "address", scratch: "address", blocks: "address", block: "i32" } },
  zeroRows: { file: "tables", modules: ["values"], rows: true, takes: {
    to: "address", step: "usize" } },
  flush: { file: "tables", modules: ["values"], takes: {
    from: "address", to: "address", count: "i32" } },

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
  forwardMasked: { file: "spline_masked", ...POINTS, takes: {
    nIn: "i32", degree: "i32", pieces: "i32", piece: "address", w: "address", wStep: "usize",
    table: "address", nodes: "address", y: "address", yStep: "usize" } },
  backwardMasked: { file: "spline_masked", ...POINTS, takes: {
    nIn: "i32", degree: "i32", pieces: "i32", piece: "address", w: "address", wStep: "usize",
    table: "address", bar: "address", nodes: "address", origins: "address", yBar: "address",
    yStep: "usize", slopes: "bool" } },
  forwardEdges: { file: "spline_edges", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    y: "address", yStep: "usize", silu: "address", base: "address", norms: "address",
    squares: "address", epsilon: "address" } },
  forwardEdge: { file: "spline_edges", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    y: "address", yStep: "usize", silu: "address", base: "address", norms: "address",
    squares: "address", epsilon: "address" } },
  backwardEdges: { file: "spline_edges", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    moments: "address", origins: "address", yBar: "address", yStep: "usize", slopes: "bool",
    silu: "address", siluSlope: "address", base: "address", baseBar: "address",
    normSlopes: "address", normShifts: "address", epsilon: "address" } },
  backwardEdge: { file: "spline_edges", ...POINTS, takes: {
    nIn: "i32", degree: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    moments: "address", origins: "address", yBar: "address", yStep: "usize", slopes: "bool",
    silu: "address", siluSlope: "address", base: "address", baseBar: "address",
    normSlopes: "address", normShifts: "address", epsilon: "address" } },
  addMoments: { file: "moments", ...POINTS, takes: {
    nIn: "i32", piece: "address", w: "address", wStep: "usize", moments: "address" } },
  slopesOf: { file: "moments", ...POINTS, takes: {
    nIn: "i32", piece: "address", w: "address", wStep: "usize", table: "address",
    origins: "address", to: "address" } },
  addRows: { file: "moments", ...POINTS, takes: {
    from: "address", to: "address", step: "usize" } },
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
    xBar: "address", polynomialBars: "address", baseBars: "address", sums: "address",
    rowStep: "usize", nodeStep: "usize", values: "bool", scratch: "address" } },
  buildMoves: { file: "moves", modules: ["jets"], takes: {
    edges: "address", moves: "address", moved: "i32", knots: "bool", maps: "address",
    scratch: "address", blocks: "address", block: "i32" } },
  resetJetExtremes: { file: "jet_rows", modules: ["jets"], takes: { nIn: "i32", found: "address" } },
  jetExtremes: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", found: "address" } },
  jetMoments: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", found: "address" } },
  pullJetMoments: { file: "jet_rows", ...JETS, takes: {
    nIn: "i32", channels: "i32", x: "address", bar: "address", shares: "address" } },
  mapStrips: { file: "strip_pairs", ...JETS, takes: {
    firstRow: "i32", shiftStep: "usize", strips: "address", count: "i32", part: "i32",
    parts: "i32" } },
  addStripPairs: { file: "strip_pairs", ...JETS, takes: {
    firstRow: "i32", shiftStep: "usize", parts: "address", part: "i32", matrix: "address",
    size: "i32", counts: "address", order: "address", panels: "address", room: "i32" } },
  pullSoftmax: { file: "matrix_finish", modules: ["jets"], takes: {
    matrix: "address", size: "i32", along: "bool", groups: "address", count: "i32", part: "i32",
    parts: "i32" } },
  finishMatrix: { file: "matrix_finish", modules: ["jets"], takes: {
    matrix: "address", size: "i32", known: "i32", starts: "address", rows: "address",
    values: "address", halves: "address", diagonal: "address", part: "i32", parts: "i32" } },
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

/** The functions of reflect.ts. */
// deno-fmt-ignore
export const REFLECTION_KERNELS = {
  reflectPanel: { file: "reflect", gives: "void", takes: {
    matrix: "address", step: "usize", columns: "i32", first: "i32", count: "i32", endA: "i32",
    lowB: "i32", endB: "i32", packed: "address", scratch: "address" } },
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

/** The function of row.ts. */
// deno-fmt-ignore
export const ROW_KERNELS = {
  predictRow: { file: "row", gives: "i32", takes: { stages: "address", count: "i32" } },
} as const satisfies Readonly<Record<string, ExportedKernel>>;

/** Kinds of stages on one row: what a linear map, a function of every node, a spline layer does. */
export const ROW_STAGES = {
  /** `y = b + x W`. */
  LINEAR: 0,
  RELU: 1,
  TANH: 2,
  /** Splines, rows of the table times basis functions. */
  BASIS: 3,
  /** Splines, rows of the table times powers of the local coordinate. */
  POWERS: 4,
  /** Splines with one output: a polynomial for each input. */
  ONE: 5,
} as const;

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
  /** A layer of splines: its knots, parameters and tables, and the gradients by them. */
  Edges: {
    nIn: "i32", nOut: "i32", numBasis: "i32", degree: "i32", intervals: "i32",
    /** Vectors of knots: one for every node, or one for all. */
    vectors: "i32",
    relu: "bool",
    /** Whether splines go on as lines beyond the domain, not as constants. */
    lines: "bool",
    /** Whether knots are parameters. */
    free: "bool",
    /** Knots of every vector with those outside, the gradient by them, bytes of a vector. */
    knots: "address", knotBars: "address", knotStep: "usize",
    /**
     * Logits of free knots (0: the caller places them), the gradient by them, whether outer knots
     * have some; the domain.
     */
    logits: "address", logitBars: "address", outerFree: "bool", domain: "address",
    /** The locator: buckets of a vector, their records, knots inside. */
    buckets: "i32", records: "address", inner: "address",
    /** Origin and rate of every vector's pieces, and copies of those of one vector for all nodes. */
    places: "address", copies: "i32",
    /** First and last piece of every vector that is not empty, int32. */
    ends: "address",
    /** B-splines of every vector, `[pieces, degree + 1, row]`, function fastest. */
    row: "i32", basis: "address",
    /** Gradient by them; of tables of coefficients for every node, and bytes from block to block. */
    basisBars: "address", basisBarStep: "usize",
    /** The layer's coefficients, `[nIn, numBasis, nOut]`, and the gradient by them. */
    coefficients: "address", gradient: "address",
    /**
     * The table, and bytes from node to node, piece to piece, power to power, output to output. Of
     * coefficients: power to power is from one to the next.
     */
    table: "address", nodeStep: "usize", pieceStep: "usize", powerStep: "usize",
    outputStep: "usize",
    /** The table in float32; 0: the engine works in float64. */
    single: "address",
    /** Gradient by the table, and bytes from block to block. */
    moments: "address", momentStep: "usize",
    /** Tables of coefficients: bytes of a row of their gradient. */
    barStep: "usize",
    /** Tables of coefficients: basis functions and first function of every node's pieces; or 0. */
    polynomials: "address", first: "address",
    /** Layers with a mask that keep few edges: what the table of every node holds; or 0. */
    nodes: "address",
  },
  /**
   * A node of a layer with a mask: its groups of edges, of which each is like a layer with `lanes`
   * outputs, where its pieces begin in the table, bytes of a piece, and the place of every coefficient
   * `[groups, numBasis, lanes]` among the layer's, int32; -1: there is none, it is 0.
   */
  MaskedNode: { groups: "i32", lanes: "i32", table: "usize", pieceStep: "usize", places: "address" },
  /** Rows of a group of points. */
  Tile: { group: "i32", row: "i32", rows: "i32" },
  /** A layer of splines under jets. */
  JetLayer: {
    nIn: "i32", nOut: "i32",
    /** Outputs whose numbers lie side by side in the memory, nOut of them from its addresses on. */
    outputs: "i32",
    /** Powers of a piece's coordinate, and padded to an even number. */
    size: "i32", padded: "i32",
    /** Numbers from one order of derivatives to the next: `padded`, and 2 more with a base branch. */
    width: "i32",
    /** Polynomials of all edges, `[nIn, outputs, pieces, size]`, and their numbers for an edge. */
    polynomials: "address", length: "i32",
    base: "address", vectors: "i32", pieces: "i32",
    /** The locator's number of buckets, their records, its knots and bytes from vector to vector. */
    buckets: "i32", records: "address", knots: "address", knotStep: "usize",
    /** Origin and rate of every piece of every vector. */
    places: "address",
    /** Per node: from, scale, origin. */
    maps: "address",
    /** The domain's ends, the locator's buckets per unit, its shift. */
    domain: "address",
    /** Whether every row lies in the domain, and whether none may lie outside. */
    covers: "bool", refuses: "bool",
    /** Whether the statistics depend on parameters. */
    moves: "bool",
    /** k (k-1) ... (k-m+1), `[m, k]` with `padded` numbers in a row. */
    falling: "address",
    /** Bytes into a thread's scratch where gradients by a row's piece have room, `[nOut, padded]`. */
    rowRoom: "usize",
  },
  /** Derivatives of a group of points. */
  Shape: {
    channels: "i32", padded: "i32", order: "i32", terms: "i32", chain: "address",
    factors: "address",
  },
  /** A term of the chain rule: its blocks are channels of the inner function. */
  Term: {
    channel: "i32", order: "i32", blocks: "i32",
    block0: "i32", block1: "i32", block2: "i32", block3: "i32", block4: "i32", block5: "i32",
  },
  /**
   * The edges of an input of a layer with a mask: where they begin in the table and the bytes of a
   * piece, groups whose outputs lie side by side and all groups, the list of outputs.
   */
  EdgeNode: { table: "usize", piece: "usize", whole: "i32", groups: "i32", list: "address" },
  /** A softmax of free knots: its first column, and of every gap its length and the sum so far. */
  Softmax: { begin: "i32", count: "i32", gaps: "address", sums: "address" },
  /** A stage of a network on one row; see ../predictor/row_tables.ts. */
  RowStage: {
    /** One of ROW_STAGES. */
    kind: "i32", nIn: "i32", nOut: "i32", x: "address", y: "address",
    /** First numbers of y, 0: zeros. */
    bias: "address",
    /** Rows of numbers for y, bytes from one to the next and from one input's rows to the next's. */
    table: "address", tableStep: "usize", nodeStep: "usize",
    degree: "i32", vectors: "i32", pieces: "i32",
    /** The locator's number of buckets, their records, its knots and bytes from vector to vector. */
    buckets: "i32", records: "address", knots: "address", knotStep: "usize",
    /** Origin and rate of every piece of every vector. */
    places: "address",
    /** The table's first row of every piece of every vector, int32. */
    first: "address",
    /** Basis functions of every piece of every vector, `[k, functions]`. */
    polynomials: "address",
    /** Per node: from, scale, origin, lowest and highest raw value that is kept inside. */
    maps: "address",
    /** The domain's ends, buckets per unit, shift. */
    domain: "address",
    /** Whether no input may lie outside. */
    refuses: "bool",
    /** Weights of the base branch, 0: none. */
    base: "address",
    /** Scratch: the nodes' `silu`, the rows' factors, the rows' addresses. */
    silus: "address", factors: "address", rows: "address",
    /** With a mask, 0: none, for every node how many vectors of y its edges lead to, and which bytes. */
    lists: "address",
  },
  /**
   * Numbers of Gauss-Newton rows that belong to one node, for rows side by side: gradients by the
   * powers of its piece's polynomials `[size, outputs]`, then others. A map of the piece turns them
   * into numbers of columns: `[functions, outputs]` of coefficients, the others, moved ones of knots,
   * scale and shift.
   */
  Strip: {
    /** Numbers of a row, a multiple of 4. */
    length: "i32",
    values: "address",
    /** Pieces of the rows, int32, or 0: one piece. */
    piece: "address", pieceStep: "usize",
    /** Subtracted from a piece's number. */
    firstPiece: "i32", pieces: "i32",
    /** Size 0: there is no map, numbers are those of columns. */
    outputs: "i32", size: "i32", functions: "i32", others: "i32", moved: "i32",
    /** Functions by powers, `[pieces, size, functions]`. */
    polynomials: "address", polynomialStep: "usize",
    /** Moved ones by powers, `[pieces, outputs, size, moved]`. */
    moves: "address", moveStep: "usize",
    /** Rows' numbers of columns, if every row is mapped once for all pairs; else 0. */
    mapped: "address",
    /** Numbers of columns, a multiple of 4; columns and runs of a piece (step 0: of all). */
    columnNumbers: "i32", columnStep: "usize",
    /** Column of every number, `[pieces, columnNumbers]` int32; -1: none. */
    columns: "address",
    /** First of each 4 columns that follow each other, `[pieces, columnNumbers / 4]` int32; or -1. */
    runs: "address",
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
  FUNCTIONS: 96, // up to 8 orders of 12
  FUNCTION_BARS: 96,
  JETS: 768, // 64 channels of 12
  JET_BARS: 768,
  TURNED: 768,
} as const;

/** Derivatives that the scratch has room for. */
export const MOST_CHANNELS = JET_SCRATCH.U;

/** Rows of a strip that are summed before they are added to the matrix. */
export const STRIP_PANEL = 64;
