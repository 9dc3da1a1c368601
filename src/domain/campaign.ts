// Campaign
// A budget, a set of arms, a period and caps. Arm 0 is the control: no incentive, no cost.

import { z } from "zod";
import { parseMinor, type Minor } from "./money.ts";

export interface Arm {
  readonly id: string;
  /** Paid if the incentive is redeemed. */
  readonly faceMinor: Minor;
  /** Paid when the incentive is offered. */
  readonly sendMinor: Minor;
}

/** At most `max` incentives of the campaign per user in any `windowMs`. */
export interface Cap {
  readonly max: number;
  readonly windowMs: number;
}

export type PacingMode = "asap" | "even";

export interface Campaign {
  readonly id: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Plan account. */
  readonly budgetMinor: Minor;
  /** Exploration account: a budget line of its own, on top of the plan's. */
  readonly explorationBudgetMinor: Minor;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** Arm 0 is the control. */
  readonly arms: readonly Arm[];
  /** Share of users who never get an incentive, hash-stable by user; in [0, 1). */
  readonly holdoutShare: number;
  /** Share of sessions whose arm is drawn from the exploration distribution, hash-stable by session; in [0, 1). */
  readonly explorationShare: number;
  readonly caps: readonly Cap[];
  readonly reservation: {
    readonly policy: "strict";
    /** How long money is held for an incentive; also how long outcomes count for the training log. */
    readonly ttlMs: number;
  };
  readonly pacing: {
    readonly mode: PacingMode;
    /** for `even`: expected eligible sessions of the period */ readonly expectedSessions: number;
  };
  /** Larger is tried first when a session names no campaign. */
  readonly priority: number;
  /** The surfaces it serves; none named means all. */
  readonly surfaces: readonly string[];
  /** Reward of an outcome: Σ weight × outcome.rewards[name]. */
  readonly rewardWeights: Readonly<Record<string, number>>;
}

const minor = z.union([z.number(), z.string(), z.bigint()]).transform((value, context): Minor => {
  try {
    const amount = parseMinor(value, "amount");
    if (amount < 0n) context.addIssue({ code: "custom", message: `${amount} is negative` });
    return amount;
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

const share = z.number().min(0).lt(1);
const instant = z.union([z.number().int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]);

const campaignSchema = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "letters, digits, dots, dashes and underscores, at most 100"),
    currency: z.string().regex(/^[A-Z]{3}$/, "an ISO 4217 code such as EUR"),
    budgetMinor: minor,
    explorationBudgetMinor: minor.default(0n),
    startMs: instant,
    endMs: instant,
    arms: z
      .array(z.strictObject({ id: z.string().min(1).max(100), faceMinor: minor, sendMinor: minor.default(0n) }))
      .min(2)
      .max(64),
    holdoutShare: share.default(0.05),
    explorationShare: share.default(0.05),
    caps: z
      .array(z.strictObject({ max: z.number().int().positive(), windowMs: z.number().int().positive() }))
      .max(8)
      .default([]),
    reservation: z.strictObject({ policy: z.literal("strict").default("strict"), ttlMs: z.number().int().positive() }),
    pacing: z.strictObject({ mode: z.enum(["asap", "even"]).default("even"), expectedSessions: z.number().positive() }),
    priority: z.number().int().default(0),
    surfaces: z.array(z.string()).default([]),
    rewardWeights: z.record(z.string(), z.number()).default({ converted: 1 }),
  })
  .superRefine((campaign, context) => {
    const control = campaign.arms[0];
    if (control && (control.faceMinor !== 0n || control.sendMinor !== 0n))
      context.addIssue({ code: "custom", path: ["arms", 0], message: "arm 0 is the control and must cost nothing" });
    const ids = new Set(campaign.arms.map((arm) => arm.id));
    if (ids.size !== campaign.arms.length)
      context.addIssue({ code: "custom", path: ["arms"], message: "arm ids must differ" });
    if (campaign.endMs <= campaign.startMs)
      context.addIssue({ code: "custom", path: ["endMs"], message: "must be after startMs" });
  });

/** Thrown for a campaign, mapping or configuration that is not valid; the message names each field and what is wrong. */
export class InvalidInput extends Error {
  override name = "InvalidInput";
}

/** Parses a campaign as written in a file or a message. `where` names the place in the error. */
export function parseCampaign(value: unknown, where: string): Campaign {
  const result = campaignSchema.safeParse(value);
  if (!result.success) throw new InvalidInput(describeIssues(where, result.error));
  return result.data;
}

/** One line an issue: `where: field.path: message`. */
export function describeIssues(where: string, error: z.ZodError): string {
  return error.issues
    .map((issue) => `${where}: ${issue.path.length > 0 ? `${issue.path.join(".")}: ` : ""}${issue.message}`)
    .join("\n");
}

/** What a shard must hold to offer the arm under `strict`: face value and send cost. */
export function strictHoldMinor(arm: Arm): Minor {
  return arm.faceMinor + arm.sendMinor;
}
