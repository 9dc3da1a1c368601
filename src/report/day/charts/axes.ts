// Axes: what the day's charts share.

export const HOURS = {
  field: "hour",
  type: "quantitative" as const,
  scale: { domain: [0, 24], nice: false },
  axis: { title: "hour of the day", values: [0, 6, 12, 18, 24], format: "d", grid: false, labelOverlap: false },
};
