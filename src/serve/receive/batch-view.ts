// Batch view
// The batch in its order, each event with what those before it have left: users with their outcomes, sessions and activity,
// profiles, and sessions enriched and ready to be classified. Each event is looked at once, and what it is worth is handed on
// with it. `process` only moves the money and decides.
//
// Invariants:
//   V1. A user's windows that are over are closed before anything of the batch is looked at.
//   V2. A user's second session in a batch sees the first, and the outcomes before it. It does not see what the first was
//       given, which is decided in `process`: the `incentives_…` features tell of it from the next cycle on.

import { must } from "../../domain/assert.ts";
import { decisionIdOf } from "../../domain/ids.ts";
import type { Erasure } from "../../domain/session/erasure.ts";
import type { Outcome, Profile, Session } from "../../domain/session/session.ts";
import type { LogRecord } from "../../log/event-log.ts";
import { FeatureRows } from "../classify/feature-rows.ts";
import type { ReadyRelease } from "../classify/release-cache.ts";
import { chooseCampaign } from "../decide/choose-campaign.ts";
import { mergedAttributes, type EnrichedSession } from "../enrich/enrich.ts";
import type { FeaturesByUser } from "../enrich/feature-service.ts";
import { judgeOutcome } from "../settle/judge.ts";
import { withCounted, withLate } from "../settle/outcome.ts";
import { rewardOf } from "../settle/reward.ts";
import { closeWindows, type Campaigns, type ClosedWindows } from "../settle/windows.ts";
import { PROFILE_MS, type StoredProfile } from "../state/campaign/records.ts";
import { isLive } from "../state/campaign/settings.ts";
import type { StateReader } from "../state/state-reader.ts";
import {
  aggregatesOf,
  withOrder,
  withRedemption,
  withReward,
  withSession,
  type Activity,
} from "../state/user/activity.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { forgottenMs, recognise, type SessionMatch } from "../state/user/recent-sessions.ts";
import { withoutAttributes, withoutUser, type EndedDecision, type UserRecord } from "../state/user/record.ts";
import { rejected, type DecodedRecord, type RejectedRecord } from "./contract.ts";

export type BatchEvent =
  | { readonly kind: "session"; readonly session: EnrichedSession }
  | { readonly kind: "repeated_session" }
  /** A user is forgotten; the record is without what was known. */
  | { readonly kind: "erasure" }
  /** From before its user was erased. */
  | { readonly kind: "erased_session" }
  /** In its decision's window: the open decision before it and with it. */
  | {
      readonly kind: "outcome";
      readonly outcome: Outcome;
      readonly before: OpenDecision;
      readonly after: OpenDecision;
    }
  /** After its decision's window. */
  | { readonly kind: "late_outcome"; readonly outcome: Outcome; readonly ended: EndedDecision }
  | RejectedRecord;

/** A user that the batch is about. */
export interface BatchUser {
  readonly key: Uint8Array;
  readonly stored: UserRecord;
  /** The windows that were over, whose money `process` settles. */
  readonly closed: ClosedWindows;
  /** With all of the batch but what `process` decides. */
  readonly record: UserRecord;
}

export class BatchView {
  readonly events: BatchEvent[] = [];
  readonly users = new Map<string, BatchUser>();
  readonly profiles = new Map<string, StoredProfile | null>();
  readonly rows = new FeatureRows();
  readonly #reader: StateReader;
  readonly #campaigns: Campaigns;
  readonly #releases: ReadonlyMap<string, ReadyRelease>;
  readonly #external: FeaturesByUser | null;
  readonly #nowMs: number;
  readonly #loaded = new Map<string, StoredProfile | null>();

  constructor(
    reader: StateReader,
    campaigns: Campaigns,
    releases: ReadonlyMap<string, ReadyRelease>,
    external: FeaturesByUser | null,
    nowMs: number,
  ) {
    this.#reader = reader;
    this.#campaigns = campaigns;
    this.#releases = releases;
    this.#external = external;
    this.#nowMs = nowMs;
  }

  add(record: DecodedRecord): void {
    switch (record.kind) {
      case "grant":
        return;
      case "rejected":
        this.events.push(record);
        return;
      case "erasure":
        return this.#erase(record.erasure, record.record);
      case "profile":
        return this.#profile(record.userId, record.profile);
      case "outcome":
        return this.#outcome(record.outcome, record.record);
      case "session":
        return this.#session(record.session, record.record);
    }
  }

  /** Windows that are over in this batch become no rows of the training log either. */
  #erase({ userId, atMs }: Erasure, record: LogRecord): void {
    const user = this.#user(userId, record);
    const { expired, over } = user.closed;
    const closed = { ...user.closed, expired: expired.map(withoutAttributes), over: over.map(withoutAttributes) };
    this.#keep({ ...user, closed }, userId, withoutUser(user.record, atMs, this.#nowMs));
    this.profiles.set(userId, null);
    this.events.push({ kind: "erasure" });
  }

  /** The latest counts, whichever order they come in. */
  #profile(userId: string, profile: Profile | null): void {
    const known = this.#profileOf(userId);
    if (profile !== null && known !== null && profile.atMs < known.atMs) return;
    const kept: StoredProfile | null =
      profile === null
        ? null
        : {
            kind: "stored_profile",
            dueMs: this.#nowMs + PROFILE_MS,
            atMs: profile.atMs,
            attributes: profile.attributes,
          };
    this.profiles.set(userId, kept);
  }

  #profileOf(userId: string): StoredProfile | null {
    const inBatch = this.profiles.get(userId);
    if (inBatch !== undefined) return inBatch;
    let loaded = this.#loaded.get(userId);
    if (loaded === undefined) {
      loaded = this.#reader.profile(userId);
      this.#loaded.set(userId, loaded);
    }
    return loaded;
  }

  #outcome(outcome: Outcome, record: LogRecord): void {
    const user = this.#user(outcome.userId, record);
    const judgement = judgeOutcome(user.record, outcome, this.#nowMs);
    switch (judgement.verdict) {
      case "counts": {
        const before = must(user.record.open[judgement.at], "the open decision");
        const after = withCounted(before, outcome);
        const open = user.record.open.with(judgement.at, after);
        const isErased = before.decidedAtMs <= user.record.erasedAtMs;
        const activity = isErased
          ? user.record.activity
          : this.#activityWith(user.record.activity, outcome, before.campaign);
        this.#keep(user, outcome.userId, { ...user.record, open, activity });
        this.events.push({ kind: "outcome", outcome, before, after });
        return;
      }
      case "late": {
        const ended = must(user.record.ended[judgement.at], "the ended decision");
        this.#keep(user, outcome.userId, withLate(user.record, ended, outcome));
        this.events.push({ kind: "late_outcome", outcome, ended });
        return;
      }
      case "repeated":
        return;
      case "outcome_conflict":
      case "unknown_decision":
      case "contract":
        this.events.push(rejected(record, judgement.verdict, judgement.detail));
    }
  }

  #activityWith(before: Activity, { kind, rewards }: Outcome, campaign: string): Activity {
    const weights = this.#campaigns.get(campaign)?.settings.grant.campaign.rewardWeights ?? {};
    let activity = before;
    if (kind === "converted") activity = withOrder(activity, this.#nowMs);
    if (kind === "redeemed") activity = withRedemption(activity, this.#nowMs);
    return withReward(activity, this.#nowMs, rewardOf(weights, rewards));
  }

  #session(session: Session, record: LogRecord): void {
    const user = this.#user(session.userId, record);
    if (session.atMs <= user.record.erasedAtMs) {
      this.events.push({ kind: "erased_session" });
      return;
    }
    const { seen, recent } = recognise(user.record.sessions, session, this.#nowMs);
    if (seen !== "new") {
      this.events.push(notNew(seen, session, record, recent));
      return;
    }
    this.events.push({ kind: "session", session: this.#enriched(session, record, user.record.activity) });
    const activity = withSession(user.record.activity, this.#nowMs);
    this.#keep(user, session.userId, { ...user.record, sessions: recent, activity });
  }

  #enriched(session: Session, record: LogRecord, activity: Activity): EnrichedSession {
    const campaign = chooseCampaign(session, this.#campaigns, this.#nowMs);
    const external = this.#external?.get(session.userId) ?? null;
    const profile = this.#profileOf(session.userId)?.attributes ?? null;
    const release = this.#releases.get(campaign?.release ?? "") ?? null;
    const enriched: EnrichedSession = {
      session,
      record,
      decisionId: decisionIdOf(session.sessionId),
      campaign: campaign?.settings.grant.campaign.id ?? null,
      release,
      attributes: mergedAttributes(session.attributes, profile, aggregatesOf(activity, this.#nowMs), external),
      degraded: this.#external !== null && external === null,
      featuresHash: NO_FEATURES,
      cluster: -1,
      probability: 0,
    };
    if (campaign !== null && release !== null && isLive(campaign.settings, this.#nowMs))
      this.rows.add(release, enriched);
    return enriched;
  }

  #user(userId: string, record: LogRecord): BatchUser {
    const known = this.users.get(userId);
    if (known !== undefined) return known;
    const user = loadUser(this.#reader, userId, must(record.key, "a user's key"), this.#campaigns, this.#nowMs);
    this.users.set(userId, user);
    return user;
  }

  #keep(user: BatchUser, userId: string, record: UserRecord): void {
    this.users.set(userId, { ...user, record });
  }
}

/** From the state, with the windows closed that are over. */
export function loadUser(
  reader: StateReader,
  userId: string,
  key: Uint8Array,
  campaigns: Campaigns,
  nowMs: number,
): BatchUser {
  const stored = reader.user(userId);
  const closed = closeWindows(stored, campaigns, nowMs);
  return { key, stored, closed, record: closed.record };
}

/** A session that gets no decision of its own. */
function notNew(
  seen: Exclude<SessionMatch, "new">,
  session: Session,
  record: LogRecord,
  recent: Uint8Array,
): BatchEvent {
  switch (seen) {
    case "repeated":
      return { kind: "repeated_session" };
    case "conflict":
      return rejected(record, "session_conflict", `sessionId: ${session.sessionId} came before with another body`);
    case "forgotten": {
      const detail = `atMs: ${session.atMs}, and of this user's sessions up to ${forgottenMs(recent)} nobody knows any more which were decided`;
      return rejected(record, "contract", detail);
    }
  }
}

const NO_FEATURES: Uint8Array = new Uint8Array(8);
