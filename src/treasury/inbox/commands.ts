// Commands
// Decides what becomes of an operator's command: an answer and, when it is accepted, another book. Pure.
//
// Invariants:
//   1. The same command again gets the same answer and changes nothing again, whatever became of it; and so does any other
//      with the id of one that was accepted. What was refused or only tried has not used its id up: another command under
//      it, if only sent at another time, is decided anew.
//   2. An accepted command that changes something raises the revision by one; one that changes nothing leaves it.
//   3. A refused command changes nothing; its answer carries the current revision and a refusal of the closed list.
//   4. A dry run is decided like the command itself, changes nothing, and is answered with what would change.

import { isDeepStrictEqual } from "node:util";
import {
  curveFault,
  InvalidInput,
  parseCampaign,
  periodFault,
  withKnownController,
  type Campaign,
} from "../../domain/campaign/campaign.ts";
import type {
  CommandAnswer,
  CommandPreview,
  Outlook,
  PacingAction,
  PacingCommand,
} from "../../domain/campaign/control.ts";
import { unreachable } from "../../domain/assert.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { formatMinor } from "../../domain/money/money.ts";
import { isPromotable, moneyDifferences, type MoneyDifference } from "../../domain/release/release-money.ts";
import { ANSWERS_KEPT, newBook, type CampaignBook } from "../state/state.ts";

/** Why a command is refused; closed, documented in SPEC.md. The text before a colon in an answer's refusal is one of these. */
export const REFUSALS = [
  "unknown_campaign",
  "already_exists",
  "invalid_campaign",
  "ended",
  "stale_revision",
  "negative",
  "currency_differs",
  "above_ceiling",
  "no_periods",
  "curve_not_rising",
  "unknown_release",
  "arms_differ",
  "money_differs",
  "pinned",
  "no_earlier_release",
  "alarmed",
  "no_alarm",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What commands need to know beside the book. */
export interface CommandContext {
  readonly shards: number;
  /** Of a campaign that is made now. */
  readonly newSecret: () => Uint8Array;
  readonly nowMs: number;
  /** Of a known release of the campaign; null when it is not known. */
  readonly manifestOf: (hash: string) => ReleaseManifest | null;
  /** What may be expected of a campaign in this state. */
  readonly outlook: (book: CampaignBook) => Outlook | null;
}

export interface Answered {
  /** Null while the campaign does not exist. */
  readonly book: CampaignBook | null;
  readonly answer: CommandAnswer;
  /** False when the id was answered before. */
  readonly isNew: boolean;
}

interface Refused {
  readonly refused: Refusal;
  readonly detail?: string;
}
type Result = { readonly book: CampaignBook } | Refused;

const EARLIER_RELEASES_KEPT = 10;

/** `answers` are those given so far: the book's, or those of the campaign that is not there. */
export function answerCommand(
  command: PacingCommand,
  book: CampaignBook | null,
  answers: readonly CommandAnswer[],
  context: CommandContext,
): Answered {
  const before = answers.find((answer) => answer.commandId === command.commandId);
  const digest = digestOf(command);
  if (before !== undefined && (isFinal(before) || before.digest === digest))
    return { book, answer: before, isNew: false };
  const result = resultOf(command, book, context);
  const answer = {
    commandId: command.commandId,
    atMs: context.nowMs,
    revision: book?.revision ?? 0,
    digest,
    action: command.action.kind,
    actor: command.actor ?? null,
    reason: command.reason ?? null,
    refusal: null,
    preview: null,
  };
  if ("refused" in result)
    return { book, answer: { ...answer, outcome: "refused", refusal: refusalOf(result) }, isNew: true };
  if (command.dryRun) {
    const preview = previewOf(book, result.book, context);
    return { book, answer: { ...answer, outcome: "previewed", preview }, isNew: true };
  }
  const { revision } = result.book;
  return { book: result.book, answer: { ...answer, revision, outcome: "accepted" }, isNew: true };
}

/** Of all that a command says, its time with it. */
export function digestOf(command: PacingCommand): string {
  const text = JSON.stringify(command, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
  return sha256Hex(text).slice(0, 16);
}

/** A command that was refused, or only tried, has changed nothing: its id is free for another. */
function isFinal({ outcome }: CommandAnswer): boolean {
  return outcome === "accepted" || outcome === "applied";
}

function previewOf(before: CampaignBook | null, after: CampaignBook, { outlook }: CommandContext): CommandPreview {
  return {
    before: before === null ? null : outlook(before),
    after: outlook(after),
    revision: after.revision,
    beyond: after.shards.map(({ grantOffset }, shard) => ({ shard, offset: grantOffset })),
  };
}

export function withAnswer(answers: readonly CommandAnswer[], answer: CommandAnswer): readonly CommandAnswer[] {
  return [...answers.filter(({ commandId }) => commandId !== answer.commandId), answer].slice(-ANSWERS_KEPT);
}

function refusalOf({ refused, detail }: Refused): string {
  return detail === undefined ? refused : `${refused}: ${detail}`;
}

function resultOf(command: PacingCommand, book: CampaignBook | null, context: CommandContext): Result {
  const { action } = command;
  if (action.kind === "create" && book === null) return create(command, action.campaign, context);
  if (book === null) return { refused: "unknown_campaign" };
  if (action.kind === "create") return { refused: "already_exists" };
  if (book.state === "ended" && action.kind !== "clear_alarm") return { refused: "ended" };
  if (command.expectedRevision !== null && command.expectedRevision !== book.revision)
    return { refused: "stale_revision", detail: `the current one is ${book.revision}` };
  return change(action, book, context);
}

function create(command: PacingCommand, campaign: Campaign, { shards, nowMs, newSecret }: CommandContext): Result {
  if (campaign.id !== command.campaign)
    return { refused: "invalid_campaign", detail: `id is ${campaign.id}, the command is for ${command.campaign}` };
  const valid = checked(campaign);
  if ("refused" in valid) return valid;
  const fault = periodFault(valid.campaign, nowMs);
  return fault === null
    ? { book: newBook(valid.campaign, shards, newSecret()) }
    : { refused: "invalid_campaign", detail: fault };
}

function checked(campaign: Campaign): { readonly campaign: Campaign } | Refused {
  try {
    return { campaign: parseCampaign(withKnownController(campaign), "campaign") };
  } catch (error) {
    if (error instanceof InvalidInput) return { refused: "invalid_campaign", detail: error.message };
    throw error;
  }
}

type Change = Exclude<PacingAction, { kind: "create" }>;

function change(action: Change, book: CampaignBook, context: CommandContext): Result {
  switch (action.kind) {
    case "set_budget":
      return setBudget(action, book);
    case "pause":
      return book.state === "paused" ? { book } : raised(book, { state: "paused" });
    case "resume":
      if (book.alarm !== null) return { refused: "alarmed", detail: book.alarm.detail };
      return book.state === "live" ? { book } : raised(book, { state: "live" });
    case "end":
      return raised(book, { state: "ended" });
    case "promote_release":
      return book.pinned && action.release !== book.release
        ? pinned(book)
        : promote(book, action.release, action.force ?? false, context);
    case "rollback_release":
      return book.pinned ? pinned(book) : rollback(book);
    case "pin_release":
      return pin(book, action.release, context);
    case "set_curve":
      return setCurve(action, book);
    case "set_exploration":
      if (action.budgetMinor < 0n || action.share < 0) return { refused: "negative" };
      return withCampaign(book, { explorationShare: action.share, explorationBudgetMinor: action.budgetMinor });
    case "set_caps":
      return withCampaign(book, { caps: action.caps });
    case "clear_alarm":
      return clearAlarm(book);
    default:
      return unreachable(action);
  }
}

function setBudget(action: Extract<Change, { kind: "set_budget" }>, book: CampaignBook): Result {
  const { currency, budgetMinor, periodBudgetMinor = null } = action;
  const { currency: own, ceilingMinor, periods = null } = book.campaign;
  if (currency !== own) return { refused: "currency_differs", detail: `the campaign's is ${own}` };
  if (budgetMinor < 0n || (periodBudgetMinor ?? 0n) < 0n) return { refused: "negative" };
  if (ceilingMinor !== undefined && ceilingMinor !== null && budgetMinor > ceilingMinor)
    return { refused: "above_ceiling", detail: `the campaign's is ${formatMinor(ceilingMinor, own)}` };
  if (periodBudgetMinor === null) return withCampaign(book, { budgetMinor });
  if (periods === null) return { refused: "no_periods", detail: "its budget is one for the whole" };
  return withCampaign(book, { budgetMinor, periods: { ...periods, budgetMinor: periodBudgetMinor } });
}

function setCurve({ mode, points, controller }: Extract<Change, { kind: "set_curve" }>, book: CampaignBook): Result {
  const { pacing } = book.campaign;
  const fault = curveFault({ mode, points }, book.campaign);
  if (fault !== null) return { refused: "curve_not_rising", detail: fault };
  const changed = withCampaign(book, {
    pacing: { ...pacing, mode, points, ...(controller === undefined || controller === null ? {} : { controller }) },
  });
  // What one controller remembers means something else to another.
  return "refused" in changed || changed.book === book ? changed : { book: { ...changed.book, control: null } };
}

/** The campaign so changed, if it is a valid one; its plan is worked out anew. */
function withCampaign(book: CampaignBook, changes: Partial<Campaign>): Result {
  const valid = checked({ ...book.campaign, ...changes });
  if ("refused" in valid) return valid;
  return isDeepStrictEqual(valid.campaign, book.campaign)
    ? { book }
    : raised(book, { campaign: valid.campaign, plannedAtMs: 0 });
}

function raised(book: CampaignBook, changes: Partial<CampaignBook>): Result {
  return { book: { ...book, ...changes, revision: book.revision + 1 } };
}

function promote(book: CampaignBook, release: string, force: boolean, { manifestOf }: CommandContext): Result {
  if (release === book.release) return { book };
  const manifest = manifestOf(release);
  if (manifest === null) return { refused: "unknown_release", detail: release };
  const { arms } = manifest;
  const own = book.campaign.arms.map((arm) => arm.id);
  if (arms.length !== own.length || arms.some((arm, index) => arm !== own[index]))
    return { refused: "arms_differ", detail: `the release has ${arms.join(", ")}; the campaign ${own.join(", ")}` };
  const differences = moneyDifferences(manifest, book.campaign);
  if (!isPromotable(differences, force)) return { refused: "money_differs", detail: moneyText(differences) };
  const earlier = book.release === null ? [] : [...book.earlierReleases, book.release].slice(-EARLIER_RELEASES_KEPT);
  // A row of another frontier says nothing here: it is worked out anew.
  return raised(book, { release, earlierReleases: earlier, plannedAtMs: 0 });
}

function moneyText(differences: readonly MoneyDifference[]): string {
  const onlySend = isPromotable(differences, true);
  return `${differences.map(({ text }) => text).join("; ")}${onlySend ? " (force promotes it all the same)" : ""}`;
}

function pinned({ release }: CampaignBook): Refused {
  return { refused: "pinned", detail: `to ${release}; unpin it first` };
}

/** A release that is pinned is in force; another may be pinned in its place. */
function pin(book: CampaignBook, release: string | null, context: CommandContext): Result {
  if (release === null) return book.pinned ? raised(book, { pinned: false }) : { book };
  const promoted = promote(book, release, false, context);
  if ("refused" in promoted) return promoted;
  if (promoted.book !== book) return { book: { ...promoted.book, pinned: true } };
  return book.pinned ? { book } : raised(book, { pinned: true });
}

/** The shards that raised it are asked again, from the revision on that tells them of this. */
function clearAlarm(book: CampaignBook): Result {
  const { alarm, shards, revision } = book;
  if (alarm === null) return { refused: "no_alarm" };
  return raised(book, {
    alarm: null,
    shards: shards.map((shard, index) =>
      alarm.shards.includes(index) ? { ...shard, trustFrom: revision + 1 } : shard,
    ),
  });
}

function rollback(book: CampaignBook): Result {
  const release = book.earlierReleases.at(-1);
  if (release === undefined) return { refused: "no_earlier_release" };
  return raised(book, { release, earlierReleases: book.earlierReleases.slice(0, -1), plannedAtMs: 0 });
}
