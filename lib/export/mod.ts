/**
 * Models for other runtimes: ONNX, JavaScript, C, Python, SQL, tables of integers.
 *
 * @module
 */

export { networkProgram } from "./program/network_program.ts";
export { evaluateProgram } from "./program/run_program.ts";
export type {
  BasisPieces,
  ClassesResult,
  FormulasProgram,
  LinearStep,
  ModelProgram,
  NetworkProgram,
  NodeStep,
  PieceGrid,
  ProgramColumn,
  ProgramScale,
  ProgramStep,
  SplineStep,
  ValuesResult,
} from "./program/program.ts";
