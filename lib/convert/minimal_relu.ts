/**
 * ReLU networks without units that do nothing.
 *
 * @module
 */

import { checkOptions } from "../numerics/inner.ts";
import { type NodeUnit, unitChain, type UnitStage, unitValue } from "./_unit_chain.ts";
import {
  checkReluNetwork,
  entriesLayer,
  type ReluLayer,
  type ReluNetwork,
} from "./relu_network.ts";

/** Options of {@linkcode minimalRelu}. */
export interface MinimalOptions {
  /**
   * A change of slope counts as none where it is below this share of the largest change that its
   * node makes in the same output. Default 1e-12.
   */
  readonly tolerance?: number | undefined;
}

/**
 * Takes away what changes nothing: kinks where slopes do not change, units at one place that can be
 * one unit, nodes that nothing asks for, nodes that are constant. It says nothing about networks of
 * other shapes, which may be smaller still.
 *
 * @param network The ReLU network; of splines, what `splinesToRelu` made of them.
 * @param options The tolerance.
 * @returns A network that is the same function, to rounding and the tolerance.
 *
 * @example A refined network needs no more units than the coarse one
 * ```ts
 * import { createNetwork, prolong } from "@freeknot/freeknot";
 * import { minimalRelu, reluSize, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = createNetwork({ widths: [2, 5, 1], degree: 1, intervals: 3 }, { seed: 1 });
 * const fine = minimalRelu(splinesToRelu(prolong(coarse, 4)));
 * assertEquals(reluSize(fine).widths, reluSize(splinesToRelu(coarse)).widths);
 * ```
 */
export function minimalRelu(network: ReluNetwork, options: MinimalOptions = {}): ReluNetwork {
  checkReluNetwork("shrink network", network);
  checkOptions("shrink network", options, "tolerance");
  const { tolerance = 1e-12 } = options;
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new RangeError(
      `Cannot shrink network: tolerance must be at least 0 and below 1, current value is ${tolerance}`,
    );
  }
  const { stages, last } = unitChain(network, true);
  const steps = stages.map(stepOf);
  let final = matrixOf(last);
  // from the outputs back: units and nodes that nothing asks for
  for (let l = steps.length - 1; l >= 0; l--) {
    const next = steps[l + 1]?.map ?? final;
    joinUnits(steps[l], next, tolerance);
    if (steps[l].map !== undefined) dropNodes(steps[l], (p) => steps[l].units[p].length > 0);
  }
  // from the inputs on: nodes without inputs are constants
  for (let l = 0; l < steps.length; l++) {
    const { map, units, power } = steps[l], next = steps[l + 1]?.map ?? final;
    if (map === undefined) continue;
    map.rows.forEach((row, p) => {
      if (row.size > 0) return;
      for (const unit of units[p]) {
        const value = unitValue(unit, map.bias[p], power);
        next.rows.forEach((weights, q) => next.bias[q] += (weights.get(unit.column) ?? 0) * value);
        for (const weights of next.rows) weights.delete(unit.column);
      }
    });
    dropNodes(steps[l], (p) => map.rows[p].size > 0);
  }
  const empty = steps.findIndex(({ units }) => units.every((list) => list.length === 0));
  if (empty >= 0) return constantNetwork(steps, empty, final, network.layers[0].nIn);
  final = renumbered(steps, final);
  return { layers: layersOf(steps, final, network.layers[0].nIn) };
}

/** A matrix that changes, its entries by row and column. */
interface Matrix {
  rows: Map<number, number>[];
  bias: number[];
}

/** A stage that changes. */
interface Step {
  map: Matrix | undefined;
  units: NodeUnit[][];
  readonly power: number;
}

function stepOf({ map, units, power }: UnitStage): Step {
  return {
    map: map === undefined ? undefined : matrixOf(map),
    units: units.map((list) => [...list]),
    power,
  };
}

function matrixOf({ nOut, starts, columns, values, bias }: ReluLayer): Matrix {
  const rows = Array.from({ length: nOut }, (_, q) => {
    const row = new Map<number, number>();
    for (let k = starts[q]; k < starts[q + 1]; k++) row.set(columns[k], values[k]);
    return row;
  });
  return { rows, bias: [...bias] };
}

/** Writes the units of every node anew where that takes fewer of them; drops what changes no slope. */
function joinUnits({ units, power }: Step, next: Matrix, tolerance: number): void {
  const all = next.rows.flatMap((row) => [...row.keys()]);
  let column = Math.max(-1, ...all, ...units.flat().map((unit) => unit.column)) + 1;
  units.forEach((list, p) => {
    if (power === 1) {
      const shape = nodeShape(list, next, tolerance);
      if (shape.units.length < list.length) {
        for (const row of next.rows) for (const unit of list) row.delete(unit.column);
        shape.constants.forEach((value, q) => next.bias[q] += value);
        units[p] = shape.units.map(({ sign, place, weights }): NodeUnit => {
          weights.forEach((weight, q) => {
            if (weight !== 0) next.rows[q].set(column, weight);
          });
          return { sign, place, column: column++ };
        });
        return;
      }
    }
    units[p] = list.filter((unit) => next.rows.some((weights) => weights.has(unit.column)));
  });
}

/** Units with their weights in every output, and constants. */
interface Shape {
  readonly units: readonly {
    readonly sign: 1 | -1;
    readonly place: number;
    readonly weights: readonly number[];
  }[];
  readonly constants: readonly number[];
}

/** The fewest units of a node: one per kink, and one to the left where the first slope is not 0. */
function nodeShape(list: readonly NodeUnit[], next: Matrix, tolerance: number): Shape {
  const weight = (q: number, { column }: NodeUnit) => next.rows[q].get(column) ?? 0;
  const outputs = next.rows.map((_, q) => q);
  const first = outputs.map((q) =>
    list.reduce((sum, unit) => unit.sign < 0 ? sum - weight(q, unit) : sum, 0)
  );
  const most = outputs.map((q) =>
    list.reduce((m, unit) => Math.max(m, Math.abs(weight(q, unit))), 0)
  );
  const kept = (values: readonly number[]) =>
    values.map((value, q) => Math.abs(value) <= tolerance * most[q] ? 0 : value);
  const places = [...new Set(list.map(({ place }) => place))].sort((a, b) => a - b);
  const kinks = places.map((place) => {
    const here = list.filter((unit) => unit.place === place);
    return {
      place,
      jump: kept(outputs.map((q) => here.reduce((sum, unit) => sum + weight(q, unit), 0))),
    };
  }).filter(({ jump }) => jump.some((value) => value !== 0));
  const hinge = kinks[0]?.place ?? places[0] ?? 0;
  const slope = kept(first), jump = kinks[0]?.jump ?? outputs.map(() => 0);
  const after = kept(slope.map((value, q) => value + jump[q]));
  const units = [
    { sign: -1 as const, place: hinge, weights: slope.map((value) => 0 - value) },
    { sign: 1 as const, place: hinge, weights: after },
    ...kinks.slice(1).map((kink) => ({ sign: 1 as const, place: kink.place, weights: kink.jump })),
  ];
  const constants = outputs.map((q) =>
    list.reduce(
      (sum, unit) => sum + weight(q, unit) * unitValue(unit, hinge, 1),
      0,
    )
  );
  return { units: units.filter(({ weights }) => weights.some((value) => value !== 0)), constants };
}

/** Keeps some nodes of a stage that has a map of its own. */
function dropNodes(step: Step, keep: (p: number) => boolean): void {
  const kept = step.units.map((_, p) => p).filter(keep);
  step.units = kept.map((p) => step.units[p]);
  const { rows, bias } = step.map!;
  step.map = { rows: kept.map((p) => rows[p]), bias: kept.map((p) => bias[p]) };
}

/** Numbers the units of every stage anew, and the columns of the map behind it. */
function renumbered(steps: readonly Step[], last: Matrix): Matrix {
  let final = last;
  steps.forEach((step, l) => {
    const numbers = new Map<number, number>();
    step.units = step.units.map((list) =>
      list.map((unit) => {
        numbers.set(unit.column, numbers.size);
        return { ...unit, column: numbers.size - 1 };
      })
    );
    const next = steps[l + 1]?.map ?? final;
    const rows = next.rows.map((row) =>
      new Map(
        [...row].flatMap(([column, value]) =>
          numbers.has(column) ? [[numbers.get(column)!, value] as const] : []
        ),
      )
    );
    if (l + 1 < steps.length) steps[l + 1].map = { rows, bias: next.bias };
    else final = { rows, bias: next.bias };
  });
  return final;
}

function layersOf(steps: readonly Step[], last: Matrix, nIn: number): ReluLayer[] {
  const layers: ReluLayer[] = [];
  let width = nIn;
  for (const { map, units, power } of steps) {
    const plain = map !== undefined &&
      units.every((list, p) => list.length === 1 && list[0].sign === 1 && list[0].column === p);
    if (plain) { // a map with one unit per node is one layer
      const bias = map.bias.map((value, p) => value - units[p][0].place);
      layers.push(layerOf({ rows: map.rows, bias }, width, "relu", power));
      width = units.length;
      continue;
    }
    if (map !== undefined) {
      layers.push(layerOf(map, width, "none"));
      width = map.rows.length;
    }
    const list = units.flatMap((each, p) => each.map((unit) => ({ ...unit, p })));
    const rows = list.map(({ p, sign }): [number, number][] => [[p, sign]]);
    const offsets = list.map(({ sign, place }) => 0 - sign * place);
    layers.push(entriesLayer(rows, width, offsets, "relu", power));
    width = list.length;
  }
  layers.push(layerOf(last, width, "none"));
  return layers;
}

function layerOf(
  { rows, bias }: Matrix,
  nIn: number,
  activation: ReluLayer["activation"],
  power = 1,
): ReluLayer {
  const entries = rows.map((row) => [...row].sort(([a], [b]) => a - b));
  return entriesLayer(entries, nIn, bias, activation, power);
}

/** A network whose outputs do not depend on the inputs: one unit that nothing asks for. */
function constantNetwork(
  steps: readonly Step[],
  empty: number,
  final: Matrix,
  nIn: number,
): ReluNetwork {
  let values: number[] = []; // of the units of a stage, by column
  for (let l = empty + 1; l < steps.length; l++) {
    const { map, units, power } = steps[l], nodes = apply(map!, values);
    values = [];
    units.forEach((list, p) => {
      for (const unit of list) values[unit.column] = unitValue(unit, nodes[p], power);
    });
  }
  const outputs = apply(final, values), power = steps[0].power;
  return {
    layers: [
      entriesLayer([[[0, 1]]], nIn, [0], "relu", power),
      entriesLayer(outputs.map(() => []), 1, outputs, "none"),
    ],
  };
}

function apply({ rows, bias }: Matrix, values: readonly number[]): number[] {
  return rows.map((row, q) =>
    [...row].reduce((sum, [column, weight]) => sum + weight * (values[column] ?? 0), bias[q])
  );
}
