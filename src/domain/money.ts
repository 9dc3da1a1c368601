// Money
// An amount is a bigint of the currency's minor units (cents), never a float.
// Expected values (a plan's mean cost, a shadow price) are statistics, not balances: those are numbers.

/** An integer of minor units of a campaign's currency. */
export type Minor = bigint;

/** The largest amount that every part of the system can carry (Avro long through a double's safe integers). */
export const MAX_MINOR: Minor = BigInt(Number.MAX_SAFE_INTEGER);

/** Parses an integer amount of minor units; throws a RangeError that names `field`. */
export function parseMinor(value: unknown, field: string): Minor {
  const amount =
    typeof value === "bigint"
      ? value
      : typeof value === "number" && Number.isSafeInteger(value)
        ? BigInt(value)
        : typeof value === "string" && /^-?\d+$/.test(value)
          ? BigInt(value)
          : undefined;
  if (amount === undefined)
    throw new RangeError(`${field}: expected an integer of minor units, got ${JSON.stringify(value)}`);
  if (amount > MAX_MINOR || amount < -MAX_MINOR)
    throw new RangeError(`${field}: ${amount} is outside ±${MAX_MINOR} minor units`);
  return amount;
}

/** `12345n, "EUR"` → `123.45 EUR`; for people only. */
export function formatMinor(amount: Minor, currency: string): string {
  const sign = amount < 0n ? "-" : "";
  const abs = amount < 0n ? -amount : amount;
  const digits = (abs / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${digits}.${(abs % 100n).toString().padStart(2, "0")} ${currency}`;
}

export function minMinor(a: Minor, b: Minor): Minor {
  return a < b ? a : b;
}

export function maxMinor(a: Minor, b: Minor): Minor {
  return a > b ? a : b;
}
