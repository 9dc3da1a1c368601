// Campaign shard: one campaign in one partition for the length of a cycle: its settings in force, its book, its
// statistics. Made from the state's records, and turned back into them when something has changed.

import { must } from "../../../domain/assert.ts";
import { strictHoldMinor, type Campaign } from "../../../domain/campaign/campaign.ts";
import { releasedToReturn } from "../../../domain/campaign/control.ts";
import type { Account } from "../../../domain/decision/decision.ts";
import { MAX_MINOR, maxMinor, minMinor, type Minor } from "../../../domain/money/money.ts";
import { ACCOUNTS, NO_TOTALS, pendingOf } from "../../../domain/money/totals.ts";
import { Book } from "../../ledger/book.ts";
import type { CampaignCounts } from "./records.ts";
import type { InForce } from "./settings.ts";
import { PlanStatistics } from "./statistics.ts";

const LEAVES_AFTER_MS = 86_400_000;

export class CampaignShard {
  readonly inForce: InForce;
  readonly book: Book;
  /** What the largest arm holds. */
  readonly largestHold: Minor;
  readonly #stored: CampaignCounts;
  #statistics: PlanStatistics | null = null;
  #release: string | null;
  #eligibleSessions: number;
  #holdoutSessions: number;
  #refusedMinor: Minor;
  #changed = false;

  constructor(inForce: InForce, counts: CampaignCounts | null) {
    this.inForce = inForce;
    this.#stored = counts ?? NEW_COUNTS;
    this.#release = this.#stored.release;
    this.#eligibleSessions = this.#stored.eligibleSessions;
    this.#holdoutSessions = this.#stored.holdoutSessions;
    this.#refusedMinor = this.#stored.refusedMinor;
    this.book = new Book({ plan: this.#stored.plan, exploration: this.#stored.exploration });
    this.largestHold = this.campaign.arms.reduce((most, arm) => maxMinor(most, strictHoldMinor(arm)), 0n);
  }

  get campaign(): Campaign {
    return this.inForce.settings.grant.campaign;
  }

  get changed(): boolean {
    return this.#changed;
  }

  /** The release that the statistics are about: the last that was in force and could be used. */
  get release(): string | null {
    return this.#release;
  }

  get statistics(): PlanStatistics {
    const { statistics, clusters, arms } = this.#stored;
    this.#statistics ??= PlanStatistics.unpack(statistics, clusters, arms);
    return this.#statistics;
  }

  /**
   * The grant in force is of less than was taken: the treasurer's totals only grow, so somebody else has granted, and nothing is
   * drawn until the treasurer says that it was looked at.
   */
  get isOvergranted(): boolean {
    const { grantedMinor } = this.inForce.settings.grant;
    const totals = this.book.totals();
    return ACCOUNTS.some((account) => grantedMinor[account] < totals[account].granted);
  }

  /**
   * It has ended, holds nothing, has given back what was free, and its last report says so: nothing will come of it any more. The
   * windows of its decisions are over, and those who look late have had a day.
   */
  isOver(nowMs: number): boolean {
    const { grant } = this.inForce.settings;
    const { reportedAtMs, reportedRevision, unreported } = this.#stored;
    if (grant.state !== "ended" || unreported || this.#changed || reportedRevision !== grant.revision) return false;
    const totals = this.book.totals();
    if (ACCOUNTS.some((account) => pendingOf(totals[account]) > 0n || this.free(account) > 0n)) return false;
    return nowMs >= reportedAtMs + this.campaign.reservation.ttlMs + LEAVES_AFTER_MS;
  }

  /** Takes the money that the grant in force brings. */
  takeGrant(): void {
    const { grantedMinor } = this.inForce.settings.grant;
    for (const account of ACCOUNTS) if (this.book.grant(account, grantedMinor[account])) this.#changed = true;
  }

  /** Gives back what the treasurer asks for, as far as it is free. */
  giveBack(): void {
    const { returnTargetMinor } = this.inForce.settings.grant;
    for (const account of ACCOUNTS) {
      const released = releasedToReturn(this.campaign, this.book.totals()[account], account);
      if (this.book.giveBack(account, returnTargetMinor[account] + released) > 0n) this.#changed = true;
    }
  }

  /** A release begins to be used: its statistics start from nothing. */
  useRelease(hash: string, clusters: number): void {
    if (hash === this.#release) return;
    this.#release = hash;
    this.#statistics = new PlanStatistics(clusters, this.campaign.arms.length);
    this.#changed = true;
  }

  heldOut(): void {
    this.#holdoutSessions += 1;
    this.#changed = true;
  }

  eligible(cluster: number): void {
    this.#eligibleSessions += 1;
    this.statistics.session(cluster);
    this.#changed = true;
  }

  /** Money that the plan account did not have. */
  wasRefused(hold: Minor): void {
    // A statistic, which stays where a record cannot carry more.
    this.#refusedMinor = minMinor(MAX_MINOR, this.#refusedMinor + hold);
    this.#changed = true;
  }

  /** Whatever else has touched the book. */
  touched(): void {
    this.#changed = true;
  }

  reportDue(nowMs: number, everyMs: number): boolean {
    const { reportedAtMs, reportedRevision, reportedRelease, unreported } = this.#stored;
    if (reportedRevision !== this.inForce.settings.grant.revision || reportedRelease !== this.#release) return true;
    return (unreported || this.#changed) && nowMs - reportedAtMs >= everyMs;
  }

  /** What a report and the state's record both say. */
  counts(): Pick<CampaignCounts, "eligibleSessions" | "holdoutSessions" | "refusedMinor"> {
    return {
      eligibleSessions: this.#eligibleSessions,
      holdoutSessions: this.#holdoutSessions,
      refusedMinor: this.#refusedMinor,
    };
  }

  /** The state's record; `reportedAtMs` is null when this cycle does not report. */
  toCounts(reportedAtMs: number | null): CampaignCounts {
    const stored = this.#stored;
    const statistics = this.#statistics;
    return {
      kind: "campaign_counts",
      ...this.book.totals(),
      ...this.counts(),
      release: this.#release,
      clusters: statistics?.clusters ?? stored.clusters,
      arms: statistics?.arms ?? stored.arms,
      statistics: statistics?.pack() ?? stored.statistics,
      reportedAtMs: reportedAtMs ?? stored.reportedAtMs,
      reportedRevision: reportedAtMs === null ? stored.reportedRevision : this.inForce.settings.grant.revision,
      reportedRelease: reportedAtMs === null ? stored.reportedRelease : this.#release,
      unreported: reportedAtMs === null && (stored.unreported || this.#changed),
    };
  }

  free(account: Account): Minor {
    return this.book.free(account);
  }

  arm(index: number): Campaign["arms"][number] {
    return must(this.campaign.arms[index], `arm ${index} of ${this.campaign.id}`);
  }
}

const NEW_COUNTS: CampaignCounts = {
  kind: "campaign_counts",
  plan: NO_TOTALS,
  exploration: NO_TOTALS,
  eligibleSessions: 0,
  holdoutSessions: 0,
  refusedMinor: 0n,
  release: null,
  clusters: 0,
  arms: 0,
  statistics: new Uint8Array(0),
  reportedAtMs: 0,
  reportedRevision: -1,
  reportedRelease: null,
  unreported: false,
};
