/**
 * The two binary interfaces of MPI: MPICH's family, whose handles are integers with fixed values, and
 * Open MPI, whose handles are addresses of objects in its library.
 *
 * @module
 */

/** A handle as it is passed to a function. */
export type Handle = number | Deno.PointerValue;

/** What differs from one family to the other. */
export interface MpiAbi {
  readonly family: "MPICH" | "Open MPI";
  /** How a handle is passed. */
  readonly handle: "i32" | "pointer";
  readonly world: Handle;
  readonly float64: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly max: Handle;
  readonly noInfo: Handle;
  /** The kind of communicator of processes that share a machine's memory. */
  readonly shared: number;
  /** The address that stands for "no status wanted". */
  readonly noStatus: Deno.PointerValue;
}

/** MPICH, Intel MPI, MVAPICH and Cray's: one interface since 2014. */
const MPICH: Omit<MpiAbi, "noStatus"> = {
  ...{ family: "MPICH", handle: "i32", shared: 1 },
  ...{ world: 0x44000000, float64: 0x4c00080b, byte: 0x4c00010d },
  ...{ max: 0x58000001, sum: 0x58000003, noInfo: 0x1c000000 },
};

/** Recognises the interface of a library by its symbols. */
export function recogniseAbi(addressOf: (symbol: string) => Deno.PointerValue): MpiAbi {
  const world = addressOf("ompi_mpi_comm_world");
  if (world === null) return { ...MPICH, noStatus: Deno.UnsafePointer.create(1n) };
  return {
    ...{ family: "Open MPI", handle: "pointer", shared: 0, noStatus: null },
    world,
    float64: addressOf("ompi_mpi_double"),
    byte: addressOf("ompi_mpi_byte"),
    sum: addressOf("ompi_mpi_op_sum"),
    max: addressOf("ompi_mpi_op_max"),
    noInfo: addressOf("ompi_mpi_info_null"),
  };
}
