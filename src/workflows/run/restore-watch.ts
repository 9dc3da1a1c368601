// Restore watch
// What a person is told of stores that are being restored: one line that moves on for all of them together, and a line when
// one is done that took a while. A program is told of each by itself, and of every restore of a task.

import type { RestoreReport } from "../../task/observer.ts";
import type { Context } from "../../terminal/context.ts";

/** Less is over before anybody has read of it. */
const WORTH_TELLING_MS = 1_000;
const AGAIN_MS = 1_000;

type Told = Pick<Context, "json" | "output" | "progress">;

export function watchRestores({ json, output, progress }: Told): (report: RestoreReport) => void {
  const underWay = new Map<string, RestoreReport>();
  const toldMs = new Map<string, number>();
  const progressed = (name: string, report: RestoreReport): void => {
    underWay.set(name, report);
    progress.report(...lineOf([...underWay.values()]));
    if (!json || report.tookMs - (toldMs.get(name) ?? 0) < AGAIN_MS) return;
    toldMs.set(name, report.tookMs);
    output.item(eventOf("restoring", report), () => "");
  };
  return (report) => {
    const name = `${report.by} ${report.kind} ${report.partition}`;
    if (!report.over) return progressed(name, report);
    underWay.delete(name);
    toldMs.delete(name);
    const tells = report.tookMs >= WORTH_TELLING_MS || (json && report.by === "task");
    if (tells) output.item(eventOf("restored", report), () => textOf(report));
  };
}

/** Step, share and detail of a progress line. */
function lineOf(reports: readonly RestoreReport[]): [string, number, string] {
  const sum = (of: (report: RestoreReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const names = reports.map(({ kind, partition }) => `${kind} ${partition}`);
  const speed = sum((report) => speedOf(report));
  const share = sum((report) => report.share ?? 0) / reports.length;
  return [`restoring ${names.join(", ")}`, share, `${sum(({ records }) => records)} records, ${speed} a second`];
}

function eventOf(event: string, report: RestoreReport): object {
  const { kind, partition, by, records, bytes, tookMs, left, share } = report;
  const known = left === null || share === null ? {} : { left, share: Math.round(share * 1_000) / 1_000 };
  return { event, kind, partition, by, records, bytes, ms: Math.round(tookMs), perSecond: speedOf(report), ...known };
}

function textOf(report: RestoreReport): string {
  const { kind, partition, by, records, bytes, tookMs } = report;
  const what = by === "standby" ? `copied ${kind} ${partition}` : `restored ${kind} ${partition}`;
  const megabytes = (bytes / 1e6).toFixed(1);
  return `${what}: ${records} records, ${megabytes} MB in ${(tookMs / 1_000).toFixed(1)} s, ${speedOf(report)} a second`;
}

function speedOf({ records, tookMs }: RestoreReport): number {
  return tookMs > 0 ? Math.round((records * 1_000) / tookMs) : 0;
}
