// Serve cycle: one cycle's work on one shard: the users and campaigns that it touches, as they change, and the rows that
// it writes. Made for a cycle and thrown away with it; the state is read through the view and written only by `finish`.

import { assert } from "../domain/assert.ts";
import type { Decision } from "../domain/decision.ts";
import { decisionIdOf } from "../domain/ids.ts";
import type { Outcome } from "../domain/session.ts";
import type { CycleContext, Effects, StateView } from "../task/processor.ts";
import { decide, Policies, type Answer } from "./decide/decide.ts";
import { refused } from "./receive/contract.ts";
import { encodeAttributes } from "./enrich/attribute-bytes.ts";
import { reservationIdOf } from "./receive/ids.ts";
import type { Prepared, PreparedSession } from "./receive/fold.ts";
import type { ServeFacts } from "./receive/prepare.ts";
import { reportOf, REPORT_EVERY_MS } from "./publish/report.ts";
import { judge } from "./settle/judge.ts";
import { closeDue, closeOldest, settleLate, settleOutcome, type Place } from "./settle/settle.ts";
import { endsNextMs, heldUntilMs } from "./settle/validity.ts";
import { CampaignShard } from "./state/campaign/campaign-shard.ts";
import { PROFILE_MS, type StoredProfile } from "./state/campaign/records.ts";
import { Journal, type OutputCodecs } from "./publish/journal.ts";
import { decodeAs } from "./state/state-reader.ts";
import { traceOf } from "./receive/trace.ts";
import {
  countsKey,
  HEAD_KEY,
  profileKey,
  profileUserOf,
  settingsKey,
  userKey,
  userOf,
  type StateCodec,
} from "./state/state.ts";
import { withIncentive } from "./state/user/activity.ts";
import { idPrint } from "./state/user/fingerprint.ts";
import { appendRow, NOTHING } from "./state/user/packed.ts";
import {
  AGAIN_MAX,
  dueOf,
  ENDED_MS,
  keptUntil,
  NEW_USER,
  OPEN_MAX,
  withEnded,
  withReceived,
  withRoom,
  type OpenDecision,
  type UserRecord,
} from "./state/user/record.ts";

/** How long outcomes count for a decision that found no campaign. */
export const NO_CAMPAIGN_WINDOW_MS = 86_400_000;

export interface CycleCodecs {
  readonly state: StateCodec;
  readonly outputs: OutputCodecs;
}

/** A user as this cycle leaves it. */
interface Visit {
  record: UserRecord;
  changed: boolean;
  readonly place: Place;
}

export class ServeCycle {
  readonly #codecs: CycleCodecs;
  readonly #view: StateView;
  readonly #facts: ServeFacts;
  readonly #context: CycleContext;
  readonly #journal: Journal;
  readonly #policies = new Policies();
  readonly #shards = new Map<string, CampaignShard>();
  readonly #visits = new Map<string, Visit>();
  readonly #shardOf = (campaign: string): CampaignShard | undefined => this.#shards.get(campaign);
  readonly #agedProfiles = new Map<string, StoredProfile | null>();
  #gaveBack = false;

  constructor(codecs: CycleCodecs, view: StateView, facts: ServeFacts, context: CycleContext) {
    this.#codecs = codecs;
    this.#view = view;
    this.#facts = facts;
    this.#context = context;
    this.#journal = new Journal(codecs.outputs, context, facts.head);
  }

  /** Money and settings of the batch's grants, and releases that take effect. */
  startCampaigns(): void {
    const { campaigns, counts, releases, head, left } = this.#facts;
    for (const id of left) this.#journal.forgets(id);
    for (const [id, inForce] of campaigns) {
      const shard = new CampaignShard(inForce, counts.get(id) ?? null);
      this.#shards.set(id, shard);
      if (!head.campaigns.includes(id)) this.#journal.knows(id);
      shard.takeGrant();
      if (this.#facts.granted.has(id) && shard.isOvergranted) this.#journal.overgranted(id);
      const ready = inForce.release === null ? undefined : releases.get(inForce.release);
      if (ready !== undefined && ready.manifest.arms.length === shard.campaign.arms.length)
        shard.useRelease(ready.hash, ready.manifest.clusters);
    }
  }

  /** Of the users that are due and of those that the batch is about; and profiles that are due are looked at. */
  closeWindows(due: readonly string[]): void {
    for (const key of due) {
      const userId = userOf(key);
      if (userId !== undefined) this.#close(this.#visit(userId, null));
      const profiled = profileUserOf(key);
      if (profiled !== undefined) this.#agedProfiles.set(profiled, this.#aged(profiled));
    }
    for (const [userId, { key }] of this.#facts.users) this.#close(this.#visit(userId, key));
  }

  take(event: Prepared): void {
    switch (event.kind) {
      case "refused":
        return this.#journal.deadLetter(event);
      case "repeated":
        return this.#journal.repeated();
      case "outcome":
        return this.#outcome(event);
      case "session":
        this.#giveBack();
        return this.#session(event.session);
    }
  }

  /** Once a cycle: when all has come back that comes back in it, and before anything is decided. */
  #giveBack(): void {
    if (this.#gaveBack) return;
    this.#gaveBack = true;
    for (const shard of this.#shards.values()) shard.giveBack();
  }

  /** The cycle's records, and the state that it leaves. */
  finish(): Effects {
    this.#giveBack();
    const state = new Map<string, Uint8Array | null>();
    for (const [userId, visit] of this.#visits) this.#store(state, userId, visit);
    for (const [userId, profile] of [...this.#agedProfiles, ...this.#facts.profiles])
      state.set(profileKey(userId), profile === null ? null : this.#codecs.state.encode(profile));
    for (const id of this.#facts.granted) {
      const settings = this.#facts.campaigns.get(id)?.settings;
      if (settings !== undefined) state.set(settingsKey(id), this.#codecs.state.encode(settings));
    }
    for (const [id, shard] of this.#shards) this.#count(state, id, shard);
    if (this.#journal.head !== this.#facts.head && !sameHead(this.#journal.head, this.#facts.head))
      state.set(HEAD_KEY, this.#codecs.state.encode(this.#journal.head));
    const { records, counts, notes } = this.#journal;
    return { state, records, counts, notes };
  }

  /** Kept for another while when the user is known or comes in this batch; else forgotten (null). */
  #aged(userId: string): StoredProfile | null {
    const bytes = this.#view.get(profileKey(userId));
    const isKnown = this.#facts.users.has(userId) || this.#view.get(userKey(userId)) !== undefined;
    if (bytes === undefined || !isKnown) return null;
    const profile = decodeAs(this.#codecs.state, bytes, "stored_profile");
    return { ...profile, dueMs: this.#context.nowMs + PROFILE_MS };
  }

  #store(state: Map<string, Uint8Array | null>, userId: string, { record, changed, place }: Visit): void {
    if (!changed) return;
    const forgotten = record.open.length === 0 && record.keepUntilMs <= this.#context.nowMs;
    const kept = { ...record, dueMs: dueOf(record, (open) => endsNextMs(open, place.shardOf)) };
    state.set(userKey(userId), forgotten ? null : this.#codecs.state.encode(kept));
  }

  #count(state: Map<string, Uint8Array | null>, id: string, shard: CampaignShard): void {
    const { nowMs } = this.#context;
    const reports = shard.reportDue(nowMs, REPORT_EVERY_MS);
    if (reports) this.#journal.report(reportOf(shard, this.#journal.head, this.#context));
    if (reports || shard.changed)
      state.set(countsKey(id), this.#codecs.state.encode(shard.toCounts(reports ? nowMs : null)));
  }

  #visit(userId: string, key: Uint8Array | null): Visit {
    const known = this.#visits.get(userId);
    if (known !== undefined) return known;
    const read = this.#facts.users.get(userId);
    const visit: Visit = {
      record: read?.record ?? this.#load(userId),
      changed: false,
      place: {
        userId,
        userKey: key ?? read?.key ?? Buffer.from(userId),
        nowMs: this.#context.nowMs,
        cycle: this.#context.cycle,
        journal: this.#journal,
        shardOf: this.#shardOf,
      },
    };
    this.#visits.set(userId, visit);
    return visit;
  }

  #load(userId: string): UserRecord {
    const bytes = this.#view.get(userKey(userId));
    return bytes === undefined ? NEW_USER : decodeAs(this.#codecs.state, bytes, "user_record");
  }

  #close(visit: Visit): void {
    const closed = closeDue(visit.record, visit.place);
    if (closed !== visit.record || isForgotten(closed, this.#context.nowMs)) change(visit, closed);
  }

  #outcome({ outcome, record }: Extract<Prepared, { readonly kind: "outcome" }>): void {
    const visit = this.#visit(outcome.userId, record.key);
    const judgement = judge(visit.record, outcome, this.#context.nowMs);
    switch (judgement.verdict) {
      case "counts":
        this.#tellUnweighed(outcome, visit.record.open[judgement.at]?.campaign);
        return change(visit, settleOutcome(visit.record, judgement.at, outcome, visit.place));
      case "late":
        return change(visit, settleLate(visit.record, judgement, outcome, visit.place));
      case "repeated":
        return;
      case "conflict":
        return this.#journal.deadLetter(refused(record, "outcome_conflict", judgement.detail));
      case "unknown":
        return this.#journal.deadLetter(refused(record, "unknown_decision", judgement.detail));
      case "breach":
        return this.#journal.deadLetter(refused(record, "contract", judgement.detail));
    }
  }

  #tellUnweighed(outcome: Outcome, campaign: string | undefined): void {
    const shard = campaign === undefined ? undefined : this.#shards.get(campaign);
    if (shard !== undefined) this.#journal.unweighed(outcome, shard.campaign);
  }

  #session(prepared: PreparedSession): void {
    const { session, record, campaign } = prepared;
    const visit = this.#visit(session.userId, record.key);
    visit.record = withRoom(visit.record, this.#context.nowMs, (id) => this.#longestCapMs(id));
    const decisionId = decisionIdOf(session.sessionId);
    const shard = campaign === null ? undefined : this.#shards.get(campaign);
    const answer = shard === undefined ? null : this.#decide(prepared, shard, decisionId, visit.record);
    const row = this.#row(prepared, decisionId, shard, answer);
    this.#journal.decision(row, visit.place.userKey, traceOf(record.headers));
    change(visit, this.#remember(visit, prepared, row, shard, answer));
  }

  #decide(prepared: PreparedSession, shard: CampaignShard, decisionId: string, user: UserRecord): Answer {
    const { sessionId, userId } = prepared.session;
    const { release } = shard.inForce;
    const ready = release === null ? undefined : this.#facts.releases.get(release);
    return decide(
      {
        sessionId,
        userId,
        reservationId: reservationIdOf(decisionId),
        user,
        shard,
        ready: ready ?? null,
        cluster: prepared.cluster,
        nowMs: this.#context.nowMs,
      },
      this.#policies,
    );
  }

  #row(
    prepared: PreparedSession,
    decisionId: string,
    shard: CampaignShard | undefined,
    answer: Answer | null,
  ): Decision {
    const { session, cluster, probability, degraded, featuresHash } = prepared;
    const { nowMs, cycle } = this.#context;
    const arm = answer?.arm ?? 0;
    const reservation = answer?.reservation ?? null;
    const repeats = answer === null || answer.again < 0 ? null : this.#openOf(session.userId, answer.again);
    const armRow = repeats === null ? shard?.arm(arm) : undefined;
    return {
      decisionId,
      sessionId: session.sessionId,
      userId: session.userId,
      campaign: shard?.campaign.id ?? null,
      sessionAtMs: session.atMs,
      decidedAtMs: nowMs,
      cycle,
      reason: answer?.reason ?? "invalid_campaign",
      arm,
      armId: repeats?.armId ?? armRow?.id ?? "",
      faceMinor: repeats?.faceMinor ?? armRow?.faceMinor ?? 0n,
      sendMinor: armRow?.sendMinor ?? 0n,
      currency: shard?.campaign.currency ?? null,
      account: answer?.account ?? null,
      reservationId: reservation?.reservationId ?? null,
      reservedMinor: reservation === null ? 0n : reservation.faceMinor + reservation.sendMinor,
      validUntilMs: reservation?.untilMs ?? (repeats === null ? null : heldUntilMs(repeats, this.#shardOf)),
      cluster,
      clusterProbability: probability,
      release: shard?.inForce.release ?? null,
      planRow: shard?.inForce.planRow ?? -1,
      revision: shard?.inForce.settings.grant.revision ?? 0,
      propensities: answer?.policy?.propensities ?? [],
      holdout: answer?.holdout ?? false,
      exploration: answer?.explored ?? false,
      degraded,
      featuresHash,
      previousHash: this.#journal.head.decisionHead,
    };
  }

  #openOf(userId: string, at: number): OpenDecision {
    const open = this.#visits.get(userId)?.record.open[at];
    assert(open !== undefined, `open decision ${at} of the user is missing`);
    return open;
  }

  #remember(
    visit: Visit,
    prepared: PreparedSession,
    row: Decision,
    shard: CampaignShard | undefined,
    answer: Answer | null,
  ): UserRecord {
    const { nowMs } = this.#context;
    const user = visit.record;
    if (answer !== null && answer.again >= 0) return this.#rememberAgain(user, answer.again, row.decisionId);
    const kept =
      answer !== null && answer.reservation !== null
        ? {
            ...user,
            activity: withIncentive(user.activity, nowMs),
            received: withReceived(user, row.campaign ?? "", nowMs),
          }
        : user;
    return this.#open(kept, openOf(row, prepared, shard, answer, nowMs), visit.place);
  }

  #rememberAgain(user: UserRecord, at: number, decisionId: string): UserRecord {
    const open = user.open[at];
    assert(open !== undefined, `open decision ${at} is missing`);
    const again = appendRow(open.again, [idPrint(decisionId)], AGAIN_MAX);
    const record = { ...user, open: user.open.with(at, { ...open, again }) };
    return { ...record, keepUntilMs: keptUntil(record, this.#context.nowMs, 0) };
  }

  #open(user: UserRecord, open: OpenDecision, place: Place): UserRecord {
    const { nowMs } = this.#context;
    const room = user.open.length < OPEN_MAX ? user : closeOldest(user, place);
    const record: UserRecord =
      room === null ? { ...user, ended: withEnded(user.ended, open, nowMs) } : { ...room, open: [...room.open, open] };
    const keepUntilMs = Math.max(keptUntil(record, nowMs, this.#longestCapMs(open.campaign)), open.untilMs + ENDED_MS);
    return { ...record, keepUntilMs };
  }

  #longestCapMs(campaign: string): number {
    const caps = this.#shards.get(campaign)?.campaign.caps ?? [];
    return caps.reduce((most, cap) => Math.max(most, cap.windowMs), 0);
  }
}

function openOf(
  row: Decision,
  { attributes }: PreparedSession,
  shard: CampaignShard | undefined,
  answer: Answer | null,
  nowMs: number,
): OpenDecision {
  const windowMs = shard?.campaign.reservation.ttlMs ?? NO_CAMPAIGN_WINDOW_MS;
  const held = answer?.reservation ?? null;
  const drawn = answer?.drawn ?? false;
  return {
    decisionId: row.decisionId,
    campaign: row.campaign ?? "",
    decidedAtMs: nowMs,
    untilMs: nowMs + windowMs,
    arm: row.arm,
    armId: row.armId,
    cluster: row.cluster,
    release: row.release,
    drawn,
    exploration: row.exploration,
    holdout: row.holdout,
    account: row.account,
    faceMinor: held?.faceMinor ?? 0n,
    sendMinor: held?.sendMinor ?? 0n,
    reservation: held === null ? "absent" : held.state,
    settledMinor: 0n,
    endedBy: null,
    propensities: drawn ? (answer?.policy?.packed ?? NOTHING) : NOTHING,
    attributes: drawn ? encodeAttributes(attributes) : NOTHING,
    outcomes: NOTHING,
    rewards: {},
    redeemed: false,
    again: NOTHING,
  };
}

function change(visit: Visit, record: UserRecord): void {
  visit.record = record;
  visit.changed = true;
}

function isForgotten(record: UserRecord, nowMs: number): boolean {
  return record.open.length === 0 && record.keepUntilMs > 0 && record.keepUntilMs <= nowMs;
}

function sameHead(a: ServeFacts["head"], b: ServeFacts["head"]): boolean {
  return (
    a.decisionRows === b.decisionRows &&
    a.settlementRows === b.settlementRows &&
    a.repeatedSessions === b.repeatedSessions &&
    a.campaigns.length === b.campaigns.length &&
    a.campaigns.every((id, index) => id === b.campaigns[index])
  );
}
