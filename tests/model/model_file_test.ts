import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  createRandom,
  decodeModel,
  encodeModel,
  forward,
  ModelFileError,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";
import { buildSafetensors, crc32, parseSafetensors, tensorValues } from "../support/safetensors.ts";

const METADATA = {
  note: 'naïve Ωμέγα 猫 🐈 \u0000 "quoted" \\ line\nbreak',
  scales: [{ column: "x·y", minimum: -1.5e-300, maximum: 1 / 3 }],
  nested: { empty: {}, list: [], yes: true, none: null },
};

function trained(options: NetworkOptions, seed = 1): Network {
  const { inputs } = randomDataset({ rows: 9, nIn: options.widths[0], nOut: 1, seed });
  return withStatistics(randomNetwork(options, seed), inputs);
}

function bits(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.slice().buffer);
}

/** Replaces parts of a file's header and writes a matching checksum. */
function forge(
  bytes: Uint8Array,
  change: (header: Record<string, Record<string, unknown>>) => void,
): Uint8Array {
  const { header, data } = parseSafetensors(bytes);
  const changed = header as Record<string, Record<string, unknown>>;
  change(changed);
  const text = { ...changed.__metadata__ };
  delete text.crc32;
  const words = Object.keys(text).sort().map((name) => `${name}=${text[name]}`).join("\n");
  const signed = new TextEncoder().encode(words);
  const all = new Uint8Array(signed.length + data.length);
  all.set(signed);
  all.set(data, signed.length);
  changed.__metadata__.crc32 = crc32(all);
  return buildSafetensors(changed, data);
}

/** Asserts that a file is refused by a ModelFileError; returns its message. */
function fault(bytes: Uint8Array, words = ""): string {
  let error: unknown;
  try {
    decodeModel(bytes);
  } catch (thrown) {
    error = thrown;
  }
  assert(error !== undefined, `decodeModel() took a damaged file ${words}`);
  assertInstanceOf(error, ModelFileError, `${words}: ${error}`);
  assertMatch(error.message, /^Cannot read model file: .{5,}/);
  return error.message;
}

Deno.test("decodeModel() gives back every bit of every kind of network", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 2], [1, 4, 3, 1]],
      firstLayer: ["linear", "spline"],
      basis: ["bspline", "relu"],
      knots: ["uniform", "fixed", "free"],
      normalisation: ["minmax", "batchnorm", "none"],
      base: ["none", "silu"],
      knotSharing: ["input", "layer"],
    })
  ) {
    const network = trained(options);
    const { network: copy, metadata } = decodeModel(encodeModel(network, METADATA));
    assertEquals(bits(copy.parameters), bits(network.parameters));
    assertEquals(copy, network);
    assertEquals(metadata, METADATA);
    const { inputs } = randomDataset({
      rows: 30,
      nIn: options.widths[0],
      nOut: 1,
      seed: 5,
      reach: 2,
    });
    assertEquals(bits(forward(copy, inputs)), bits(forward(network, inputs)));
  }
});

Deno.test("decodeModel() gives back awkward numbers bit by bit", () => {
  const network = trained({ widths: [2, 3, 1] });
  network.parameters.set([-0, 5e-324, -1.7976931348623157e308, 0.1, 1 / 3, Infinity, NaN]);
  const minimum = Float64Array.of(-0, 5e-324, -1e308), maximum = Float64Array.of(0.1, 1 / 3, 1e308);
  const awkward: Network = { ...network, statistics: [{ kind: "minmax", minimum, maximum }] };
  const { network: copy } = decodeModel(encodeModel(awkward));
  assertEquals(bits(copy.parameters), bits(awkward.parameters));
  const own = copy.statistics[0];
  assert(own.kind === "minmax");
  assertEquals([bits(own.minimum), bits(own.maximum)], [bits(minimum), bits(maximum)]);
});

Deno.test("decodeModel() gives back statistics that are not finite", () => {
  // Min-max statistics of no rows are +-Infinity; they must not come back as 0.
  const network = withStatistics(trained({ widths: [2, 3, 1] }), new Float64Array(0));
  assertEquals(decodeModel(encodeModel(network)).network.statistics, network.statistics);
});

Deno.test("encodeModel() gives the same bytes every time and changes nothing", () => {
  const network = trained({ widths: [2, 3, 1], knots: "fixed" });
  const before = structuredClone(network);
  assertEquals(encodeModel(network, METADATA), encodeModel(network, METADATA));
  assertEquals(
    encodeModel(decodeModel(encodeModel(network, METADATA)).network, METADATA),
    encodeModel(network, METADATA),
  );
  assertEquals(structuredClone(network), before);
});

Deno.test("encodeModel() writes safetensors as specified", () => {
  const network = trained({ widths: [2, 3, 1], base: "silu", knots: "fixed" });
  const bytes = encodeModel(network, METADATA);
  const parts = parseSafetensors(bytes);
  assertEquals(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0, "data are aligned");
  assertEquals(
    Object.keys(parts.header).filter((name) => name !== "__metadata__"),
    [...network.layout.map(({ name }) => name), "spline0.breakpoints"],
  );
  for (const { name, shape, offset, size } of network.layout) {
    const { dtype, shape: written } = parts.header[name] as { dtype: string; shape: number[] };
    assertEquals([dtype, written], ["F64", [...shape]]);
    assertEquals(
      bits(tensorValues(parts, name)),
      bits(network.parameters.slice(offset, offset + size)),
    );
  }
});

Deno.test("decodeModel() reads bytes that lie inside a larger buffer", () => {
  const network = trained({ widths: [2, 3, 1] });
  const bytes = encodeModel(network);
  const larger = new Uint8Array(bytes.length + 13);
  larger.set(bytes, 5);
  assertEquals(decodeModel(larger.subarray(5, 5 + bytes.length)).network, network);
});

Deno.test("decodeModel() refuses a file cut anywhere", () => {
  const bytes = encodeModel(trained({ widths: [2, 3, 1] }), METADATA);
  for (let k = 0; k < 16; k++) {
    fault(bytes.subarray(0, Math.floor(bytes.length * k / 16)), `${k}/16`);
  }
  for (const length of [1, 7, 8, 9, bytes.length - 8, bytes.length - 1]) {
    fault(bytes.subarray(0, length), `${length} bytes`);
  }
  assertStringIncludes(fault(bytes.subarray(0, bytes.length - 8)), "truncated");
  const longer = new Uint8Array(bytes.length + 8);
  longer.set(bytes);
  assertStringIncludes(fault(longer), "longer");
});

Deno.test("decodeModel() never takes a file with one changed byte for another network", () => {
  const network = trained({ widths: [2, 3, 1], knots: "fixed" });
  const bytes = encodeModel(network, METADATA);
  const random = createRandom(77);
  const { json } = parseSafetensors(bytes);
  const headerEnd = 8 + new TextEncoder().encode(json).length;
  const padding = headerEnd - (json.length - json.trimEnd().length);
  let accepted = 0;
  for (let k = 0; k < 600; k++) {
    // Two thirds in the header, where the structure is.
    const at = k % 3 === 0 ? random.integer(bytes.length) : random.integer(headerEnd);
    const damaged = bytes.slice();
    damaged[at] ^= k % 2 === 0 ? 1 << random.integer(8) : 1 + random.integer(255);
    try {
      const copy = decodeModel(damaged);
      // White space for white space behind the header is the same file to a reader of JSON.
      assert(at >= padding && at < headerEnd, `byte ${at} changed to ${damaged[at]}`);
      assertEquals(copy.network, network);
      accepted++;
    } catch (error) {
      assertInstanceOf(error, ModelFileError, `byte ${at} changed to ${damaged[at]}: ${error}`);
    }
  }
  assert(accepted < 6);
});

Deno.test("decodeModel() refuses files of other programs", () => {
  const text = (words: string) => new TextEncoder().encode(words);
  const png = Uint8Array.of(
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    0,
    0,
    0,
    13,
    73,
    72,
    68,
    82,
  );
  const files: [string, Uint8Array][] = [
    ["empty", new Uint8Array(0)],
    ["zeros", new Uint8Array(64)],
    ["PNG", png],
    ["JSON", text('{"widths": [2, 5, 1], "parameters": [1, 2, 3]}')],
    ["CSV", text("x,y,target\n1,2,3\n4,5,6\n")],
    ["ZIP", text("PK\u0003\u0004 and so on and so forth")],
    ["empty header", buildSafetensors({}, new Uint8Array(0))],
    ["header null", buildSafetensors(null, new Uint8Array(0))],
    ["header a list", buildSafetensors([1, 2], new Uint8Array(0))],
    ["header a number", buildSafetensors(5, new Uint8Array(0))],
    [
      "safetensors of another program",
      buildSafetensors(
        { __metadata__: { format: "pt" }, w: { dtype: "F32", shape: [2], data_offsets: [0, 8] } },
        new Uint8Array(8),
      ),
    ],
    [
      "safetensors without metadata",
      buildSafetensors(
        { w: { dtype: "F32", shape: [2], data_offsets: [0, 8] } },
        new Uint8Array(8),
      ),
    ],
    ["tensor null", buildSafetensors({ w: null }, new Uint8Array(0))],
    ["tensor a number", buildSafetensors({ w: 7 }, new Uint8Array(0))],
    ["metadata null", buildSafetensors({ __metadata__: null }, new Uint8Array(0))],
    [
      "metadata bare",
      buildSafetensors({ __metadata__: { format: "freeknot" } }, new Uint8Array(0)),
    ],
    [
      "metadata bare, version",
      buildSafetensors({ __metadata__: { format: "freeknot", version: "1" } }, new Uint8Array(0)),
    ],
  ];
  for (const [name, bytes] of files) fault(bytes, name);
  assertStringIncludes(fault(files[10][1]), "another program");
});

Deno.test("decodeModel() names what is wrong with a well-formed file", () => {
  const good = encodeModel(trained({ widths: [2, 3, 1] }));
  assertEquals(forge(good, () => {}).length > 0, true);
  decodeModel(forge(good, () => {})); // the forger's checksum is right
  type Header = Record<string, Record<string, unknown>>;
  const cases: [string, (header: Header) => void, string][] = [
    ["later version", (h) => h.__metadata__.version = "2", "version is 2"],
    ["another format", (h) => h.__metadata__.format = "other", "another program"],
    ["missing tensor", (h) => {
      const last = h["spline0.knotLogits"];
      delete h["spline0.knotLogits"];
      h.other = last;
    }, "spline0.knotLogits is missing"],
    ["wrong shape", (h) => h["linear.weights"].shape = [3, 2], "linear.weights has shape"],
    ["wrong dtype", (h) => h["linear.weights"].dtype = "I64", "dtype I64"],
    ["no offsets", (h) => delete h["linear.weights"].data_offsets, "linear.weights"],
    ["offsets reversed", (h) => {
      h["linear.weights"].data_offsets = [...h["linear.weights"].data_offsets as number[]]
        .reverse();
    }, "linear.weights"],
    ["offsets elsewhere", (h) => h["linear.bias"].data_offsets = [-8, 16], "linear.bias"],
    ["offsets not whole", (h) => h["linear.bias"].data_offsets = [0.5, 24.5], "linear.bias"],
    ["two tensors at one place", (h) => h["linear.bias"].data_offsets = [0, 24], "linear."],
    ["config not JSON", (h) => h.__metadata__.config = "{", "config"],
    ["config of another degree", (h) => {
      h.__metadata__.config = (h.__metadata__.config as string).replace('"degree":3', '"degree":2');
    }, "shape"],
    ["config refused", (h) => {
      h.__metadata__.config = (h.__metadata__.config as string).replace(
        '"degree":3',
        '"degree":12',
      );
    }, "degree must be"],
    ["config null", (h) => h.__metadata__.config = "null", ""],
    ["config a text", (h) => h.__metadata__.config = '"free"', ""],
    ["statistics missing", (h) => delete h.__metadata__.statistics, "statistics"],
    ["statistics too few", (h) => h.__metadata__.statistics = "[]", "statistics"],
    ["statistics not a list", (h) => h.__metadata__.statistics = "{}", ""],
    [
      "statistics of another kind",
      (h) => h.__metadata__.statistics = '[{"kind":"none"}]',
      "statistics",
    ],
    ["statistics too short", (h) => {
      h.__metadata__.statistics = '[{"kind":"minmax","minimum":[0],"maximum":[1]}]';
    }, "statistics"],
    ["statistics not numbers", (h) => {
      h.__metadata__.statistics = '[{"kind":"minmax","minimum":["x",{},0],"maximum":[1,1,1]}]';
    }, "statistics"],
    ["metadata not JSON", (h) => h.__metadata__.metadata = "", ""],
    ["metadata a list", (h) => h.__metadata__.metadata = "[1]", "metadata"],
  ];
  for (const [name, change, shown] of cases) {
    assertStringIncludes(fault(forge(good, change), name), shown);
  }
});

Deno.test("decodeModel() refuses fixed knots that do not fit", () => {
  const good = encodeModel(trained({ widths: [2, 3, 1], knots: "fixed", intervals: 2 }));
  type Header = Record<string, Record<string, unknown>>;
  assertStringIncludes(
    fault(forge(good, (h: Header) => {
      h.other = h["spline0.breakpoints"];
      delete h["spline0.breakpoints"];
    })),
    "spline0.breakpoints is missing",
  );
  const bad = trained({ widths: [2, 3, 1], knots: "fixed", intervals: 2 });
  const breakpoints = [Float64Array.of(-1, 3, 1, -1, 0, 1, -1, NaN, 1)];
  fault(encodeModel({ ...bad, breakpoints }), "breakpoints that do not increase");
});

Deno.test("ModelFileError is an Error with a name", () => {
  const error = assertThrows(() => decodeModel(new Uint8Array(3)), ModelFileError, "3 bytes");
  assertEquals(error.name, "ModelFileError");
});
