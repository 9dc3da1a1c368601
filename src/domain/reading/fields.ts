// Fields: what a campaign's fields are written as, where a text or a number may stand for what is meant.

import { z } from "zod";
import { readInstant } from "./instant.ts";
import { parseMinor, type Minor } from "../money/money.ts";

/** An amount of minor units, not negative. */
export const minor = z.unknown().transform((value, context): Minor => {
  try {
    const amount = parseMinor(value, "amount");
    if (amount < 0n) context.addIssue({ code: "custom", message: `${amount} is negative` });
    return amount;
  } catch (error) {
    const fault = error instanceof Error ? error.message.replace("amount: ", "") : String(error);
    context.addIssue({
      code: "custom",
      message: value === undefined ? "is missing: expected an integer of minor units" : fault,
    });
    return z.NEVER;
  }
});

const TIME_EXPECTED =
  "expected a time such as 2026-05-01T12:00:00Z (or 2026-05-01T12:00, with the campaign's timeZone), or milliseconds since 1970";

/** Milliseconds since 1970, also as ISO 8601 with an offset. */
export const instant = z.unknown().transform((value, context): number => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  const read = typeof value === "string" ? readInstant(value, null) : { fault: TIME_EXPECTED };
  if ("ms" in read) return read.ms;
  context.addIssue({ code: "custom", message: value === undefined ? `is missing: ${TIME_EXPECTED}` : read.fault });
  return z.NEVER;
});
