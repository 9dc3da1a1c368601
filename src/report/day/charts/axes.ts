// Axes: what the day's charts share.

export const WIDTH = 860;

export const HOURS = {
  field: "hour",
  type: "quantitative" as const,
  axis: { title: "hour of the day", values: [0, 3, 6, 9, 12, 15, 18, 21, 24], grid: false },
};
