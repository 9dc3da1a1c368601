// User page: what the log has of one user, as a timeline.

import type { Decision, Reason, Settlement } from "../../../domain/decision/decision.ts";
import type { Outcome, Profile, Session } from "../../../domain/session/session.ts";
import type { Attributes } from "../../../domain/session/features.ts";
import { currencyOf, type Currency } from "./campaigns-page.ts";
import { decisionSentence } from "../decision-sentence.ts";

export interface UserPage {
  readonly userId: string;
  readonly partition: number;
  readonly profile: { readonly atMs: number; readonly attributes: Attributes } | null;
  /** Newest first. */
  readonly events: readonly UserEvent[];
  /** How far back was read; null: to the beginning of what the log keeps. */
  readonly sinceMs: number | null;
  /** Whether there were more events than are shown. */
  readonly isCut: boolean;
}

export type UserEvent =
  | {
      readonly kind: "session";
      readonly atMs: number;
      readonly sessionId: string;
      readonly surface: string | null;
      readonly campaign: string | null;
      readonly attributes: Attributes;
    }
  | {
      readonly kind: "decision";
      readonly atMs: number;
      readonly decisionId: string;
      readonly sessionId: string;
      readonly campaign: string | null;
      readonly reason: Reason;
      readonly sentence: string;
      /** Null: nothing. */
      readonly offer: { readonly id: string; readonly face: number; readonly currency: Currency } | null;
      readonly validUntilMs: number | null;
      readonly release: string | null;
    }
  | {
      readonly kind: "outcome";
      readonly atMs: number;
      readonly outcomeId: string;
      readonly decisionId: string;
      readonly what: Outcome["kind"];
      readonly rewards: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: "money";
      readonly atMs: number;
      readonly decisionId: string;
      readonly campaign: string;
      readonly status: Settlement["status"];
      readonly spent: number;
      readonly backed: number;
      /** Of the decision; null where that is gone. */
      readonly currency: Currency | null;
    };

export interface UserRecords {
  readonly profiles: readonly Profile[];
  readonly sessions: readonly Session[];
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly Outcome[];
  readonly settlements: readonly Settlement[];
}

export const MOST_EVENTS = 300;

export function userPage(
  { userId, partition, sinceMs }: Pick<UserPage, "userId" | "partition" | "sinceMs">,
  records: UserRecords,
): UserPage {
  const profile = records.profiles.at(-1);
  const currencies = new Map(records.decisions.map(({ decisionId, currency }) => [decisionId, currency]));
  const events = [
    ...records.sessions.map(sessionEvent),
    ...records.decisions.map(decisionEvent),
    ...records.outcomes.map(outcomeEvent),
    ...records.settlements.map((each) => moneyEvent(each, currencies.get(each.decisionId) ?? null)),
  ];
  // What happened at one time comes in the order of its causes.
  const inOrder = events.toSorted((a, b) => b.atMs - a.atMs || ORDER.indexOf(b.kind) - ORDER.indexOf(a.kind));
  return {
    userId,
    partition,
    sinceMs,
    profile: profile === undefined ? null : { atMs: profile.atMs, attributes: profile.attributes },
    events: inOrder.slice(0, MOST_EVENTS),
    isCut: inOrder.length > MOST_EVENTS,
  };
}

const ORDER = ["session", "decision", "outcome", "money"] as const;

function sessionEvent({ atMs, sessionId, surface, campaign, attributes }: Session): UserEvent {
  return { kind: "session", atMs, sessionId, surface, campaign, attributes };
}

function decisionEvent(decision: Decision): UserEvent {
  const { decidedAtMs, decisionId, sessionId, campaign, reason, arm, armId, faceMinor, currency } = decision;
  return {
    kind: "decision",
    atMs: decidedAtMs,
    decisionId,
    sessionId,
    campaign,
    reason,
    sentence: decisionSentence(decision),
    offer: arm === 0 ? null : { id: armId, face: Number(faceMinor), currency: currencyOf(currency ?? "") },
    validUntilMs: decision.validUntilMs,
    release: decision.release,
  };
}

function outcomeEvent({ atMs, outcomeId, decisionId, kind, rewards }: Outcome): UserEvent {
  return { kind: "outcome", atMs, outcomeId, decisionId, what: kind, rewards };
}

function moneyEvent(settlement: Settlement, currency: string | null): UserEvent {
  const { atMs, decisionId, campaign, status, amountMinor, releasedMinor } = settlement;
  return {
    kind: "money",
    atMs,
    decisionId,
    campaign,
    status,
    spent: Number(amountMinor),
    backed: Number(releasedMinor),
    currency: currency === null ? null : currencyOf(currency),
  };
}
