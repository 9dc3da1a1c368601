// Run HTTP
// What a running allocator answers on STIPEND_HTTP: whether it lives, whether every task runs, and its metrics. The port
// is open before the tasks are, so that a probe sees them restore.

import type { EventLog } from "../log/event-log.ts";
import { serveKind, treasuryKind } from "../log/topics.ts";
import { isLoopback } from "../operate/address.ts";
import { serveHttp, type TaskReadiness } from "../operate/http.ts";
import { createMetrics, type TaskReached } from "../operate/metrics.ts";
import type { TaskObserver } from "../task/observer.ts";
import { systemElapsedMs } from "../task/system-clock.ts";
import type { Allocator } from "./allocator.ts";
import type { Context } from "./command.ts";

export interface RunHttp {
  /** To be given to the tasks. */
  readonly observer: TaskObserver;
  /** From now on these are the tasks that are asked about. */
  joined(allocator: Pick<Allocator, "serve" | "treasury">): void;
  close(): Promise<void>;
}

/** Null where the settings name no address. */
export async function openRunHttp({ config, output }: Context, log: EventLog): Promise<RunHttp | null> {
  if (config.http === null) return null;
  let allocator: Pick<Allocator, "serve" | "treasury"> | null = null;
  const reached = () => reachedOf(log, config.application, allocator);
  const metrics = createMetrics({ log, elapsedMs: systemElapsedMs, reached });
  const server = await serveHttp({ ...config.http, metrics, tasks: () => readinessOf(allocator) });
  if (!isLoopback(config.http.host))
    output.note(
      `STIPEND_HTTP: ${config.http.host} is no loopback address: whoever reaches the port reads the metrics, budgets among ` +
        "them, for it asks nobody who they are; let a firewall or a NetworkPolicy admit only the probes and Prometheus",
    );
  output.item({ event: "http", address: server.address }, () => `${server.address} has /healthz, /readyz and /metrics`);
  return {
    observer: metrics.observer,
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

type Runners = Pick<Allocator, "serve" | "treasury">;
const KINDS = ["serve", "treasury"] as const;

function readinessOf(runners: Runners | null): readonly TaskReadiness[] | null {
  if (runners === null) return null;
  return KINDS.flatMap((kind) => runners[kind].tasks.map(({ partition, state }) => ({ kind, partition, state })));
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
