/**
 * Which tables a network gets: the smallest whose proven error is small enough.
 *
 * @module
 */

import type { NetworkProgram, ProgramColumn, SplineStep } from "../program/program.ts";
import {
  type BoundedEdges,
  boundEdges,
  COLUMN_BITS,
  type EntryBits,
  fillTable,
  type LinearLayer,
  linearLayer,
  type NodeRange,
  planTableLayer,
  POSITION_BITS,
  type TableLayer,
  type TablePlan,
} from "./layers.ts";
import { stackedMembers } from "./stack.ts";
import { log2, pow } from "../../numerics/inner.ts";

/** A network of integers. */
export interface IntegerNetwork {
  readonly linear?: LinearLayer;
  readonly tables: readonly TableLayer[];
  /** What comes out: positions, and the error that is proven, in the network's units. */
  readonly outputs: readonly NodeRange[];
}

/** Upper bits of positions that are tried. */
const LEAST_BITS = 2, MOST_BITS = 14;

/** Most entries of all tables. */
const MOST_ENTRIES = 1 << 24;

/** How the tables of every layer are laid out. */
interface Layout {
  readonly entryBits: EntryBits;
  /** One for each layer. */
  readonly cellBits: readonly number[];
}

/**
 * Finds the smallest network of integers whose outputs are wrong by at most `wanted[q]`; if there is
 * none, how many times larger than wanted the error of the finest tables is.
 */
export function planIntegers(
  program: NetworkProgram,
  wanted: readonly number[],
): IntegerNetwork | number {
  const steps = checkSteps(program), columns = program.columns.map(columnRange);
  const first = steps[0].kind === "linear" ? linearLayer(steps[0], columns) : undefined;
  const splines = steps.filter((step) => step.kind === "splines");
  const common = program.result.kind === "classes";
  const known: BoundedEdges[] = []; // ranges, and so bounds of edges, hardly depend on the layout
  const lay = ({ entryBits, cellBits }: Layout) => {
    let inputs = first?.outputs ?? columns;
    const plans: { readonly edges: BoundedEdges; readonly plan: TablePlan }[] = [];
    splines.forEach((step, k) => {
      const positionBits = k === 0 && !first ? COLUMN_BITS : POSITION_BITS;
      const edges = known[k] = boundEdges(step, inputs, known[k]), last = k === splines.length - 1;
      const plan = planTableLayer(edges, cellBits[k], positionBits, entryBits, common && last);
      plans.push({ edges, plan });
      inputs = [...plan.outputs];
    });
    return { plans, outputs: inputs, fits: inputs.every(({ error }, q) => error <= wanted[q]) };
  };
  const bytes = ({ entryBits, cellBits }: Layout) =>
    splines.reduce(
      (sum, { nIn, nOut }, k) => sum + nIn * nOut * (pow(2, cellBits[k]) + 1) * entryBits / 8,
      0,
    );
  const found = ([16, 32] as const).flatMap((entryBits) => {
    const layout = smallest(entryBits, splines, (each) => lay(each).fits);
    return layout ? [layout] : [];
  }).sort((a, b) => bytes(a) - bytes(b))[0];
  if (found === undefined) {
    const finest = lay({ entryBits: 32, cellBits: splines.map((step) => mostBits(step, splines)) });
    return Math.max(...finest.outputs.map(({ error }, q) => error / wanted[q]));
  }
  const { plans, outputs } = lay(found);
  return {
    ...(first ? { linear: first.layer } : {}),
    tables: plans.map(({ edges, plan }) => fillTable(edges, plan)),
    outputs,
  };
}

/** The most cells that a layer may have. */
function mostBits({ nIn, nOut }: SplineStep, all: readonly SplineStep[]): number {
  const room = Math.floor(log2(MOST_ENTRIES / (all.length * nIn * nOut)));
  return Math.min(MOST_BITS, room);
}

/** The coarsest cells that fit: as many bits for all layers, then fewer where that still fits. */
function smallest(
  entryBits: EntryBits,
  splines: readonly SplineStep[],
  fits: (layout: Layout) => boolean,
): Layout | undefined {
  const most = splines.map((step) => mostBits(step, splines));
  let bits = LEAST_BITS - 1, cellBits: number[];
  do {
    bits++;
    if (bits > Math.max(...most)) return undefined;
    cellBits = most.map((limit) => Math.min(bits, limit));
  } while (!fits({ entryBits, cellBits }));
  const bySize = splines.map((_, k) => k)
    .sort((a, b) => splines[b].nIn * splines[b].nOut - splines[a].nIn * splines[a].nOut);
  for (const k of bySize) {
    while (cellBits[k] > LEAST_BITS) {
      const fewer = cellBits.with(k, cellBits[k] - 1);
      if (!fits({ entryBits, cellBits: fewer })) break;
      cellBits = fewer;
    }
  }
  return { entryBits, cellBits };
}

/** Refuses what tables of integers cannot hold. */
export function refuseTables(rule: string, value: string | number): never {
  throw new RangeError(
    `Cannot export model: model must be ${rule} to be written as lut, current value is ${value}`,
  );
}

function checkSteps({ members, result }: NetworkProgram): NetworkProgram["members"][number] {
  const count = members.length;
  if (count > 1 && result.kind === "classes") { // the mean of logits has another class at times
    refuseTables("one network where there are classes", `an ensemble of ${count}`);
  }
  const steps = count === 1 ? members[0] : stackedMembers(members) ??
    refuseTables("one network, or an ensemble of splines that do not refuse rows", "another");
  steps.forEach((step, k) => {
    if (step.kind === "relu" || step.kind === "tanh" || step.kind === "sparse") {
      refuseTables("a network of splines", "an MLP");
    }
    if (step.kind === "splines" && step.limits) {
      refuseTables("of an extrapolation other than error", "error");
    }
    if (step.nIn > 4096) refuseTables("of at most 4096 nodes in a layer", step.nIn);
    if (step.kind === "linear" && k > 0) refuseTables("linear in its first map only", "others");
  });
  return steps;
}

/** What the positions of a column stand for, as the network sees it. */
function columnRange({ name, range, scale }: ProgramColumn): NodeRange {
  if (range === undefined) refuseTables("of columns with known ranges", `${name} without one`);
  if (scale?.map) {
    refuseTables("of columns on straight scales", `${name} on a curved scale`);
  }
  const constant = scale && scale.minimum === scale.maximum;
  const low = scale ? constant ? 0.5 : 0 : range[0];
  const span = scale ? constant ? 0 : 1 : range[1] - range[0];
  const unit = span / pow(2, COLUMN_BITS);
  return { low, unit, error: 1.5 * unit, most: pow(2, COLUMN_BITS) - 1 };
}
