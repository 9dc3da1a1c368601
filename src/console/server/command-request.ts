// Command request: what the page asks for, as a command of the log. Amounts come as they are typed, in units of the campaign's
// currency, and are read here once, exactly.

import { z } from "zod";
import type { BudgetStatus, PacingAction } from "../../domain/campaign/control.ts";
import { minorDigits } from "../../domain/money/currency.ts";
import { parseTypedAmount, type Minor } from "../../domain/money/money.ts";
import { Problem } from "../../http/problem.ts";
import type { ConsoleAction } from "../views/console-action.ts";

const amount = z.string().max(40);
const share = z.number().min(0).lt(1);

const actionSchema: z.ZodType<ConsoleAction> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("set_budget"), amount, periodAmount: amount.nullable().default(null) }),
  z.strictObject({ kind: z.literal("set_exploration"), share, amount }),
  z.strictObject({
    kind: z.literal("set_caps"),
    caps: z.array(z.strictObject({ max: z.number().int().positive(), windowMs: z.number().int().positive() })).max(8),
  }),
  z.strictObject({
    kind: z.literal("set_curve"),
    mode: z.enum(["asap", "even", "points"]),
    points: z
      .array(z.strictObject({ atMs: z.number().int(), share: z.number().min(0).max(1) }))
      .max(1_000)
      .default([]),
  }),
  z.strictObject({ kind: z.literal("pause") }),
  z.strictObject({ kind: z.literal("resume") }),
  z.strictObject({ kind: z.literal("end") }),
  z.strictObject({ kind: z.literal("clear_alarm") }),
  z.strictObject({ kind: z.literal("promote_release"), release: z.string().max(64) }),
  z.strictObject({ kind: z.literal("rollback_release") }),
]);

export const commandSchema = z.strictObject({
  campaign: z.string().max(100),
  /** Of the page that it was asked on. */
  revision: z.number().int().nonnegative(),
  action: actionSchema,
  /** Left out with a dry run. */
  reason: z.string().max(1_024).default(""),
  /** The campaign's name, where it has to be typed. */
  confirm: z.string().max(200).default(""),
});

export type CommandRequest = z.infer<typeof commandSchema>;

/** Throws a Problem that names the field. */
export function actionOf({ action }: CommandRequest, { currency }: BudgetStatus): PacingAction {
  switch (action.kind) {
    case "set_budget":
      return {
        kind: "set_budget",
        currency,
        budgetMinor: minorOf(action.amount, currency, "amount"),
        periodBudgetMinor: action.periodAmount === null ? null : minorOf(action.periodAmount, currency, "periodAmount"),
      };
    case "set_exploration":
      return { kind: "set_exploration", share: action.share, budgetMinor: minorOf(action.amount, currency, "amount") };
    default:
      return action;
  }
}

/** `7,500.00`: units of the campaign's currency, thousands parted or not. */
export function minorOf(typed: string, currency: string, field: string): Minor {
  const plain = typed
    .trim()
    .replace(/^(\d{1,3})((?:,\d{3})+)(?=\.|$)/, (_, first: string, rest: string) => first + rest.replaceAll(",", ""));
  if (!/^\d+(\.\d+)?$/.test(plain)) {
    const example = (7500).toFixed(minorDigits(currency) ?? 0);
    throw new Problem(400, "invalid", `expected an amount of ${currency} such as ${example}, got "${typed}"`, {
      field,
    });
  }
  try {
    return parseTypedAmount(`${plain}${currency}`).minor;
  } catch (error) {
    const text = error instanceof RangeError ? error.message : String(error);
    throw new Problem(400, "invalid", text, { field });
  }
}
