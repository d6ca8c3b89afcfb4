/**
 * Checks of arguments shared by the functions of this room.
 *
 * @module
 */

/** Highest degree that bases and kernels support. */
export const MAX_DEGREE = 9;

/** Throws unless `degree` is an integer from 1 to 9. */
export function checkDegree(verb: string, degree: number): void {
  if (!(Number.isInteger(degree) && degree >= 1 && degree <= MAX_DEGREE)) {
    throw new RangeError(
      `Cannot ${verb}: degree must be an integer from 1 to ${MAX_DEGREE}, current value is ${degree}`,
    );
  }
}

/** Throws unless `count` is an integer of at least `minimum`. */
export function checkCount(verb: string, name: string, count: number, minimum: number): void {
  if (!(Number.isSafeInteger(count) && count >= minimum)) {
    throw new RangeError(
      `Cannot ${verb}: ${name} must be an integer of at least ${minimum}, ` +
        `current value is ${count}`,
    );
  }
}

/** Throws unless `domain` is a pair of finite numbers `a < b`. */
export function checkDomain(verb: string, domain: readonly [number, number]): void {
  const [a, b] = domain;
  if (!(domain.length === 2 && Number.isFinite(a) && Number.isFinite(b - a) && a < b)) {
    throw new RangeError(
      `Cannot ${verb}: domain must be two finite numbers [a, b] with a < b, ` +
        `current value is [${a}, ${b}]`,
    );
  }
}

/** Throws unless `parts` holds one integer of at least 1 per interval. */
export function checkParts(verb: string, parts: ArrayLike<number>, intervals: number): void {
  if (parts.length !== intervals) {
    throw new TypeError(
      `Cannot ${verb}: parts must have one entry for each of the ${intervals} intervals, ` +
        `current length is ${parts.length}`,
    );
  }
  for (let i = 0; i < intervals; i++) checkCount(verb, `parts[${i}]`, parts[i], 1);
}
