// Run HTTP
// What a running allocator answers on STIPEND_HTTP: whether it lives, whether every task runs and what is wrong, and its
// metrics. The port is open before the tasks are, so that a probe sees them restore.

import type { EventLog } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import { isLoopback } from "../../http/address.ts";
import { conditionsOf } from "../../observe/conditions.ts";
import { serveHttp } from "../../observe/http.ts";
import { createMetrics, type TaskReached } from "../../observe/metrics.ts";
import { Recent } from "../../observe/recent.ts";
import type { BadEnd, Surroundings } from "../../observe/surroundings.ts";
import type { RestoreReport, TaskObserver } from "../../task/observer.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Allocator } from "./allocator.ts";
import type { Context } from "../../terminal/context.ts";
import { diskRoom } from "./disk-room.ts";
import { openedAt } from "../connect/door.ts";
import { isShared, type OpenedLog } from "../connect/open-log.ts";

export interface RunHttp {
  /** To be given to the tasks. */
  readonly observer: TaskObserver;
  /** From now on these are the tasks that are asked about. */
  joined(allocator: Runners): void;
  close(): Promise<void>;
}

type Runners = Pick<Allocator, "serve" | "treasury" | "features">;
const KINDS = ["serve", "treasury"] as const;

/** How long a run tells how the one before it ended. */
const TELL_BAD_END_MS = 3_600_000;

/** Null where the settings name no address. */
export async function openRunHttp(context: Context, log: OpenedLog, badEnd: BadEnd | null): Promise<RunHttp | null> {
  const { config, output, nowMs } = context;
  if (config.http === null) return null;
  let allocator: Runners | null = null;
  const startedAtMs = systemElapsedMs();
  const recent = new Recent();
  const restores = new Map<string, RestoreReport>();
  const disks = diskRoom([
    { of: "state", folder: config.stateDir },
    ...(isShared(config) ? [] : [{ of: "log", folder: config.dir }]),
  ]);
  const surroundings = (): Surroundings => ({
    features: allocator?.features?.health() ?? null,
    disks: disks(),
    clocks: clocksOf(allocator, nowMs()),
    maintenance: log.maintenanceTrouble(),
    badEnd: systemElapsedMs() - startedAtMs < TELL_BAD_END_MS ? badEnd : null,
  });
  const metrics = createMetrics({
    log,
    elapsedMs: systemElapsedMs,
    nowMs,
    reached: () => reachedOf(log, config.application, allocator),
    surroundings,
  });
  const conditions = () =>
    conditionsOf({
      ...surroundings(),
      tasks: allocator === null ? null : tasksOf(allocator),
      restores: [...restores.values()],
      recent: recent.totals(systemElapsedMs()),
      alarms: allocator === null ? [] : metrics.alarms(),
    });
  const { http } = config;
  const server = await openedAt("STIPEND_HTTP", () => serveHttp({ ...http, metrics, conditions }));
  if (!isLoopback(config.http.host))
    output.note(
      `STIPEND_HTTP: ${config.http.host} is no loopback address: whoever reaches the port reads the metrics, budgets among ` +
        "them, for it asks nobody who they are; let a firewall or a NetworkPolicy admit only the probes and Prometheus",
    );
  output.item({ event: "http", address: server.address }, () => `${server.address} has /healthz, /readyz and /metrics`);
  return {
    observer: observers(metrics.observer, {
      elapsedMs: systemElapsedMs,
      cycle: ({ counts }) => {
        for (const [key, count] of counts) if (!key.startsWith("reasons/")) recent.add(key, count, systemElapsedMs());
      },
      restore: (report) => {
        const name = `${report.kind}/${report.partition}`;
        if (report.by !== "task") return;
        if (report.over) restores.delete(name);
        else restores.set(name, report);
      },
      lifecycle: (kind, partition) => void restores.delete(`${kind}/${partition}`),
      trouble: () => undefined,
    }),
    joined: (opened) => (allocator = opened),
    close: () => server.close(),
  };
}

/** Both are told. */
export function observers(one: TaskObserver, other: TaskObserver): TaskObserver {
  return {
    elapsedMs: () => one.elapsedMs(),
    cycle: (report) => {
      one.cycle(report);
      other.cycle(report);
    },
    restore: (report) => {
      one.restore(report);
      other.restore(report);
    },
    lifecycle: (...told) => {
      one.lifecycle(...told);
      other.lifecycle(...told);
    },
    trouble: (...told) => {
      one.trouble(...told);
      other.trouble(...told);
    },
  };
}

function tasksOf(runners: Runners) {
  return KINDS.flatMap((kind) =>
    runners[kind].tasks.map(({ partition, state, trouble }) => ({
      kind,
      partition,
      state,
      trouble: trouble?.message ?? null,
    })),
  );
}

/** A cycle's time never runs back: while the clock is behind the last one's, time stands. */
function clocksOf(runners: Runners | null, nowMs: number): Surroundings["clocks"] {
  if (runners === null) return [];
  return KINDS.flatMap((kind) =>
    runners[kind].tasks.map(({ partition, control }) => ({
      kind,
      partition,
      behindMs: Math.max(0, (control?.atMs ?? 0) - nowMs),
    })),
  );
}

/** As the log tells it, which knows more of its offsets than a task: what is behind a last record may be no record. */
async function reachedOf(log: EventLog, application: string, runners: Runners | null): Promise<readonly TaskReached[]> {
  if (runners === null) return [];
  const reached: TaskReached[] = [];
  const kinds = { serve: serveKind(application), treasury: treasuryKind(application) };
  for (const name of KINDS) {
    const kind = kinds[name];
    const committed = new Map((await log.committed(kind)).map(({ partition, positions }) => [partition, positions]));
    for (const { partition, control } of runners[name].tasks) {
      const positions = { ...control?.positions, ...committed.get(partition) };
      reached.push({ kind: name, partition, inputs: kind.inputs, positions });
    }
  }
  return reached;
}
