/**
 * A network's jets at fixed points, forward and backward, in flat buffers allocated once.
 *
 * @module
 */

import {
  findBlock,
  type LinearStage,
  measureStatistics,
  type Network,
  type NormalisationStatistics,
  parameterBlock,
  type SplineStage,
  stagesOf,
} from "../../../model/mod.ts";
import { chainTerms, type JetPoints, type JetProgram } from "../../jets.ts";
import { createJetNormaliser, type JetNormaliser } from "./jet_normaliser.ts";
import { createJetTables, type JetTables } from "./jet_tables.ts";
import { createNormalMatrix } from "./normal_matrix.ts";
import { createSplineJets, type JetShape, type SplineJets } from "./spline_jets.ts";

/** A stage with its buffers; `inputs[g]` has shape `[rows, channels, nIn]`. */
export type JetStage =
  | {
    readonly kind: "linear";
    readonly stage: LinearStage;
    readonly weights: number;
    readonly bias: number;
    readonly inputs: Float64Array[];
  }
  | {
    readonly kind: "spline";
    readonly stage: SplineStage;
    readonly tables: JetTables;
    readonly jets: SplineJets;
    readonly normaliser: JetNormaliser;
    readonly inputs: Float64Array[];
  };

/** The program's inside, as the Gauss-Newton matrix needs it. */
export interface JetChain {
  readonly network: Network;
  readonly stages: readonly JetStage[];
  readonly groups: readonly JetPoints[];
  readonly shapes: readonly JetShape[];
  /** Parameters of the latest forward pass. */
  readonly parameters: Float64Array;
  /**
   * Pulls gradients by the inputs of stage `end` (or, for `end = stages.length`, by the outputs)
   * back to the parameters, through the statistics of the stages before.
   *
   * @param bars Overwritten, per group, `[rows, channels, nIn of the stage]`.
   * @param values Whether only the values' entries (channel 0) of `bars` are not 0.
   */
  pull(end: number, bars: Float64Array[], values: boolean, gradientOut: Float64Array): void;
}

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
  const shapes = groups.map(({ derivatives }): JetShape => ({
    channels: derivatives.length,
    order: derivatives[derivatives.length - 1].length,
    terms: chainTerms(derivatives),
  }));
  const channels = Math.max(...shapes.map((shape) => shape.channels));
  const order = Math.max(...shapes.map((shape) => shape.order));
  const stages = stagesOf(network.config).map((stage, s): JetStage => {
    const inputs = groups.map(({ rows, inputs }, g) =>
      s === 0 ? inputs : new Float64Array(rows * shapes[g].channels * stage.nIn)
    );
    if (stage.kind === "linear") {
      return {
        kind: "linear",
        stage,
        weights: parameterBlock(network, "linear.weights").offset,
        bias: findBlock(network.layout, "linear.bias")?.offset ?? -1,
        inputs,
      };
    }
    const tables = createJetTables(network, stage);
    return {
      kind: "spline",
      stage,
      tables,
      jets: createSplineJets(stage, tables, channels, order),
      normaliser: createJetNormaliser(stage, groups, shapes),
      inputs,
    };
  });
  const nOut = stages[stages.length - 1].stage.nOut;
  const outputs = groups.map(({ rows }, g) => new Float64Array(rows * shapes[g].channels * nOut));
  const widest = Math.max(...network.config.widths);
  const spare = [0, 1].map(() =>
    groups.map(({ rows }, g) => new Float64Array(rows * shapes[g].channels * widest))
  );
  const u = new Float64Array(channels);
  let parameters = network.parameters;
  let statistics: NormalisationStatistics[] = [];

  function forward(next: Float64Array): readonly Float64Array[] {
    parameters = next;
    statistics = [];
    stages.forEach((own, s) => {
      const to = s + 1 < stages.length ? stages[s + 1].inputs : outputs;
      if (own.kind === "linear") return linearForward(own, to);
      own.tables.set(parameters);
      const values = own.normaliser.values(own.inputs);
      const { nIn, normalisation } = own.stage;
      const measured = measureStatistics(normalisation, values, values.length / nIn, nIn);
      statistics.push(measured);
      own.normaliser.set(measured);
      to.forEach((y) => y.fill(0));
      groups.forEach(({ rows }, g) => {
        const { channels } = shapes[g], { nOut } = own.stage, x = own.inputs[g], y = to[g];
        for (let r = 0; r < rows; r++) {
          for (let p = 0; p < nIn; p++) {
            own.normaliser.read(x, r * channels * nIn + p, channels, p, u);
            own.jets.forward(p, u, shapes[g], y, r * channels * nOut);
          }
        }
      });
    });
    return outputs;
  }

  function linearForward(
    { stage: { nIn, nOut }, weights, bias, inputs }: Extract<JetStage, { kind: "linear" }>,
    to: Float64Array[],
  ): void {
    inputs.forEach((x, g) => {
      const y = to[g], lines = x.length / nIn, { channels } = shapes[g];
      for (let line = 0; line < lines; line++) {
        const at = line * nOut, shifted = bias >= 0 && line % channels === 0;
        for (let q = 0; q < nOut; q++) y[at + q] = shifted ? parameters[bias + q] : 0;
        for (let p = 0; p < nIn; p++) {
          const own = x[line * nIn + p];
          if (own === 0) continue;
          const from = weights + p * nOut;
          for (let q = 0; q < nOut; q++) y[at + q] += own * parameters[from + q];
        }
      }
    });
  }

  function linearBackward(
    { stage: { nIn, nOut }, weights, bias, inputs }: Extract<JetStage, { kind: "linear" }>,
    bars: Float64Array[],
    gradient: Float64Array,
  ): void {
    inputs.forEach((x, g) => {
      const lines = x.length / nIn, { channels } = shapes[g];
      for (let line = 0; line < lines; line++) {
        const at = line * nOut;
        if (bias >= 0 && line % channels === 0) {
          for (let q = 0; q < nOut; q++) gradient[bias + q] += bars[g][at + q];
        }
        for (let p = 0; p < nIn; p++) {
          const own = x[line * nIn + p], to = weights + p * nOut;
          if (own === 0) continue;
          for (let q = 0; q < nOut; q++) gradient[to + q] += own * bars[g][at + q];
        }
      }
    });
  }

  function pull(
    end: number,
    given: Float64Array[],
    values: boolean,
    gradient: Float64Array,
  ): void {
    gradient.fill(0);
    let bars = given, turn = 0;
    for (let s = end - 1; s >= 0; s--) {
      const own = stages[s];
      if (own.kind === "linear") {
        linearBackward(own, bars, gradient); // the first stage: nothing is below
        return;
      }
      const { nIn, nOut } = own.stage, { tables, jets, normaliser } = own;
      const sums = tables.sums, to = spare[turn];
      turn = 1 - turn;
      sums.clear();
      const square = jets.bars.polynomials.length;
      groups.forEach(({ rows }, g) => {
        const shape = shapes[g], { channels } = shape;
        const x = own.inputs[g], yBar = bars[g], uBar = to[g];
        for (let r = 0; r < rows; r++) {
          const from = r * channels * nOut, at = r * channels * nIn;
          if (values && isZero(yBar, from, nOut)) {
            uBar.fill(0, at, at + channels * nIn);
            continue;
          }
          for (let p = 0; p < nIn; p++) {
            normaliser.read(x, at + p, channels, p, u);
            const piece = jets.backward(
              p,
              u,
              shape,
              values ? 1 : channels,
              yBar,
              from,
              sums.coefficients ?? gradient,
              gradient,
            );
            for (let c = 0; c < channels; c++) uBar[at + c * nIn + p] = jets.bars.u[c];
            if (!tables.free) continue;
            for (let i = 0; i < 3; i++) sums.places[3 * piece + i] += jets.bars.places[i];
            if (tables.relu) continue;
            for (let i = 0; i < square; i++) {
              sums.polynomials[piece * square + i] += jets.bars.polynomials[i];
            }
          }
        }
      });
      tables.collect(parameters, gradient);
      if (s > 0) normaliser.backward(own.inputs, to, values);
      bars = to;
    }
  }

  const chain: JetChain = {
    network,
    stages,
    groups,
    shapes,
    get parameters() {
      return parameters;
    },
    pull,
  };
  return {
    numParameters: network.parameters.length,
    forward,
    backward: (bars, gradientOut) => pull(stages.length, [...bars], false, gradientOut),
    ...(network.config.basis === "bspline" ? { normalMatrix: createNormalMatrix(chain) } : {}),
    statistics: () => structuredClone(statistics),
  };
}

function isZero(values: Float64Array, at: number, count: number): boolean {
  for (let i = at; i < at + count; i++) if (values[i] !== 0) return false;
  return true;
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
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows === 0) {
    throw new RangeError("Cannot compile jets: groups must hold a point, current value is none");
  }
}
