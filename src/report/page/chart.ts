// Chart: a Vega-Lite specification to SVG text, without a browser or a canvas. Each picture is drawn twice, for a wide page
// and for a narrow one, and the page shows the one that fits; its colours are the page's custom properties.

import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { colour, PALETTE, SERIES, type Colour } from "./palette.ts";

/** What a picture is drawn for. */
export interface Size {
  /** With axes and legends in it. */
  readonly width: number;
  readonly narrow: boolean;
}

/** SVG texts. */
export interface Chart {
  readonly wide: string;
  readonly narrow: string;
}

/** As wide as the page, or one of two beside each other; on a narrow page below each other. */
const WIDE = { page: 960, half: 470 };
const NARROW = 340;

/** Throws what Vega throws for a specification that it cannot draw. */
export async function drawChart(spec: (size: Size) => TopLevelSpec, place: "page" | "half" = "page"): Promise<Chart> {
  return {
    wide: await drawn(spec, { width: WIDE[place], narrow: false }),
    narrow: await drawn(spec, { width: NARROW, narrow: true }),
  };
}

/** As a file of its own: on a light ground, at the size that the specification says. */
export async function drawFile(spec: TopLevelSpec): Promise<string> {
  const svg = await svgOf(spec, { width: WIDE.page, narrow: false });
  return svg.replace(/var\(--([\w-]+)\)/g, (_, name: Colour) => PALETTE[name][0]);
}

async function drawn(make: (size: Size) => TopLevelSpec, size: Size): Promise<string> {
  return await svgOf({ width: size.width, ...make(size), autosize: { type: "fit-x", contains: "padding" } }, size);
}

async function svgOf(spec: TopLevelSpec, size: Size): Promise<string> {
  const { spec: compiled } = compile(
    { ...spec, config: { ...configOf(size), ...spec.config } },
    { logger: vega.logger(vega.Error) },
  );
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Over several lines, where a narrow picture has no room beside it. */
export function wrapped(text: string, { narrow }: Size): string {
  return narrow ? text.replace(/(.{8,14}?) /g, "$1\n") : text;
}

/** What all our pictures have in common. No text is under 12 px where it is drawn, so that it is not under 10 where it is shown. */
function configOf({ width, narrow }: Size): NonNullable<TopLevelSpec["config"]> {
  const text = { labelColor: colour("soft"), titleColor: colour("soft"), labelFontSize: 12, titleFontSize: 12 };
  return {
    aria: false,
    lineBreak: "\n",
    background: "transparent",
    font: "system-ui, DejaVu Sans, sans-serif",
    axis: {
      ...text,
      titleFontWeight: 500,
      gridColor: colour("line"),
      domainColor: colour("edge"),
      tickColor: colour("edge"),
    },
    axisX: { labelOverlap: true, tickCount: narrow ? 4 : 8 },
    legend: {
      ...text,
      orient: "bottom",
      columns: narrow ? 1 : 3,
      labelLimit: width - 40,
      titleLimit: width - 20,
      symbolOpacity: 1,
    },
    mark: { aria: false, color: colour("accent") },
    text: { color: colour("ink"), fontSize: 12 },
    title: { color: colour("ink"), fontSize: 13, anchor: "start" },
    view: { stroke: "transparent" },
    range: { category: [...SERIES] },
  };
}
