// Campaign
// A budget, a set of arms, a period and caps. Arm 0 is the control: no incentive, no cost.

import { z } from "zod";
import { isTimeZone, type Every } from "../calendar.ts";
import { currencyCode } from "../money/currency.ts";
import { MAX_ID_BYTES } from "../ids.ts";
import { instant, minor } from "../reading/fields.ts";
import { rangeFault, readInstant, unitFault } from "../reading/instant.ts";
import { describeIssues } from "../reading/issues.ts";
import type { Minor } from "../money/money.ts";

export interface Arm {
  readonly id: string;
  /** Paid if the incentive is redeemed. */
  readonly faceMinor: Minor;
  /** Paid when the incentive is offered. */
  readonly sendMinor: Minor;
  /** How long it is valid, and its money held; at most, and when null or left out, `reservation.ttlMs`. */
  readonly validMs?: number | null;
}

/** At most `max` incentives of the campaign per user in any `windowMs`. */
export interface Cap {
  readonly max: number;
  readonly windowMs: number;
}

/** How a budget may go out over the period: at once, evenly over the traffic, or along given points. */
export type PacingMode = "asap" | "even" | "points";

/** By this time, this share of the budget. */
export interface CurvePoint {
  readonly atMs: number;
  readonly share: number;
}

/** A budget for each day or week, inside the budget of the whole: no more of the plan account is spent in any of them. */
export interface BudgetPeriods {
  readonly every: Every;
  readonly budgetMinor: Minor;
  /** What becomes of what a period leaves: `carry` adds it to the next one's, `none` leaves it to the whole budget only. */
  readonly rollover: Rollover;
}

export const ROLLOVERS = ["none", "carry"] as const;
export type Rollover = (typeof ROLLOVERS)[number];

/** Who sets the plan row by the curve; src/treasury/SPEC.md tells how each does it. */
export const PACING_CONTROLLERS = ["reallocation", "pi"] as const;
export type PacingController = (typeof PACING_CONTROLLERS)[number];
/** The one that `npm run bench:pacing` shows best. */
export const DEFAULT_CONTROLLER: PacingController = "reallocation";

/**
 * A campaign as it comes from a topic: one that names a controller of earlier versions (`plan`, which is also what a record
 * says that names none, or `throttle`) is paced by the default.
 */
export function withKnownController(campaign: Campaign): Campaign {
  const { controller } = campaign.pacing;
  if (!controller || PACING_CONTROLLERS.includes(controller)) return campaign;
  return { ...campaign, pacing: { ...campaign.pacing, controller: DEFAULT_CONTROLLER } };
}

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
  /** IANA name; whose midnights part days and weeks. Left out: UTC. */
  readonly timeZone?: string;
  /** Null or left out: the budget is one for the whole period. */
  readonly periods?: BudgetPeriods | null;
  /** Arm 0 is the control. */
  readonly arms: readonly Arm[];
  /** Share of users who never get an incentive, hash-stable by user; in [0, 1). */
  readonly holdoutShare: number;
  /** Share of sessions whose arm is drawn from the exploration distribution, hash-stable by session; in [0, 1). */
  readonly explorationShare: number;
  readonly caps: readonly Cap[];
  readonly reservation: {
    /** strict: the budget is not passed even if everybody redeems. expected: with at most the stated probability. */
    readonly policy: "strict" | "expected";
    /** For `expected`: the stated probability; in (0, 0.5]. */
    readonly risk?: number;
    /** How long money is held for an incentive; also how long outcomes count for the training log. */
    readonly ttlMs: number;
  };
  readonly pacing: {
    readonly mode: PacingMode;
    /** Eligible sessions that are expected in the period; what comes corrects it. */
    readonly expectedSessions: number;
    /** For `points`: rising in time and share, inside the period, the last share 1. */
    readonly points?: readonly CurvePoint[];
    /** Left out: DEFAULT_CONTROLLER. */
    readonly controller?: PacingController;
    /** Relative arrivals by hour of the day (UTC), 24 of them, as a training log has them; none: even. What comes corrects it. */
    readonly profile?: readonly number[];
  };
  /** Larger is tried first when a session names no campaign. */
  readonly priority: number;
  /** The surfaces it serves; none named means all. */
  readonly surfaces: readonly string[];
  /** Reward of an outcome: Σ weight × outcome.rewards[name]. */
  readonly rewardWeights: Readonly<Record<string, number>>;
  /** No command may raise the plan's budget above it; null or left out: no ceiling. */
  readonly ceilingMinor?: Minor | null;
}

export const HOURS_OF_DAY = 24;

const share = z.number().min(0).lt(1);

const UTC = "UTC";

export const CAMPAIGN_ID = /^[A-Za-z0-9._-]{1,100}$/;
const name = z.string().max(MAX_ID_BYTES);
const MOST_REWARDS = 32;
/** Of a window or a hold: ten years. What is added to a time must still be one. */
const LONGEST_MS = 3_660 * 86_400_000;

const campaignSchema = z
  .strictObject({
    id: z.string().regex(CAMPAIGN_ID, "letters, digits, dots, dashes and underscores, at most 100"),
    currency: currencyCode,
    budgetMinor: minor,
    explorationBudgetMinor: minor.default(0n),
    startMs: instant,
    endMs: instant,
    timeZone: z.string().refine(isTimeZone, "not a time zone that is known, such as Europe/Berlin").default(UTC),
    periods: z
      .strictObject({ every: z.enum(["day", "week"]), budgetMinor: minor, rollover: z.enum(ROLLOVERS) })
      .nullable()
      .default(null),
    arms: z
      .array(
        z.strictObject({
          id: z.string().min(1).max(100),
          faceMinor: minor,
          sendMinor: minor.default(0n),
          validMs: z.number().int().positive().nullable().default(null),
        }),
      )
      .min(2)
      .max(64),
    holdoutShare: share.default(0.05),
    explorationShare: share.default(0.05),
    caps: z
      .array(
        z.strictObject({ max: z.number().int().positive(), windowMs: z.number().int().positive().max(LONGEST_MS) }),
      )
      .max(8)
      .default([]),
    reservation: z.strictObject({
      policy: z.enum(["strict", "expected"]).default("strict"),
      risk: z.number().positive().max(0.5).default(0.01),
      ttlMs: z.number().int().positive().max(LONGEST_MS),
    }),
    pacing: z.strictObject({
      mode: z.enum(["asap", "even", "points"]).default("even"),
      expectedSessions: z.number().min(0.001).max(1e12),
      points: z
        .array(z.strictObject({ atMs: instant, share: z.number() }))
        .max(1_000)
        .default([]),
      controller: z.enum(PACING_CONTROLLERS).default(DEFAULT_CONTROLLER),
      profile: z
        .array(z.number().nonnegative().max(1e12))
        .refine((hours) => hours.length === 0 || hours.length === HOURS_OF_DAY, "must be 24 hours, or none")
        .refine((hours) => hours.length === 0 || hours.some((weight) => weight > 0), "must not be all zero")
        .default([]),
    }),
    priority: z.number().int().default(0),
    surfaces: z.array(name).max(100).default([]),
    rewardWeights: z
      .record(name, z.number())
      .refine((weights) => Object.keys(weights).length <= MOST_REWARDS, `at most ${MOST_REWARDS} rewards`)
      .default({ converted: 1 }),
    ceilingMinor: minor.nullable().default(null),
  })
  .superRefine((campaign, context) => {
    const control = campaign.arms[0];
    if (control && (control.faceMinor !== 0n || control.sendMinor !== 0n))
      context.addIssue({ code: "custom", path: ["arms", 0], message: "arm 0 is the control and must cost nothing" });
    const ids = new Set(campaign.arms.map((arm) => arm.id));
    if (ids.size !== campaign.arms.length)
      context.addIssue({ code: "custom", path: ["arms"], message: "arm ids must differ" });
    for (const field of ["startMs", "endMs"] as const) {
      const fault = rangeFault(campaign[field]);
      if (fault !== null) context.addIssue({ code: "custom", path: [field], message: fault });
    }
    if (campaign.endMs <= campaign.startMs)
      context.addIssue({ code: "custom", path: ["endMs"], message: "must be after startMs" });
    if (campaign.ceilingMinor !== null && campaign.budgetMinor > campaign.ceilingMinor)
      context.addIssue({
        code: "custom",
        path: ["budgetMinor"],
        message: `above ceilingMinor ${campaign.ceilingMinor}`,
      });
    for (const [arm, { validMs }] of campaign.arms.entries())
      if (validMs !== null && validMs > campaign.reservation.ttlMs)
        context.addIssue({
          code: "custom",
          path: ["arms", arm, "validMs"],
          message: `longer than reservation.ttlMs ${campaign.reservation.ttlMs}`,
        });
    const fault = curveFault(campaign.pacing, campaign);
    if (fault !== null) context.addIssue({ code: "custom", path: ["pacing", "points"], message: fault });
  });

/** What is wrong with a curve in a period; null when nothing is. */
export function curveFault(
  curve: { readonly mode: PacingMode; readonly points: readonly CurvePoint[] },
  period: Pick<Campaign, "startMs" | "endMs" | "periods">,
): string | null {
  const { mode, points } = curve;
  if (mode === "points" && (period.periods ?? null) !== null)
    return "points are for one budget: a budget for each day or week is paced even or asap";
  if (mode !== "points") return points.length === 0 ? null : `mode ${mode} takes no points`;
  if (points.length === 0) return "mode points needs at least one";
  for (const [index, { atMs, share }] of points.entries()) {
    const before = points[index - 1];
    if (!(share >= 0 && share <= 1)) return `point ${index + 1}: the share must be in 0 to 1, got ${share}`;
    if (atMs < period.startMs || atMs > period.endMs)
      return `point ${index + 1}: must be in the period, from ${timeText(period.startMs)} to ${timeText(period.endMs)}, got ${timeText(atMs)}`;
    if (before !== undefined && (atMs <= before.atMs || share < before.share))
      return `point ${index + 1}: must be later than the one before and not lower`;
  }
  return points.at(-1)?.share === 1 ? null : "the last share must be 1";
}

/** What is wrong with a period that is to begin, or has begun, by a clock at `nowMs`; null when nothing is. */
export function periodFault({ startMs, endMs }: Pick<Campaign, "startMs" | "endMs">, nowMs: number): string | null {
  for (const [field, ms] of Object.entries({ startMs, endMs })) {
    const fault = unitFault(ms, nowMs);
    if (fault !== null) return `${field}: ${fault}`;
  }
  return endMs > nowMs ? null : `endMs: ${timeText(endMs)} is past: the campaign would be over before it begins`;
}

const LAST_DATE_MS = 8.64e15;

function timeText(ms: number): string {
  return Math.abs(ms) <= LAST_DATE_MS ? new Date(ms).toISOString() : `${ms}`;
}

/** Thrown for a campaign, mapping or configuration that is not valid; the message names each field and what is wrong. */
export class InvalidInput extends Error {
  override name = "InvalidInput";
}

/** Parses a campaign as written in a file or a message. `where` names the place in the error. */
export function parseCampaign(value: unknown, where: string): Campaign {
  const result = campaignSchema.safeParse(withInstants(value));
  if (!result.success) throw new InvalidInput(describeIssues(where, result.error, value));
  return result.data;
}

/** Times that name no offset are times of the campaign's zone, if it names one. */
function withInstants(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { timeZone, startMs, endMs, pacing } = value;
  if (typeof timeZone !== "string" || !isTimeZone(timeZone)) return value;
  const inZone = (time: unknown): unknown => zonedMs(time, timeZone);
  const point = (each: unknown): unknown => (isObject(each) ? { ...each, atMs: inZone(each["atMs"]) } : each);
  const points = isObject(pacing) && Array.isArray(pacing["points"]) ? { points: pacing["points"].map(point) } : {};
  return {
    ...value,
    ...{ startMs: inZone(startMs), endMs: inZone(endMs) },
    pacing: isObject(pacing) ? { ...pacing, ...points } : pacing,
  };
}

/** What is no time is left as it is, for the schema to say so. */
function zonedMs(time: unknown, timeZone: string): unknown {
  if (typeof time !== "string") return time;
  const read = readInstant(time, timeZone);
  return "ms" in read ? read.ms : time;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a shard must hold to offer the arm under `strict`: face value and send cost. */
export function strictHoldMinor(arm: Arm): Minor {
  return arm.faceMinor + arm.sendMinor;
}
