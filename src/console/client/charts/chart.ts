// Chart: a live series drawn by uPlot, in the colours of the page, as wide as its place.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html } from "../parts/html.ts";

export interface Colours {
  /** A custom property of the style sheet. */
  of(name: string): string;
}

export interface ChartProps {
  /** What it shows, for who does not see it. */
  readonly label: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** The same for as long as `of` is the same. */
  readonly options: (colours: Colours) => Omit<uPlot.Options, "width" | "height">;
  /** What the options are made of. */
  readonly of: string;
}

const DARK = "(prefers-color-scheme: dark)";

export function Chart({ label, height, data, options, of }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = (): void => {
      chart.current?.destroy();
      const style = getComputedStyle(element);
      const colours = { of: (name: string) => style.getPropertyValue(`--${name}`).trim() };
      const size = { width: Math.max(200, element.clientWidth), height };
      chart.current = new uPlot({ ...options(colours), ...size }, latest.current, element);
    };
    draw();
    const scheme = matchMedia(DARK);
    scheme.addEventListener("change", draw);
    const sized = new ResizeObserver(() =>
      chart.current?.setSize({ width: Math.max(200, element.clientWidth), height }),
    );
    sized.observe(element);
    return () => {
      scheme.removeEventListener("change", draw);
      sized.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [of]);
  useEffect(() => chart.current?.setData(data), [data]);
  return html`<div class="chart" ref=${place} role="img" aria-label=${label}></div>`;
}

const FONT = '12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

/** Axes in the page's colours; `values` writes what stands at the left. */
export function axesOf(colours: Colours, values: (value: number) => string): [uPlot.Axis, uPlot.Axis] {
  const common = {
    stroke: colours.of("soft"),
    font: FONT,
    grid: { stroke: colours.of("line"), width: 1 },
    ticks: { show: false },
  };
  return [
    { ...common, grid: { show: false }, space: 70, size: 30 },
    { ...common, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : values(tick))), size: 64 },
  ];
}

/** Times of the campaign's zone at the bottom: hours of a day, or days. */
export function timesOf(colours: Colours, timeZone: string, values: (value: number) => string): uPlot.Axis[] {
  const [x, y] = axesOf(colours, values);
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" });
  const text = (seconds: number): string => {
    const time = clock.format(seconds * 1_000);
    return time === "00:00" ? day.format(seconds * 1_000) : time;
  };
  return [{ ...x, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : text(tick))) }, y];
}

/** What all charts have in common: no legend of its own, ticks where the campaign's zone has its hours. */
export function plain(timeZone: string): Pick<uPlot.Options, "legend" | "cursor" | "tzDate" | "padding"> {
  return {
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), timeZone),
    padding: [8, 28, 0, 0],
  };
}
