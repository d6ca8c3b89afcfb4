import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  decodeEnsemble,
  decodeModel,
  encodeEnsemble,
  encodeModel,
  ensembleOutputs,
  forward,
  ModelFileError,
  type Network,
  withStatistics,
} from "../../lib/model/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const { inputs } = randomDataset({ rows: 12, nIn: 2, nOut: 1, seed: 3 });

function member(seed: number, nOut = 1, knots: "free" | "fixed" = "free"): Network {
  return withStatistics(randomNetwork({ widths: [2, 3, nOut], knots }, seed), inputs);
}

/** A network whose outputs are `scale` times those of another. */
function scaled(network: Network, scale: number): Network {
  const parameters = network.parameters.slice();
  for (const { name, offset, size } of network.layout) {
    if (!name.endsWith(".coefficients")) continue;
    for (let i = offset; i < offset + size; i++) parameters[i] *= scale;
  }
  return { ...network, parameters };
}

Deno.test("ensembleOutputs() is the mean of the outputs", () => {
  const networks = [member(1), member(2), member(3)];
  const outputs = networks.map((network) => forward(network, inputs));
  ensembleOutputs(networks, inputs).forEach((value, i) => {
    assertAlmostEquals(value, (outputs[0][i] + outputs[1][i] + outputs[2][i]) / 3, 1e-14);
  });
  for (const average of ["values", "probabilities"] as const) {
    assertEquals(ensembleOutputs([networks[0]], inputs, 12, average), outputs[0]);
  }
  assertThrows(() => ensembleOutputs([], inputs), RangeError, "at least one");
});

Deno.test("ensembleOutputs() gives logits of the mean probabilities", () => {
  for (const nOut of [1, 3]) {
    const networks = [member(1, nOut), member(2, nOut), member(4, nOut)];
    const shares = networks.map((network) => probabilities(forward(network, inputs), nOut));
    const mean = probabilities(ensembleOutputs(networks, inputs, 12, "probabilities"), nOut);
    mean.forEach((p, i) => {
      assertAlmostEquals(p, (shares[0][i] + shares[1][i] + shares[2][i]) / 3, 1e-14);
    });
  }
});

Deno.test("ensembleOutputs() stays finite where probabilities round to 0 and 1", () => {
  for (const nOut of [1, 3]) {
    const sure = scaled(member(1, nOut), 1e4);
    const logits = forward(sure, inputs);
    assert(logits.some((z) => Math.abs(z) > 800), "exp() overflows or underflows");
    const together = ensembleOutputs([sure, sure], inputs, 12, "probabilities");
    assert(together.every(Number.isFinite));
    if (nOut > 1) continue;
    logits.forEach((z, i) => assertAlmostEquals(together[i] / z, 1, 1e-12));
  }
});

function probabilities(logits: Float64Array, nOut: number): number[] {
  if (nOut === 1) return [...logits].map((z) => 1 / (1 + Math.exp(-z)));
  return [...logits].map((z, i) => {
    const row = logits.subarray(i - i % nOut, i - i % nOut + nOut);
    return Math.exp(z) / row.reduce((sum, each) => sum + Math.exp(each), 0);
  });
}

Deno.test("decodeEnsemble() gives back every bit, also of one network's file", () => {
  const networks = [member(1), member(2, 1, "fixed"), member(3)];
  const metadata = { members: [1, 2, 3], note: "ü" };
  const bytes = encodeEnsemble(networks, metadata);
  assertEquals(decodeEnsemble(bytes), { networks, metadata });
  assertEquals(encodeEnsemble(networks, metadata), bytes);
  const alone = decodeEnsemble(encodeModel(networks[1], metadata));
  assertEquals(alone, { networks: [networks[1]], metadata });
});

Deno.test("decodeEnsemble() refuses damage, decodeModel() an ensemble", () => {
  const bytes = encodeEnsemble([member(1), member(2)]);
  for (let length = 0; length < bytes.length; length += 101) {
    assertThrows(() => decodeEnsemble(bytes.subarray(0, length)), ModelFileError);
  }
  const damaged = bytes.slice();
  damaged[bytes.length - 20] ^= 1;
  assertThrows(() => decodeEnsemble(damaged), ModelFileError, "checksum");
  assertThrows(() => decodeModel(bytes), ModelFileError, "its format is freeknot-ensemble, not");
  assertThrows(() => encodeEnsemble([]), RangeError, "at least one");
  assertThrows(() => encodeEnsemble([member(1), member(2, 3)]), RangeError, "2 to 1 and 2 to 3");
});
