/**
 * Models for other runtimes: ONNX, JavaScript, C, Python, SQL, tables of integers.
 *
 * @module
 */

export * from "./export_model.ts";
export { type FormulaInput, formulaProgram, type NamedFormula } from "./program/formula_program.ts";
export { networkProgram } from "./program/network_program.ts";
export { reluProgram } from "./program/relu_program.ts";
export { evaluateProgram } from "./program/run_program.ts";
export type {
  BasisPieces,
  ClassesResult,
  FormulasProgram,
  LinearStep,
  ModelProgram,
  NetworkProgram,
  NodeStep,
  OutputMap,
  OutputScale,
  PieceGrid,
  ProgramColumn,
  ProgramScale,
  ProgramStep,
  ProgramWiring,
  SparseStep,
  SplineStep,
  ValuesResult,
} from "./program/program.ts";
export { featureCode } from "./writers/features.ts";
export { withSqlFeatures } from "./writers/sql_features.ts";
export type { NumberFormat } from "./writers/text.ts";
