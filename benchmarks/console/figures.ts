// Figures of the console benchmark, and how they are said.

import { loadavg } from "node:os";
import { quantiles } from "../lib/quantile.ts";

export interface ConsoleFigures {
  readonly log: "kafka" | "embedded";
  readonly pageMs: Readonly<Record<string, Delay>>;
  readonly updateMs: { readonly status: Delay; readonly decision: Delay };
  readonly memoryMiB: { readonly first: number; readonly last: number; readonly most: number };
  readonly cpu: number;
  readonly eventsPerSecond: number;
  readonly allocatorMs: { readonly without: Turns; readonly with: Turns; readonly ratio: Delay };
  readonly machine: { readonly before: number; readonly after: number; readonly processors: number };
}

export interface Delay {
  readonly p50: number;
  readonly p99: number;
}
/** Medians of the turns. */
export interface Turns extends Delay {
  readonly decisions: number;
  /** Processor time of the allocator for a decision, µs. */
  readonly cpuUs: number;
}

export function middleOf(turns: readonly Turns[]): Turns {
  const of = (name: keyof Turns): number => tenths(quantiles(turns.map((turn) => turn[name]))(0.5));
  return { p50: of("p50"), p99: of("p99"), decisions: of("decisions"), cpuUs: of("cpuUs") };
}

export function delayOf(ms: readonly number[]): Delay {
  const at = quantiles(ms);
  return { p50: tenths(at(0.5)), p99: tenths(at(0.99)) };
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

export function loadOfMinute(): number {
  return tenths(loadavg()[0] ?? 0);
}

export function textOf(figures: ConsoleFigures): string {
  const { log, pageMs: pages, updateMs, memoryMiB, cpu, eventsPerSecond, allocatorMs, machine } = figures;
  const delay = ({ p50, p99 }: Delay): string => `p50 ${p50} ms, p99 ${p99} ms`;
  const { without, with: beside, ratio } = allocatorMs;
  return [
    `on ${log}`,
    ...Object.entries(pages).map(([name, of]) => `page ${name.padEnd(12)} ${delay(of)}`),
    `update by status   ${delay(updateMs.status)}`,
    `update by decision ${delay(updateMs.decision)}`,
    `memory of a console ${memoryMiB.first} MiB in the first third, ${memoryMiB.last} in the last, ${memoryMiB.most} at most`,
    `a console takes ${cpu} of a processor and sends ${eventsPerSecond} pages a second to three viewers`,
    `decisions without   ${delay(without)}, ${without.cpuUs} µs of the allocator each`,
    `decisions with      ${delay(beside)}, ${beside.cpuUs} µs of the allocator each`,
    `with over without   p50 ${ratio.p50}, p99 ${ratio.p99}`,
    `load of the machine ${machine.before} before, ${machine.after} after, on ${machine.processors} processors`,
  ].join("\n");
}
