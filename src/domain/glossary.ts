// Glossary: the words for people, one meaning each, for the console, the reports and the command line. It imports nothing, so
// that a browser can read it as it is but for types.

import type { PacingAction } from "./campaign/control.ts";
import type { Reason } from "./decision/decision.ts";

export const GLOSSARY = {
  budget: "What may be spent on incentives in all. It is never passed.",
  spent: "Paid out: incentives that were redeemed, and what it cost to send them.",
  reserved: "Kept back for incentives that were given and may still be redeemed. It comes back when they expire.",
  left: "Neither spent nor reserved: it can still be given.",
  curve: "How the budget is meant to go out over the campaign's period.",
  "budget level":
    "How generous the campaign is now: where on the release's plans it stands, between nothing and everything.",
  segment: "A group of users who react alike to offers; the release tells which one a user is in.",
  offer: "What a user can be given; one of them is nothing.",
  release: "What was learned from earlier decisions: the segments, and what each offer brings in each.",
  holdout: "Users who by chance never get an offer: what the campaign brings is measured against them.",
  exploration: "A small share of sessions whose offer is drawn by chance, to learn from.",
  "extra orders per extra euro": "What one more unit of money would bring now, by the release's estimate.",
  "one mix for all":
    "The best that the same money buys without telling users apart: everybody has the same chances of each offer.",
  "value kept": "Of what deciding user by user would bring, the part that deciding by segment still brings.",
  "effective sample": "How many rows of equal weight would know as much as those that a figure rests on.",
  "refused for money": "Sessions that should have been given an offer and got none, because the money was not there.",
  lift: "How much more a session brings than one of the holdout, with its 95 % interval.",
} as const;

export type Word = keyof typeof GLOSSARY;

/** Some of the words with what they mean, in that order. */
export function wordsOf(...words: readonly Word[]): [word: Word, meaning: string][] {
  return words.map((word) => [word, GLOSSARY[word]]);
}

/** Why a session got what it got, in a few words. */
export const REASON_WORDS: Readonly<Record<Reason, string>> = {
  invalid_campaign: "no such campaign",
  campaign_not_live: "outside of the campaign's period",
  campaign_paused: "campaign paused",
  no_release: "no release in force",
  holdout: "in the holdout",
  incentive_open: "still had an open offer",
  user_cap: "user's cap reached",
  classifier_unavailable: "segment unknown",
  explored: "drawn to learn from",
  planned: "given by the plan",
  planned_control: "nothing by the plan",
  pacing_throttled: "held back by the curve",
  downgraded: "cheaper offer for want of money",
  budget_exhausted: "refused: budget used up",
  budget_not_yet_granted: "refused: money not there yet",
};

/** Of a reason that a log of another version may have; such a one stays as it is. */
export function reasonWords(reason: string): string {
  return Object.hasOwn(REASON_WORDS, reason) ? REASON_WORDS[reason as Reason] : reason;
}

/** Reasons that are one thing to look at, in the order in which they are drawn. */
export const DECISION_GROUPS = [
  { name: "given", reasons: ["planned", "explored"] },
  { name: "cheaper offer for want of money", reasons: ["downgraded"] },
  { name: "nothing by the plan", reasons: ["planned_control"] },
  { name: "holdout", reasons: ["holdout"] },
  { name: "held back by the curve", reasons: ["pacing_throttled"] },
  { name: "refused for money", reasons: ["budget_exhausted", "budget_not_yet_granted"] },
  {
    name: "other",
    reasons: [
      "incentive_open",
      "user_cap",
      "campaign_paused",
      "campaign_not_live",
      "no_release",
      "classifier_unavailable",
      "invalid_campaign",
    ],
  },
] as const satisfies readonly { readonly name: string; readonly reasons: readonly Reason[] }[];

/** What a command does, in words for people. */
export const ACTION_WORDS: Readonly<Record<PacingAction["kind"], string>> = {
  create: "created",
  set_budget: "budget changed",
  set_exploration: "exploration changed",
  set_caps: "caps changed",
  set_curve: "curve changed",
  promote_release: "release promoted",
  rollback_release: "release rolled back",
  pin_release: "release pinned",
  pause: "paused",
  resume: "resumed",
  end: "ended",
  clear_alarm: "alarm cleared",
};
