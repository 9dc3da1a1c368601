// Paced campaign
// Plays one campaign as pure code by the parts that serve it: the treasury processor, and in each shard the settings, the
// book and `decide`. Only the log between them is left out: what one writes in a step, the other reads in the next.

import { assert, must } from "../../domain/assert.ts";
import type { Grant, PacingCommand, ReleaseRecord, ShardReport } from "../../domain/campaign/control.ts";
import type { Reason } from "../../domain/decision/decision.ts";
import type { Minor } from "../../domain/money/money.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { LogRecord } from "../../log/event-log.ts";
import { decide } from "../../serve/decide/decide.ts";
import { PolicyCache } from "../../serve/decide/logging-policy.ts";
import type { ReadyRelease } from "../../serve/classify/release-cache.ts";
import type { Reservation } from "../../serve/ledger/reservation.ts";
import { reportOf } from "../../serve/publish/report.ts";
import { CampaignShard } from "../../serve/state/campaign/campaign-shard.ts";
import { NEW_SHARD, type CampaignCounts } from "../../serve/state/campaign/records.ts";
import { inForce, withGrant, type InForce } from "../../serve/state/campaign/settings.ts";
import { NEW_USER } from "../../serve/state/user/record.ts";
import { memoryStores } from "../../task/store/memory-store.ts";
import { createTreasuryProcessor } from "../../treasury/processor.ts";

export interface Arriving {
  readonly id: string;
  /** Whose; left out: a user of its own. */
  readonly userId?: string;
  readonly shard: number;
  readonly cluster: number;
  /** Under which it is of that cluster; a session that meets another release in force is left out. Left out: any. */
  readonly release?: string;
  /** What is redeemed of an incentive of this arm, and how long after it was given; null when it expires. */
  readonly redeems: (arm: number) => { readonly amountMinor: Minor | null; readonly afterMs: number } | null;
}

export interface Given {
  readonly reason: Reason;
  readonly arm: number;
  readonly cluster: number;
  /** In force when it was decided; null before the first. */
  readonly manifest: ReleaseManifest | null;
}

export interface PacedOptions {
  readonly campaign: string;
  readonly shards: number;
  /** The campaign's. */
  readonly secret: Uint8Array;
  /** Shards report at most so often. */
  readonly reportEveryMs: number;
  readonly onDecision: (given: Given, session: Arriving) => void;
}

const codecs = {
  grants: codecFor("grants"),
  reports: codecFor("shard-reports"),
  pacing: codecFor("budget-pacing"),
  releases: codecFor("releases"),
  letters: codecFor("dead-letters"),
};

/**
 * Which sessions come, and what becomes of an incentive, is the caller's. Nothing is known of users: who is held out, capped
 * or holds an incentive is not asked again.
 */
export class PacedCampaign {
  readonly #options: PacedOptions;
  readonly #shards: readonly PacedShard[];
  readonly #manifests = new Map<string, ReleaseManifest>();
  readonly #processor;
  readonly #store;
  #inbox: LogRecord[] = [];
  #cycle = 0;

  constructor(options: PacedOptions) {
    this.#options = options;
    this.#processor = createTreasuryProcessor({
      shards: options.shards,
      placement: { partitioner: "murmur2", partitions: 1 },
      newSecret: () => options.secret,
    });
    this.#store = memoryStores().open(0, (key, value) => this.#processor.index(key, value));
    this.#shards = Array.from(
      { length: options.shards },
      (_, shard) => new PacedShard(shard, options, this.#manifests),
    );
  }

  /** For the treasurer's next cycle. */
  command(command: PacingCommand): void {
    this.#put("budget-pacing", codecs.pacing.encode(command));
  }

  /** For the treasurer's next cycle; the classifier is not needed. */
  release(record: Omit<ReleaseRecord, "classifier">, manifest: ReleaseManifest): void {
    this.#manifests.set(record.hash, manifest);
    const key = Buffer.from(`${record.campaign}/${record.hash}`);
    this.#put("releases", codecs.releases.encode({ ...record, classifier: new Uint8Array(0) }), key);
  }

  /** A cycle of the treasurer, then one of each shard that has something to do. */
  step(nowMs: number, arriving: readonly Arriving[]): void {
    this.#treasury(nowMs);
    const byShard = Map.groupBy(arriving, ({ shard }) => shard);
    for (const [index, shard] of this.#shards.entries()) {
      const report = shard.cycle(nowMs, byShard.get(index) ?? []);
      if (report !== null) this.#put("shard-reports", codecs.reports.encode(report));
    }
  }

  /** Whatever is still held comes to its end. */
  endAll(): void {
    for (const shard of this.#shards) shard.endAll();
  }

  /** Of the plan account. */
  postedMinor(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.posted(), 0);
  }

  heldMinor(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.pending(), 0);
  }

  #put(topic: string, value: Uint8Array, key: Uint8Array | null = null): void {
    this.#inbox.push({ topic, partition: 0, offset: 0, timestampMs: 0, key, value, headers: {} });
  }

  #treasury(nowMs: number): void {
    this.#cycle += 1;
    const context = { partition: 0, cycle: this.#cycle, nowMs };
    const effects = this.#processor.process(
      this.#store,
      this.#inbox,
      new Map([[this.#options.campaign, this.#options.secret]]),
      context,
    );
    this.#inbox = [];
    this.#store.apply(effects.state, { changelogEnd: this.#cycle, lineage: "", cycle: this.#cycle, atMs: nowMs });
    for (const { topic, partition, value } of effects.records) {
      if (topic === "grants") this.#grant(partition ?? -1, must(value, "a grant"));
      assert(topic !== "dead-letters", `the treasurer refuses ${topic === "dead-letters" ? letterText(value) : ""}`);
    }
  }

  #grant(shard: number, value: Uint8Array): void {
    const grant = codecs.grants.decode(value);
    if (grant.campaign.id === this.#options.campaign) this.#shards[shard]?.hear(grant, this.#cycle);
  }
}

function letterText(value: Uint8Array | null): string {
  const { topic, detail } = codecs.letters.decode(must(value, "a dead letter"));
  return `a record of ${topic}: ${detail}`;
}

interface Hold {
  readonly reservation: Reservation;
  readonly redeemed: { readonly amountMinor: Minor | null } | null;
}

class PacedShard {
  readonly #index: number;
  readonly #options: PacedOptions;
  readonly #manifests: ReadonlyMap<string, ReleaseManifest>;
  /** By the minute in which they end. */
  readonly #ending = new Map<number, Hold[]>();
  #endedToMinute = 0;
  #inForce: InForce | null = null;
  #counts: CampaignCounts | null = null;
  #cycle = 0;
  /** Of a grant that no cycle has taken yet. */
  #hasHeard = false;

  constructor(index: number, options: PacedOptions, manifests: ReadonlyMap<string, ReleaseManifest>) {
    this.#index = index;
    this.#options = options;
    this.#manifests = manifests;
  }

  hear(grant: Grant, offset: number): void {
    this.#inForce = withGrant(this.#inForce, grant, offset);
    this.#hasHeard = true;
  }

  cycle(nowMs: number, arriving: readonly Arriving[]): ShardReport | null {
    const ending = this.#dueHolds(nowMs);
    if (this.#inForce === null || (arriving.length + ending.length === 0 && !this.#hasHeard)) return null;
    this.#cycle += 1;
    this.#hasHeard = false;
    const shard = new CampaignShard(this.#inForce, this.#counts);
    const ready = this.#ready(this.#inForce);
    shard.takeGrant();
    if (ready !== null) shard.useRelease(ready.hash, ready.manifest.clusters);
    endHolds(shard, ending, nowMs);
    shard.giveBack();
    const policies = new PolicyCache();
    for (const session of arriving) this.#decide(shard, ready, session, policies, nowMs);
    // A release counts from the cycle after the one that read its grant.
    this.#inForce = inForce(this.#inForce.settings);
    const reports = shard.reportDue(nowMs, this.#options.reportEveryMs);
    const report = reports ? reportOf(shard, NEW_SHARD, { partition: this.#index, cycle: this.#cycle, nowMs }) : null;
    this.#counts = shard.toCounts(reports ? nowMs : null);
    return report;
  }

  /** The cluster comes with the session: neither the encoder nor the classifier is asked. */
  #ready({ release }: InForce): ReadyRelease | null {
    const manifest = release === null ? undefined : this.#manifests.get(release);
    return manifest === undefined ? null : ({ hash: release, manifest } as ReadyRelease);
  }

  #decide(
    shard: CampaignShard,
    ready: ReadyRelease | null,
    session: Arriving,
    policies: PolicyCache,
    nowMs: number,
  ): void {
    const { id, userId = id, cluster, release } = session;
    if (release !== undefined && release !== ready?.hash) return;
    const classified = { session: { sessionId: id, userId }, decisionId: id, release: ready, cluster };
    const { reason, arm, reservation } = decide(classified, NEW_USER, shard, nowMs, policies);
    this.#options.onDecision({ reason, arm, cluster, manifest: ready?.manifest ?? null }, session);
    if (reservation === null) return;
    const redeemed = session.redeems(arm);
    const endMs = redeemed === null ? reservation.untilMs : Math.min(nowMs + redeemed.afterMs, reservation.untilMs);
    // What ends, ends in a later minute than it began: a step may be a minute.
    const minute = Math.max(Math.ceil(endMs / MINUTE_MS), Math.floor(nowMs / MINUTE_MS) + 1);
    const holds = this.#ending.get(minute) ?? [];
    holds.push({ reservation, redeemed });
    this.#ending.set(minute, holds);
  }

  #dueHolds(nowMs: number): readonly Hold[] {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (this.#endedToMinute === 0) this.#endedToMinute = minute - 1;
    const due: Hold[] = [];
    for (; this.#endedToMinute < minute; this.#endedToMinute += 1) {
      due.push(...(this.#ending.get(this.#endedToMinute + 1) ?? []));
      this.#ending.delete(this.#endedToMinute + 1);
    }
    return due;
  }

  endAll(): void {
    if (this.#inForce === null) return;
    const shard = new CampaignShard(this.#inForce, this.#counts);
    for (const holds of this.#ending.values()) endHolds(shard, holds, Infinity);
    this.#ending.clear();
    this.#counts = shard.toCounts(null);
  }

  posted(): number {
    const totals = this.#counts?.plan;
    return totals === undefined ? 0 : Number(totals.settled + totals.sent);
  }

  pending(): number {
    const totals = this.#counts?.plan;
    return totals === undefined ? 0 : Number(totals.reserved - totals.settled - totals.released);
  }
}

const MINUTE_MS = 60_000;

function endHolds(shard: CampaignShard, holds: readonly Hold[], nowMs: number): void {
  for (const { reservation, redeemed } of holds) {
    if (redeemed !== null) shard.book.post(reservation, "redeemed", redeemed.amountMinor);
    else shard.book.expire(reservation, Math.max(nowMs, reservation.untilMs));
  }
  if (holds.length > 0) shard.touched();
}
