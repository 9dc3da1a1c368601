// User page: what the log has of one user in a stretch of time, as a timeline.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import type { TimeZoneOf } from "../../../domain/campaign/time-zones.ts";
import type { Decision, Reason, Settlement } from "../../../domain/decision/decision.ts";
import type { Outcome, Profile, Session } from "../../../domain/session/session.ts";
import type { Attributes } from "../../../domain/session/features.ts";
import { currencyOf, type Currency } from "./campaigns-page.ts";
import { decisionSentence } from "../decision-sentence.ts";

export interface UserPage {
  readonly userId: string;
  readonly partition: number;
  /** By whose clocks times are told that belong to no campaign. */
  readonly timeZone: string;
  /** When the user was erased: nothing from before it is shown. */
  readonly erasedAtMs: number | null;
  /** The latest of the stretch. */
  readonly profile: { readonly atMs: number; readonly attributes: Attributes } | null;
  /** Newest first. */
  readonly events: readonly UserEvent[];
  /** Where the stretch begins; null: at the beginning of what the log keeps. */
  readonly sinceMs: number | null;
  /** Whether there were more events than are shown. */
  readonly isCut: boolean;
}

/** Told by the clocks of its campaign. */
export type UserEvent = WhatCame & { readonly timeZone: string };

type WhatCame =
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
      /** Null where the campaign is gone and the decision too. */
      readonly currency: Currency | null;
    };

export interface UserRecords {
  readonly profiles: readonly Profile[];
  readonly sessions: readonly Session[];
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly Outcome[];
  readonly settlements: readonly Settlement[];
}

/** Null: it is not on the log any more. */
export type CampaignOf = (id: string) => Pick<Campaign, "currency"> | null;

export const MOST_EVENTS = 300;

export function userPage(
  stretch: Pick<UserPage, "userId" | "partition" | "sinceMs" | "erasedAtMs">,
  records: UserRecords,
  campaignOf: CampaignOf,
  zoneOf: TimeZoneOf,
): UserPage {
  const profile = records.profiles.at(-1);
  const decisions = new Map(records.decisions.map((decision) => [decision.decisionId, decision]));
  const campaigns = new Map(records.decisions.map(({ sessionId, campaign }) => [sessionId, campaign]));
  const currency = ({ decisionId, campaign }: Settlement): string | null =>
    decisions.get(decisionId)?.currency ?? campaignOf(campaign)?.currency ?? null;
  const told = (event: WhatCame, campaign: string | null): UserEvent => ({ ...event, timeZone: zoneOf(campaign) });
  const events = [
    ...records.sessions.map((each) => told(sessionEvent(each), each.campaign ?? campaigns.get(each.sessionId) ?? null)),
    ...records.decisions.map((each) => told(decisionEvent(each), each.campaign)),
    ...records.outcomes.map((each) => told(outcomeEvent(each), decisions.get(each.decisionId)?.campaign ?? null)),
    ...records.settlements.map((each) => told(moneyEvent(each, currency(each)), each.campaign)),
  ];
  // What happened at one time comes in the order of its causes.
  const inOrder = events.toSorted((a, b) => b.atMs - a.atMs || ORDER.indexOf(b.kind) - ORDER.indexOf(a.kind));
  return {
    ...stretch,
    timeZone: zoneOf(null),
    profile: profile === undefined ? null : { atMs: profile.atMs, attributes: profile.attributes },
    events: inOrder.slice(0, MOST_EVENTS),
    isCut: inOrder.length > MOST_EVENTS,
  };
}

const ORDER = ["session", "decision", "outcome", "money"] as const;

function sessionEvent({ atMs, sessionId, surface, campaign, attributes }: Session): WhatCame {
  return { kind: "session", atMs, sessionId, surface, campaign, attributes };
}

function decisionEvent(decision: Decision): WhatCame {
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

function outcomeEvent({ atMs, outcomeId, decisionId, kind, rewards }: Outcome): WhatCame {
  return { kind: "outcome", atMs, outcomeId, decisionId, what: kind, rewards };
}

function moneyEvent(settlement: Settlement, currency: string | null): WhatCame {
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
