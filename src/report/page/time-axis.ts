// Time axis: what a chart over time has at its bottom: the hours of a day, or the times of a zone.

import { wallTime } from "../../domain/calendar.ts";

/** Of a field, whose name is the chart's; its values are hours, or times of the zone's clocks. */
export interface TimeAxis {
  readonly encoding: typeof HOURS | ReturnType<typeof clockEncoding>;
  /** Where it begins and ends, as the values are. */
  readonly ends: readonly [from: number, to: number];
}

const HOURS = {
  type: "quantitative" as const,
  scale: { domain: [0, 24], nice: false },
  axis: { title: "hour of the day", values: [0, 6, 12, 18, 24], format: "d", grid: false, labelOverlap: false },
};

export const DAY_AXIS: TimeAxis = { encoding: HOURS, ends: [0, 24] };

/** Of times of the zone's clocks; a midnight has its date. */
export function clockAxis(timeZone: string, { fromMs, toMs }: Range): TimeAxis {
  const ends = [wallTime(timeZone, fromMs), wallTime(timeZone, toMs)] as const;
  return { encoding: clockEncoding(timeZone, ends), ends };
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const IS_MIDNIGHT = "utchours(datum.value) === 0 && utcminutes(datum.value) === 0";

function clockEncoding(timeZone: string, [from, to]: TimeAxis["ends"]) {
  return {
    type: "temporal" as const,
    scale: { type: "utc" as const, domain: [from, to], nice: false },
    axis: {
      title: `time (${timeZone})`,
      grid: false,
      labelExpr: `${IS_MIDNIGHT} ? utcFormat(datum.value, '%-d %b') : utcFormat(datum.value, '%H:%M')`,
    },
  };
}
