// Messages: what a book says to its shards (grants) and to ops (status). Both are functions of the book, so that what
// has changed is found by comparing the book before and after.

import type { BudgetStatus, CommandAnswer, Grant, Outlook, PeriodStatus } from "../../domain/control.ts";
import { must } from "../../domain/assert.ts";
import type { Account } from "../../domain/decision.ts";
import { maxMinor, type Minor } from "../../domain/money.ts";
import { mostOut, outMinor, riskNow } from "../slices/holdings.ts";
import { spanOf } from "../pace/periods.ts";
import { ACCOUNTS, postedOf, stateInForce, totalsOf, type CampaignBook } from "../state/state.ts";

const ANSWERS_SHOWN = 50;

export function grantOf(book: CampaignBook, shard: number, nowMs: number): Grant {
  const own = must(book.shards[shard], `shard ${shard}`);
  return {
    campaign: book.campaign,
    shard,
    secret: book.secret,
    atMs: nowMs,
    state: stateInForce(book),
    revision: book.revision,
    release: book.release,
    planRow: book.planRow,
    shadowPrice: book.shadowPrice,
    throttle: letThrough(book),
    grantedMinor: own.granted,
    returnTargetMinor: own.returnTarget,
    ungrantedMinor: {
      plan: ungranted(book, "plan"),
      exploration: ungranted(book, "exploration"),
    },
  };
}

function ungranted(book: CampaignBook, account: Account): Minor {
  return maxMinor(0n, mostOut(book, account) - outMinor(book, account));
}

/**
 * Nothing while more is out than a cut left: what one shard has free would be drawn while another still holds, or spends, what
 * was asked of it. Under `expected` more may be held than the budget.
 */
function letThrough(book: CampaignBook): number {
  const isOver = book.campaign.reservation.policy === "strict" && outMinor(book, "plan") > mostOut(book, "plan");
  return isOver ? 0 : book.throttle;
}

/** After a cut, what is out beyond a strict budget is no lending. */
function overbooked(book: CampaignBook): Minor {
  if (book.campaign.reservation.policy === "strict") return 0n;
  return maxMinor(0n, outMinor(book, "plan") - book.campaign.budgetMinor);
}

/** The shards to which the book has something new to say. Every change of the campaign itself raises the revision. */
export function shardsToTell(before: CampaignBook | null, after: CampaignBook): number[] {
  const all =
    before === null ||
    before.revision !== after.revision ||
    before.planRow !== after.planRow ||
    before.shadowPrice !== after.shadowPrice ||
    letThrough(before) !== letThrough(after);
  return after.shards.flatMap((shard, index) => {
    const was = before?.shards[index];
    const same =
      was !== undefined &&
      ACCOUNTS.every(
        (account) =>
          was.granted[account] === shard.granted[account] && was.returnTarget[account] === shard.returnTarget[account],
      );
    return all || !same ? [index] : [];
  });
}

export function statusOf(book: CampaignBook, forecast: Outlook | null, nowMs: number): BudgetStatus {
  return {
    campaign: book.campaign.id,
    atMs: nowMs,
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
    totals: { plan: totalsOf(book.shards, "plan"), exploration: totalsOf(book.shards, "exploration") },
    applied: book.shards.flatMap((shard, index) =>
      shard.cycle === 0
        ? []
        : [{ shard: index, revision: shard.revision, offset: shard.grantOffset, atMs: shard.atMs }],
    ),
    answers: book.answers.slice(-ANSWERS_SHOWN),
    shards: book.shards.length,
    pinned: book.pinned,
    throttle: letThrough(book),
    forecast,
    overbookedMinor: overbooked(book),
    riskReserveMinor: riskNow(book).reserveMinor,
    period: periodStatus(book),
    alarm: book.alarm,
  };
}

function periodStatus(book: CampaignBook): PeriodStatus | null {
  const { periods = null } = book.campaign;
  if (book.period === null || periods === null) return null;
  const { startMs, endMs, budgetMinor, postedBeforeMinor } = spanOf(book);
  const postedMinor = postedOf(totalsOf(book.shards, "plan")) - postedBeforeMinor;
  return { every: periods.every, startMs, endMs, budgetMinor, postedMinor };
}

/** The status of a campaign that there is not: only the answers say anything. */
export function statusOfUnknown(campaign: string, answers: readonly CommandAnswer[], nowMs: number): BudgetStatus {
  const none = { granted: 0n, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n };
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
    totals: { plan: none, exploration: none },
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
