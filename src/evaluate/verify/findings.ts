// Findings: what a proof has looked at and what it found wrong, each with the place where a person must look.

import { formatMinor, type Minor } from "../../domain/money/money.ts";

export type Law =
  "L1" | "L2" | "L3" | "L4" | "L5" | "one_decision" | "partition" | "settlement" | "chain" | "totals" | "undecodable";

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Violation extends Place {
  readonly law: Law;
  readonly detail: string;
}

export interface Checked {
  decisions: number;
  settlements: number;
  reservations: number;
  reports: number;
  grants: number;
  statuses: number;
  partitions: number;
  campaigns: number;
}

export interface VerifyResult {
  readonly ok: boolean;
  readonly checked: Readonly<Checked>;
  /** In the order found; at most 1,000 are listed. */
  readonly violations: readonly Violation[];
  readonly violationsInAll: number;
  /** Where a partition's proof begins later than its first row, since retention has removed the rows before. */
  readonly beginsAt: readonly { readonly partition: number; readonly cycle: number }[];
}

const MOST_LISTED = 1_000;

export class Findings {
  readonly checked: Checked = {
    decisions: 0,
    settlements: 0,
    reservations: 0,
    reports: 0,
    grants: 0,
    statuses: 0,
    partitions: 0,
    campaigns: 0,
  };
  /** Of each campaign, as its grants and statuses say. */
  readonly currencies = new Map<string, string>();
  readonly beginsAt: { partition: number; cycle: number }[] = [];
  readonly #violations: Violation[] = [];
  readonly #named = new Set<string>();
  #inAll = 0;
  /** From now on only what `ofIds` says is new: everything else has been said by an earlier reading. */
  idsOnly = false;

  /** For people. */
  money(campaign: string, amount: Minor): string {
    return formatMinor(amount, this.currencies.get(campaign) ?? "");
  }

  violation(law: Law, place: Place, detail: string): void {
    if (!this.idsOnly) this.ofIds(law, place, detail);
  }

  /** What an id tells. The same words about the same place are said once. */
  ofIds(law: Law, place: Place, detail: string): void {
    const { topic, partition, offset } = place;
    const name = `${law} ${topic} ${partition} ${offset} ${detail}`;
    if (this.#named.has(name)) return;
    if (this.#named.size < MOST_LISTED) this.#named.add(name);
    this.#inAll += 1;
    if (this.#violations.length < MOST_LISTED) this.#violations.push({ law, topic, partition, offset, detail });
  }

  result(): VerifyResult {
    return {
      ok: this.#inAll === 0,
      checked: this.checked,
      violations: this.#violations,
      violationsInAll: this.#inAll,
      beginsAt: this.beginsAt,
    };
  }
}
