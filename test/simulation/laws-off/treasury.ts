// Laws of the treasurer (L2, L4, T1 to T6), each switched off.

import { blind, encoded, withBatch, withEffects, withView, type LawOff } from "./tools.ts";

export const TREASURY_OFF: readonly LawOff[] = [
  {
    law: "L2",
    fault: "a treasurer that grants more than it books",
    caughtAs: ["L2"],
    seams: () => ({
      treasury: withEffects("grants", (grant) => {
        const plan = grant.grantedMinor.plan + grant.campaign.budgetMinor / 5n;
        return { ...grant, grantedMinor: { ...grant.grantedMinor, plan } };
      }),
    }),
  },
  {
    law: "L2",
    fault: "a treasurer that believes in a larger budget",
    caughtAs: ["L2", "L3"],
    seams: () => ({
      treasury: withBatch((batch) =>
        batch.map((record) =>
          encoded("budget-pacing", record, (command) => {
            const { action } = command;
            if (action.kind !== "create") return command;
            const budgetMinor = 2n * action.campaign.budgetMinor;
            return { ...command, action: { ...action, campaign: { ...action.campaign, budgetMinor } } };
          }),
        ),
      ),
    }),
  },
  {
    law: "L2",
    fault: "a treasurer that asks nothing back",
    caughtAs: ["L2"],
    seams: () => ({
      treasury: withEffects("grants", (grant) => ({ ...grant, returnTargetMinor: { plan: 0n, exploration: 0n } })),
    }),
  },
  {
    law: "L2",
    fault: "a treasurer that lends without regard to the stated risk",
    caughtAs: ["L2"],
    seams: () => ({
      treasury: withView("campaign_book", (book) => {
        const { startMs, endMs, reservation } = book.campaign;
        return {
          ...book,
          campaign: { ...book.campaign, reservation: { ...reservation, risk: (endMs - startMs) / 1_000 } },
        };
      }),
    }),
  },
  {
    law: "L4",
    fault: "a grant that tells what is new, and not the total",
    caughtAs: ["L4"],
    seams: () => {
      const told = new Map<string, bigint>();
      return {
        treasury: withEffects("grants", (grant) => {
          const name = `${grant.campaign.id}/${grant.shard}`;
          const { plan } = grant.grantedMinor;
          const before = told.get(name) ?? 0n;
          told.set(name, plan);
          return { ...grant, grantedMinor: { ...grant.grantedMinor, plan: plan > before ? plan - before : plan } };
        }),
      };
    },
  },
  {
    law: "T1",
    fault: "a command that comes again is done again",
    caughtAs: ["T1", "T2"],
    seams: () => ({ treasury: withView("campaign_book", (book) => ({ ...book, answers: [] })) }),
  },
  {
    law: "T2",
    fault: "an expected revision is not looked at",
    caughtAs: ["T1", "T2"],
    seams: () => ({
      treasury: withBatch((batch) =>
        batch.map((record) => encoded("budget-pacing", record, (command) => ({ ...command, expectedRevision: null }))),
      ),
    }),
  },
  {
    law: "T3",
    fault: "a command is called applied before every shard has it",
    caughtAs: ["T3"],
    seams: () => ({
      treasury: withView("campaign_book", (book) => ({
        ...book,
        shards: book.shards.map((shard) => ({ ...shard, revision: book.revision })),
      })),
    }),
  },
  {
    law: "T4",
    fault: "a shard is told only of its own money",
    caughtAs: ["T4"],
    seams: () => {
      const told = new Map<string, string>();
      return {
        treasury: withEffects("grants", (grant) => {
          const name = `${grant.campaign.id}/${grant.shard}`;
          const money = [grant.grantedMinor, grant.returnTargetMinor].flatMap(Object.values<bigint>).join(" ");
          const same = told.get(name) === money;
          told.set(name, money);
          return same ? null : grant;
        }),
      };
    },
  },
  {
    law: "T5",
    fault: "a treasurer that waits to be asked",
    caughtAs: ["T5"],
    seams: () => ({ treasury: (processor) => ({ ...processor, process: blind(processor) }) }),
  },
  {
    law: "T6",
    fault: "a dry run is done, and not only tried",
    caughtAs: ["T1", "T2"],
    seams: () => ({
      treasury: withBatch((batch) =>
        batch.map((record) => encoded("budget-pacing", record, (command) => ({ ...command, dryRun: false }))),
      ),
    }),
  },
];
