// Serve cycle: one cycle's unit of work on one shard: the users and campaigns that it touches, as they change, and the rows
// that it writes. The state is read through the view and written only by `finish`.

import type { CycleContext, CycleOutput, StateView } from "../task/processor.ts";
import { controlArm } from "./decide/arm-assignment.ts";
import { decide } from "./decide/decide.ts";
import { PolicyCache } from "./decide/logging-policy.ts";
import type { EnrichedSession } from "./enrich/enrich.ts";
import { decisionRow } from "./publish/decision-row.ts";
import { Journal, type OutputCodecs } from "./publish/journal.ts";
import { reportOf, REPORT_EVERY_MS } from "./publish/report.ts";
import { loadUser, type BatchEvent } from "./receive/batch-view.ts";
import type { ServeFacts } from "./receive/prepare.ts";
import { traceOf } from "./receive/trace.ts";
import { openDecisionOf } from "./settle/open-window.ts";
import { publishTraining, settleClosed, settleLate, settleOutcome, type SettleContext } from "./settle/settle.ts";
import { endsNextMs } from "./settle/windows.ts";
import { CampaignShard } from "./state/campaign/campaign-shard.ts";
import { PROFILE_MS, type StoredProfile } from "./state/campaign/records.ts";
import { StateReader } from "./state/state-reader.ts";
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
import type { OpenDecision } from "./state/user/open-decision.ts";
import {
  dueOf,
  ENDED_MS,
  isIdle,
  keptUntil,
  withIncentiveAgain,
  withIncentiveGiven,
  withOpen,
  withRoom,
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
  readonly stored: UserRecord;
  record: UserRecord;
  readonly context: SettleContext;
}

export class ServeCycle {
  readonly #codecs: CycleCodecs;
  readonly #reader: StateReader;
  readonly #facts: ServeFacts;
  readonly #context: CycleContext;
  readonly #journal: Journal;
  readonly #policies = new PolicyCache();
  readonly #shards = new Map<string, CampaignShard>();
  readonly #visits = new Map<string, Visit>();
  readonly #agedProfiles = new Map<string, StoredProfile | null>();
  #gaveBack = false;

  constructor(codecs: CycleCodecs, view: StateView, facts: ServeFacts, context: CycleContext) {
    this.#codecs = codecs;
    this.#reader = new StateReader(codecs.state, view, new Map());
    this.#facts = facts;
    this.#context = context;
    this.#journal = new Journal(codecs.outputs, context, facts.head);
  }

  /** Money and settings of the batch's grants, and releases that take effect. */
  startCampaigns(): void {
    const { campaigns, counts, releases, head, left } = this.#facts;
    for (const id of left) this.#journal.removeCampaign(id);
    for (const [id, inForce] of campaigns) {
      const shard = new CampaignShard(inForce, counts.get(id) ?? null);
      this.#shards.set(id, shard);
      if (!head.campaigns.includes(id)) this.#journal.addCampaign(id);
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
      if (userId !== undefined) this.#visit(userId);
      const profiled = profileUserOf(key);
      if (profiled !== undefined) this.#agedProfiles.set(profiled, this.#aged(profiled));
    }
    for (const userId of this.#facts.users.keys()) this.#visit(userId);
  }

  take(event: BatchEvent): void {
    switch (event.kind) {
      case "rejected":
        return this.#journal.deadLetter(event);
      case "repeated_session":
        return this.#journal.repeatedSession();
      case "erasure":
        return this.#journal.erased("users");
      case "erased_session":
        return this.#journal.erased("sessions");
      case "outcome": {
        const { outcome, before, after } = event;
        const shard = this.#shards.get(before.campaign);
        if (shard !== undefined) this.#journal.unweighed(outcome, shard.campaign);
        return settleOutcome(before, after, outcome, this.#visit(outcome.userId).context);
      }
      case "late_outcome":
        return settleLate(event.ended, event.outcome, this.#visit(event.outcome.userId).context);
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
  finish(): CycleOutput {
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
    const isKnown = this.#facts.users.has(userId) || this.#reader.hasUser(userId);
    const profile = isKnown ? this.#reader.profile(userId) : null;
    return profile === null ? null : { ...profile, dueMs: this.#context.nowMs + PROFILE_MS };
  }

  #store(state: Map<string, Uint8Array | null>, userId: string, { stored, record }: Visit): void {
    const isForgotten = isIdle(record, this.#context.nowMs);
    if (record === stored && !isForgotten) return;
    const kept = { ...record, dueMs: dueOf(record, (open) => endsNextMs(open, this.#facts.campaigns)) };
    state.set(userKey(userId), isForgotten ? null : this.#codecs.state.encode(kept));
  }

  #count(state: Map<string, Uint8Array | null>, id: string, shard: CampaignShard): void {
    const { nowMs } = this.#context;
    const reports = shard.reportDue(nowMs, REPORT_EVERY_MS);
    if (reports) this.#journal.report(reportOf(shard, this.#journal.head, this.#context));
    if (reports || shard.changed)
      state.set(countsKey(id), this.#codecs.state.encode(shard.toCounts(reports ? nowMs : null)));
  }

  /** At the first visit the money of the windows that are over is settled. */
  #visit(userId: string): Visit {
    const known = this.#visits.get(userId);
    if (known !== undefined) return known;
    const { campaigns, users } = this.#facts;
    const { key, stored, closed, record } =
      users.get(userId) ?? loadUser(this.#reader, userId, Buffer.from(userId), campaigns, this.#context.nowMs);
    const [cycle, journal, shards] = [this.#context, this.#journal, this.#shards];
    const visit = { stored, record, context: { userId, userKey: key, cycle, journal, campaigns, shards } };
    this.#visits.set(userId, visit);
    settleClosed(closed, visit.context);
    return visit;
  }

  #session(session: EnrichedSession): void {
    const { nowMs } = this.#context;
    const visit = this.#visit(session.session.userId);
    const user = withRoom(visit.record, nowMs, (id) => this.#longestCapMs(id));
    const shard = session.campaign === null ? undefined : this.#shards.get(session.campaign);
    const assignment =
      shard === undefined ? controlArm("invalid_campaign") : decide(session, user, shard, nowMs, this.#policies);
    const row = decisionRow(session, assignment, shard, this.#facts.campaigns, this.#context);
    this.#journal.decision(row, visit.context.userKey, traceOf(session.record.headers));
    visit.record =
      assignment.again === null
        ? this.#withOpen(
            assignment.reservation === null ? user : withIncentiveGiven(user, row.campaign ?? "", nowMs),
            openDecisionOf(row, session, assignment, shard?.campaign.reservation.ttlMs ?? NO_CAMPAIGN_WINDOW_MS),
            visit.context,
          )
        : withIncentiveAgain(user, assignment.again, row.decisionId, nowMs);
  }

  #withOpen(user: UserRecord, open: OpenDecision, context: SettleContext): UserRecord {
    const { nowMs } = this.#context;
    const { record, closed } = withOpen(user, open, nowMs);
    if (closed !== null) publishTraining(closed, context);
    const keptMs = keptUntil(record, nowMs, this.#longestCapMs(open.campaign));
    return { ...record, keepUntilMs: Math.max(keptMs, open.untilMs + ENDED_MS) };
  }

  #longestCapMs(campaign: string): number {
    const caps = this.#shards.get(campaign)?.campaign.caps ?? [];
    return caps.reduce((most, cap) => Math.max(most, cap.windowMs), 0);
  }
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
