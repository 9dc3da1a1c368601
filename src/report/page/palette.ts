// Palette: the colours of the reports, light and dark, by what they stand for. They are the console's (its style sheet has the
// same), and a chart names them as custom properties, so that it follows the reader's setting as the page does.

/** [light, dark] */
export const PALETTE = {
  bg: ["#fbfaf7", "#14171c"],
  card: ["#ffffff", "#1c2027"],
  ink: ["#1d2330", "#e6e8ec"],
  soft: ["#565f6e", "#a3acba"],
  line: ["#e3e1da", "#2c323c"],
  edge: ["#8d8a82", "#6d7683"],
  accent: ["#2f6f6b", "#6fc2bb"],
  spent: ["#2f6f6b", "#6fc2bb"],
  reserved: ["#93c1bb", "#35655f"],
  good: ["#2c7a4b", "#6cc08b"],
  bad: ["#b3372f", "#f08c85"],
  note: ["#8a6a1c", "#dcb967"],
  "c-cheaper": ["#d08a2e", "#d9a04e"],
  "c-nothing": ["#b9b6ad", "#545c69"],
  "c-holdout": ["#6b5ca5", "#9a8cd0"],
  "c-throttled": ["#5b8bc0", "#7aa9da"],
  "c-other": ["#dcd8ce", "#39404b"],
  // Of the reports alone: what a release is compared with.
  "p-mix": ["#a4627f", "#d193ad"],
  "p-each-user": ["#7a8b3c", "#aebd6c"],
  "p-second": ["#3f4f8c", "#98a6e0"],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Colour = keyof typeof PALETTE;

export function colour(name: Colour): string {
  return `var(--${name})`;
}

/** Where several things of one kind are told apart: releases, offers. */
export const SERIES: readonly string[] = (
  ["accent", "p-second", "c-cheaper", "c-throttled", "p-each-user", "p-mix", "c-holdout", "soft"] as const
).map(colour);

/** The custom properties as declarations. */
export function paletteCss(scheme: "light" | "dark"): string {
  return Object.entries(PALETTE)
    .map(([name, [light, dark]]) => `--${name}: ${scheme === "light" ? light : dark};`)
    .join(" ");
}
