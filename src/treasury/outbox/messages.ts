// Messages: what a book says to its shards (grants) and to ops (status). Both are functions of the book and its view, so that
// what has changed is found by comparing the book before and after.

import type { BudgetStatus, CommandAnswer, Grant, Outlook, PeriodStatus } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { maxMinor, type Minor } from "../../domain/money/money.ts";
import { ACCOUNTS, postedOf, NO_TOTALS } from "../../domain/money/totals.ts";
import { planLimit } from "../pace/periods.ts";
import type { BudgetView } from "../pace/view.ts";
import { outMinor } from "../slices/holdings.ts";
import { stateInForce, totalsOf, type CampaignBook, type ShardBook } from "../state/state.ts";

const ANSWERS_SHOWN = 50;

/** For each shard to which the book has something new to say. Every change of the campaign itself raises the revision. */
export function grantsOf(before: CampaignBook | null, after: CampaignBook, view: BudgetView): Grant[] {
  const throttle = throttleOf(after);
  const isForAll =
    before === null ||
    before.revision !== after.revision ||
    before.planRow !== after.planRow ||
    before.shadowPrice !== after.shadowPrice ||
    throttleOf(before) !== throttle;
  const ungranted = (account: Account): Minor => maxMinor(0n, view.limitMinor[account] - outMinor(after, account));
  const common = {
    campaign: after.campaign,
    secret: after.secret,
    atMs: view.nowMs,
    state: stateInForce(after),
    revision: after.revision,
    release: after.release,
    planRow: after.planRow,
    shadowPrice: after.shadowPrice,
    throttle,
    ungrantedMinor: { plan: ungranted("plan"), exploration: ungranted("exploration") },
  };
  return after.shards.flatMap((shard, index) =>
    isForAll || hasNewMoney(before.shards[index], shard)
      ? [{ ...common, shard: index, grantedMinor: shard.granted, returnTargetMinor: shard.returnTarget }]
      : [],
  );
}

function hasNewMoney(before: ShardBook | undefined, { granted, returnTarget }: ShardBook): boolean {
  return ACCOUNTS.some(
    (account) =>
      before?.granted[account] !== granted[account] || before.returnTarget[account] !== returnTarget[account],
  );
}

/**
 * Nothing while more is out than a cut left: what one shard has free would be drawn while another still holds, or spends, what
 * was asked of it. Under `expected` more may be held than the budget.
 */
function throttleOf(book: CampaignBook): number {
  const isOver = book.campaign.reservation.policy === "strict" && outMinor(book, "plan") > planLimit(book);
  return isOver ? 0 : book.throttle;
}

/** After a cut, what is out beyond a strict budget is no lending. */
function overbooked(book: CampaignBook): Minor {
  if (book.campaign.reservation.policy === "strict") return 0n;
  return maxMinor(0n, outMinor(book, "plan") - book.campaign.budgetMinor);
}

export function statusOf(book: CampaignBook, view: BudgetView, forecast: Outlook | null): BudgetStatus {
  const totals = { plan: totalsOf(book.shards, "plan"), exploration: totalsOf(book.shards, "exploration") };
  return {
    campaign: book.campaign.id,
    atMs: view.nowMs,
    revision: book.revision,
    state: stateInForce(book),
    budgetMinor: book.campaign.budgetMinor,
    explorationBudgetMinor: book.campaign.explorationBudgetMinor,
    currency: book.campaign.currency,
    release: book.release,
    previousRelease: book.earlierReleases.at(-1) ?? null,
    planRow: book.planRow,
    shadowPrice: book.shadowPrice,
    targetMinor: book.targetMinor,
    totals,
    applied: book.shards.flatMap((shard, index) =>
      shard.cycle === 0
        ? []
        : [{ shard: index, revision: shard.revision, offset: shard.grantOffset, atMs: shard.atMs }],
    ),
    answers: book.answers.slice(-ANSWERS_SHOWN),
    shards: book.shards.length,
    pinned: book.pinned,
    throttle: throttleOf(book),
    forecast,
    overbookedMinor: overbooked(book),
    riskReserveMinor: view.risk.reserveMinor,
    period: periodStatus(book, view),
    alarm: book.alarm,
  };
}

function periodStatus({ period, campaign }: CampaignBook, { span, totals }: BudgetView): PeriodStatus | null {
  const { periods = null } = campaign;
  if (period === null || periods === null) return null;
  const { startMs, endMs, budgetMinor, postedBeforeMinor } = span;
  const postedMinor = postedOf(totals.plan) - postedBeforeMinor;
  return { every: periods.every, startMs, endMs, budgetMinor, postedMinor };
}

/** The status of a campaign that there is not: only the answers say anything. */
export function statusOfUnknown(campaign: string, answers: readonly CommandAnswer[], nowMs: number): BudgetStatus {
  return {
    campaign,
    atMs: nowMs,
    revision: 0,
    state: "ended",
    budgetMinor: 0n,
    explorationBudgetMinor: 0n,
    currency: "",
    release: null,
    previousRelease: null,
    planRow: 0,
    shadowPrice: 0,
    targetMinor: 0n,
    totals: { plan: NO_TOTALS, exploration: NO_TOTALS },
    applied: [],
    answers: answers.slice(-ANSWERS_SHOWN),
    shards: 0,
    pinned: false,
    throttle: 1,
    forecast: null,
    overbookedMinor: 0n,
    riskReserveMinor: 0n,
    period: null,
    alarm: null,
  };
}

/** Accepted answers whose revision every shard has reported are applied. */
export function withApplied(book: CampaignBook, nowMs: number): CampaignBook {
  const everywhere = book.shards.reduce((least, shard) => Math.min(least, shard.revision), Infinity);
  const isDue = (answer: CommandAnswer): boolean => answer.outcome === "accepted" && answer.revision <= everywhere;
  if (!book.answers.some(isDue)) return book;
  return {
    ...book,
    answers: book.answers.map((answer) => (isDue(answer) ? { ...answer, outcome: "applied", atMs: nowMs } : answer)),
  };
}
