// Commands: what ops ask for becomes an answer and, when accepted, another book. Pure.
//
//   1. The same command id gets the same answer and changes nothing again.
//   2. An accepted command that changes something raises the revision by one; one that changes nothing leaves it.
//   3. A refused command changes nothing; its answer carries the current revision and a reason of the closed list.

import { InvalidInput, parseCampaign, type Campaign } from "../domain/campaign.ts";
import type { CommandAnswer, PacingAction, PacingCommand } from "../domain/control.ts";
import { unreachable } from "../domain/assert.ts";
import { ANSWERS_KEPT, newBook, type CampaignBook } from "./state.ts";

/** Why a command is refused; closed, documented in SPEC.md. The text before a colon in an answer's reason is one of these. */
export const REFUSALS = [
  "unknown_campaign",
  "already_exists",
  "invalid_campaign",
  "ended",
  "stale_revision",
  "negative",
  "currency_differs",
  "unknown_release",
  "arms_differ",
  "no_earlier_release",
  "not_supported_yet",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What commands need to know beside the book. */
export interface Surroundings {
  readonly shards: number;
  readonly nowMs: number;
  /** Arms of a known release of the campaign, in its order; null when it is not known. */
  readonly armsOfRelease: (hash: string) => readonly string[] | null;
}

export interface Answered {
  /** Null while the campaign does not exist. */
  readonly book: CampaignBook | null;
  readonly answer: CommandAnswer;
  /** False when the id was answered before. */
  readonly isNew: boolean;
}

type Decision = { readonly book: CampaignBook } | { readonly refused: Refusal; readonly detail?: string };

const EARLIER_RELEASES_KEPT = 10;

/** `answers` are those given so far: the book's, or those of the campaign that is not there. */
export function answerCommand(
  command: PacingCommand,
  book: CampaignBook | null,
  answers: readonly CommandAnswer[],
  surroundings: Surroundings,
): Answered {
  const before = answers.find((answer) => answer.commandId === command.commandId);
  if (before !== undefined) return { book, answer: before, isNew: false };
  const decision = decide(command, book, surroundings);
  const after = "book" in decision ? decision.book : book;
  const answer: CommandAnswer = {
    commandId: command.commandId,
    atMs: surroundings.nowMs,
    outcome: "book" in decision ? "accepted" : "refused",
    revision: after?.revision ?? 0,
    reason: "book" in decision ? null : reasonOf(decision.refused, decision.detail),
  };
  return { book: after, answer, isNew: true };
}

export function withAnswer(answers: readonly CommandAnswer[], answer: CommandAnswer): readonly CommandAnswer[] {
  return [...answers, answer].slice(-ANSWERS_KEPT);
}

function reasonOf(refused: Refusal, detail: string | undefined): string {
  return detail === undefined ? refused : `${refused}: ${detail}`;
}

function decide(command: PacingCommand, book: CampaignBook | null, surroundings: Surroundings): Decision {
  const { action } = command;
  if (action.kind === "create" && book === null) return create(command, action.campaign, surroundings);
  if (book === null) return { refused: "unknown_campaign" };
  if (action.kind === "create") return { refused: "already_exists" };
  if (book.state === "ended") return { refused: "ended" };
  if (command.expectedRevision !== null && command.expectedRevision !== book.revision)
    return { refused: "stale_revision", detail: `the current one is ${book.revision}` };
  if (command.dryRun) return { refused: "not_supported_yet", detail: "dry run" };
  return change(action, book, surroundings);
}

function create(command: PacingCommand, campaign: Campaign, { shards }: Surroundings): Decision {
  if (campaign.id !== command.campaign)
    return { refused: "invalid_campaign", detail: `id is ${campaign.id}, the command is for ${command.campaign}` };
  if (command.dryRun) return { refused: "not_supported_yet", detail: "dry run" };
  try {
    return { book: newBook(parseCampaign(campaign, "campaign"), shards) };
  } catch (error) {
    if (error instanceof InvalidInput) return { refused: "invalid_campaign", detail: error.message };
    throw error;
  }
}

type Change = Exclude<PacingAction, { kind: "create" }>;

function change(action: Change, book: CampaignBook, surroundings: Surroundings): Decision {
  switch (action.kind) {
    case "set_budget":
      if (action.currency !== book.campaign.currency)
        return { refused: "currency_differs", detail: `the campaign's is ${book.campaign.currency}` };
      if (action.budgetMinor < 0n) return { refused: "negative" };
      if (action.budgetMinor === book.campaign.budgetMinor) return { book };
      return raised(book, { campaign: { ...book.campaign, budgetMinor: action.budgetMinor } });
    case "pause":
      return book.state === "paused" ? { book } : raised(book, { state: "paused" });
    case "resume":
      return book.state === "live" ? { book } : raised(book, { state: "live" });
    case "end":
      return raised(book, { state: "ended" });
    case "promote_release":
      return promote(book, action.release, surroundings);
    case "rollback_release":
      return rollback(book);
    case "set_curve":
    case "set_exploration":
    case "set_caps":
      return { refused: "not_supported_yet", detail: action.kind };
    default:
      return unreachable(action);
  }
}

function raised(book: CampaignBook, changes: Partial<CampaignBook>): Decision {
  return { book: { ...book, ...changes, revision: book.revision + 1 } };
}

function promote(book: CampaignBook, release: string, { armsOfRelease }: Surroundings): Decision {
  if (release === book.release) return { book };
  const arms = armsOfRelease(release);
  if (arms === null) return { refused: "unknown_release", detail: release };
  const own = book.campaign.arms.map((arm) => arm.id);
  if (arms.length !== own.length || arms.some((arm, index) => arm !== own[index]))
    return { refused: "arms_differ", detail: `the release has ${arms.join(", ")}; the campaign ${own.join(", ")}` };
  const earlier = book.release === null ? [] : [...book.earlierReleases, book.release].slice(-EARLIER_RELEASES_KEPT);
  // A row of another frontier says nothing here: it is worked out anew.
  return raised(book, { release, earlierReleases: earlier, plannedAtMs: 0 });
}

function rollback(book: CampaignBook): Decision {
  const release = book.earlierReleases.at(-1);
  if (release === undefined) return { refused: "no_earlier_release" };
  return raised(book, { release, earlierReleases: book.earlierReleases.slice(0, -1), plannedAtMs: 0 });
}
