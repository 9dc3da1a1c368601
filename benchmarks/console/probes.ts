// Probes
// A campaign of which only this writes: now a status with another budget, now a decision, straight on the log, where all that
// follows it sees them. How long until an open page shows each, from when the log had taken it.

import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import type { CampaignsPage } from "../../src/console/views/pages/campaigns-page.ts";
import type { BudgetStatus } from "../../src/domain/campaign/control.ts";
import type { Decision } from "../../src/domain/decision/decision.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { readTopic } from "../../src/log/codec/reading.ts";
import type { EventLog } from "../../src/log/event-log.ts";

const PROBE = "probe";
/** Not in step with whatever beats in the console. */
const PAUSE_MS = 137;
const PATIENCE_MS = 10_000;

export class Probes {
  readonly #log: EventLog;
  readonly #status: BudgetStatus;
  readonly #decision: Decision;
  readonly statusMs: number[] = [];
  readonly decisionMs: number[] = [];
  #budget = 1_000;
  #decided = 0;
  #shown: { readonly budget: number; readonly sessions: number } = { budget: 0, sessions: 0 };
  #changed: () => void = () => undefined;

  private constructor(log: EventLog, status: BudgetStatus, decision: Decision) {
    this.#log = log;
    this.#status = status;
    this.#decision = decision;
  }

  /** Made like what is on the log. */
  static async like(log: EventLog, campaign: string, decision: Decision): Promise<Probes> {
    let found: BudgetStatus | null = null;
    for (const { partition, start } of await log.ranges("budget-status"))
      for await (const { value } of readTopic(log, "budget-status", { partition, from: start }))
        if (value?.campaign === campaign) found = value;
    return new Probes(log, must(found, `a status of ${campaign}`), decision);
  }

  /** A page as it has come to the viewer. */
  seen(page: unknown): void {
    const row = (page as CampaignsPage).campaigns.find(({ id }) => id === PROBE);
    if (row === undefined) return;
    this.#shown = { budget: row.money.budget, sessions: row.recent.sessions };
    this.#changed();
  }

  /** Until the time is over; each waits for the one before. */
  async run(untilMs: number): Promise<void> {
    await this.#sendStatus();
    await this.#until(() => this.#shown.budget === this.#budget);
    this.#decided = this.#shown.sessions;
    while (performance.now() < untilMs) {
      await this.#sendStatus();
      this.statusMs.push(await this.#until(() => this.#shown.budget === this.#budget));
      await sleep(PAUSE_MS);
      await this.#sendDecision();
      this.decisionMs.push(await this.#until(() => this.#shown.sessions >= this.#decided));
      await sleep(PAUSE_MS);
    }
  }

  async #sendStatus(): Promise<void> {
    this.#budget += 1;
    const status = { ...this.#status, campaign: PROBE, budgetMinor: BigInt(this.#budget), atMs: Date.now() };
    const value = codecFor("budget-status").encode(status);
    await this.#log.send([{ topic: "budget-status", key: Buffer.from(PROBE), value }]);
  }

  async #sendDecision(): Promise<void> {
    this.#decided += 1;
    const id = `${PROBE}-${this.#decided}-${this.#budget}`;
    const named = { campaign: PROBE, decisionId: id, sessionId: id, userId: `user-${id}`, reservationId: null };
    const decision: Decision = { ...this.#decision, ...named, reason: "planned", decidedAtMs: Date.now() };
    const value = codecFor("decisions").encode(decision);
    await this.#log.send([{ topic: "decisions", key: Buffer.from(decision.userId), value }]);
  }

  async #until(isShown: () => boolean): Promise<number> {
    const startMs = performance.now();
    while (!isShown()) {
      const leftMs = startMs + PATIENCE_MS - performance.now();
      if (leftMs <= 0) break;
      await Promise.race([new Promise<void>((resolve) => (this.#changed = resolve)), sleep(leftMs)]);
    }
    return performance.now() - startMs;
  }
}
