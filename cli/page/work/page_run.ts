/**
 * What the worker asks of a run, whichever kind it is.
 *
 * @module
 */

import type {
  DoneLevel,
  FileKind,
  GivenFile,
  LossPoint,
  OpenRun,
  RunEnd,
  Snapshot,
} from "../protocol.ts";

/** Hears what a run has to tell. */
export interface RunListener {
  history(points: readonly LossPoint[]): void;
  snapshot(snapshot: Snapshot, levels: readonly DoneLevel[]): void;
  changed(command: string, epochs: number): void;
  state(playing: boolean): void;
  /** Tells something; what is passing stands until the next of its kind. */
  note(text: string, passing: boolean): void;
  end(end: RunEnd): void;
  /** Training threw, which it does for what the network cannot hold. */
  fault(error: unknown): void;
}

/** A run of the page. */
export interface PageRun {
  /** Milliseconds between two epochs, at least. */
  pace: number;
  /** What the page shows of the run as such. */
  describe(): OpenRun;
  /** Shows how it stands. */
  begin(): Promise<void>;
  play(until?: "epoch" | "level"): void;
  pause(): Promise<void>;
  refine(): Promise<void>;
  undo(stage: number): Promise<void>;
  file(kind: FileKind): Promise<GivenFile>;
  /** Ends a search for formulas with what is found so far. */
  interrupt(): void;
  close(): Promise<void>;
}

/** Milliseconds between two pictures. */
export const PICTURE_TIME = 45;

/** A turn for messages, and as long as the pace asks for. */
export function breath(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
