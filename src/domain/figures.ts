// Figures: numbers and times as people read them. It imports nothing, so that a browser can read it as it is.

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** With its sign: a difference. */
export function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${decimal(value)}`;
}

export function signedPercent(share: number): string {
  return `${share > 0 ? "+" : ""}${percent(share)}`;
}

/** Of a figure per session, what it is in a thousand of them. */
export function perThousand(perSession: number): string {
  return short(1_000 * perSession);
}

/** Three digits that say something, for figures of any size. */
export function short(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** `13:05`, of an hour of the day with its fraction. */
export function clock(hour: number): string {
  const minutes = Math.floor(hour * 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** `5 Jan 2026, 08:00 CET`. */
export function timeText(atMs: number, timeZone: string): string {
  return clockOf(timeZone, {}).format(atMs);
}

/** `5 Jan 2026, 08:00:00 CET`. */
export function secondText(atMs: number, timeZone: string): string {
  return clockOf(timeZone, { second: "2-digit" }).format(atMs);
}

function clockOf(timeZone: string, seconds: { readonly second?: "2-digit" }): Intl.DateTimeFormat {
  const name = `${timeZone} ${seconds.second ?? ""}`;
  let shown = clocks.get(name);
  if (shown === undefined) {
    const date = { year: "numeric", month: "short", day: "numeric" } as const;
    const time = { hour: "2-digit", minute: "2-digit", ...seconds, timeZoneName: "short" } as const;
    shown = new Intl.DateTimeFormat("en-GB", { timeZone, ...date, ...time });
    clocks.set(name, shown);
  }
  return shown;
}

/** A figure with its interval. */
export interface Ranged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
