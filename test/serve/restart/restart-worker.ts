// Lives the life of restart-world.ts on an embedded log, in a process of its own, and dies by SIGKILL at the moment it is
// told: before the commit of a cycle, after it, or when the local store has been written too.
//
//   node restart-worker.ts <folder of the log> <folder of the store> [<point> <cycle>]

import { randomUUID } from "node:crypto";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import type { EventLog, TaskLog } from "../../../src/log/event-log.ts";
import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";
import { unobserved } from "../../../src/task/observer.ts";
import { START_MS } from "../harness.ts";
import { live, serveOn, type Serving } from "./restart-world.ts";

const [folder = "", stores = "", point = "never", cycle = "0"] = process.argv.slice(2);

const log = await openEmbeddedLog({ folder, now: () => START_MS, newToken: randomUUID });
const serving: Serving = await serveOn(mortal(log), lmdbStores(stores), {
  ...unobserved,
  cycle: (report) => dieAt("after apply", report.cycle),
});
await live(log, serving);
await serving.close();
await log.close();

function dieAt(here: string, now: number): void {
  if (here === point && now === Number(cycle)) process.kill(process.pid, "SIGKILL");
}

function mortal(inner: EventLog): EventLog {
  return {
    ...inner,
    join: async (kind, member) =>
      await inner.join(kind, {
        revoked: async (partition) => await member.revoked(partition),
        assigned: (partition, claim) => member.assigned(partition, async () => mortalTask(await claim())),
      }),
  };
}

function mortalTask(task: TaskLog): TaskLog {
  return {
    partition: task.partition,
    restore: (from) => task.restore(from),
    seek: async (positions) => await task.seek(positions),
    poll: async (limits) => await task.poll(limits),
    release: async () => await task.release(),
    async commit(records, positions) {
      const next = (serving.runner.tasks[0]?.control?.cycle ?? 0) + 1;
      dieAt("before commit", next);
      const committed = await task.commit(records, positions);
      dieAt("before apply", next);
      return committed;
    },
  };
}
