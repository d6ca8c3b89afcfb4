/**
 * The page that runs examples, and the links that lead to it from pages of functions.
 *
 * @module
 */

import { escapeHtml } from "../../lib/report/inner.ts";
import type { SitePage } from "./pages.ts";
import { addressOf, runs } from "./run_code.ts";

/** What stands in the page before an example is opened. */
const FIRST = `import { fit, predict } from "@freeknot/freeknot";

const inputs = Array.from({ length: 300 }, (_, i) => [Math.sin(i), Math.cos(i * i)]);
const targets = inputs.map(([x, y]) => Math.abs(x + y));

const { network, rmse } = await fit({ inputs, targets });
console.log(rmse, predict(network, [[0.25, 0.5]]));
`;

/** The page; its script is run.js beside it. */
export function runPage(): SitePage {
  const html = `<h1>Run an example</h1>
<p>TypeScript with <code>@freeknot/freeknot</code>, run by a worker of this page: change it, and run it \
again with Ctrl and Enter. It may use no files.</p>
<p><label for="code">Code</label></p>
<textarea id="code" rows="12" spellcheck="false" autocapitalize="off">${
    escapeHtml(FIRST)
  }</textarea>
<p class="acts"><button type="button" id="run">Run</button> <button type="button" id="stop" disabled>Stop\
</button> <span id="state" role="status"></span></p>
<pre id="printed" tabindex="0" aria-label="What the example prints" aria-live="polite"></pre>
<script src="run.js"></script>`;
  const sections = [
    { id: "run/index.html", page: "Run an example", title: "Run an example", text: "TypeScript" },
  ];
  return { path: "run/index.html", title: "Run an example", html, sections };
}

/** A link that opens an example; empty where the page cannot run it. */
export function runLink(code: string, up: string): string {
  if (!runs(code)) return "";
  return `<p class="open"><a href="${up}run/index.html${
    escapeHtml(addressOf(code))
  }">Run it</a></p>\n`;
}

const LETTERS: Readonly<Record<string, string>> = {
  ...{ "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&amp;": "&" },
};

/** A page of functions with a link below each example that can be run. */
export function withRunLinks(html: string, up: string): string {
  return html.replaceAll(
    /<pre[^>]*><code[^>]*>([\s\S]*?)<\/code>[\s\S]*?<\/pre>/g,
    (whole, code) => {
      const text = code.replaceAll(/<[^>]*>/g, "").replaceAll(
        /&(?:lt|gt|quot|#39|#x27|amp);/g,
        (letter: string) => LETTERS[letter],
      );
      return whole + runLink(text, up);
    },
  );
}
