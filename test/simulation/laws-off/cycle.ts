// Laws of the cycle, of copies and of chains (C1 to C8, B1), each switched off.

import { Fenced, LogUnavailable, OutcomeUnknown, type TaskLog } from "../../../src/log/event-log.ts";
import { Journal } from "../../../src/serve/publish/journal.ts";
import { Standby } from "../../../src/task/restore/standby.ts";
import { patched, withCommit, withSwappedRows, withView, writtenBefore, type LawOff } from "./tools.ts";

export const CYCLE_OFF: readonly LawOff[] = [
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
];
