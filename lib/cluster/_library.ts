/**
 * Finds and opens the MPI library that fits the launcher.
 *
 * @module
 */

import { type MpiAbi, recogniseAbi } from "./_abi.ts";
import { ClusterError } from "./cluster_error.ts";
import type { Launch } from "./launch.ts";

const POINTER = "pointer", BUFFER = "buffer", INT = "i32";

/** The functions of MPI that are used, `H` being the type of a handle. */
function symbolsOf(H: "i32" | "pointer") {
  return {
    MPI_Init: { parameters: [POINTER, POINTER], result: INT },
    MPI_Finalize: { parameters: [], result: INT },
    MPI_Abort: { parameters: [H, INT], result: INT },
    MPI_Comm_rank: { parameters: [H, BUFFER], result: INT },
    MPI_Comm_size: { parameters: [H, BUFFER], result: INT },
    MPI_Comm_dup: { parameters: [H, BUFFER], result: INT },
    MPI_Comm_split_type: { parameters: [H, INT, INT, H, BUFFER], result: INT },
    MPI_Get_library_version: { parameters: [BUFFER, BUFFER], result: INT },
    MPI_Test: { parameters: [BUFFER, BUFFER, POINTER], result: INT },
    MPI_Ibarrier: { parameters: [H, BUFFER], result: INT },
    MPI_Ibcast: { parameters: [POINTER, INT, H, INT, H, BUFFER], result: INT },
    MPI_Iallreduce: { parameters: [POINTER, POINTER, INT, H, H, H, BUFFER], result: INT },
    MPI_Iallgatherv: {
      parameters: [POINTER, INT, H, POINTER, POINTER, POINTER, H, H, BUFFER],
      result: INT,
    },
    MPI_Ialltoallv: {
      parameters: [POINTER, POINTER, POINTER, H, POINTER, POINTER, POINTER, H, H, BUFFER],
      result: INT,
    },
  } as const;
}

type Names = keyof ReturnType<typeof symbolsOf>;

/** MPI's functions; handles are {@linkcode MpiAbi}'s. Each returns 0 where it succeeds. */
export type MpiFunctions = Readonly<Record<Names, (...args: unknown[]) => number>>;

/** An open library. */
export interface MpiLibrary {
  readonly abi: MpiAbi;
  readonly functions: MpiFunctions;
  /** The file that was opened. */
  readonly file: string;
}

/** Files of the libraries, by family. */
export const MPI_FILES = {
  mpich: ["libmpich.so.12", "libmpi.so.12", "libmpich.12.dylib", "libmpi.12.dylib"],
  openmpi: ["libmpi.so.40", "libmpi.40.dylib"],
};
const PACKAGES = { mpich: "mpich (libmpich12)", openmpi: "openmpi-bin (libopenmpi3)" };

/** `dlopen`'s "resolve at once, for all that is loaded later": Open MPI loads parts of itself so. */
const NOW_GLOBAL = Deno.build?.os === "darwin" ? 0x2 | 0x8 : 0x2 | 0x100;

/**
 * Opens the library of the family whose launcher has started this process.
 *
 * @param chosen A library's file in place of the usual ones.
 * @throws {ClusterError} If there is none, or this program may not open libraries.
 */
export function openLibrary({ family }: Pick<Launch, "family">, chosen?: string): MpiLibrary {
  const files = chosen === undefined ? MPI_FILES[family] : [chosen];
  const found = openFirst(files);
  if (found === undefined) {
    throw new ClusterError(
      `Cannot open cluster: an MPI library must be installed (Debian: apt-get install ` +
        `${PACKAGES[family]}), none of ${files.join(", ")} can be opened`,
    );
  }
  const abi = recogniseAbi(found.addressOf);
  const { symbols } = Deno.dlopen(found.file, symbolsOf(abi.handle));
  return { abi, functions: symbols as unknown as MpiFunctions, file: found.file };
}

function openFirst(files: readonly string[]) {
  const loader = openLoader(), text = (name: string) => new TextEncoder().encode(`${name}\0`);
  for (const file of files) {
    const handle = loader.dlopen(text(file), NOW_GLOBAL);
    if (handle === null) continue;
    return { file, addressOf: (symbol: string) => loader.dlsym(handle, text(symbol)) };
  }
  return undefined;
}

/** Files of the system's library. */
export function systemLibraries(): readonly string[] {
  return Deno.build.os === "darwin" ? ["libSystem.dylib"] : ["libc.so.6", "libdl.so.2", "libc.so"];
}

/** The system's functions that open libraries and find addresses in them. */
function openLoader() {
  for (const name of systemLibraries()) {
    try {
      return Deno.dlopen(name, {
        dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
        dlsym: { parameters: ["pointer", "buffer"], result: "pointer" },
      }).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) {
        throw new ClusterError(
          "Cannot open cluster: the program must be allowed to open libraries (deno run " +
            "--allow-ffi --allow-env), current permissions do not allow it",
        );
      }
    }
  }
  throw new ClusterError(
    "Cannot open cluster: the system must have dlopen (Linux, macOS), this one has not",
  );
}
