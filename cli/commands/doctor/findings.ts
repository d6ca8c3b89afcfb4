/**
 * What there is on a machine, and what that means.
 *
 * @module
 */

import { MPI_FILES } from "../../../lib/cluster/inner.ts";
import { roundsOnce } from "../../../lib/engine/inner.ts";
import { findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { simdKinds } from "./simd.ts";

/** One thing that was looked for. */
export interface Finding {
  readonly name: string;
  /** What is there, in words. */
  readonly found: string;
  /** What that means for who uses the program. */
  readonly means: string;
  /** The same as data. */
  readonly value?: unknown;
}

/** Packages that are fetched when they are needed. */
const PACKAGES: readonly (readonly [name: string, need: string])[] = [
  ["hyparquet", "tables in Parquet files"],
  ["@resvg/resvg-wasm", "pictures as PNG"],
  ["opentype.js", "text of pictures as outlines"],
  ["@tensorflow/tfjs", "layers of the library in TensorFlow.js"],
];

/** Looks at all of it; asks for no permission. */
export async function lookAround(): Promise<readonly Finding[]> {
  return [
    program(),
    cores(),
    memory(),
    simd(),
    await webgpu(),
    await mpi(),
    ...await cache(),
    writing(),
  ];
}

/** Whether the program may do something, without asking. */
function may(name: Deno.PermissionName): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}

function program(): Finding {
  const { deno, v8 } = Deno.version, { os, arch, standalone } = Deno.build;
  return {
    name: "program",
    found: `Deno ${deno}, V8 ${v8}, ${os} on ${arch}${standalone ? ", compiled to one file" : ""}`,
    means: standalone
      ? "No Deno is needed, and no package can be fetched: Parquet and PNG need the program of deno run."
      : "Runs are the same to the last bit on machines with this V8 and the same SIMD; another V8 may " +
        "round sin and exp differently.",
    value: { deno, v8, os, arch, standalone: standalone ?? false },
  };
}

function cores(): Finding {
  const count = navigator.hardwareConcurrency ?? 1;
  return {
    name: "cores",
    found: `${count}`,
    means: count === 1
      ? "Training has one thread."
      : `Training takes ${count} threads, --threads another number; the result is the same.`,
    value: count,
  };
}

function memory(): Finding {
  const name = "memory", gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (!may("sys")) {
    return {
      ...{ name, found: "not looked at: --allow-sys is needed" },
      means: "Tables above 4 GiB are sampled; --memory-limit sets another size.",
    };
  }
  const { total, available } = Deno.systemMemoryInfo();
  return {
    ...{ name, found: `${gibibytes(total)}, of it ${gibibytes(available)} free` },
    means: available < 6 * 2 ** 30
      ? `A table may take 4 GiB unless --memory-limit ${
        Math.max(1, Math.floor(available / 2 ** 30 / 2))
      }GB or so sets less.`
      : "A table may take 4 GiB, --memory-limit sets another size; what is larger is sampled.",
    value: { total, available },
  };
}

function simd(): Finding {
  const { simd, relaxed, sharedMemory } = simdKinds(), fused = relaxed && roundsOnce();
  return {
    name: "simd",
    found: [
      simd ? "WebAssembly SIMD" : "no WebAssembly SIMD",
      ...(relaxed ? ["relaxed SIMD"] : []),
      ...(simd ? [`multiply-add with ${fused ? "one rounding" : "two roundings"}`] : []),
      sharedMemory ? "shared memory" : "no shared memory",
    ].join(", "),
    means: !simd
      ? "The CPU engine does not run here: --engine reference is right, and slow."
      : fused
      ? "The CPU engine runs at full speed, with the same bits on all machines that round once."
      : "The CPU engine runs somewhat slower, with the same bits on all machines that round twice: " +
        "in the last digits other ones than most machines'.",
    value: { simd, relaxed, fused, sharedMemory },
  };
}

async function webgpu(): Promise<Finding> {
  const name = "webgpu", adapter = await findWebgpuAdapter();
  if (!adapter) {
    return {
      ...{ name, found: "no adapter", value: null },
      means: "--engine auto takes the CPU, in float64.",
    };
  }
  return {
    ...{ name, found: `${adapter.name}${adapter.software ? " (software)" : ""}`, value: adapter },
    means: adapter.software
      ? "It imitates a GPU: right but slow, so that --engine auto takes the CPU."
      : "--engine auto takes it, in float32: it pays for many rows and wide networks.",
  };
}

/** Folders of libraries. */
const LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
  "/opt/homebrew/lib",
];

async function mpi(): Promise<Finding> {
  const name = "mpi";
  const found: string[] = [];
  if (!may("read")) {
    return {
      ...{ name, found: "not looked for: --allow-read is needed" },
      means: "--cluster mpi shares rows between processes where MPICH or Open MPI is installed.",
    };
  }
  for (const [family, files] of Object.entries(MPI_FILES)) {
    const paths = LIBRARIES.flatMap((folder) => files.map((file) => `${folder}/${file}`));
    for (const path of paths) {
      if (await Deno.stat(path).then(() => true, () => false)) {
        found.push(`${family} (${path})`);
        break;
      }
    }
  }
  return {
    ...{ name, found: found.length === 0 ? "no library" : found.join(", "), value: found },
    means: found.length === 0
      ? "--cluster mpi needs MPICH or Open MPI; one machine needs neither."
      : "mpirun freeknot train --cluster mpi shares rows between processes, with --allow-ffi and " +
        "--allow-env.",
  };
}

/** Where Deno keeps packages, by the variables that it reads itself. */
function cacheFolder(): string | undefined {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  const named = Deno.env.get("DENO_DIR");
  if (named !== undefined) return named;
  if (Deno.build.os === "windows") return `${Deno.env.get("LOCALAPPDATA")}\\deno`;
  if (Deno.build.os === "darwin") return `${home}/Library/Caches/deno`;
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  return cache && `${cache}/deno`;
}

async function cache(): Promise<Finding[]> {
  const name = "cache";
  if (!may("env") || !may("read")) {
    return [{
      ...{ name, found: "not looked at: --allow-env and --allow-read are needed" },
      means: `Packages for ${PACKAGES.map(([, need]) => need).join(", ")} are fetched when needed.`,
    }];
  }
  const folder = cacheFolder();
  const there = folder !== undefined && await Deno.stat(folder).then(() => true, () => false);
  const packages = await Promise.all(PACKAGES.map(async ([each, need]): Promise<Finding> => {
    const versions = folder === undefined ? [] : await versionsIn(
      `${folder}/npm/registry.npmjs.org/${each}`,
    );
    return {
      name: each.split("/").at(-1)!,
      found: versions.length === 0 ? "not in the cache" : versions.join(", "),
      means: `For ${need}${versions.length === 0 ? "; fetched when it is needed" : ""}.`,
      value: versions,
    };
  }));
  return [{
    ...{ name, found: folder ?? "none", value: folder ?? null },
    means: there
      ? "Deno's folder: packages in it need no network."
      : "There is no such folder: Deno makes it where it may write, or fetches anew every time.",
  }, ...packages];
}

async function versionsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) found.push(name);
    }
  } catch {
    return [];
  }
  return found.sort();
}

function writing(): Finding {
  const read = may("read"), write = may("write");
  return {
    name: "permissions",
    found: (["read", "write", "net", "ffi", "env", "sys"] as const)
      .map((each) => `${each} ${may(each) ? "yes" : "no"}`).join(", "),
    means: read && write
      ? "Files can be read and written: training needs no more."
      : "Training on files needs --allow-read, keeping networks and reports --allow-write.",
    value: { read, write },
  };
}
