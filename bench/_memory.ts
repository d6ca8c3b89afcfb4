/**
 * Peak memory of this process.
 *
 * @module
 */

/** Highest resident size so far in bytes; where the system does not tell, the present one. */
export function peakBytes(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const kilobytes = /VmHWM:\s*(\d+) kB/.exec(status)?.[1];
    if (kilobytes) return 1024 * Number(kilobytes);
  } catch {
    // Not Linux.
  }
  return Deno.memoryUsage().rss;
}
