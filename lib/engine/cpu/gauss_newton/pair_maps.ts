/**
 * Tables of pairs of strips mapped to columns, `T_A^T Z T_B`, by kernels on all threads.
 *
 * @module
 */

import { call } from "../wasm/kernel_calls.ts";
import { deal } from "../wasm/deal.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import type { ListPhase } from "./lists.ts";
import type { ColumnMap } from "./maps.ts";
import type { Pair } from "./plan.ts";
import type { ValueStrip } from "./strips.ts";

/** A strip's map in the kernels' memory. */
interface MapSlots {
  readonly starts: Slot<Int32Array>;
  readonly columns: Slot<Int32Array>;
  readonly values: Slot<Float64Array>;
}

/**
 * Lays out the maps of pairs of different strips.
 *
 * @param pairs All pairs; a strip with itself is left out.
 * @param parts Parts of the work, one for a thread; the results are the same for any number.
 */
export function planPairMaps(pairs: readonly Pair[], arena: Arena, parts: number) {
  const mapped = pairs.filter(({ a, b }) => a !== b);
  const slots = new Map<ValueStrip, MapSlots>();
  for (const strip of new Set(mapped.flatMap(({ a, b }) => [a, b]))) {
    slots.set(strip, {
      starts: arena.int32(strip.pieces * strip.length + 1),
      columns: arena.int32(strip.mostEntries),
      values: arena.float64(strip.mostEntries),
    });
  }
  const outs = new Map(
    mapped.map((pair) => [pair, arena.float64(pair.a.targets * pair.b.targets)]),
  );
  const width = ({ b }: Pair) => b.pieces * b.length;
  const scratch = mapped.reduce(
    (most, pair) => Math.max(most, (2 * pair.a.targets + pair.a.group) * width(pair)),
    0,
  );
  const workOf = (pair: Pair) => pair.a.pieces * pair.a.length * width(pair);
  const phase: ListPhase = deal(mapped, workOf, parts).map((pairs) => {
    const { at } = arena.float64(scratch);
    return pairs.map((pair) => {
      const { a, b, at: table } = pair, mapA = slots.get(a)!, mapB = slots.get(b)!;
      return call.gnMapPair({
        table,
        piecesA: a.pieces,
        lengthA: a.length,
        groupA: a.group,
        startsA: mapA.starts.at,
        columnsA: mapA.columns.at,
        valuesA: mapA.values.at,
        targetsA: a.targets,
        piecesB: b.pieces,
        lengthB: b.length,
        groupB: b.group,
        startsB: mapB.starts.at,
        columnsB: mapB.columns.at,
        valuesB: mapB.values.at,
        targetsB: b.targets,
        scratch: at,
        out: outs.get(pair)!.at,
      });
    });
  });

  return {
    phase,
    /** Copies the maps of the latest pass into the kernels' memory. */
    load(maps: ReadonlyMap<ValueStrip, ColumnMap>): void {
      for (const [strip, { starts, columns, values }] of slots) {
        const map = maps.get(strip)!;
        starts.values.set(map.starts);
        columns.values.set(map.columns);
        values.values.set(map.values);
      }
    },
    /** Adds the mapped table of a pair and its transpose to the matrix of all columns. */
    add(
      pair: Pair,
      maps: ReadonlyMap<ValueStrip, ColumnMap>,
      matrix: Float64Array,
      size: number,
    ): void {
      const x = maps.get(pair.a)!.targets, y = maps.get(pair.b)!.targets;
      const { values } = outs.get(pair)!;
      for (let i = 0; i < x.length; i++) {
        for (let j = 0; j < y.length; j++) {
          const value = values[j * x.length + i];
          matrix[x[i] * size + y[j]] += value;
          matrix[y[j] * size + x[i]] += value;
        }
      }
    },
  };
}
