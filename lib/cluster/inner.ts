/**
 * What other rooms may use of lib/cluster besides its users' door.
 *
 * @module
 */

export { MPI_FILES } from "./_library.ts";
