/**
 * A headless Firefox driven through WebDriver BiDi: opens pages, reports faults.
 *
 * @module
 */

const CANDIDATES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Finds the browser (`FIREFOX` in the environment first); `undefined` where there is none. */
export function findFirefox(): string | undefined {
  const named = Deno.env.get("FIREFOX");
  return [...(named === undefined ? [] : [named]), ...CANDIDATES].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** One open page of Firefox. */
export interface FirefoxPage {
  /** Errors and warnings of the console. */
  readonly faults: string[];
  /** Evaluates an expression in the page (awaits a promise): a text, number or truth value. */
  evaluate<T>(expression: string): Promise<T>;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any
  readonly params?: any;
  // deno-lint-ignore no-explicit-any
  readonly result?: any;
  readonly error?: string;
  readonly message?: string;
}

/** Opens an address in a fresh Firefox, hands the page to `visit`, ends the browser at last. */
export async function withFirefox(
  address: string,
  visit: (page: FirefoxPage) => Promise<void>,
): Promise<void> {
  const path = findFirefox();
  if (path === undefined) throw new Error("Cannot open a page: no Firefox is installed");
  const profile = await Deno.makeTempDir({ prefix: "freeknot-firefox-" });
  const browser = new Deno.Command(path, {
    args: [
      ...["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"],
      "about:blank",
    ],
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const said = browser.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let socket: WebSocket | undefined, reading: Promise<void> = Promise.resolve();
  try {
    let log = "", found: string | undefined;
    while (found === undefined) {
      const { value, done } = await said.read();
      if (done) throw new Error(`Cannot open a page: Firefox has ended: ${log}`);
      log += value;
      found = /BiDi listening on (ws:\/\/\S+)/.exec(log)?.[1];
    }
    reading = (async () => {
      while (!(await said.read()).done);
    })();
    socket = new WebSocket(`${found}/session`);
    const opened = socket;
    await new Promise((resolve) => opened.onopen = resolve);
    await visit(await openPage(opened, address));
  } finally {
    if (socket) {
      const closed = new Promise((resolve) => socket!.onclose = resolve);
      socket.close();
      await closed;
    }
    browser.kill("SIGKILL");
    await browser.status;
    await reading;
    await Deno.remove(profile, { recursive: true }).catch(() => {}); // its children may still write
  }
}

async function openPage(socket: WebSocket, address: string): Promise<FirefoxPage> {
  const waiting = new Map<number, (answer: Answer) => void>(), faults: string[] = [];
  let next = 0;
  socket.onmessage = ({ data }) => {
    const answer: Answer = JSON.parse(data);
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    else if (answer.method === "log.entryAdded" && /warn|error/.test(answer.params.level)) {
      faults.push(`${answer.params.level}: ${answer.params.text}`);
    }
  };
  // deno-lint-ignore no-explicit-any
  const send = (method: string, params: Record<string, unknown>): Promise<any> => {
    const id = ++next;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) =>
      waiting.set(id, ({ result, error, message }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error} ${message}`));
      })
    );
  };
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts: [{ context }] } = await send("browsingContext.getTree", {});
  await send("browsingContext.navigate", { context, url: address, wait: "complete" });
  return {
    faults,
    async evaluate(expression) {
      const { result, exceptionDetails } = await send("script.evaluate", {
        ...{ expression, target: { context }, awaitPromise: true },
      });
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result.value;
    },
  };
}
