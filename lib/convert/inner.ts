/**
 * What the program may use of lib/convert besides its users' door.
 *
 * @module
 */

export { isReluFile } from "./relu_file.ts";
