/**
 * The report of a search.
 *
 * @module
 */

import { basename } from "node:path";
import { renderSearch } from "../../../lib/report/mod.ts";
import { judgingReport } from "../../runs/judging_report.ts";
import { judgingCommand } from "../../runs/judging_result.ts";
import { plainScores } from "../../models/metadata.ts";
import { tableName } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { foundNotes, modelText, sampleNotes, type SearchResult } from "./search_result.ts";

/** The HTML text of a search's report. */
export function searchReport(result: SearchResult): string {
  const { request, data, found, scores, options, command, judging } = result;
  const { source } = request;
  return renderSearch({
    title: `${basename(tableName(source.file))}: ${source.target}`,
    subtitle: modelText(found.tried),
    status: found.status,
    candidates: found.tried,
    notes: [...foundNotes(found, request), ...sampleNotes(result)],
    scores: Object.fromEntries(
      Object.entries(scores).map(([part, each]) => [part, plainScores(each)]),
    ),
    configuration: [
      ...Object.entries(data.parts).map(([part, { rows }]): [string, string] => [
        `rows, ${part}`,
        String(rows),
      ]),
      ...["loss", "form", "timeLimit", "seed"].map((name): [string, string] => [
        name,
        String(options[name]),
      ]),
    ],
    ...(judging === undefined ? {} : { judging: judgingReport(judging, "") }),
    reproduce: (judging && judgingCommand(judging)) ?? command,
    version: VERSION,
  });
}
