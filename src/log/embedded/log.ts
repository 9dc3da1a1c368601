// Embedded log
// The EventLog over SQLite in a folder: one machine, no broker. Several processes may use the folder at once; one of them
// runs a kind of task (ownership.ts), all may send, read, follow and verify. SQLite shares memory between them and they see
// each other's ids: not for network drives, nor for containers apart.
//
// Invariants:
//   1. What is committed survives SIGKILL of every process. After a power loss, by default, the folder is whole and may lack
//      the last moments; with `disk` it lacks nothing that was acknowledged; with `process` it may be lost (format.ts).
//   2. Whoever meets another one's lock waits (locked-retry.ts).

import { stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import {
  LogUnavailable,
  type EventLog,
  type LogRecord,
  type Member,
  type Membership,
  type ReadPlace,
  type TaskKind,
} from "../event-log.ts";
import type { Partitioner } from "../partitioner.ts";
import { appendGroups, prepareGroups } from "./append.ts";
import { FolderTopics } from "./catalogue.ts";
import type { Core } from "./core.ts";
import { openEnvironment } from "./sqlite/environment.ts";
import type { Durability } from "./sqlite/format.ts";
import { processLiveness, type Liveness } from "./liveness.ts";
import { Maintenance, type MaintenanceOptions } from "./maintenance/maintenance.ts";
import type { LockedRetryOptions } from "./sqlite/locked-retry.ts";
import { committedPositions, dropOwnership, ownersOf, takeOwnership } from "./ownership.ts";
import { BatchReader } from "./reader.ts";
import { claimEmbeddedTask } from "./task-log.ts";
import { Watcher } from "./watcher.ts";

const READ_BATCH = 500;
const FOLLOW_BATCH = 5_000;

export interface EmbeddedOptions extends LockedRetryOptions {
  /** Made when it is missing. */
  readonly folder: string;
  readonly now: () => number;
  /** A new one each time; tells memberships apart. */
  readonly newToken: () => string;
  /** What a commit outlives (format.ts). Left out: as the folder was made, and `machine` for a new one. */
  readonly durability?: Durability;
  /** Left out: murmur2. */
  readonly partitioner?: Partitioner;
  readonly liveness?: Liveness;
  readonly maintenance?: MaintenanceOptions;
}

export interface EmbeddedLog extends EventLog {
  /** Retention and compaction of all topics, to their end. It also runs by itself, in small steps, where a kind runs. */
  maintain(nowMs: number): Promise<void>;
}

export async function openEmbeddedLog(options: EmbeddedOptions): Promise<EmbeddedLog> {
  const environment = await openEnvironment(options);
  let open = true;
  const core: Core = {
    environment,
    catalogue: new FolderTopics(environment, options.partitioner ?? "murmur2"),
    watcher: new Watcher(environment),
    now: options.now,
    keyless: { next: 0 },
    liveness: options.liveness ?? processLiveness(),
    newToken: options.newToken,
    checkOpen() {
      if (!open) throw new LogUnavailable(`${environment.path}: the log is closed`);
    },
  };
  const maintenance = new Maintenance(core, options.maintenance ?? {});
  const memberships = new Set<Membership>();

  return {
    partitioner: core.catalogue.partitioner,
    async ensureTopics(specs) {
      core.checkOpen();
      await core.catalogue.ensure(specs);
    },
    async topics() {
      core.checkOpen();
      return (await core.catalogue.all()).map((topic) => topic.spec);
    },
    async ranges(name) {
      core.checkOpen();
      await core.catalogue.load([name]);
      const topic = core.catalogue.topic(name);
      return environment.read(() =>
        Array.from({ length: topic.spec.partitions }, (_, partition) => {
          const { start, end } = environment.tables.head(topic.id, partition);
          return { partition, start, end };
        }),
      );
    },
    async send(records) {
      core.checkOpen();
      const groups = await prepareGroups(core.catalogue, records, core.now(), core.keyless);
      if (groups.length === 0) return;
      await environment.write(() => appendGroups(environment.tables, groups));
      core.watcher.wake();
    },
    read: (topic, partition, from, how) => readFrom(core, topic, partition, from, how ?? {}),
    follow: (places, signal) => follow(core, places, signal),
    async join(kind, member) {
      core.checkOpen();
      const membership = await join(core, kind, member, (left) => memberships.delete(left));
      memberships.add(membership);
      maintenance.start();
      return membership;
    },
    async committed(kind) {
      core.checkOpen();
      await core.catalogue.load([kind.changelog, ...kind.inputs]);
      const count = core.catalogue.partitionsOf(kind);
      return environment.read(() => committedPositions(environment.tables, kind, count));
    },
    async owners(kind) {
      core.checkOpen();
      await core.catalogue.load([kind.changelog, ...kind.inputs]);
      const count = core.catalogue.partitionsOf(kind);
      return await environment.read(() => ownersOf(environment.tables, kind, core.liveness, count));
    },
    async state() {
      core.checkOpen();
      const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => null))?.size ?? 0;
      const { path } = environment;
      return { kind: "file", path, bytes: await sizeOf(path), walBytes: await sizeOf(`${path}-wal`) };
    },
    maintain: (nowMs) => maintenance.run(nowMs),
    async close() {
      if (!open) return;
      for (const membership of memberships) await membership.leave();
      await maintenance.stop();
      open = false;
      core.watcher.wake();
      await environment.close();
    },
  };
}

/** Others get their turn between two batches, however long the topic is. */
async function* readFrom(
  core: Core,
  name: string,
  partition: number,
  from: number,
  how: { readonly follow?: boolean; readonly signal?: AbortSignal; readonly maxRecords?: number },
): AsyncGenerator<readonly LogRecord[]> {
  core.checkOpen();
  const { environment, catalogue, watcher } = core;
  const { tables } = environment;
  await catalogue.load([name]);
  const topic = catalogue.partition(name, partition);
  const end = how.follow === true ? Infinity : (await environment.read(() => tables.head(topic.id, partition))).end;
  const reader = new BatchReader(tables, topic, partition, from);
  while (how.signal?.aborted !== true) {
    core.checkOpen();
    const { seen, records } = await environment.read(() => {
      const found: LogRecord[] = [];
      reader.take(how.maxRecords ?? READ_BATCH, found, end);
      return { seen: environment.commits(), records: found };
    });
    if (records.length > 0) {
      yield records;
      await setImmediate();
    } else if (how.follow === true) await watcher.sleep(seen, Infinity, how.signal);
    else return;
  }
}

/** All partitions in one read of the file; the one that comes first moves on, so that none waits for ever. */
async function* follow(
  core: Core,
  places: readonly ReadPlace[],
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  core.checkOpen();
  const { environment, catalogue, watcher } = core;
  await catalogue.load(places.map(({ topic }) => topic));
  const readers = places.map(
    ({ topic, partition, from }) =>
      new BatchReader(environment.tables, catalogue.partition(topic, partition), partition, from),
  );
  for (let first = 0; !signal.aborted; first += 1) {
    core.checkOpen();
    const { seen, records } = await environment.read(() => {
      const found: LogRecord[] = [];
      for (let at = 0; at < readers.length && found.length < FOLLOW_BATCH; at += 1)
        readers[(first + at) % readers.length]?.take(READ_BATCH, found);
      return { seen: environment.commits(), records: found };
    });
    if (records.length > 0) {
      yield records;
      await setImmediate();
    } else await watcher.sleep(seen, Infinity, signal);
  }
}

async function join(core: Core, kind: TaskKind, member: Member, left: (membership: Membership) => void) {
  const { environment, liveness } = core;
  await core.catalogue.load([kind.changelog, ...kind.inputs]);
  const count = core.catalogue.partitionsOf(kind);
  const token = core.newToken();
  await environment.write(() => takeOwnership(environment.tables, kind, liveness, token, core.now()));
  const mine = new Set(Array.from({ length: count }, (_, partition) => partition));
  let leaving: Promise<void> | undefined;
  const membership: Membership = {
    get partitions() {
      return [...mine];
    },
    leave() {
      leaving ??= (async () => {
        for (const partition of mine) {
          await member.revoked(partition);
          mine.delete(partition);
        }
        await environment.write(() => dropOwnership(environment.tables, kind, token));
        left(membership);
      })();
      return leaving;
    },
  };
  try {
    for (const partition of mine)
      member.assigned(partition, () =>
        claimEmbeddedTask({ core, kind, partition, token, over: () => !mine.has(partition) }),
      );
  } catch (error) {
    await membership.leave();
    throw error;
  }
  return membership;
}
