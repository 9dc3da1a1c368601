// Figures: numbers as people read them.

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
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

/** A figure with its interval. */
export interface Ranged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
