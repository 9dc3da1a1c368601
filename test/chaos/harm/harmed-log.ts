// The log of a chaos run: the real one, whose tasks die where the environment says, or break a law that it names. So it is
// shown that the windows are hit, and that the checker sees a broken law.
//
//   CHAOS_CRASH_AT=commit:N   dies after the N-th commit, before its local write
//   CHAOS_CRASH_AT=restore:N  dies after it has restored the N-th batch of a changelog
//   SIGUSR2                   stops amid its next commit, until it is continued
//   CHAOS_BREAK=c2            reads the changelog before it claims, and takes its time in between
//   CHAOS_BREAK=c3            writes the local store before the commit, and takes its time in between

import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../../src/domain/assert.ts";
import type { EventLog, LogRecord, OutRecord, TaskKind, TaskLog } from "../../../src/log/event-log.ts";
import { openKafkaLog as openRealLog, type KafkaLog } from "../../../src/log/kafka/log.ts";
import { CONTROL_KEY } from "../../../src/task/cycle/control-record.ts";
import type { StateChange } from "../../../src/task/store/local-store.ts";
import { openStores } from "./harmed-store.ts";

const SLOW_CLAIM_MS = 2_500;
const SLOW_COMMIT_MS = 150;
/** Within it a commit has written its records, and has asked for its end or is about to. */
const AMID_MS = 12;

const [crashAt = "", crashCount = ""] = (process.env["CHAOS_CRASH_AT"] ?? "").split(":");
const broken = process.env["CHAOS_BREAK"] ?? "";
let left = Number(crashCount);
let freezing = false;
process.on("SIGUSR2", () => (freezing = true));
// Frozen by then, wherever that was.
process.on("SIGCONT", () => (freezing = false));

/** Nothing of this process is done any more behind the call. */
function dieAt(place: string): void {
  if (crashAt !== place) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

async function freeze(): Promise<void> {
  freezing = false;
  await sleep(Math.random() * AMID_MS);
  process.kill(process.pid, "SIGSTOP");
}

export async function openKafkaLog(...given: Parameters<typeof openRealLog>): Promise<KafkaLog> {
  const log = await openRealLog(...given);
  return {
    ...log,
    join: (kind, member) =>
      log.join(kind, {
        revoked: (partition) => member.revoked(partition),
        assigned: (partition, claim) => member.assigned(partition, () => harmed(log, kind, partition, claim)),
      }),
  };
}

async function harmed(
  log: EventLog,
  kind: TaskKind,
  partition: number,
  claim: () => Promise<TaskLog>,
): Promise<TaskLog> {
  const early = broken === "c2" ? await readAll(log, kind.changelog, partition) : null;
  if (early !== null) await sleep(SLOW_CLAIM_MS);
  const task = await claim();
  return {
    partition,
    async *restore(from) {
      for await (const batch of early === null ? task.restore(from) : [early.filter(({ offset }) => offset >= from)]) {
        yield batch;
        dieAt("restore");
      }
    },
    seek: (positions) => task.seek(positions),
    poll: (limits) => task.poll(limits),
    async commit(records, positions) {
      if (broken === "c3") await writeEarly(kind.changelog, partition, records);
      const committing = task.commit(records, positions);
      const [committed] = await Promise.all([committing, freezing ? freeze() : null]);
      dieAt("commit");
      return committed;
    },
    release: () => task.release(),
  };
}

async function readAll(log: EventLog, topic: string, partition: number): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, 0)) all.push(...batch);
  return all;
}

/** The changes of a cycle that has not been committed, behind the stamp of the one before. */
async function writeEarly(changelog: string, partition: number, records: readonly OutRecord[]): Promise<void> {
  const store = must(openStores.get(`${changelog}/${partition}`), "an open store");
  const stamp = store.stamp();
  const changes = records
    .filter(({ topic }) => topic === changelog)
    .map(({ key, value }): StateChange => [Buffer.from(key ?? []).toString("utf8"), value])
    .filter(([key]) => key !== CONTROL_KEY);
  if (stamp === null) return;
  store.apply(changes, stamp);
  await sleep(SLOW_COMMIT_MS);
}
