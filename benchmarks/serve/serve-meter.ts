// What the serve benchmark counts beside the load: what is committed, and the cycles' times.

import type { EventLog, TaskLog } from "../../src/log/event-log.ts";
import { unobserved, type CycleReport, type TaskObserver } from "../../src/task/observer.ts";
import { systemElapsedMs } from "../../src/task/system-clock.ts";

/** Means of the saturated rounds. */
export interface Cycles {
  readonly inputs: number;
  /** All that is committed: decisions, settlements, reports, the changelog. */
  readonly records: number;
  readonly bytes: number;
  readonly prepareMs: number;
  readonly processMs: number;
  readonly commitMs: number;
  readonly applyMs: number;
}

/** Counts what is committed, and the cycles' times. */
export class Meter {
  #reports: CycleReport[] = [];
  #records = 0;
  #bytes = 0;

  readonly observer: TaskObserver = {
    ...unobserved,
    elapsedMs: systemElapsedMs,
    cycle: (report) => void this.#reports.push(report),
  };

  reset(): void {
    this.#reports = [];
    this.#records = 0;
    this.#bytes = 0;
  }

  cycles(): Cycles {
    const count = Math.max(1, this.#reports.length);
    const mean = (of: (report: CycleReport) => number): number =>
      Math.round((this.#reports.reduce((sum, report) => sum + of(report), 0) / count) * 100) / 100;
    return {
      inputs: mean((report) => report.inputs),
      records: Math.round(this.#records / count),
      bytes: Math.round(this.#bytes / count),
      prepareMs: mean((report) => report.prepareMs),
      processMs: mean((report) => report.processMs),
      commitMs: mean((report) => report.commitMs),
      applyMs: mean((report) => report.applyMs),
    };
  }

  around(log: EventLog): EventLog {
    return {
      ...log,
      join: async (kind, member) =>
        await log.join(kind, {
          revoked: async (partition) => await member.revoked(partition),
          assigned: (partition, claim) => member.assigned(partition, async () => this.#aroundTask(await claim())),
        }),
    };
  }

  #aroundTask(task: TaskLog): TaskLog {
    return {
      partition: task.partition,
      restore: (from) => task.restore(from),
      seek: async (positions) => await task.seek(positions),
      poll: async (limits) => await task.poll(limits),
      release: async () => await task.release(),
      commit: async (records, positions) => {
        this.#records += records.length;
        for (const { key, value } of records) this.#bytes += (key?.length ?? 0) + (value?.length ?? 0);
        return await task.commit(records, positions);
      },
    };
  }
}
