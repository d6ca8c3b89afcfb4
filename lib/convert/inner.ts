/**
 * What other rooms may use of lib/convert besides its users' door.
 *
 * @module
 */

export { checkReluNetwork } from "./relu_network.ts";
export { extremeVertices } from "./regions/extreme_vertices.ts";
