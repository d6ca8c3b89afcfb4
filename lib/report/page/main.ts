/**
 * The page's own code: draws every picture that the data of the page hold.
 *
 * tools/build_page.ts makes one script of this file and its imports.
 *
 * @module
 */

/// <reference lib="dom" />

import type { PageData } from "./data.ts";
import { showMaps } from "./maps.ts";
import { showPlots } from "./plots.ts";
import { showProfiles } from "./profiles.ts";
import { showConvergence, showLoss } from "./progress.ts";
import { showScatter } from "./scatter.ts";
import { chooseTabs } from "./screen.ts";

const data: PageData = JSON.parse(document.getElementById("report-data")!.textContent!);
const { history, lossName = "", refinements = [], reference = null, curves } = data;
if (history !== undefined) showLoss({ lossName, history, refinements, reference });
if (curves !== undefined) showConvergence({ curves, reference });
showScatter(data.scatter ?? []);
showProfiles(data.profiles ?? []);
showPlots(data.plots ?? []);
showMaps(data.maps ?? []);
chooseTabs();
document.documentElement.dataset.drawn = "true";
