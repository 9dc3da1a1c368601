// The serving process of the Kafka benchmarks: serve tasks on Kafka as `stipend run` has them, and how fast they went. Says
// a line of JSON whenever a task's state changes, and one with its figures when it has had COUNT sessions (0: never). With
// PROFILE it takes a CPU profile from the warm-up's end to the last, which goes to that file.
//
//   node benchmarks/kafka/ours.ts BROKERS PREFIX STORES SESSION_TIMEOUT_MS [COUNT WARM_UP [PROFILE]]

import type { EventLog, OutRecord, TaskLog } from "../../src/log/event-log.ts";
import { openKafkaLog } from "../../src/log/kafka/log.ts";
import { unobserved, type CycleReport } from "../../src/task/observer.ts";
import type { TaskState } from "../../src/task/lifecycle.ts";
import { systemElapsedMs } from "../../src/task/system-clock.ts";
import { Pace, type Paced } from "./pace.ts";
import { startServing } from "../serve/serve-tasks.ts";
import { stagesOf, type Shares } from "../serve/serve-stages.ts";

/** What was written, by topic. */
export type Written = Readonly<Record<string, { readonly records: number; readonly bytes: number }>>;

export interface OursSaid extends Paced {
  readonly written: Written;
  readonly cycles: number;
  readonly meanMs: Readonly<Record<"prepare" | "process" | "commit" | "apply", number>>;
  /** Of the thread's time; without a profile null. */
  readonly stages: Shares | null;
}

const [brokers = "", topicPrefix = "", stores = "", sessionTimeoutMs = "", ...more] = process.argv.slice(2);
const [count = "0", warmUp = "0", profile] = more;
const wanted = Number(count);

const settings = {
  brokers: brokers.split(","),
  clientId: "bench",
  topicPrefix,
  sessionTimeoutMs: Number(sessionTimeoutMs),
};
const log = await openKafkaLog(settings, () => Date.now());
const written: Record<string, { records: number; bytes: number }> = {};
const reports: CycleReport[] = [];
const pace = new Pace(Number(warmUp));
const finished = Promise.withResolvers<void>();
let profiling: Promise<Shares> | null = null;

const serving = await startServing(log, {
  around: counted(log),
  stores,
  observer: { ...unobserved, elapsedMs: systemElapsedMs, cycle, lifecycle },
});
process.once("SIGTERM", () => void serving.stop());
await serving.running;
await log.close();

function cycle(report: CycleReport): void {
  // Cycles that only read grants have no sessions.
  if (report.outputs === 0) return;
  reports.push(report);
  pace.done(report.inputs);
  if (profile !== undefined && pace.total >= Number(warmUp)) profiling ??= stagesOf(() => finished.promise, profile);
  if (wanted > 0 && pace.total >= wanted) void tell();
}

function lifecycle(_kind: string, partition: number, state: TaskState): void {
  console.log(JSON.stringify({ partition, state }));
}

async function tell(): Promise<void> {
  finished.resolve();
  const mean = (of: (report: CycleReport) => number): number =>
    Math.round((reports.reduce((sum, report) => sum + of(report), 0) / reports.length) * 100) / 100;
  const said: OursSaid = {
    ...pace.figures(),
    written,
    cycles: reports.length,
    meanMs: {
      prepare: mean((report) => report.prepareMs),
      process: mean((report) => report.processMs),
      commit: mean((report) => report.commitMs),
      apply: mean((report) => report.applyMs),
    },
    stages: await profiling,
  };
  console.log(JSON.stringify(said));
  void serving.stop();
}

function counted(of: EventLog): EventLog {
  return {
    ...of,
    join: (kind, member) =>
      of.join(kind, {
        revoked: (partition) => member.revoked(partition),
        assigned: (partition, claim) => member.assigned(partition, async () => countedTask(await claim())),
      }),
  };
}

function countedTask(task: TaskLog): TaskLog {
  return {
    partition: task.partition,
    restore: (from) => task.restore(from),
    seek: (positions) => task.seek(positions),
    poll: (limits) => task.poll(limits),
    release: () => task.release(),
    commit(records, positions) {
      for (const record of records) count1(record);
      return task.commit(records, positions);
    },
  };
}

function count1({ topic, key, value }: OutRecord): void {
  const of = (written[topic] ??= { records: 0, bytes: 0 });
  of.records += 1;
  of.bytes += (key?.length ?? 0) + (value?.length ?? 0);
}
