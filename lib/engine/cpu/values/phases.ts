/**
 * The phases of an evaluation: work of all threads, then a conclusion by the caller.
 *
 * @module
 */

import type { Chain } from "./chain.ts";
import type { LossCalls } from "./loss_calls.ts";
import type { BlockNumbers, Workspace } from "../wasm/row_blocks.ts";
import type { PagedArrays } from "../wasm/row_pages.ts";
import type { ConcludedPhase } from "../layer/normaliser.ts";
import { type Call, encodePhase, isEmpty, joinPhases, type Phase } from "../wasm/kernel_calls.ts";

/** A phase in the memory and its conclusion. */
export interface PhaseRun {
  /** Address of the phase; 0: nothing to run. */
  readonly at: number;
  /** Whether each process runs it on its share of the rows, rather than whole. */
  readonly shared: boolean;
  /** What it reads and writes of rows that are not all in the memory; absent: nothing. */
  readonly paged?: PagedArrays;
  /** What comes before it. */
  readonly begin?: () => void;
  readonly conclude?: () => void;
}

/** What runs are laid out in. */
type Place = Pick<Workspace, "arena" | "blocks" | "pages">;

/** Gives the functions that write runs into the memory. */
function createRuns({ arena, blocks, pages }: Place) {
  function run(phases: readonly Phase[], conclude?: () => void): PhaseRun {
    const phase = joinPhases(phases);
    const at = isEmpty(phase) ? 0 : encodePhase(arena, phase, blocks.chunkRows);
    const shared = phase.chunk!.length > 0;
    return {
      ...{ at, shared, ...(shared && pages && { paged: pages.arraysOf(phase) }) },
      ...(conclude ? { conclude } : {}),
    };
  }
  /** Adds sums of all blocks, of this process and of others. */
  function add(
    calls: readonly Call[],
    tables: () => readonly BlockNumbers[],
    conclude?: () => void,
  ): PhaseRun {
    return { ...run([{ start: calls }], conclude), begin: () => blocks.addOverPeers(tables()) };
  }
  /** Runs phases and the first of some steps together, then the other steps. */
  function follow(phases: readonly Phase[], steps: readonly ConcludedPhase[]): PhaseRun[] {
    const [first, ...others] = steps;
    return [
      run([...phases, first?.phase ?? {}], first?.conclude),
      ...others.map(({ phase, conclude }) => run([phase], conclude)),
    ];
  }

  return { run, add, follow };
}

/**
 * Writes the phases of a chain into the memory.
 *
 * @param price Gives the penalty on edges its slopes, after the forward pass of all rows.
 */
export function layOutPhases(
  { segments, links, output, outputBar }: Chain,
  loss: LossCalls | undefined,
  place: Place,
  price?: () => void,
) {
  const { run, add, follow } = createRuns(place), { blocks } = place;
  function forwardOf(segment: number): Phase[] {
    return segments[segment].map((link) => link.forward);
  }
  function backwardOf(segment: number): Phase[] {
    const links = segments[segment], after = segments[segment + 1]?.[0];
    return links.map((link, k) => {
      const next = k + 1 < links.length ? links[k + 1] : after;
      return link.backward(next ? next.inputBar! : outputBar);
    }).reverse();
  }
  function pullOf(segment: number): readonly ConcludedPhase[] {
    return segment === 0 ? [] : segments[segment][0].pull;
  }

  const settle = () => links.forEach(({ edges }) => edges?.settle?.());
  const last = segments.length - 1;
  const inner = segments.slice(0, last).flatMap((_, s) =>
    follow(forwardOf(s), segments[s + 1][0].measure)
  );
  const norms = links.flatMap(({ edges }) => edges?.sums ?? []);
  const normTables = norms.map(({ tables }) => tables);
  const priced = price ? [add(norms.flatMap((sums) => sums.add), () => normTables, price)] : [];
  const fused = loss !== undefined && !price;
  const ends = loss && price
    ? [run([...forwardOf(last), loss.phase(output, outputBar)])]
    : loss
    ? follow(
      [...forwardOf(last), loss.phase(output, outputBar), ...backwardOf(last)],
      pullOf(last),
    )
    : [run(forwardOf(last))];
  const backward = segments.map((_, s) =>
    fused && s === last ? [] : follow(backwardOf(s), pullOf(s))
  ).reverse().flat();
  return {
    /** Fills tables from the parameters, where knots are new and where they are not. */
    fresh: [run([{ start: links.flatMap((link) => link.fresh) }])],
    build: [run([{ start: links.flatMap((link) => link.build) }])],
    /** Once per batch: measures and places the data. */
    once: [...follow([], links[0].measure), run([links[0].once])],
    /** Up to the outputs, and the loss if the kernels know it. */
    value: [
      ...inner,
      run([...forwardOf(last), loss ? loss.phase(output, undefined) : {}]),
      ...priced,
    ],
    /** The same with the gradient by the outputs, and (fused) the last segment's backward pass. */
    forward: [...inner, ...ends, ...priced],
    /** The rest of the backward pass and what all blocks' sums become. */
    backward: [
      ...backward,
      ...(price ? [{ at: 0, shared: false, conclude: settle }] : []),
      add(
        links.flatMap((link) => link.add),
        () => blocks.tables.filter((table) => !normTables.includes(table)),
      ),
    ],
  };
}
