// Laws off
// The system with one law switched off: a part wrapped or patched from here, at a seam, never by a switch in the system. A
// simulation that does not notice has not shown that the law holds; laws-off.test.ts demands that each is caught, by the
// law that was broken, within 1,000 seeds.

import { Fenced, LogUnavailable, OutcomeUnknown, type TaskLog } from "../../src/log/event-log.ts";
import { Book } from "../../src/serve/ledger/book.ts";
import { Journal } from "../../src/serve/publish/journal.ts";
import { Standby } from "../../src/task/restore/standby.ts";
import { DOORS_OFF } from "./laws-off-doors.ts";
import { TERMS_OFF } from "./laws-off-terms.ts";
import {
  blind,
  encoded,
  patched,
  withBatch,
  withCommit,
  withEffects,
  withSwappedRows,
  withView,
  writtenBefore,
  type LawOff,
} from "./laws-off-tools.ts";

export const LAWS_OFF: readonly LawOff[] = [
  {
    law: "L1",
    fault: "a book that holds what it does not have",
    caughtAs: ["L1", "L3"],
    patch: () =>
      patched(Book.prototype, "reserve", (reserve) => (known, request) => {
        const result = reserve(known, request);
        if (result.status !== "insufficient") return result;
        const reservation = { ...request, state: "held", settledMinor: 0n, endedBy: null } as const;
        return { status: "reserved", reservation };
      }),
  },
  {
    law: "L3",
    fault: "a shard that counts what it gave back as free again",
    // Its totals are impossible before the money can be used: then the shard, and by its report the campaign, is paused.
    caughtAs: ["L1", "L3", "totals"],
    patch: () =>
      patched(Book.prototype, "giveBack", (giveBack, book) => (account, target) => {
        const amount = giveBack(account, target);
        if (amount > 0n) book.grant(account, book.totals()[account].granted + amount);
        return amount;
      }),
  },
  {
    law: "L4",
    fault: "a shard that adds grants up instead of taking them for totals",
    caughtAs: ["totals"],
    patch: () =>
      patched(
        Book.prototype,
        "grant",
        (grant, book) => (account, minor) =>
          grant(account, minor > 0n ? book.totals()[account].granted + minor : minor),
      ),
  },
  {
    law: "L5",
    fault: "a reservation that has ended is settled again",
    caughtAs: ["L5"],
    seams: () => ({
      serve: withView("user_record", (user) => ({
        ...user,
        open: user.open.map((open) =>
          open.reservation === "posted" ? { ...open, reservation: "held", settledMinor: 0n, endedBy: null } : open,
        ),
      })),
    }),
  },
  {
    law: "S1",
    fault: "an outcome after the end of its window posts money",
    caughtAs: ["L5", "S1"],
    seams: () => ({
      serve: withView("user_record", (user) => ({
        ...user,
        open: user.open.map((open) => ({
          ...open,
          untilMs: open.untilMs + Math.ceil((open.untilMs - open.decidedAtMs) / 4),
        })),
      })),
    }),
  },
  {
    law: "S1",
    fault: "a window ends only when its user comes again",
    caughtAs: ["S1"],
    seams: () => ({ serve: (processor) => ({ ...processor, process: blind(processor) }) }),
  },
  {
    law: "S2",
    fault: "sessions are taken before outcomes",
    caughtAs: ["S2", "decision"],
    seams: () => ({
      serve: withBatch((batch) =>
        [...batch].sort((a, b) => Number(a.topic === "outcomes") - Number(b.topic === "outcomes")),
      ),
    }),
  },
  {
    law: "S3",
    fault: "the newest of 32 decisions gives way, not the oldest",
    caughtAs: ["S3"],
    seams: () => ({ serve: withView("user_record", (user) => ({ ...user, open: user.open.toReversed() })) }),
  },
  {
    law: "S4",
    fault: "a late outcome is written down twice",
    caughtAs: ["S4"],
    patch: () =>
      patched(Journal.prototype, "settlement", (settlement) => (row, key) => {
        settlement(row, key);
        if (row.status === "late") settlement(row, key);
      }),
  },
  {
    law: "S5",
    fault: "what was not redeemed is not learned from",
    caughtAs: ["S5"],
    patch: () =>
      patched(Journal.prototype, "training", (training) => (row, key) => {
        if (row.redeemed || row.arm === 0) training(row, key);
      }),
  },
  {
    law: "S6",
    fault: "a late outcome leaves no row",
    caughtAs: ["S6"],
    patch: () =>
      patched(Journal.prototype, "settlement", (settlement) => (row, key) => {
        if (row.status !== "late") settlement(row, key);
      }),
  },
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
  {
    law: "C1",
    fault:
      "a task starts where the log says it has committed, asked before its claim, and not where its changelog ends",
    caughtAs: ["C1", "C7", "alive"],
    seams: () => ({
      claim:
        ({ log, kind, partition }, claim) =>
        async () => {
          const committed = await log.committed(kind);
          const positions = committed.find((found) => found.partition === partition)?.positions ?? {};
          const task = await claim();
          return { ...task, seek: () => task.seek(positions) };
        },
    }),
  },
  {
    law: "C2",
    fault: "a task that is restored before its claim",
    caughtAs: ["C1", "C7", "totals", "chain"],
    seams: () => ({
      claim:
        ({ log, kind, partition }, claim) =>
        () => {
          let claimed: TaskLog | null = null;
          const own = (): TaskLog => {
            if (claimed === null) throw new Fenced("not claimed yet");
            return claimed;
          };
          return Promise.resolve({
            partition,
            restore: (from) => log.read(kind.changelog, partition, from),
            async seek(positions) {
              claimed = await claim();
              await claimed.seek(positions);
            },
            poll: (limits) => own().poll(limits),
            commit: (records, positions) => own().commit(records, positions),
            release: () => own().release(),
          });
        },
    }),
  },
  {
    law: "C3",
    fault: "a local store that is written before the commit",
    caughtAs: ["C1", "C7", "totals", "chain"],
    seams: () => ({ serve: (processor) => ({ ...processor, process: writtenBefore(processor) }) }),
  },
  {
    law: "C4",
    fault: "time runs backward with the machine's clock",
    caughtAs: ["C4"],
    seams: () => ({
      serve: (processor, { nowMs }) => ({
        ...processor,
        process: (view, batch, facts, context) =>
          processor.process(view, batch, facts, { ...context, nowMs: nowMs() || context.nowMs }),
      }),
    }),
  },
  {
    law: "C5",
    fault: "a commit of unknown outcome is tried again as if nothing had happened",
    caughtAs: ["C1", "C7"],
    seams: () => ({
      claim: (_place, claim) => async () =>
        withCommit(await claim(), (error) => {
          throw error instanceof OutcomeUnknown ? new LogUnavailable("tried again") : error;
        }),
    }),
  },
  {
    law: "C6",
    fault: "what cannot be used is passed over in silence",
    caughtAs: ["C6"],
    patch: () => patched(Journal.prototype, "deadLetter", () => () => undefined),
  },
  {
    law: "C7",
    fault: "a session that comes again is decided again",
    caughtAs: ["C7"],
    seams: () => ({ serve: withView("user_record", (user) => ({ ...user, sessions: new Uint8Array(0) })) }),
  },
  {
    law: "C8",
    fault: "an owner that was fenced writes on",
    caughtAs: ["C1", "C7", "chain"],
    seams: () => ({
      claim:
        ({ log }, claim) =>
        async () =>
          withCommit(await claim(), async (error, records) => {
            if (error instanceof Fenced) await log.send(records);
            throw error;
          }),
    }),
  },
  {
    law: "B1",
    fault: "a copy is written on beside the task that has taken it over",
    caughtAs: ["replay", "C1", "C7", "totals", "chain"],
    patch: () => patched(Standby.prototype, "leave", () => () => Promise.resolve()),
  },
  {
    law: "chain",
    fault: "two rows change places after they were chained",
    caughtAs: ["chain"],
    seams: () => ({ serve: withSwappedRows }),
  },
  {
    law: "decision",
    fault: "nobody remembers what a user has received",
    caughtAs: ["decision"],
    seams: () => ({ serve: withView("user_record", (user) => ({ ...user, received: [] })) }),
  },
  ...DOORS_OFF,
  ...TERMS_OFF,
];
