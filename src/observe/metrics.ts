// Metrics
// What Prometheus is told of a running allocator: its tasks (cycles, commits, restores, verdicts, states), how far they
// are behind, what it leans on (feature service, disks, clock), and each campaign's money. The names are in
// metric-names.ts.
//
// Invariants:
//   1. Watching changes nothing: what cannot be read is counted and left out of that scrape.
//   2. Labels are bounded: kinds, partitions, topics, verdicts, states, campaigns (budget-metrics.ts), accounts; never
//      users or sessions.
//   3. A scrape does not hold up decisions: its text is kept for a moment for whoever asks again, and is put together a
//      metric at a time, with a turn for everything else between two.

import { setImmediate } from "node:timers/promises";
import { collectDefaultMetrics, Registry, type Gauge } from "prom-client";
import { within } from "../domain/within.ts";
import type { EventLog, PartitionRange, Positions } from "../log/event-log.ts";
import type { TaskObserver } from "../task/observer.ts";
import { budgetMetrics } from "./budget-metrics.ts";
import { counter, gauge } from "./metric-names.ts";
import { surroundingMetrics, type Surroundings } from "./surroundings.ts";
import { taskMetrics } from "./task-metrics.ts";

/** How far a task's committed cycles have come in each of its inputs. */
export interface TaskReached {
  readonly kind: string;
  readonly partition: number;
  readonly inputs: readonly string[];
  /** An input that has none has all of it to come. */
  readonly positions: Positions;
}

export interface MetricsOptions {
  readonly log: EventLog;
  /** A stopwatch, ms. */
  readonly elapsedMs: () => number;
  /** The clock on the wall: a campaign's period is told by it. */
  readonly nowMs: () => number;
  /** Asked when the log is read for a scrape. */
  readonly reached: () => Promise<readonly TaskReached[]>;
  readonly surroundings: () => Surroundings;
  /** How long a scrape waits for the log. */
  readonly patienceMs?: number;
  /** How long a scrape is kept. */
  readonly freshMs?: number;
}

export interface Scrape {
  readonly text: string;
  readonly contentType: string;
}

export interface Metrics {
  /** To be given to the tasks. */
  readonly observer: TaskObserver;
  /** The text that Prometheus reads, and its content type. */
  scrape(): Promise<Scrape>;
  /** Alarms on the money as the log was last read; has it read again, for whoever asks next. */
  alarms(): readonly string[];
}

/** Less than Prometheus waits for: a log that is away must not make the instance look as if it were. */
const LOG_PATIENCE_MS = 2_000;
/** Less than anybody's scrape interval: several who scrape cost what one does. */
const FRESH_MS = 1_000;

export function createMetrics(options: MetricsOptions): Metrics {
  const { elapsedMs, patienceMs = LOG_PATIENCE_MS, freshMs = FRESH_MS } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observer = taskMetrics(registry, elapsedMs);
  const lag = gauge(registry, "stipend_lag_records", ["kind", "partition", "topic"]);
  const failures = counter(registry, "stipend_scrape_failures_total", []);
  const budgets = budgetMetrics(registry, options.log, options.nowMs);
  const surroundings = surroundingMetrics(registry);
  let reading: Promise<void> | null = null;
  const readLog = async (): Promise<void> => {
    await readLag(lag, options);
    await budgets.read();
  };
  const readOnce = (): Promise<void> => (reading ??= readLog().finally(() => (reading = null)));
  const made = async (): Promise<Scrape> => {
    const isRead = await within(
      readOnce().then(
        () => true,
        () => false,
      ),
      patienceMs,
    );
    if (isRead !== true) {
      lag.reset();
      failures.inc();
    }
    surroundings.show(options.surroundings());
    return { text: await textOf(registry), contentType: registry.contentType };
  };
  let last: { readonly scrape: Promise<Scrape>; doneMs: number } | null = null;
  return {
    observer,
    alarms() {
      // What cannot be read is told by scrapes.
      readOnce().catch(() => undefined);
      return budgets.alarms();
    },
    async scrape() {
      if (last !== null && elapsedMs() - last.doneMs < freshMs) return await last.scrape;
      const current = { scrape: made(), doneMs: Infinity };
      last = current;
      try {
        return await current.scrape;
      } finally {
        current.doneMs = elapsedMs();
      }
    },
  };
}

/** The registry's own text of all would hold the thread for as long as there are series. */
async function textOf(registry: Registry): Promise<string> {
  const parts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    parts.push(await registry.getSingleMetricAsString(name));
    await setImmediate();
  }
  return `${parts.join("\n\n")}\n`;
}

async function readLag(lag: Gauge<"kind" | "partition" | "topic">, options: MetricsOptions): Promise<void> {
  const reached = await options.reached();
  const ranges = new Map<string, PartitionRange>();
  for (const topic of new Set(reached.flatMap(({ inputs }) => inputs)))
    for (const range of await options.log.ranges(topic)) ranges.set(`${topic}/${range.partition}`, range);
  lag.reset();
  for (const { kind, partition, inputs, positions } of reached)
    for (const topic of inputs) {
      const { start, end } = ranges.get(`${topic}/${partition}`) ?? { start: 0, end: 0 };
      lag.set({ kind, partition, topic }, Math.max(0, end - (positions[topic] ?? start)));
    }
}
