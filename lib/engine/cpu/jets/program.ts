/**
 * A network's jets at fixed points, forward and backward, in flat buffers allocated once.
 *
 * @module
 */

import {
  findBlock,
  measureStatistics,
  type Network,
  type NormalisationStatistics,
  parameterBlock,
  type SplineStage,
  stagesOf,
} from "../../../model/mod.ts";
import type { JetPoints, JetProgram } from "../../jets.ts";
import { createArena, type Slot } from "../memory.ts";
import type { BackwardCall, JetChain, JetStage } from "./jet_chain.ts";
import { createJetNormaliser } from "./jet_normaliser.ts";
import { createJetTables } from "./jet_tables.ts";
import { createJetShape, MOST_JETS, SCRATCH_BYTES } from "./jet_shape.ts";
import { createJetKernels, type JetKernels } from "./kernels.ts";
import { createNormalMatrix } from "./normal_matrix.ts";

/**
 * Compiles a network's jets at groups of points.
 *
 * @param network The network; its configuration and layout are used, not its parameters.
 * @param groups Points; normalisation statistics are those of all of them together.
 * @returns The program.
 * @throws {TypeError} If a group's inputs are not `[rows, derivatives, nIn]` numbers.
 * @throws {RangeError} If there is no point.
 *
 * @example The gradient of `u_x` at one point by all parameters
 * ```ts
 * import { compileJets, createNetwork, jetPoints } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], normalisation: "none" }, { seed: 1 });
 * const program = compileJets(network, [jetPoints(new Float64Array([0.1, 0.2]), 2, [[1]])]);
 * const [[value, slope]] = program.forward(network.parameters);
 * const gradient = new Float64Array(program.numParameters);
 * program.backward([new Float64Array([0, 1])], gradient);
 * assertEquals(Number.isFinite(value + slope + gradient[0]), true);
 * ```
 */
export function compileJets(network: Network, groups: readonly JetPoints[]): JetProgram {
  checkGroups(network, groups);
  const arena = createArena("float64");
  const parameters = arena.float64(network.parameters.length);
  const gradient = arena.float64(network.parameters.length);
  const shapes = groups.map((group) => createJetShape(group, arena));
  const scratch = arena.float64(
    SCRATCH_BYTES / 8 + Math.max(...shapes.map((shape) => shape.terms)),
  );
  const perGroup = (numbers: (rows: number, channels: number) => number) =>
    groups.map(({ rows }, g) => arena.float64(numbers(rows, shapes[g].channels)));
  const stages = stagesOf(network.config).map((stage, s): JetStage => {
    const { nIn } = stage;
    const inputs = s === 0
      ? groups.map(({ inputs }) => arena.float64(inputs.length, (values) => values.set(inputs)))
      : perGroup((rows, channels) => rows * channels * nIn);
    if (stage.kind === "linear") {
      return {
        kind: "linear",
        stage,
        weights: parameterBlock(network, "linear.weights").offset,
        bias: findBlock(network.layout, "linear.bias")?.offset ?? -1,
        inputs,
      };
    }
    if (stage.kind === "spline") {
      return {
        kind: "spline",
        stage,
        tables: createJetTables(network, stage, arena, parameters),
        normaliser: createJetNormaliser(stage, groups, shapes),
        inputs,
        jets: perGroup((rows, channels) => rows * channels * nIn),
        places: groups.map(({ rows }) => arena.int32(2 * rows * nIn)),
      };
    }
    throw unknownStage(stage);
  });
  const nOut = stages[stages.length - 1].stage.nOut;
  const outputs = perGroup((rows, channels) => rows * channels * nOut);
  const widest = Math.max(...network.config.widths);
  const spare = [0, 1].map(() => perGroup((rows, channels) => rows * channels * widest));
  let statistics: NormalisationStatistics[] = [];

  function forward(next: Float64Array): readonly Float64Array[] {
    parameters.values.set(next);
    statistics = [];
    stages.forEach((own, s) => {
      const to = s + 1 < stages.length ? stages[s + 1].inputs : outputs;
      if (own.kind === "linear") return linearForward(own, to);
      const { stage, tables, normaliser, jets, places } = own;
      const inputs = own.inputs.map((slot) => slot.values);
      tables.set(parameters.values);
      const values = normaliser.values(inputs);
      const { nIn, normalisation } = stage;
      const measured = measureStatistics(normalisation, values, values.length / nIn, nIn);
      statistics.push(measured);
      normaliser.set(measured);
      groups.forEach((_, g) => {
        normaliser.normalise(g, inputs[g], jets[g].values);
        place(own, g);
        to[g].values.fill(0);
        const shape = shapes[g];
        // deno-fmt-ignore
        kernels.forwardJets(
          groups[g].rows, nIn, stage.nOut, ...functionCounts(stage), shape.channels, shape.order,
          shape.terms, shape.table.at, shape.factors.at, jets[g].at, places[g].at, ...tablesAt(own),
          to[g].at, scratch.at,
        );
      });
    });
    return outputs.map((slot) => slot.values);
  }

  /** Finds the piece of every point; a place that must not occur becomes NaN. */
  function place(
    { stage: { nIn }, tables, jets, places }: Extract<JetStage, { kind: "spline" }>,
    g: number,
  ): void {
    const u = jets[g].values, at = places[g].values, step = shapes[g].channels * nIn;
    for (let r = 0, to = 0; r < groups[g].rows; r++) {
      for (let p = 0; p < nIn; p++) {
        const own = u[r * step + p], piece = tables.find(p, own);
        at[to++] = piece;
        at[to++] = tables.coefficientAt(p, piece);
        if (tables.outside(own)) u[r * step + p] = NaN;
      }
    }
  }

  function tablesAt({ tables }: Extract<JetStage, { kind: "spline" }>): number[] {
    return [
      tables.origins.at,
      tables.rates.at,
      tables.polynomials.at,
      tables.polynomialStep,
      tables.coefficients.at,
      parameters.at + 8 * tables.baseBlock,
    ];
  }

  function backward(own: Extract<JetStage, { kind: "spline" }>, call: BackwardCall): void {
    const { stage, jets, places } = own, { nIn } = stage, { group, row, rows } = call;
    const shape = shapes[group];
    // deno-fmt-ignore
    kernels.backwardJets(
      rows, nIn, stage.nOut, ...functionCounts(stage), shape.channels, call.active, shape.order,
      shape.terms, shape.table.at, shape.factors.at,
      jets[group].at + 8 * row * shape.channels * nIn, places[group].at + 8 * row * nIn,
      ...tablesAt(own), call.yBarAt, call.uBarAt, call.coefficientBarsAt, call.baseBarsAt,
      call.polynomialBarsAt, call.placeBarsAt, Number(call.byNode), scratch.at,
    );
  }

  function linearForward(
    { stage: { nIn, nOut }, weights, bias, inputs }: Extract<JetStage, { kind: "linear" }>,
    to: Slot<Float64Array>[],
  ): void {
    const all = parameters.values;
    inputs.forEach(({ values: x }, g) => {
      const y = to[g].values, lines = x.length / nIn, { channels } = shapes[g];
      for (let line = 0; line < lines; line++) {
        const at = line * nOut, shifted = bias >= 0 && line % channels === 0;
        for (let q = 0; q < nOut; q++) y[at + q] = shifted ? all[bias + q] : 0;
        for (let p = 0; p < nIn; p++) {
          const own = x[line * nIn + p];
          if (own === 0) continue;
          const from = weights + p * nOut;
          for (let q = 0; q < nOut; q++) y[at + q] += own * all[from + q];
        }
      }
    });
  }

  function linearBackward(
    { stage: { nIn, nOut }, weights, bias, inputs }: Extract<JetStage, { kind: "linear" }>,
    bars: Slot<Float64Array>[],
    sum: Float64Array,
  ): void {
    inputs.forEach(({ values: x }, g) => {
      const lines = x.length / nIn, { channels } = shapes[g], bar = bars[g].values;
      for (let line = 0; line < lines; line++) {
        const at = line * nOut;
        if (bias >= 0 && line % channels === 0) {
          for (let q = 0; q < nOut; q++) sum[bias + q] += bar[at + q];
        }
        for (let p = 0; p < nIn; p++) {
          const own = x[line * nIn + p], to = weights + p * nOut;
          if (own === 0) continue;
          for (let q = 0; q < nOut; q++) sum[to + q] += own * bar[at + q];
        }
      }
    });
  }

  function pull(
    end: number,
    fill: (bars: Float64Array, group: number) => void,
    values: boolean,
    gradientOut: Float64Array,
  ): void {
    const sum = gradient.values;
    sum.fill(0);
    let turn = 0;
    const count = stages[end - 1].stage.nOut;
    spare[turn].forEach(({ values: bars }, g) =>
      fill(bars.subarray(0, groups[g].rows * shapes[g].channels * count), g)
    );
    for (let s = end - 1; s >= 0; s--) {
      const own = stages[s], bars = spare[turn], to = spare[1 - turn];
      if (own.kind === "linear") { // the first stage: nothing is below
        linearBackward(own, bars, sum);
        break;
      }
      const { tables, normaliser } = own, { sums } = tables;
      sums.clear();
      groups.forEach(({ rows }, group) =>
        backward(own, {
          group,
          row: 0,
          rows,
          active: values ? 1 : shapes[group].channels,
          yBarAt: bars[group].at,
          uBarAt: to[group].at,
          coefficientBarsAt: sums.coefficients?.at ?? gradient.at,
          baseBarsAt: gradient.at + 8 * tables.baseBlock,
          polynomialBarsAt: tables.free && !tables.relu ? sums.polynomials.at : 0,
          placeBarsAt: tables.free ? sums.places.at : 0,
          byNode: false,
        })
      );
      tables.collect(parameters.values, sum);
      if (s > 0) {
        const inputs = own.inputs.map((slot) => slot.values);
        normaliser.backward(inputs, to.map((slot) => slot.values), values);
      }
      turn = 1 - turn;
    }
    gradientOut.set(sum);
  }

  const chain: JetChain = {
    network,
    stages,
    groups,
    shapes,
    arena,
    kernels: () => kernels,
    parameters,
    backward,
    pull,
  };
  const normalMatrix = createNormalMatrix(chain);
  const kernels: JetKernels = createJetKernels(arena.makeMemory(false));
  return {
    numParameters: network.parameters.length,
    forward,
    backward: (bars, gradientOut) =>
      pull(stages.length, (to, g) => to.set(bars[g]), false, gradientOut),
    ...(normalMatrix ? { normalMatrix } : {}),
    statistics: () => structuredClone(statistics),
  };
}

/** What to say of a network with layers of another kind. */
function unknownStage({ kind }: { readonly kind: string }): RangeError {
  return new RangeError(
    `Cannot compile jets: layers must be linear or splines, current value is ${kind}`,
  );
}

/** Functions of a spline, and with the base branch. */
function functionCounts({ space: { degree }, base }: SplineStage): [number, number] {
  return [degree + 1, degree + (base === "silu" ? 2 : 1)];
}

function checkGroups(network: Network, groups: readonly JetPoints[]): void {
  const nIn = network.config.widths[0];
  groups.forEach(({ rows, derivatives, inputs }, g) => {
    const numbers = rows * derivatives.length * nIn;
    if (inputs.length !== numbers || derivatives[0]?.length !== 0) {
      throw new TypeError(
        `Cannot compile jets: inputs of group ${g} must be [${rows}, ${derivatives.length}, ` +
          `${nIn}] with the value first, current value is ${inputs.length} numbers`,
      );
    }
  });
  const most = Math.max(0, ...groups.map(({ derivatives }) => derivatives.length));
  const room = Math.floor(MOST_JETS / (network.config.degree + 2));
  if (most > room) {
    throw new RangeError(
      `Cannot compile jets: derivatives must be at most ${room}, current value is ${most}`,
    );
  }
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows === 0) {
    throw new RangeError("Cannot compile jets: groups must hold a point, current value is none");
  }
}
