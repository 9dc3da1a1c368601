// Live model: what the console knows of the log, folded record by record into views of bounded size. It follows control topics
// from their beginning and the others from a while ago; `src/console/server/follower.ts` feeds it. Pure.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import { timeZonesOf, type TimeZoneOf } from "../../../domain/campaign/time-zones.ts";
import { isThere } from "../../../observe/campaign-view.ts";
import { warningsOf, type Surrounding, type Warning } from "../../../observe/warnings.ts";
import type { BudgetStatus } from "../../../domain/campaign/control.ts";
import type { TopicValues } from "../../../log/codec/codec.ts";
import { ChangeLog } from "./change-log.ts";
import { DecisionRates } from "./decision-rates.ts";
import { LetterBoard } from "./letter-board.ts";
import type { Lift } from "../lift.ts";
import { ReleaseBoard } from "./release-board.ts";
import { ShardBoard } from "./shard-board.ts";

/** In the order in which a fresh model reads them. */
export const FOLLOWED = [
  "budget-status",
  "grants",
  "releases",
  "budget-pacing",
  "shard-reports",
  "dead-letters",
  "decisions",
] as const;
export type Followed = (typeof FOLLOWED)[number];

/** Those that are not over are kept first, then those that changed last. */
const MOST_CAMPAIGNS = 500;

export class LiveModel {
  readonly rates = new DecisionRates();
  readonly shards = new ShardBoard();
  /** As far as they have been worked out. */
  readonly lifts = new Map<string, Lift>();
  readonly letters = new LetterBoard();
  readonly changes = new ChangeLog();
  readonly releases = new ReleaseBoard((campaign) => {
    const status = this.status(campaign);
    return [status?.release ?? null, status?.previousRelease ?? null];
  });
  /** In the order of their last changes. */
  readonly #statuses = new Map<string, BudgetStatus>();
  readonly #campaigns = new Map<string, Campaign>();

  take<N extends Followed>(topic: N, value: TopicValues[N]): void {
    const handlers: { readonly [T in Followed]: (value: TopicValues[T]) => void } = {
      "budget-status": (status) => this.#takeStatus(status),
      grants: ({ campaign }) => void this.#campaigns.set(campaign.id, campaign),
      releases: (release) => this.releases.take(release),
      "budget-pacing": (command) => this.changes.takeCommand(command),
      "shard-reports": (report) => this.shards.take(report),
      "dead-letters": (letter) => this.letters.take(letter),
      decisions: (decision) => this.rates.take(decision),
    };
    handlers[topic](value);
  }

  /** By whose clocks times are told. */
  get zoneOf(): TimeZoneOf {
    return timeZonesOf(this.#campaigns.values());
  }

  /** By id. */
  statuses(): readonly BudgetStatus[] {
    return [...this.#statuses.values()].toSorted((a, b) => (a.campaign < b.campaign ? -1 : 1));
  }

  status(campaign: string): BudgetStatus | null {
    return this.#statuses.get(campaign) ?? null;
  }

  /** Null until its grants have come. */
  campaign(id: string): Campaign | null {
    return this.#campaigns.get(id) ?? null;
  }

  surrounding(id: string, nowMs: number): Surrounding {
    return {
      nowMs,
      campaign: this.campaign(id),
      eligibleSessions: this.shards.eligibleSessions(id),
      recent: this.rates.recent(id, nowMs),
    };
  }

  warnings(status: BudgetStatus, nowMs: number): readonly Warning[] {
    return warningsOf(status, this.surrounding(status.campaign, nowMs));
  }

  #takeStatus(status: BudgetStatus): void {
    this.changes.takeAnswers(status);
    if (!isThere(status)) return;
    this.#statuses.delete(status.campaign);
    this.#statuses.set(status.campaign, status);
    if (this.#statuses.size <= MOST_CAMPAIGNS) return;
    const all = [...this.#statuses.values()];
    const gone = all.find(({ state }) => state === "ended") ?? all[0];
    if (gone === undefined) return;
    this.#statuses.delete(gone.campaign);
    this.#campaigns.delete(gone.campaign);
    this.shards.forget(gone.campaign);
    this.lifts.delete(gone.campaign);
    this.changes.forget(gone.campaign);
    this.releases.forget(gone.campaign);
  }
}
