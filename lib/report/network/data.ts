/**
 * The drawing of a network, as plain data: made by {@linkcode networkDrawing}, drawn by
 * {@linkcode networkSvg}.
 *
 * @module
 */

/** One edge of a drawing. */
export interface DrawnEdge {
  /** Input node of the layer. */
  readonly input: number;
  /** Output node of the layer. */
  readonly output: number;
  /** How much it matters, 0 to 1 within the layer: its opacity. */
  readonly score: number;
  /** Of a linear map: the sign of its weight. */
  readonly sign?: number;
  /** Of a spline: its curve over its domain, values and positions. */
  readonly curve?: { readonly x: readonly number[]; readonly y: readonly number[] };
  /** The function that the edge is, or is like: its name stands below the curve. */
  readonly symbol?: string;
  /** A formula that stands in place of the curve. */
  readonly formula?: string;
}

/** One map of a drawing. */
export interface DrawnLayer {
  /** Lines, or boxes with curves. */
  readonly kind: "linear" | "spline";
  /** Number of input nodes. */
  readonly nIn: number;
  /** Number of output nodes. */
  readonly nOut: number;
  /** How many edges a mask leaves out; absent: none. */
  readonly missing?: number;
  /** In the order input, output; edges that matter least may be left out. */
  readonly edges: readonly DrawnEdge[];
}

/** A network as it is drawn: inputs below, outputs above. */
export interface NetworkDrawing {
  /** First to last. */
  readonly layers: readonly DrawnLayer[];
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** How much every node of every width matters, 0 to 1, inputs first. */
  readonly nodes: readonly (readonly number[])[];
}
