/**
 * A solution's pictures as the page carries them.
 *
 * @module
 */

import type { MapPlace } from "../html/figures.ts";
import { rounded } from "../html/numbers.ts";
import type { PageData, PageLine, PageMap, PageMapPanel, PageProfile } from "../page/data.ts";
import { magnitudePanel, pageHistory, valuePanels } from "../training/pictures.ts";
import type { NamedValues, SolutionMap, SolutionReportData } from "./data.ts";

/** Maps that are seen together. */
export interface MapTab {
  readonly name: string;
  readonly panels: readonly MapPlace[];
  /** The maps as the page draws them. */
  readonly map: PageMap;
}

/** Height of a map as a part of its width. */
const RATIO = 0.68;
const COLORS = ["n0", "n1", "n2", "n3", "n4"];
const DASHES = [[], [7, 3], [2, 3]];

/** The part of the data that the page draws, with the digits that a picture can show. */
export function solutionPageData(data: SolutionReportData): PageData {
  const { history, terms } = data;
  const shares = terms.map(({ name, history }, k) => ({
    label: name,
    color: COLORS[k % COLORS.length],
    dash: DASHES[Math.floor(k / COLORS.length) % DASHES.length],
    width: 1.75,
    values: rounded(history, 5),
  }));
  const loss = rounded(history.map(({ loss }) => loss), 5);
  return {
    lossName: "weighted mean squared residual",
    history: pageHistory(
      history,
      terms.length === 1
        ? shares
        : [{ label: "loss", color: "ink", dash: [], width: 2.25, values: loss }, ...shares],
    ),
    refinements: data.refinements,
    reference: null,
    maps: mapTabs(data).map(({ map }) => map),
    profiles: [...curveProfiles(data), ...sliceProfiles(data), ...coefficientProfiles(data)],
  };
}

/** One tab per unknown and held coordinate; residuals beside a single unknown, else on their own. */
export function mapTabs(data: SolutionReportData): MapTab[] {
  return data.maps.flatMap((map, m) => {
    const together = map.unknowns.length === 1 && map.residuals.length === 1;
    const residuals = map.residuals.map(({ name, values }, k) => ({
      panel: magnitudePanel(`r${m}-${k}`, together ? "residual" : `residual of ${name}`, values),
      title: together ? "Absolute residual" : `Absolute residual of ${name}`,
    }));
    const tabs = map.unknowns.map(({ name, values, truth }, k) => {
      const [solution, exact] = valuePanels([
        { id: `u${m}-${k}`, name, values },
        ...(truth ? [{ id: `true${m}-${k}`, name: `true ${name}`, values: truth }] : []),
      ], true);
      const panels = [
        { panel: { ...solution, marked: true }, title: `Solution ${name}` },
        ...(truth
          ? [
            { panel: exact, title: `True solution ${name}` },
            {
              panel: magnitudePanel(`e${m}-${k}`, "error", values.map((u, i) => u - truth[i])),
              title: `Absolute error of ${name}`,
            },
          ]
          : []),
        ...(together ? residuals : []),
      ];
      return tab(data, map, name, panels);
    });
    return together ? tabs : [...tabs, tab(data, map, "residuals", residuals)];
  });
}

function tab(
  data: SolutionReportData,
  map: SolutionMap,
  name: string,
  panels: readonly { readonly panel: PageMapPanel; readonly title: string }[],
): MapTab {
  const { x, y, columns, rows, names, held } = map;
  const where = held === "" ? "" : ` at ${held}`;
  return {
    name: held === "" ? name : `${name}, ${held}`,
    panels: panels.map(({ panel, title }) => ({
      id: panel.id,
      title: title + where,
      label: `${title}${where} over ${names[0]} and ${names[1]}`,
    })),
    map: {
      ...{ readout: "map-readout", x, y, columns, rows, names },
      ratio: map.isShape ? shapeRatio(x, y) : RATIO,
      isBlank: map.isShape,
      panels: panels.map(({ panel }) => panel),
      knots: data.mapKnots,
      points: data.measurements,
    },
  };
}

/** Height by width where both axes have the same unit, within what a page can show. */
function shapeRatio([a, b]: SolutionMap["x"], [c, d]: SolutionMap["y"]): number {
  return Math.min(2, Math.max(0.4, (d - c) / (b - a)));
}

function curveProfiles({ curves }: SolutionReportData): PageProfile[] {
  if (curves === undefined) return [];
  const { coordinate, unknowns, residuals } = curves;
  const x = curves.x.map((value) => Number(value.toPrecision(7)));
  const names = unknowns.map(({ name }) => name).join(", ");
  const known = unknowns.filter(({ truth }) => truth !== undefined);
  const base = { x, xTitle: coordinate };
  return [
    {
      ...base,
      id: "curves",
      yTitle: names,
      logarithmic: false,
      lines: [
        ...unknowns.map((each, k) => line(each, k, 5)),
        ...known.map(({ truth }, k) => trueLine(truth!, k === 0)),
      ],
    },
    ...(known.length === 0 ? [] : [{
      ...base,
      id: "curve-errors",
      yTitle: "absolute error",
      logarithmic: true,
      lines: known.map(({ name, values, truth }, k) => sizes(name, values, k, truth)),
    }]),
    {
      ...base,
      id: "curve-residuals",
      yTitle: "absolute residual",
      logarithmic: true,
      lines: residuals.map(({ name, values }, k) => sizes(name, values, k)),
    },
  ];
}

function line({ name, values }: NamedValues, k: number, digits: number): PageLine {
  return {
    label: name,
    color: COLORS[k % COLORS.length],
    dash: [],
    width: 2.5,
    values: rounded(values, digits),
  };
}

/** The truth lies as thin dashes on the wider line of the network. */
function trueLine(values: readonly number[], labelled: boolean): PageLine {
  return {
    label: labelled ? "true solution" : "",
    color: "ink",
    dash: [5, 5],
    width: 1.25,
    values: rounded(values, 5),
  };
}

function sizes(
  name: string,
  values: readonly number[],
  k: number,
  truth?: readonly number[],
): PageLine {
  const differences = values.map((value, i) => Math.abs(value - (truth?.[i] ?? 0)));
  return { ...line({ name, values: differences }, k, 3), width: 1.75 };
}

function sliceProfiles({ slices }: SolutionReportData): PageProfile[] {
  return slices.map(({ unknown, along, across, x, lines }, k): PageProfile => {
    const known = lines.filter(({ truth }) => truth !== undefined);
    return {
      id: `slices-${k}`,
      xTitle: along,
      yTitle: unknown,
      logarithmic: false,
      x: x.map((value) => Number(value.toPrecision(6))),
      lines: [
        ...lines.map(({ at, values }, i): PageLine => ({
          ...line({ name: `${across} = ${Number(at.toPrecision(3))}`, values }, 0, 5),
          color: i / Math.max(1, lines.length - 1),
        })),
        ...known.map(({ truth }, i) => trueLine(truth!, i === 0)),
      ],
    };
  });
}

function coefficientProfiles({ coefficients, history }: SolutionReportData): PageProfile[] {
  if (coefficients.length === 0 || history.length < 2) return [];
  return [{
    id: "coefficients-chart",
    xTitle: "epoch",
    yTitle: coefficients.map(({ name }) => name).join(", "),
    logarithmic: false,
    x: history.map(({ epoch }) => epoch),
    lines: coefficients.map(({ name, history }, k) => line({ name, values: history }, k, 6)),
  }];
}
