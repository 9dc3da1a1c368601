// What-if tally: what a campaign's sessions, as they were or played again, come to: a column of the comparison.

import { itemAt } from "../../domain/assert.ts";
import type { WhatIfColumn } from "../../report/evaluation/what-if-report.ts";
import type { RecordedSession } from "./recorded.ts";

const CURVE_PARTS = 24;

/** What is counted of what is played; left out: all of it. */
export interface During {
  readonly fromMs: number;
  /** Exclusive; what comes later is not played. */
  readonly toMs: number;
}

export class WhatIfTally {
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #isPart: boolean;
  readonly #spent = Array.from({ length: CURVE_PARTS }, () => 0);
  readonly #reasons: Record<string, number> = {};
  readonly #arms: Record<string, number> = {};
  #sessions = 0;
  #reward = 0;

  constructor(sessions: readonly RecordedSession[], during: During | undefined) {
    this.#fromMs = during?.fromMs ?? sessions[0]?.decision.decidedAtMs ?? 0;
    this.#toMs = Math.max(this.#fromMs + 1, during?.toMs ?? sessions.at(-1)?.decision.decidedAtMs ?? 0);
    this.#isPart = during !== undefined;
  }

  decided(
    atMs: number,
    { reason, armId, reward }: { readonly reason: string; readonly armId: string; readonly reward: number },
  ): void {
    if (this.#isOutside(atMs)) return;
    this.#sessions += 1;
    this.#reward += reward;
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
    this.#arms[armId] = (this.#arms[armId] ?? 0) + 1;
  }

  /** What is spent after the last session is the last part's, unless a part alone is counted. */
  spend(atMs: number, amount: number): void {
    if (this.#isOutside(atMs)) return;
    const part = Math.floor(((atMs - this.#fromMs) / (this.#toMs - this.#fromMs)) * CURVE_PARTS);
    const index = Math.min(CURVE_PARTS - 1, Math.max(0, part));
    this.#spent[index] = itemAt(this.#spent, index) + amount;
  }

  #isOutside(atMs: number): boolean {
    return this.#isPart && (atMs < this.#fromMs || atMs >= this.#toMs);
  }

  column(): WhatIfColumn {
    let sum = 0;
    const curve = this.#spent.map((amount) => (sum += amount));
    const byName = (counts: Record<string, number>): Record<string, number> =>
      Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return {
      sessions: this.#sessions,
      spentMinor: sum,
      expectedReward: this.#reward,
      reasons: byName(this.#reasons),
      arms: byName(this.#arms),
      curve,
    };
  }
}
