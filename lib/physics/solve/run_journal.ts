/**
 * What a run without epochs has done so far: its finished stages, in their order, as plain data.
 *
 * Curves, sheets and windows follow from the problem alone. A run that was killed does the same again,
 * but takes what a finished stage came to from its journal instead of working it out: so it comes to the
 * same bits, whatever lies between the stages.
 *
 * @module
 */

/** A finished stage. */
export interface DoneStage {
  /** What was done. */
  readonly name: string;
  /** What it came to: plain data, which nobody changes later. */
  readonly value: unknown;
}

/** The journal of a run. */
export interface RunJournal {
  /** All that is done, in its order. */
  readonly stages: readonly DoneStage[];
  /**
   * What the next stage came to before the run was killed; undefined where the run was not as far.
   *
   * @throws {RangeError} If the next stage that was done is another one.
   */
  next<T>(name: string): T | undefined;
  /** Writes down what a stage came to, unless it was stopped on its way. */
  add(name: string, value: unknown): Promise<void>;
  /** Does a stage, or takes what it came to from the journal. */
  stage<T>(name: string, work: () => T | Promise<T>): Promise<T>;
  /** The same for a way to a solution, whose own stages are forgotten where it leads nowhere. */
  way<T>(name: string, work: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** What a journal is opened with. */
export interface JournalOptions {
  /** Stages of the run before it was killed. */
  readonly done?: readonly DoneStage[] | undefined;
  /** A stage behind which it is aborted was not finished. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every stage, with their number so far. */
  readonly keep?: ((count: number) => void | Promise<void>) | undefined;
}

/** What stands for a way that leads nowhere. */
const NOWHERE = "no way";

/** Opens a journal at its beginning. */
export function openJournal({ done = [], signal, keep }: JournalOptions): RunJournal {
  const stages = done.slice();
  let at = 0;
  const next = <T>(name: string): T | undefined => {
    if (at === stages.length) return undefined;
    if (stages[at].name !== name) {
      throw new RangeError(
        `Cannot resume: the checkpoint's stage ${at + 1} must be "${name}", current value is ` +
          `"${stages[at].name}"`,
      );
    }
    return stages[at++].value as T;
  };
  const add = async (name: string, value: unknown): Promise<void> => {
    if (signal?.aborted) return;
    stages.push({ name, value });
    at = stages.length;
    await keep?.(at);
  };
  return {
    stages,
    next,
    add,
    async stage<T>(name: string, work: () => T | Promise<T>): Promise<T> {
      if (at < stages.length) return next<T>(name)!;
      const value = await work();
      await add(name, value);
      return value;
    },
    async way<T>(name: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
      if (stages[at]?.name === NOWHERE && stages[at].value === name) {
        at++;
        return undefined;
      }
      const from = at, found = await work();
      if (found !== undefined || signal?.aborted) return found;
      stages.length = from;
      await add(NOWHERE, name);
      return undefined;
    },
  };
}

/** A journal that nobody keeps: it forgets all at once. */
export const NO_JOURNAL: RunJournal = {
  stages: [],
  next: () => undefined,
  add: () => Promise.resolve(),
  stage: async (_, work) => await work(),
  way: (_, work) => work(),
};
