/**
 * The page's side of a test in a browser.
 *
 * @module
 */

/** Leaves what a program finds, or its failure, where `findings` of browser_page.ts looks. */
export function leaveFindings(run: Promise<unknown>): void {
  const target = globalThis as unknown as { findings?: unknown; failure?: string };
  run.then(
    (found) => target.findings = found,
    (error) => target.failure = String(error?.stack ?? error),
  );
}
