// Status board: the latest status of each campaign, read on from where it was read to.

import type { BudgetStatus } from "../../../domain/campaign/control.ts";
import { readTopic } from "../../../log/codec/reading.ts";
import type { EventLog } from "../../../log/event-log.ts";

export class StatusBoard {
  readonly #next = new Map<number, number>();
  readonly #latest = new Map<string, BudgetStatus>();

  /** Takes in what has come since; answers whether anything has. */
  async refresh(log: EventLog): Promise<boolean> {
    let isNew = false;
    for (const { partition, start } of await log.ranges("budget-status")) {
      const from = Math.max(start, this.#next.get(partition) ?? 0);
      for await (const { record, value } of readTopic(log, "budget-status", { partition, from })) {
        this.#next.set(partition, record.offset + 1);
        if (value === null) continue;
        this.#latest.set(value.campaign, value);
        isNew = true;
      }
    }
    return isNew;
  }

  /** By campaign; one that there is not has only answers, and is left out. */
  statuses(campaign: string | undefined): readonly BudgetStatus[] {
    return [...this.#latest.values()]
      .filter((status) => status.revision > 0 && (campaign === undefined || status.campaign === campaign))
      .toSorted((a, b) => (a.campaign < b.campaign ? -1 : 1));
  }
}
