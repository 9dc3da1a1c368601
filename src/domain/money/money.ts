// Money
// An amount is a bigint of the currency's minor units (cents; whole yen; see currency.ts), never a float.
// Expected values (a plan's mean cost, a shadow price) are statistics, not balances: those are numbers.

import { shown } from "../reading/shown.ts";
import { currencyFault, minorDigits, minorPerMajor } from "./currency.ts";

/** An integer of minor units of a campaign's currency. */
export type Minor = bigint;

/** The largest amount that every part of the system can carry: an Avro long through a double's safe integers, less the last. */
export const MAX_MINOR: Minor = BigInt(Number.MAX_SAFE_INTEGER - 1);

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
  if (amount === undefined) throw new RangeError(`${field}: expected an integer of minor units, got ${shown(value)}`);
  if (amount > MAX_MINOR || amount < -MAX_MINOR)
    throw new RangeError(`${field}: ${amount} is outside ±${MAX_MINOR} minor units`);
  return amount;
}

/** `12345n, "EUR"` → `123.45 EUR`, `12345n, "JPY"` → `12,345 JPY`; for people only. */
export function formatMinor(amount: Minor, currency: string): string {
  const digits = minorDigits(currency);
  // What an earlier version let in: not scaled, and said so.
  if (digits === null) return `${grouped(amount)} minor units of ${currency === "" ? "no currency" : currency}`;
  const sign = amount < 0n ? "-" : "";
  const abs = amount < 0n ? -amount : amount;
  const unit = BigInt(minorPerMajor(currency));
  const fraction = digits === 0 ? "" : `.${(abs % unit).toString().padStart(digits, "0")}`;
  return `${sign}${grouped(abs / unit)}${fraction} ${currency}`;
}

/** A statistic in minor units, as an amount: rounded to the nearest. */
export function formatMean(minor: number, currency: string): string {
  return formatMinor(BigInt(Math.round(minor)), currency);
}

function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** An amount as a person types it: minor units, or units of the currency that it names. */
export interface TypedAmount {
  readonly minor: Minor;
  /** Null: minor units of whatever currency is meant. */
  readonly currency: string | null;
}

/** `750000` (minor units) or `7500.00EUR` (units of the currency, with no more decimals than it has); throws a RangeError. */
export function parseTypedAmount(typed: string): TypedAmount {
  if (/^\d+$/.test(typed)) return { minor: parseMinor(typed, "the amount"), currency: null };
  const expected = `expected an integer of minor units such as 750000, or units with their currency such as 7500.00EUR, got "${typed}"`;
  const [, whole = "", fraction = "", currency = ""] = /^(\d+)(?:\.(\d+))? ?([A-Za-z]{3})$/.exec(typed) ?? [];
  if (whole === "") throw new RangeError(`${expected}${/^[\d.,' ]+$/.test(typed) ? `: ${WITHOUT_CURRENCY}` : ""}`);
  const digits = minorDigits(currency);
  if (digits === null) throw new RangeError(currencyFault(currency) ?? expected);
  if (fraction.length > digits)
    throw new RangeError(
      `"${typed}" has ${fraction.length} decimals, and ${currency} has ${digits === 0 ? "none" : `${digits} at most`}`,
    );
  return { minor: parseMinor(`${whole}${fraction.padEnd(digits, "0")}`, "the amount"), currency };
}

const WITHOUT_CURRENCY = "thousands are not parted, and decimals need the currency that has them";

/** The nearest amount to a statistic; one that is beyond what can be carried is the furthest that can, and no number is none. */
export function minorOfMean(mean: number): Minor {
  if (Number.isNaN(mean)) return 0n;
  const most = Number(MAX_MINOR);
  return BigInt(Math.round(Math.min(Math.max(mean, -most), most)));
}

export function minMinor(a: Minor, b: Minor): Minor {
  return a < b ? a : b;
}

export function maxMinor(a: Minor, b: Minor): Minor {
  return a > b ? a : b;
}
