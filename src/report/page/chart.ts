// Chart: a Vega-Lite specification to SVG text, without a browser or a canvas.

import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** What all our pictures have in common; a plot stands on a light ground in both colour schemes. */
const CONFIG: NonNullable<TopLevelSpec["config"]> = {
  background: "transparent",
  font: "system-ui, DejaVu Sans, sans-serif",
  axis: {
    labelColor: "#3d4553",
    titleColor: "#3d4553",
    gridColor: "#e6e4de",
    domainColor: "#b9b6ad",
    labelFontSize: 11,
  },
  legend: { labelColor: "#3d4553", titleColor: "#3d4553", labelFontSize: 11 },
  title: { color: "#1d2330", fontSize: 13, anchor: "start" },
  view: { stroke: "transparent" },
  range: {
    category: [
      "#2f6f6b",
      "#d08a2e",
      "#6b5ca5",
      "#b3372f",
      "#5b8bc0",
      "#7a8b3c",
      "#a4627f",
      "#5d6675",
      "#c2a44a",
      "#3f4f8c",
    ],
    heatmap: { scheme: "tealblues" },
  },
};

/** Throws what Vega throws for a specification that it cannot draw. */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ ...spec, config: { ...CONFIG, ...spec.config } });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
