/**
 * Work shared out to parts.
 *
 * @module
 */

/**
 * Deals tasks to parts: the largest first, each to the part that has least.
 *
 * @param workOf Work of a task, in any unit.
 * @param most Parts at most.
 * @returns The tasks of each part; no part is empty.
 */
export function deal<T>(
  tasks: readonly T[],
  workOf: (task: T) => number,
  most: number,
): T[][] {
  const parts = Array.from({ length: most }, () => ({ work: 0, tasks: [] as T[] }));
  for (const task of tasks.toSorted((a, b) => workOf(b) - workOf(a))) {
    const idlest = parts.reduce((least, part) => part.work < least.work ? part : least);
    idlest.work += workOf(task);
    idlest.tasks.push(task);
  }
  return parts.filter(({ tasks }) => tasks.length > 0).map(({ tasks }) => tasks);
}
