// Fold: the batch in its order, each event with what those before it have left: the users with their sessions and
// activity, the profiles, and the sessions enriched and ready to be classified.
//
// A user's second session in a batch sees the first, and the outcomes before it. It does not see what the first was
// given: that is decided in `process`; the `incentives_…` features tell of it from the next cycle on.

import { hash } from "node:crypto";
import { must } from "../../domain/assert.ts";
import type { Attributes } from "../../domain/features.ts";
import type { Outcome, Profile, Session } from "../../domain/session.ts";
import type { LogRecord } from "../../log/event-log.ts";
import { chooseCampaign } from "../decide/choose-campaign.ts";
import type { ReadyRelease } from "../classify/release-shelf.ts";
import { refused, type Inbound } from "./contract.ts";
import { enriched } from "../enrich/enrich.ts";
import type { External } from "../enrich/feature-service.ts";
import { judge, outcomeRow, type Judgement } from "../settle/judge.ts";
import { rewardOf } from "../settle/reward.ts";
import { PROFILE_MS, type StoredProfile } from "../state/campaign/records.ts";
import { isLive, type InForce } from "../state/campaign/settings.ts";
import type { StateReader } from "../state/state-reader.ts";
import { aggregatesOf, withOrder, withRedemption, withReward, withSession } from "../state/user/activity.ts";
import { appendRow } from "../state/user/packed.ts";
import { forgottenMs, recognise, type Seen } from "../state/user/recent-sessions.ts";
import { OUTCOMES_MAX, type UserRecord } from "../state/user/record.ts";

/** A session that asks for a decision, with all that is known of it. */
export interface PreparedSession {
  readonly session: Session;
  readonly record: LogRecord;
  /** Null when there is no campaign for it. */
  readonly campaign: string | null;
  readonly attributes: Attributes;
  /** A feature took its default. */
  readonly degraded: boolean;
  /** −1 without an answer from the classifier. */
  readonly cluster: number;
  readonly probability: number;
  readonly featuresHash: Uint8Array;
}

export type Prepared =
  | { readonly kind: "session"; readonly session: PreparedSession }
  | { readonly kind: "repeated" }
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly record: LogRecord }
  | Extract<Inbound, { readonly kind: "refused" }>;

export interface ReadUser {
  /** As in the state, but with the batch's sessions and activity. */
  readonly record: UserRecord;
  readonly key: Uint8Array;
}

/** Rows of one release, to be classified together; `at` are the events' indices. */
export interface Rows {
  readonly release: ReadyRelease;
  values: Float32Array;
  readonly at: number[];
}

export class Fold {
  readonly events: Prepared[] = [];
  readonly users = new Map<string, ReadUser>();
  readonly profiles = new Map<string, StoredProfile | null>();
  readonly rows = new Map<string, Rows>();
  readonly #reader: StateReader;
  readonly #campaigns: ReadonlyMap<string, InForce>;
  readonly #releases: ReadonlyMap<string, ReadyRelease>;
  readonly #external: External | null;
  readonly #nowMs: number;
  readonly #loaded = new Map<string, StoredProfile | null>();
  /** Users with the outcomes so far counted, to know repeated ones; `process` counts them again, with the money. */
  readonly #judged = new Map<string, UserRecord>();

  constructor(
    reader: StateReader,
    campaigns: ReadonlyMap<string, InForce>,
    releases: ReadonlyMap<string, ReadyRelease>,
    external: External | null,
    nowMs: number,
  ) {
    this.#reader = reader;
    this.#campaigns = campaigns;
    this.#releases = releases;
    this.#external = external;
    this.#nowMs = nowMs;
  }

  take(item: Inbound): void {
    switch (item.kind) {
      case "grant":
        return;
      case "refused":
        this.events.push(item);
        return;
      case "profile":
        return this.#profile(item.userId, item.profile);
      case "outcome":
        return this.#outcome(item.outcome, item.record);
      case "session":
        return this.#session(item.session, item.record);
    }
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
    this.events.push({ kind: "outcome", outcome, record });
    const { userId } = outcome;
    const user = this.#user(userId, record);
    const judged = this.#judged.get(userId) ?? user.record;
    const judgement = judge(judged, outcome, this.#nowMs);
    if (judgement.verdict !== "counts") return;
    this.#judged.set(userId, remembered(judged, judgement.at, outcome));
    this.#keep(userId, user, this.#withOutcome(user.record, judged, judgement, outcome));
  }

  #withOutcome(record: UserRecord, judged: UserRecord, judgement: Judgement, outcome: Outcome): UserRecord {
    const open = judgement.verdict === "counts" ? judged.open[judgement.at] : undefined;
    const weights = this.#campaigns.get(open?.campaign ?? "")?.settings.grant.campaign.rewardWeights ?? {};
    let { activity } = record;
    if (outcome.kind === "converted") activity = withOrder(activity, this.#nowMs);
    if (outcome.kind === "redeemed") activity = withRedemption(activity, this.#nowMs);
    return { ...record, activity: withReward(activity, this.#nowMs, rewardOf(weights, outcome.rewards)) };
  }

  #session(session: Session, record: LogRecord): void {
    const { userId } = session;
    const user = this.#user(userId, record);
    const { seen, recent } = recognise(user.record.sessions, session, this.#nowMs);
    if (seen !== "new") {
      this.events.push(notNew(seen, session, record, recent));
      return;
    }
    this.#enrich(session, record, user.record);
    const activity = withSession(user.record.activity, this.#nowMs);
    this.#keep(userId, user, { ...user.record, sessions: recent, activity });
  }

  #enrich(session: Session, record: LogRecord, user: UserRecord): void {
    const chosen = chooseCampaign(session, this.#campaigns, this.#nowMs);
    const external = this.#external?.get(session.userId) ?? null;
    const silent = this.#external !== null && external === null;
    const profile = this.#profileOf(session.userId)?.attributes ?? null;
    const attributes = enriched(session.attributes, profile, aggregatesOf(user.activity, this.#nowMs), external);
    const release = this.#releases.get(chosen?.release ?? "");
    const prepared: PreparedSession = {
      session,
      record,
      campaign: chosen?.settings.grant.campaign.id ?? null,
      attributes,
      degraded: silent,
      cluster: -1,
      probability: 0,
      featuresHash: NO_FEATURES,
    };
    const asked = chosen !== null && isLive(chosen.settings, this.#nowMs) ? release : undefined;
    this.events.push({
      kind: "session",
      session: asked === undefined ? prepared : this.#addRow(asked, prepared),
    });
  }

  #addRow(release: ReadyRelease, prepared: PreparedSession): PreparedSession {
    const { encoder } = release;
    let rows = this.rows.get(release.hash);
    if (rows === undefined) {
      rows = { release, values: new Float32Array(64 * encoder.width), at: [] };
      this.rows.set(release.hash, rows);
    }
    const offset = rows.at.length * encoder.width;
    if (offset + encoder.width > rows.values.length) rows.values = grown(rows.values);
    const missing = encoder.encode(prepared.attributes, rows.values, offset);
    rows.at.push(this.events.length);
    const row = Buffer.from(rows.values.buffer, offset * 4, encoder.width * 4);
    const featuresHash = hash("sha256", row, "buffer").subarray(0, 8);
    return { ...prepared, degraded: prepared.degraded || missing > 0, featuresHash };
  }

  #user(userId: string, record: LogRecord): ReadUser {
    const known = this.users.get(userId);
    if (known !== undefined) return known;
    const user = { record: this.#reader.user(userId), key: must(record.key, "a user's key") };
    this.users.set(userId, user);
    return user;
  }

  #keep(userId: string, user: ReadUser, record: UserRecord): void {
    this.users.set(userId, { ...user, record });
  }
}

/** A session that gets no decision of its own. */
function notNew(seen: Exclude<Seen, "new">, session: Session, record: LogRecord, recent: Uint8Array): Prepared {
  switch (seen) {
    case "repeated":
      return { kind: "repeated" };
    case "conflict":
      return refused(record, "session_conflict", `sessionId: ${session.sessionId} came before with another body`);
    case "forgotten": {
      const detail = `atMs: ${session.atMs}, and of this user's sessions up to ${forgottenMs(recent)} nobody knows any more which were decided`;
      return refused(record, "contract", detail);
    }
  }
}

const NO_FEATURES: Uint8Array = new Uint8Array(8);

function remembered(record: UserRecord, at: number, outcome: Outcome): UserRecord {
  const open = must(record.open[at], "the open decision");
  const outcomes = appendRow(open.outcomes, outcomeRow(outcome), OUTCOMES_MAX);
  return { ...record, open: record.open.with(at, { ...open, outcomes }) };
}

function grown(values: Float32Array): Float32Array {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  return larger;
}
