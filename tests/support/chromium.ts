/**
 * A headless Chromium driven through its DevTools protocol: opens pages, reports faults.
 *
 * @module
 */

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

const PATIENCE = 30_000; // milliseconds for any one answer

/** Finds the browser (`CHROMIUM` in the environment first); `undefined` where there is none. */
export function findChromium(): string | undefined {
  const named = Deno.env.get("CHROMIUM");
  return [...(named === undefined ? [] : [named]), ...CANDIDATES].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Size and habits of the screen that a page is shown on. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS pixel. Default 1. */
  readonly ratio?: number;
  /** Touch screen with a phone's viewport rules. Default false. */
  readonly mobile?: boolean;
  /** What the reader prefers. Default light. */
  readonly scheme?: "light" | "dark";
  /** Whether the page is laid out for paper. Default false. */
  readonly print?: boolean;
  /** Whether the reader wants nothing to move. Default false. */
  readonly calm?: boolean;
}

/** Keys that {@linkcode Page.press} knows, with the codes that Windows gave them. */
const KEYS = {
  Tab: 9,
  Enter: 13,
  " ": 32,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};
/** One of them. */
export type PageKey = keyof typeof KEYS;

/** One note of the browser's trace; microseconds, `tdur` of the thread's own time. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** One open page. */
export interface Page {
  /** Console errors and warnings, uncaught exceptions, browser log entries: all that came. */
  readonly faults: string[];
  /** Addresses that the page asked for. */
  readonly requests: string[];
  /** Evaluates an expression in the page (awaits a promise) and returns its JSON value. */
  evaluate<T>(expression: string): Promise<T>;
  /** Presses and releases a key, with or without Shift, and waits for a frame. */
  press(key: PageKey, shift?: boolean): Promise<void>;
  /** Changes the screen and waits for two frames. */
  show(screen: Screen): Promise<void>;
  /** PNG of the whole page, or of the first element that a selector finds. */
  screenshot(selector?: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Prints to PDF. */
  pdf(): Promise<Uint8Array<ArrayBuffer>>;
  /** What the browser notes of its work while `visit` runs. */
  trace(visit: () => Promise<void>): Promise<TraceEvent[]>;
}

/**
 * Opens an address in a fresh browser, hands the page to `visit`, ends the browser whatever
 * happens.
 *
 * @param flags More flags for the browser.
 * @throws {Error} If the browser does not start or answer within 30 s.
 */
export async function withPage<T>(
  address: string,
  screen: Screen,
  visit: (page: Page) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const path = findChromium();
  if (path === undefined) throw new Error("Cannot open a page: no Chromium is installed");
  const profile = await Deno.makeTempDir({ prefix: "freeknot-chromium-" });
  const browser = new Deno.Command(path, {
    args: [...FLAGS, ...flags, `--user-data-dir=${profile}`, "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  const status = browser.status.then(() => ended = true);
  let client: Client | undefined;
  try {
    client = await connect(await browserAddress(profile, () => ended));
    return await visit(await openPage(client, address, screen));
  } finally {
    await client?.close();
    if (!ended) {
      try {
        browser.kill("SIGKILL");
      } catch {
        // it ended in between
      }
    }
    await status;
    await removeFolder(profile);
  }
}

async function removeFolder(path: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) { // its children may still be writing
    try {
      await Deno.remove(path, { recursive: true });
      return;
    } catch {
      await pause(100);
    }
  }
}

/** Reads where the browser listens. */
async function browserAddress(profile: string, hasEnded: () => boolean): Promise<string> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end && !hasEnded()) {
    try {
      const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`);
      const [port, route] = text.trim().split("\n");
      if (route) return `ws://127.0.0.1:${port}${route}`;
    } catch {
      // not there yet
    }
    await pause(50);
  }
  throw new Error("Cannot open a page: Chromium did not start");
}

type Message = Record<string, unknown>;

interface Client {
  send(method: string, params?: Message, session?: string): Promise<Message>;
  listen(listener: (method: string, params: Message) => void): void;
  close(): Promise<void>;
}

async function connect(address: string): Promise<Client> {
  const socket = new WebSocket(address);
  await within(
    new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("Cannot open a page: no connection to Chromium"));
    }),
    "connection",
  );
  const waiting = new Map<
    number,
    { resolve: (value: Message) => void; reject: (reason: Error) => void }
  >();
  const listeners: ((method: string, params: Message) => void)[] = [];
  let next = 1;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id === undefined) {
      for (const listener of listeners) listener(message.method, message.params);
      return;
    }
    const answer = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) answer?.reject(new Error(message.error.message));
    else answer?.resolve(message.result);
  };
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => {
      for (const { reject } of waiting.values()) reject(new Error("Chromium has ended"));
      resolve();
    };
  });

  function send(method: string, params: Message = {}, sessionId?: string): Promise<Message> {
    const id = next++;
    const answer = new Promise<Message>((resolve, reject) => waiting.set(id, { resolve, reject }));
    socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    return within(answer, method);
  }

  return {
    send,
    listen: (listener) => void listeners.push(listener),
    close: async () => {
      socket.close();
      await within(closed, "end").catch(() => {});
    },
  };
}

async function openPage(client: Client, address: string, screen: Screen): Promise<Page> {
  const { targetId } = await client.send("Target.createTarget", { url: "about:blank" });
  const attached = await client.send("Target.attachToTarget", { targetId, flatten: true });
  const session = attached.sessionId as string;
  const send = (method: string, params: Message = {}) => client.send(method, params, session);
  const faults: string[] = [], requests: string[] = [];
  const loaded = Promise.withResolvers<void>();
  client.listen((method, params) => {
    const fault = describeFault(method, params);
    if (fault !== undefined) faults.push(fault);
    if (method === "Network.requestWillBeSent") {
      requests.push((params.request as { url: string }).url);
    }
    if (method === "Page.loadEventFired") loaded.resolve();
  });
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);

  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  async function setScreen(
    { width, height, ratio = 1, mobile = false, scheme, print = false, calm = false }: Screen,
  ) {
    await send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: ratio,
      mobile,
    });
    await send("Emulation.setEmulatedMedia", {
      media: print ? "print" : "",
      features: [
        { name: "prefers-color-scheme", value: scheme ?? "light" },
        { name: "prefers-reduced-motion", value: calm ? "reduce" : "no-preference" },
      ],
    });
  }

  const frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(" +
    "() => setTimeout(done, 50))))";
  await setScreen(screen);
  await send("Page.navigate", { url: address });
  await within(loaded.promise, "load");
  await evaluate(frames);
  return {
    faults,
    requests,
    evaluate,
    press: async (key, shift = false) => {
      const code = { key, code: key, windowsVirtualKeyCode: KEYS[key], modifiers: shift ? 8 : 0 };
      const text = { Enter: "\r", " ": " " }[key as string];
      await send("Input.dispatchKeyEvent", {
        type: text === undefined ? "rawKeyDown" : "keyDown",
        ...code,
        ...(text === undefined ? {} : { text }),
      });
      await send("Input.dispatchKeyEvent", { type: "keyUp", ...code });
      await evaluate("new Promise(requestAnimationFrame)");
    },
    show: async (next) => {
      await setScreen(next);
      await evaluate(frames);
    },
    screenshot: async (selector = "html") => {
      const clip = await evaluate(
        `(() => { const box = document.querySelector(${JSON.stringify(selector)})` +
          ".getBoundingClientRect(); return { x: box.x + scrollX, y: box.y + scrollY, " +
          "width: box.width, height: box.height, scale: 1 }; })()",
      );
      const { data } = await send("Page.captureScreenshot", {
        format: "png",
        captureBeyondViewport: true,
        clip,
      });
      return bytes(data as string);
    },
    trace: async (visit) => {
      const notes: TraceEvent[] = [], ended = Promise.withResolvers<void>();
      client.listen((method, params) => {
        if (method === "Tracing.dataCollected") notes.push(...params.value as TraceEvent[]);
        if (method === "Tracing.tracingComplete") ended.resolve();
      });
      const includedCategories = ["toplevel", "devtools.timeline", "blink.user_timing"];
      await client.send("Tracing.start", {
        transferMode: "ReportEvents",
        traceConfig: { includedCategories },
      });
      await visit();
      await client.send("Tracing.end");
      await within(ended.promise, "trace", 4 * PATIENCE);
      return notes;
    },
    pdf: async () =>
      bytes((await send("Page.printToPDF", { printBackground: true })).data as string),
  };
}

function describeFault(method: string, params: Message): string | undefined {
  if (method === "Runtime.exceptionThrown") return `exception: ${JSON.stringify(params)}`;
  if (method === "Runtime.consoleAPICalled") {
    const { type, args } = params as { type: string; args: { value?: unknown }[] };
    if (type === "error" || type === "warning" || type === "assert") {
      return `console.${type}: ${args.map(({ value }) => value).join(" ")}`;
    }
  }
  if (method === "Log.entryAdded") {
    const { level, text } = params.entry as { level: string; text: string };
    if (level === "error" || level === "warning") return `log ${level}: ${text}`;
  }
  return undefined;
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function within<T>(promise: Promise<T>, what: string, patience = PATIENCE): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot drive Chromium: no ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
