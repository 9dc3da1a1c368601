// Control: what steers a campaign. Commands come from ops, acknowledgements go back, grants carry everything to the
// shards, reports carry totals back. Every amount in a grant or a report is a cumulative total that only grows, so that
// a repeated or late message changes nothing (law L4).

import type { Campaign, CurvePoint, PacingController, PacingMode } from "./campaign.ts";
import type { Every } from "../calendar.ts";
import type { Account } from "../decision/decision.ts";
import { lineBreach, MAX_ID_BYTES, MAX_LINE_BYTES } from "../ids.ts";
import type { Minor } from "../money/money.ts";

/** What ops ask for; keyed by campaign on `budget-pacing`. */
export interface PacingCommand {
  /** The same id again gets the same answer. */
  readonly commandId: string;
  readonly campaign: string;
  readonly atMs: number;
  /** Refused when the campaign's revision is another; null skips the check. */
  readonly expectedRevision: number | null;
  readonly dryRun: boolean;
  /** Who asks for it; null or left out: not said. */
  readonly actor?: string | null;
  /** Why; null or left out: not said. */
  readonly reason?: string | null;
  readonly action: PacingAction;
}

/** What is wrong with who asks and why; null when nothing is. */
export function wordsBreach({
  actor = null,
  reason = null,
}: Partial<Pick<PacingCommand, "actor" | "reason">>): string | null {
  return (
    (actor === null ? null : lineBreach("actor", actor, MAX_ID_BYTES)) ??
    (reason === null ? null : lineBreach("reason", reason, MAX_LINE_BYTES))
  );
}

export type PacingAction =
  | { readonly kind: "create"; readonly campaign: Campaign }
  | {
      readonly kind: "set_budget";
      readonly budgetMinor: Minor;
      readonly currency: string;
      /** Of each day or week; null or left out: as it is. */
      readonly periodBudgetMinor?: Minor | null;
    }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "end" }
  | {
      readonly kind: "promote_release";
      readonly release: string;
      /** Also one whose send costs are others than the campaign's. */
      readonly force?: boolean;
    }
  | { readonly kind: "rollback_release" }
  | {
      readonly kind: "set_curve";
      readonly mode: PacingMode;
      readonly points: readonly CurvePoint[];
      /** Null or left out: as it is. */
      readonly controller?: PacingController | null;
    }
  | { readonly kind: "set_exploration"; readonly share: number; readonly budgetMinor: Minor }
  | { readonly kind: "set_caps"; readonly caps: readonly { readonly max: number; readonly windowMs: number }[] }
  /** Puts a published release in force and refuses any other until it is unpinned (null). */
  | { readonly kind: "pin_release"; readonly release: string | null }
  /** Somebody has looked at the alarm: the shards' own word is taken, and the campaign goes on. */
  | { readonly kind: "clear_alarm" };

export type CampaignState = "live" | "paused" | "ended";

/** Answer to a command, and the state of the budget; keyed by campaign on `budget-status` (compacted). */
export interface BudgetStatus {
  readonly campaign: string;
  readonly atMs: number;
  readonly revision: number;
  readonly state: CampaignState;
  readonly budgetMinor: Minor;
  readonly explorationBudgetMinor: Minor;
  readonly currency: string;
  readonly release: string | null;
  readonly previousRelease: string | null;
  readonly planRow: number;
  /** Marginal reward per minor unit at the plan in force. */
  readonly shadowPrice: number;
  /** The curve's target now: what may have been granted on the plan account. */
  readonly targetMinor: Minor;
  readonly totals: Readonly<Record<Account, AccountTotals>>;
  /** Shards that have reported the current revision, and at which `grants` offset each applied it. */
  readonly applied: readonly {
    readonly shard: number;
    readonly revision: number;
    readonly offset: number;
    /** Of its last report. */
    readonly atMs: number;
  }[];
  /** The latest answers to commands, oldest first, at most 50. */
  readonly answers: readonly CommandAnswer[];
  /** How many the campaign has. */
  readonly shards: number;
  readonly pinned: boolean;
  readonly throttle: number;
  /** Null before a release is in force. */
  readonly forecast: Outlook | null;
  /** Under `expected`: what is out beyond the budget at most, because so much of the holds comes back, and what is kept back for it. */
  readonly overbookedMinor: Minor;
  readonly riskReserveMinor: Minor;
  /** Of a campaign whose days or weeks have budgets; null: its budget is one. */
  readonly period: PeriodStatus | null;
  /** While it stands the campaign is paused; null: there is none. */
  readonly alarm: Alarm | null;
}

/** A shard has told what cannot be true: money of the campaign is not where the treasurer put it. */
export interface Alarm {
  readonly atMs: number;
  /** Those that have told so, in the order in which they did. */
  readonly shards: readonly number[];
  /** What the first of them said, and what it breaks. */
  readonly detail: string;
}

/** The day or week that is being spent. */
export interface PeriodStatus {
  readonly every: Every;
  readonly startMs: number;
  readonly endMs: number;
  /** What may be spent in it, with what was carried into it. */
  readonly budgetMinor: Minor;
  readonly postedMinor: Minor;
}

/** What the plan account may be expected to do until the end of the period (or day, or week), by the plan in force on the clusters that come. */
export interface Outlook {
  readonly planRow: number;
  readonly shadowPrice: number;
  readonly throttle: number;
  /** That reach the plan's draw. */
  readonly sessionsToCome: number;
  readonly rewardToCome: number;
  readonly spendToCome: Minor;
  /** In the period: posted, expected of the holds, and to come; at most its budget. */
  readonly spendAtEnd: Minor;
  /**
   * The drift of the cluster mix in money: what the sessions to come are expected to spend more (or, negative, less) under
   * the row in force than if they came in the mix that the release was trained on.
   */
  readonly mixDrift: Minor;
  /** Of what the plan would spend on the sessions to come, the share that the budget cannot pay: so much is refused. */
  readonly refusedShare?: number;
}

/** What a dry run would change. */
export interface CommandPreview {
  /** Null without a release. */
  readonly before: Outlook | null;
  readonly after: Outlook | null;
  /** That it would make. */
  readonly revision: number;
  /** The change would come with a record of `grants` beyond these, which are in force. */
  readonly beyond: readonly { readonly shard: number; readonly offset: number }[];
}

export interface CommandAnswer {
  readonly commandId: string;
  readonly atMs: number;
  /** previewed: a dry run, accepted if it were meant. */
  readonly outcome: "accepted" | "refused" | "applied" | "previewed";
  /** Revision it made, or the current one when refused. */
  readonly revision: number;
  /** Why refused; null otherwise. */
  readonly refusal: string | null;
  /** What was asked for, by whom and why, as the command says it; null or left out: not said. */
  readonly action?: PacingAction["kind"] | null;
  readonly actor?: string | null;
  readonly reason?: string | null;
  /** Of the command: tells it, come twice, from another of the same id. Empty: not said. */
  readonly digest?: string;
  /** Of a dry run that was not refused. */
  readonly preview: CommandPreview | null;
}

/** Cumulative totals of one account of one shard (or summed over shards). pending = reserved − settled − released. */
export interface AccountTotals {
  readonly granted: Minor;
  /** Given back to the treasurer. */
  readonly returned: Minor;
  /** Held for face values. Send costs are not held: they are posted at once, in `sent`. */
  readonly reserved: Minor;
  /** Held money that became spend. */
  readonly settled: Minor;
  /** Held money that came back: voided, expired or the rest of a partial post. */
  readonly released: Minor;
  /** Send costs, posted with the decision. */
  readonly sent: Minor;
}

/** Of a campaign's secret. */
export const SECRET_BYTES = 32;

/** Everything a shard needs to know of a campaign: one record per campaign and shard, partition = shard, compacted. */
export interface Grant {
  readonly campaign: Campaign;
  readonly shard: number;
  /** The campaign's secret: whoever has it can foretell its draws and its holdout. */
  readonly secret: Uint8Array;
  readonly atMs: number;
  readonly state: CampaignState;
  /** Rises with each accepted command. */
  readonly revision: number;
  /** Release in force from the shard's next cycle on; null before the first promotion. */
  readonly release: string | null;
  /** Position on the release's frontier: row index plus fraction of the way to the next row. */
  readonly planRow: number;
  /** Marginal reward per minor unit, for choosing a cheaper arm. */
  readonly shadowPrice: number;
  /** Share of incentives let through, in [0, 1]; 1 is no throttle. */
  readonly throttle: number;
  /** Cumulative, per account. */
  readonly grantedMinor: Readonly<Record<Account, Minor>>;
  /** The shard returns what it can until its `returned` total reaches this; cumulative. */
  readonly returnTargetMinor: Readonly<Record<Account, Minor>>;
  /** What no shard had been granted yet when this was written: tells "not yet" from "no more". */
  readonly ungrantedMinor: Readonly<Record<Account, Minor>>;
}

/** What a shard tells the treasurer; totals only. Keyed by campaign on `shard-reports`. */
export interface ShardReport {
  readonly campaign: string;
  readonly shard: number;
  readonly atMs: number;
  readonly cycle: number;
  /** Control revision and release in force in this shard, and the `grants` offset that brought them. */
  readonly revision: number;
  readonly release: string | null;
  readonly grantOffset: number;
  readonly totals: Readonly<Record<Account, AccountTotals>>;
  /** Sessions that reached the draw (not held out, capped or duplicate), since the campaign began. */
  readonly eligibleSessions: number;
  readonly holdoutSessions: number;
  /** Money refused for lack of grants, cumulative: demand that a larger slice would have met. */
  readonly refusedMinor: Minor;
  /** Eligible sessions by cluster of the release in force, since that release took effect. */
  readonly sessionsByCluster: readonly number[];
  /** Cells of cluster × arm (cluster × arms + arm) since the release took effect. */
  readonly cells: {
    /** Sessions × planned share. */
    readonly planned: readonly number[];
    /** Sessions given the arm. */
    readonly given: readonly number[];
    readonly reservedMinor: readonly number[];
    readonly settledMinor: readonly number[];
  };
  /** Chain heads and row counts of the partition, so that a proof can begin here. */
  readonly decisionRows: number;
  readonly decisionHead: Uint8Array;
  readonly settlementRows: number;
  readonly settlementHead: Uint8Array;
}

/** A published release on `releases`; key `<campaign>/<hash>`. */
export interface ReleaseRecord {
  readonly campaign: string;
  readonly hash: string;
  readonly publishedAtMs: number;
  /** Canonical JSON of the manifest. */
  readonly manifest: string;
  readonly classifier: Uint8Array;
  /** JSON for people: evidence.json of the training. */
  readonly evidence: string;
}

/** Whether a shard returns what is released without being asked: the treasurer counts on it (src/treasury/pace/risk.ts). */
export function returnsReleased({ reservation }: Pick<Campaign, "reservation">, account: Account): boolean {
  return reservation.policy === "expected" && account === "plan";
}

/** What is so returned, in all. */
export function releasedToReturn(campaign: Campaign, { released }: AccountTotals, account: Account): Minor {
  return returnsReleased(campaign, account) ? released : 0n;
}
