// Parse
// From a text that somebody typed, on a command line or in an environment variable, to a value. Each throws an error that
// says what was expected.

import { InvalidInput } from "../domain/campaign/campaign.ts";
import { currencyFault } from "../domain/money/currency.ts";
import { lineBreach } from "../domain/ids.ts";
import { readInstant } from "../domain/reading/instant.ts";
import { parseTypedAmount, type Minor, type TypedAmount } from "../domain/money/money.ts";

/** Makes a value of what was typed; throws an Error that says what was expected. */
export type Parse<T> = (typed: string) => T;

export const asText: Parse<string> = (typed) => {
  if (typed === "") throw new InvalidInput("expected a text, got nothing");
  return typed;
};

/** One line of at most so many bytes, which is shown to people as it is. */
export function asLine(most: number): Parse<string> {
  return (typed) => {
    const breach = lineBreach("the text", typed, most);
    if (breach !== null) throw new InvalidInput(breach);
    return typed;
  };
}

export function asInteger(bounds: { readonly min?: number; readonly max?: number } = {}): Parse<number> {
  return (typed) => {
    const value = /^-?\d+$/.test(typed) ? Number(typed) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw new InvalidInput(`expected an integer, got "${typed}"`);
    return within(value, bounds);
  };
}

export function asNumber(bounds: { readonly min?: number; readonly max?: number } = {}): Parse<number> {
  return (typed) => {
    const value = typed.trim() === "" ? Number.NaN : Number(typed);
    if (!Number.isFinite(value)) throw new InvalidInput(`expected a number, got "${typed}"`);
    return within(value, bounds);
  };
}

/** Money, not negative: minor units (750000), or units of the currency that it names (7500.00EUR, 750000JPY). */
export const asAmount: Parse<TypedAmount> = (typed) => parseTypedAmount(typed);

/** As asAmount, and more than nothing. */
export const asPositiveAmount: Parse<TypedAmount> = (typed) => {
  const amount = parseTypedAmount(typed);
  if (amount.minor === 0n) throw new InvalidInput(`expected more than nothing, got "${typed}"`);
  return amount;
};

/** A currency of ISO 4217. */
export const asCurrency: Parse<string> = (typed) => {
  const fault = currencyFault(typed);
  if (fault !== null) throw new InvalidInput(fault);
  return typed;
};

/** What was typed for `flag`, in minor units of the currency that is meant. */
export function minorInCurrency({ minor, currency }: TypedAmount, meant: string, flag: string): Minor {
  if (currency !== null && currency !== meant)
    throw new InvalidInput(`${flag}: it is in ${currency}, and the money here is ${meant}`);
  return minor;
}

export function asOneOf<const T extends string>(choices: readonly T[]): Parse<T> {
  return (typed) => {
    const found = choices.find((choice) => choice === typed);
    if (found === undefined) throw new InvalidInput(`expected one of ${choices.join(", ")}, got "${typed}"`);
    return found;
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time, in milliseconds. */
export const asDuration: Parse<number> = (typed) => {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(typed) ?? [];
  const length = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (count === "" || !(length > 0))
    throw new InvalidInput(`expected a time such as 500ms, 30s, 5m or 1h, got "${typed}"`);
  return Math.ceil(length);
};

/** A timer of Node's that is to wait for longer does not wait at all. */
const LONGEST_WAIT_MS = 24 * 86_400_000;

/** A length of time to wait for something. */
export const asWait: Parse<number> = (typed) => {
  const length = asDuration(typed);
  if (length > LONGEST_WAIT_MS) throw new InvalidInput(`expected at most 24d, got "${typed}"`);
  return length;
};

/** A time with its offset, in milliseconds. */
export const asTime: Parse<number> = (typed) => {
  const read = readInstant(typed, null);
  if ("fault" in read) throw new InvalidInput(read.fault);
  return read.ms;
};

export const asUrl: Parse<string> = (typed) => {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidInput(`expected a URL that begins with http:// or https://, got "${typed}"`);
  return url.href;
};

function within(value: number, { min, max }: { readonly min?: number; readonly max?: number }): number {
  if (min !== undefined && value < min) throw new InvalidInput(`expected at least ${min}, got ${value}`);
  if (max !== undefined && value > max) throw new InvalidInput(`expected at most ${max}, got ${value}`);
  return value;
}
