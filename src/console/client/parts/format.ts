// Format: figures and times as people read them. Money always has its currency, and times are in the campaign's zone.

import { whole } from "../../../domain/figures.ts";
import type { Currency } from "../../views/pages/campaigns-page.ts";

/** `1234500, EUR` → `12,345.00 EUR`. */
export function money(minor: number, { code, digits }: Currency): string {
  // What an earlier version let in: not scaled, and said so.
  if (digits === null) return `${whole(minor)} minor units of ${code === "" ? "no currency" : code}`;
  return `${amount(minor, digits)} ${code}`;
}

/** Without its currency, where that stands beside it. */
export function amount(minor: number, digits: number | null): string {
  const places = digits ?? 0;
  return (minor / 10 ** places).toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `12.3 MiB`. */
export function bytes(count: number): string {
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${(count / 1024 ** step).toLocaleString("en", { maximumFractionDigits: 1 })} ${SIZES[step] ?? ""}`;
}

/** `3 min ago`, `in 2 h`. */
export function ago(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  if (Math.abs(ms) < 1_000) return "now";
  return ms >= 0 ? `${span(ms)} ago` : `in ${span(-ms)}`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

export function span(ms: number): string {
  const [unit, length] = UNITS.find(([, each]) => ms >= each) ?? (["s", 1_000] as const);
  return `${Math.floor(ms / length)} ${unit}`;
}

/** `12.3k`: for axes. */
export function compact(value: number): string {
  return value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });
}

/** `2026-01-05T08:00`, as the clocks of the zone show it: for fields. */
export function clockTime(atMs: number, timeZone: string): string {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone, hourCycle: "h23" }).format(atMs).replace(" ", "T");
}
