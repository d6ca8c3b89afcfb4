/**
 * No second thread for windows of time on the page, whose worker is one file.
 *
 * @module
 */

/** Never a thread. */
export function startWorkerDesk(): undefined {
  return undefined;
}
