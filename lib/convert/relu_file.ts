/**
 * ReLU networks as files: safetensors with a checksum, or JSON.
 *
 * The safetensors file holds `layerK.starts`, `layerK.columns` (I32), `layerK.values` and
 * `layerK.bias` (F64), and as texts `layers` (sizes and activations) and `metadata` as JSON. The
 * JSON file is `{ format, version, layers: [{ nIn, nOut, activation, starts, columns, values,
 * bias }], metadata }`.
 *
 * @module
 */

import {
  decodeTensorFile,
  encodeTensorFile,
  type Tensor,
  tensorFileFormat,
  tensorValues,
} from "../model/inner.ts";
import { ModelFileError } from "../model/mod.ts";
import { checkArray } from "../numerics/inner.ts";
import { checkReluNetwork, type ReluLayer, type ReluNetwork } from "./relu_network.ts";

const RELU_FILE = { format: "freeknot-relu", version: "1" } as const;

/** What {@linkcode decodeRelu} returns. */
export interface DecodedRelu {
  /** The network. */
  readonly network: ReluNetwork;
  /** What the caller stored beside the network. */
  readonly metadata: Record<string, unknown>;
}

/**
 * Encodes a ReLU network as a file.
 *
 * @param network The network.
 * @param metadata JSON-able data to keep beside it.
 * @param format `safetensors` (default) or `json`.
 * @returns The file's bytes. The same arguments give the same bytes.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { decodeRelu, encodeRelu, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const relu = splinesToRelu(createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 }));
 * assertEquals(decodeRelu(encodeRelu(relu)).network, relu);
 * assertEquals(decodeRelu(encodeRelu(relu, {}, "json")).network, relu);
 * ```
 */
export function encodeRelu(
  network: ReluNetwork,
  metadata: Record<string, unknown> = {},
  format: "safetensors" | "json" = "safetensors",
): Uint8Array<ArrayBuffer> {
  checkReluNetwork("encode ReLU network", network);
  const sizes = network.layers.map(({ nIn, nOut, activation, power }) => ({
    ...{ nIn, nOut, activation },
    ...(power === undefined ? {} : { power }),
  }));
  if (format === "json") {
    const layers = network.layers.map(({ starts, columns, values, bias }, l) => ({
      ...sizes[l],
      ...{ starts: [...starts], columns: [...columns], values: [...values], bias: [...bias] },
    }));
    return new TextEncoder().encode(`${JSON.stringify({ ...RELU_FILE, layers, metadata })}\n`);
  }
  if (format !== "safetensors") {
    throw new RangeError(
      `Cannot encode ReLU network: format must be safetensors or json, current value is ${format}`,
    );
  }
  const tensors = network.layers.flatMap((layer, l): Tensor[] =>
    (["values", "bias", "starts", "columns"] as const).map((part) => ({
      name: `layer${l}.${part}`,
      shape: [layer[part].length],
      values: layer[part],
    }))
  );
  const ordered = [ // numbers of 8 bytes first: no tensor then lies across a border
    ...tensors.filter(({ values }) => values instanceof Float64Array),
    ...tensors.filter(({ values }) => values instanceof Int32Array),
  ];
  return encodeTensorFile(RELU_FILE, ordered, {
    layers: JSON.stringify(sizes),
    metadata: JSON.stringify(metadata),
  });
}

/**
 * Decodes a file of {@linkcode encodeRelu}.
 *
 * @param bytes The file's bytes.
 * @returns The network and the metadata.
 * @throws {ModelFileError} If the file is truncated, damaged or of another kind.
 *
 * @example
 * ```ts
 * import { ModelFileError } from "@freeknot/freeknot/model";
 * import { decodeRelu } from "@freeknot/freeknot/convert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => decodeRelu(new Uint8Array(3)), ModelFileError, "it has 3 bytes");
 * ```
 */
export function decodeRelu(bytes: Uint8Array): DecodedRelu {
  checkArray("read ReLU network", "bytes", bytes, "the bytes of a file");
  try {
    return bytes[0] === 0x7b && tensorFileFormat(bytes) === undefined
      ? fromJson(bytes)
      : fromTensors(bytes);
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    fail((error as Error).message.replace("Cannot read ReLU network: ", ""));
  }
}

function fromJson(bytes: Uint8Array): DecodedRelu {
  let data: Record<string, unknown> = {};
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("it must be JSON, current value is broken");
  }
  if (data.format !== RELU_FILE.format || data.version !== RELU_FILE.version) {
    fail(`its format must be ${RELU_FILE.format} ${RELU_FILE.version}`);
  }
  if (!Array.isArray(data.layers)) fail("its layers are missing");
  const layers = data.layers.map((layer, l) => {
    const numbers = (part: string): number[] => {
      const list = layer?.[part];
      const fits = Array.isArray(list) && list.every((each) => typeof each === "number");
      return fits ? list : fail(`${part} of layer ${l + 1} must be a list of numbers`);
    };
    return {
      ...layer,
      ...{
        starts: Int32Array.from(numbers("starts")),
        columns: Int32Array.from(numbers("columns")),
      },
      ...{ values: Float64Array.from(numbers("values")), bias: Float64Array.from(numbers("bias")) },
    };
  });
  return checked(layers, data.metadata);
}

function fromTensors(bytes: Uint8Array): DecodedRelu {
  const file = decodeTensorFile(bytes, RELU_FILE, fail);
  const sizes: Partial<ReluLayer>[] = JSON.parse(file.text.layers);
  const layers = sizes.map((size, l) => ({
    ...size,
    ...Object.fromEntries(
      ["starts", "columns", "values", "bias"].map((part) => [
        part,
        tensorValues(file, `layer${l}.${part}`) ?? fail(`tensor layer${l}.${part} is missing`),
      ]),
    ),
  }));
  return checked(layers, JSON.parse(file.text.metadata));
}

function checked(layers: unknown, metadata: unknown): DecodedRelu {
  const network = { layers } as ReluNetwork;
  checkReluNetwork("read ReLU network", network);
  if (typeof metadata !== "object" || metadata === null) fail("its metadata are not a record");
  return { network, metadata: metadata as Record<string, unknown> };
}

function fail(fault: string): never {
  throw new ModelFileError(`Cannot read model file: ${fault}`);
}
