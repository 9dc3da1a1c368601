// One day of one campaign, played as pure code by the parts that serve: the treasury processor with its codecs and state,
// and in each shard the settings, the book and the decision (`decide`). Only the log between them is left out: what one
// writes in a step, the other reads in the next.

import { must } from "../src/domain/assert.ts";
import type { Campaign, PacingController } from "../src/domain/campaign.ts";
import type { PacingAction, ShardReport } from "../src/domain/control.ts";
import { codecFor } from "../src/log/codec/codec.ts";
import type { LogRecord } from "../src/log/event-log.ts";
import { decide, Policies } from "../src/serve/allocate/decide.ts";
import type { ReadyRelease } from "../src/serve/classify/release-shelf.ts";
import type { Reservation } from "../src/serve/ledger/reservation.ts";
import { reportOf } from "../src/serve/report.ts";
import { CampaignShard } from "../src/serve/shard/campaign-shard.ts";
import { NEW_SHARD, type CampaignCounts } from "../src/serve/shard/records.ts";
import { withGrant, type InForce } from "../src/serve/shard/settings.ts";
import { NEW_USER } from "../src/serve/user/record.ts";
import { memoryStores } from "../src/task/memory-store.ts";
import { createTreasuryProcessor } from "../src/treasury/processor.ts";
import { SHARDS, sessionsOf, STEP_MS, STEPS, type Arriving, type Day } from "./pacing-world.ts";

/** `none`: as soon as possible. `expected`: the default controller, with holds that count with what is expected of them. */
export type Pacer = PacingController | "none" | "expected";

export interface DayFigures {
  /** Of the budget: posted when all that was held has ended. */
  readonly spent: number;
  /** Of the budget: posted and held at the day's end. */
  readonly used: number;
  /** Of the budget: the most that was ever posted and held, above it. */
  readonly overspend: number;
  /** Share of the day's sessions that had come when 99 % of the budget was posted; 1 when it never was. */
  readonly outAt: number;
  /** Mean over the day of the distance between the shares of budget posted and of sessions that came. */
  readonly curveDistance: number;
  /** Reward expected of what was given. */
  readonly reward: number;
}

const codecs = {
  grants: codecFor("grants"),
  reports: codecFor("shard-reports"),
  pacing: codecFor("budget-pacing"),
  releases: codecFor("releases"),
};

export function playDay(day: Day, pacer: Pacer): DayFigures {
  const treasury = new Treasury(day, pacer);
  const shards = Array.from({ length: SHARDS }, (_, index) => new Shard(index, day));
  const budget = Number(day.campaign.budgetMinor);
  const sessions = day.arrivals.reduce((sum, count) => sum + count, 0);
  const figures = { came: 0, distance: 0, peak: 0, outAt: 1, used: 0 };
  let step = 0;
  for (const arriving of sessionsOf(day)) {
    const nowMs = step * STEP_MS;
    treasury.cycle(nowMs, shards);
    const byShard = Map.groupBy(arriving, ({ shard }) => shard);
    for (const [index, shard] of shards.entries()) treasury.hear(shard.cycle(nowMs, step, byShard.get(index) ?? []));
    figures.came += arriving.length;
    const posted = shards.reduce((sum, shard) => sum + shard.posted(), 0);
    const held = shards.reduce((sum, shard) => sum + shard.pending(), 0);
    // Under `expected` more may be held than the budget, and must not be spent.
    figures.peak = Math.max(figures.peak, posted + (pacer === "expected" ? 0 : held));
    figures.used = (posted + held) / budget;
    figures.distance += Math.abs(posted / budget - figures.came / sessions) / STEPS;
    if (figures.outAt === 1 && posted >= 0.99 * budget) figures.outAt = figures.came / sessions;
    step += 1;
  }
  for (const shard of shards) shard.endAll();
  const spent = shards.reduce((sum, shard) => sum + shard.posted(), 0) / budget;
  return {
    spent,
    used: figures.used,
    overspend: Math.max(0, figures.peak / budget - 1, spent - 1),
    outAt: figures.outAt,
    curveDistance: figures.distance,
    reward: shards.reduce((sum, shard) => sum + shard.reward, 0),
  };
}

class Treasury {
  readonly #processor = createTreasuryProcessor({ shards: SHARDS });
  readonly #store = memoryStores().open(0, (key, value) => this.#processor.index(key, value));
  #inbox: LogRecord[] = [];
  #cycle = 0;

  constructor({ campaign, release }: Day, pacer: Pacer) {
    const paced = pacedBy(campaign, pacer);
    const { hash, json } = release;
    const published = { campaign: campaign.id, hash, publishedAtMs: 0, manifest: json, evidence: "{}" };
    this.#put("releases", codecs.releases.encode({ ...published, classifier: new Uint8Array(0) }));
    this.#command("create", { kind: "create", campaign: paced }, campaign.id);
    this.#command("promote", { kind: "promote_release", release: hash }, campaign.id);
  }

  #command(commandId: string, action: PacingAction, campaign: string): void {
    const command = { commandId, campaign, atMs: 0, expectedRevision: null, dryRun: false, action };
    this.#put("budget-pacing", codecs.pacing.encode(command));
  }

  #put(topic: string, value: Uint8Array): void {
    this.#inbox.push({ topic, partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} });
  }

  hear(report: ShardReport | null): void {
    if (report !== null) this.#put("shard-reports", codecs.reports.encode(report));
  }

  cycle(nowMs: number, shards: readonly Shard[]): void {
    this.#cycle += 1;
    const context = { partition: 0, cycle: this.#cycle, nowMs };
    const effects = this.#processor.process(this.#store, this.#inbox, null, context);
    this.#inbox = [];
    this.#store.apply(effects.state, { changelogEnd: this.#cycle, lineage: "", cycle: this.#cycle, atMs: nowMs });
    for (const { topic, partition, value } of effects.records) {
      if (topic === "grants") shards[partition ?? -1]?.hear(must(value, "a grant"), this.#cycle);
      if (topic === "dead-letters") throw new Error("the treasurer refused a record");
    }
  }
}

function pacedBy(campaign: Campaign, pacer: Pacer): Campaign {
  const { pacing, reservation } = campaign;
  switch (pacer) {
    case "none":
      return { ...campaign, pacing: { ...pacing, mode: "asap" } };
    case "expected":
      return { ...campaign, reservation: { ...reservation, policy: "expected" } };
    default:
      return { ...campaign, pacing: { ...pacing, controller: pacer } };
  }
}

interface Hold {
  readonly reservation: Reservation;
  readonly redeemed: boolean;
}

class Shard {
  readonly #index: number;
  readonly #day: Day;
  readonly #ready: ReadyRelease;
  /** What ends in which step. */
  readonly #ending = new Map<number, Hold[]>();
  #inForce: InForce | null = null;
  #counts: CampaignCounts | null = null;
  #cycle = 0;
  /** Of a grant that no cycle has taken yet. */
  #hasHeard = false;
  reward = 0;

  constructor(index: number, day: Day) {
    this.#index = index;
    this.#day = day;
    // The cluster comes with the session: neither the encoder nor the classifier is asked.
    this.#ready = { hash: day.release.hash, manifest: day.release.manifest } as ReadyRelease;
  }

  hear(grant: Uint8Array, offset: number): void {
    this.#inForce = withGrant(this.#inForce, codecs.grants.decode(grant), offset);
    this.#hasHeard = true;
  }

  cycle(nowMs: number, step: number, arriving: readonly Arriving[]): ShardReport | null {
    const ending = this.#ending.get(step) ?? [];
    if (this.#inForce === null || (arriving.length + ending.length === 0 && !this.#hasHeard)) return null;
    this.#cycle += 1;
    this.#hasHeard = false;
    const shard = new CampaignShard(this.#inForce, this.#counts);
    shard.takeGrant();
    if (this.#inForce.release !== null) shard.useRelease(this.#ready.hash, this.#ready.manifest.clusters);
    this.#end(shard, ending, nowMs);
    this.#ending.delete(step);
    shard.giveBack();
    const policies = new Policies();
    for (const session of arriving) this.#decide(shard, session, policies, nowMs);
    // A release counts from the cycle after the one that read its grant.
    const { settings } = this.#inForce;
    this.#inForce = {
      settings,
      release: settings.release,
      planRow: settings.planRow,
      shadowPrice: settings.shadowPrice,
    };
    const reports = shard.reportDue(nowMs, STEP_MS);
    const context = { partition: this.#index, cycle: this.#cycle, nowMs };
    const report = reports ? reportOf(shard, NEW_SHARD, context) : null;
    this.#counts = shard.toCounts(reports ? nowMs : null);
    return report;
  }

  #decide(shard: CampaignShard, { id, cluster, redeems, after }: Arriving, policies: Policies, nowMs: number): void {
    const question = { sessionId: id, userId: id, reservationId: id, user: NEW_USER, ready: this.#ready };
    const { arm, reservation } = decide({ ...question, shard, cluster, nowMs }, policies);
    this.reward += this.#ready.manifest.values.reward[cluster]?.[arm] ?? 0;
    if (reservation === null) return;
    const redeemed = redeems < (this.#day.truth[cluster]?.[arm] ?? 0);
    const lifeMs = this.#day.campaign.reservation.ttlMs;
    const endMs = redeemed ? nowMs + after * lifeMs : nowMs + lifeMs;
    const at = Math.max(Math.ceil(endMs / STEP_MS), nowMs / STEP_MS + 1);
    const holds = this.#ending.get(at) ?? [];
    holds.push({ reservation, redeemed });
    this.#ending.set(at, holds);
  }

  #end(shard: CampaignShard, holds: readonly Hold[], nowMs: number): void {
    for (const { reservation, redeemed } of holds) {
      if (redeemed) shard.book.post(reservation, "o", null);
      else shard.book.expire(reservation, Math.max(nowMs, reservation.untilMs));
    }
    if (holds.length > 0) shard.touched();
  }

  /** Whatever is still held comes to its end after the day. */
  endAll(): void {
    if (this.#inForce === null) return;
    const shard = new CampaignShard(this.#inForce, this.#counts);
    for (const holds of this.#ending.values()) this.#end(shard, holds, Infinity);
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
