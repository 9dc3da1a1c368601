// Contract: what clients send and are answered, as schemas that check it, type it and make the OpenAPI document.
// docs/GATEWAY.md has it for people.

import { z } from "zod";
import type { Decision, Settlement } from "../domain/decision/decision.ts";
import type { Outcome } from "../domain/session/session.ts";

const id = z.string().min(1).describe("at most 256 bytes of UTF-8");
const at = z
  .union([z.int(), z.string()])
  .optional()
  .describe("when it happened: milliseconds since 1970, or ISO 8601 with an offset; left out: now");
const attributes = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))
  .describe("by name; what a release does not know is left out");

export const decisionRequest = z.strictObject({
  sessionId: id.describe("names the request: sent again with the same content, it gets the same decision"),
  userId: id,
  campaign: z.string().nullable().default(null).describe("left out: chosen by the surface"),
  surface: z.string().nullable().default(null).describe("where in the application"),
  attributes: attributes.default({}),
  atMs: at,
  timeoutMs: z.int().min(1).max(10_000).default(50).describe("how long to wait for the decision"),
});

export const decided = z.strictObject({
  status: z.literal("decided"),
  decisionId: z.string(),
  sessionId: z.string(),
  campaign: z.string().nullable(),
  incentive: z
    .strictObject({
      arm: z.string(),
      faceMinor: z.int().describe("minor units of the currency"),
      currency: z.string(),
      validUntil: z.string().nullable().describe("ISO 8601"),
    })
    .nullable()
    .describe("null: nothing is given"),
  reason: z.string().describe("docs/REASONS.md has each"),
  holdout: z.boolean(),
  degraded: z.boolean().describe("a feature took its default, because a source was silent"),
  release: z.string().nullable(),
});
export type Decided = z.infer<typeof decided>;

export const pending = z.strictObject({
  status: z.literal("pending"),
  decisionId: z.string().describe("to GET it later"),
  incentive: z.null(),
});
export type Pending = z.infer<typeof pending>;

export const outcomesRequest = z.strictObject({
  outcomes: z
    .array(
      z.strictObject({
        outcomeId: id.describe("names the outcome: sent again, it counts once"),
        decisionId: id,
        userId: id,
        kind: z.enum(["redeemed", "converted", "declined", "refunded"]),
        atMs: at,
        amountMinor: z.int().nullable().default(null).describe("of a redeemed one alone; null is the whole face value"),
        rewards: z.record(z.string(), z.number()).default({}).describe("by the names that the campaign weighs"),
      }),
    )
    .min(1)
    .max(100),
});

export const profileRequest = z.strictObject({
  attributes: attributes.nullable().describe("null: the profile is deleted"),
  atMs: at,
});

export const accepted = z.strictObject({ accepted: z.int() });

export const history = z.strictObject({
  userId: z.string(),
  decisions: z.array(decided.extend({ decidedAt: z.string() })).describe("newest first"),
  outcomes: z.array(
    z.strictObject({
      outcomeId: z.string(),
      decisionId: z.string(),
      kind: z.string(),
      at: z.string(),
      amountMinor: z.int().nullable(),
      rewards: z.record(z.string(), z.number()),
    }),
  ),
  settlements: z.array(
    z.strictObject({
      decisionId: z.string(),
      status: z.string(),
      amountMinor: z.int(),
      releasedMinor: z.int(),
      at: z.string(),
    }),
  ),
  complete: z.boolean().describe("false: there is more than was asked for or read"),
});

export const problem = z.strictObject({
  error: z.string().describe("a word for programs"),
  message: z.string(),
  field: z.string().optional(),
  reason: z.string().optional().describe("of a dead letter"),
});

/** Of a user, newest first. */
export interface History {
  readonly decisions: readonly Decision[];
  readonly settlements: readonly Settlement[];
  readonly outcomes: readonly Outcome[];
  /** Nothing of the user is left out: each topic was read to its beginning. */
  readonly isComplete: boolean;
}

export function decidedOf(decision: Decision): Decided {
  const { decisionId, sessionId, campaign, arm, armId, faceMinor, currency, validUntilMs } = decision;
  const { reason, holdout, degraded, release } = decision;
  const incentive =
    arm === 0 || currency === null
      ? null
      : { arm: armId, faceMinor: Number(faceMinor), currency, validUntil: timeOf(validUntilMs) };
  return { status: "decided", decisionId, sessionId, campaign, incentive, reason, holdout, degraded, release };
}

export function historyOf(userId: string, { decisions, outcomes, settlements, isComplete }: History) {
  return {
    userId,
    decisions: decisions.map((decision) => ({ ...decidedOf(decision), decidedAt: timeOf(decision.decidedAtMs) })),
    outcomes: outcomes.map(({ outcomeId, decisionId, kind, atMs, amountMinor, rewards }) => ({
      ...{ outcomeId, decisionId, kind, at: timeOf(atMs), rewards },
      amountMinor: amountMinor === null ? null : Number(amountMinor),
    })),
    settlements: settlements.map(({ decisionId, status, amountMinor, releasedMinor, atMs }) => ({
      ...{ decisionId, status, at: timeOf(atMs) },
      ...{ amountMinor: Number(amountMinor), releasedMinor: Number(releasedMinor) },
    })),
    complete: isComplete,
  };
}

function timeOf(atMs: number): string;
function timeOf(atMs: number | null): string | null;
function timeOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
