// Laws off, of a campaign's own terms: how long its arms are valid (S7), what each of its days or weeks has (T7).

import type { BudgetPeriods } from "../../../src/domain/campaign/campaign.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import type { CampaignBook } from "../../../src/treasury/state/state.ts";
import { encoded, withBatch, withView, type LawOff } from "./tools.ts";

export const TERMS_OFF: readonly LawOff[] = [
  {
    law: "S7",
    fault: "what is held for an incentive outlives its own validity",
    caughtAs: ["S7"],
    seams: () => ({
      serve: withView("user_record", (user) => ({
        ...user,
        // The validity is counted from there; windows end as they did.
        open: user.open.map((open) => ({
          ...open,
          decidedAtMs: open.decidedAtMs + Math.ceil((open.untilMs - open.decidedAtMs) / 4),
        })),
      })),
    }),
  },
  {
    law: "S7",
    fault: "an incentive is given for as long as outcomes count, whatever its arm says",
    caughtAs: ["S7"],
    seams: () => ({
      serve: withBatch((batch) =>
        batch.map((record) =>
          encoded("grants", record, (grant) => {
            const arms = grant.campaign.arms.map((arm) => ({ ...arm, validMs: null }));
            return { ...grant, campaign: { ...grant.campaign, arms } };
          }),
        ),
      ),
    }),
  },
  {
    law: "T7",
    fault: "each look has the day's budget anew",
    caughtAs: ["T7"],
    seams: () => ({
      treasury: withView("campaign_book", (book) => {
        const { period } = book;
        return period === null ? book : { ...book, period: { ...period, postedBeforeMinor: period.postedMinor } };
      }),
    }),
  },
  {
    law: "T7",
    fault: "what a day leaves goes to the next one, where it must not",
    caughtAs: ["T7"],
    seams: () => ({ treasury: withView("campaign_book", (book) => withPeriods(book, { rollover: "carry" })) }),
  },
  {
    law: "T7",
    fault: "what a day leaves is lost, where the next one must have it",
    caughtAs: ["T7"],
    seams: () => ({ treasury: withView("campaign_book", (book) => withPeriods(book, { rollover: "none" })) }),
  },
  {
    law: "T7",
    fault: "days end at the midnights of UTC, in every zone",
    caughtAs: ["T7"],
    seams: () => ({
      treasury: withView("campaign_book", (book) => ({ ...book, campaign: { ...book.campaign, timeZone: "UTC" } })),
    }),
  },
  {
    law: "T7",
    fault: "a day may spend what the whole has",
    caughtAs: ["T7"],
    seams: () => ({
      treasury: withView("campaign_book", (book) => withPeriods(book, { budgetMinor: book.campaign.budgetMinor })),
    }),
  },
  {
    law: "T7",
    fault: "a command of the new day changes what the days before it have left",
    caughtAs: ["T7"],
    seams: () => ({
      treasury: (processor) => ({
        ...processor,
        process(view, batch, facts, context) {
          const told = periodBudgetsOf(batch);
          const early = withView("campaign_book", (book) => withPeriods(book, told.get(book.campaign.id) ?? {}));
          return early(processor).process(view, batch, facts, context);
        },
      }),
    }),
  },
];

/** Of the commands of a batch, by campaign. */
function periodBudgetsOf(batch: readonly LogRecord[]): Map<string, Pick<BudgetPeriods, "budgetMinor">> {
  const told = new Map<string, Pick<BudgetPeriods, "budgetMinor">>();
  for (const record of batch)
    encoded("budget-pacing", record, (command) => {
      const budgetMinor = command.action.kind === "set_budget" ? (command.action.periodBudgetMinor ?? null) : null;
      if (budgetMinor !== null && !command.dryRun) told.set(command.campaign, { budgetMinor });
      return command;
    });
  return told;
}

/** The book as if its campaign, when it has periods, had others. */
function withPeriods(book: CampaignBook, changes: Partial<BudgetPeriods>): CampaignBook {
  const { periods = null } = book.campaign;
  return periods === null ? book : { ...book, campaign: { ...book.campaign, periods: { ...periods, ...changes } } };
}
