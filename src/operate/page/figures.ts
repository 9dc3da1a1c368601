// Figures: numbers as people read them. Money comes in minor units and is shown in major ones.

export function money(minor: number, currency: string): string {
  return `${(minor / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${currency}`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Three digits that say something, for figures of any size. */
export function short(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
