/**
 * What the numbers were measured on.
 *
 * @module
 */

/** Processor, threads, system, versions, date. */
export function describeMachine(): Record<string, string> {
  return {
    processor: `${processor()}, ${navigator.hardwareConcurrency} threads`,
    system: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

function processor(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /model name\s*: (.*)/.exec(text)?.[1] ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
