// Findings: what an audit has found wrong, each under the law that it breaks and with the place where a person must look.

/** Laws of src/serve/ledger/SPEC.md, src/serve/settle/SPEC.md, src/treasury/SPEC.md and of the cycle. */
export type Law =
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "S1"
  | "S2"
  | "S3"
  | "S4"
  | "S5"
  | "S6"
  | "S7"
  | "T1"
  | "T2"
  | "T3"
  | "T4"
  | "T5"
  | "T7"
  | "C1"
  | "C4"
  | "C6"
  | "C7"
  | "C9"
  | "chain"
  /** A decision is not what the rules of its campaign allow. */
  | "decision"
  /** What is told of the money is not what the rows come to. */
  | "totals"
  /** Crash-free and from the same inputs, something else comes out. */
  | "replay"
  /** A process ended, or the evening did not come to rest. */
  | "alive"
  | "verify";

export interface Finding {
  readonly law: Law;
  readonly place: string;
  readonly detail: string;
}

const MOST_KEPT = 50;

export class Findings {
  /** The first of them. */
  readonly list: Finding[] = [];
  readonly byLaw = new Map<Law, number>();
  count = 0;
  /** The most that was ever in use beyond what may be, in minor units. */
  overspendMinor = 0;

  add(law: Law, place: string, detail: string): void {
    this.count += 1;
    this.byLaw.set(law, (this.byLaw.get(law) ?? 0) + 1);
    if (this.list.length < MOST_KEPT) this.list.push({ law, place, detail });
  }

  /** Campaigns under `expected`, and whether they have ever spent more than their budget. */
  readonly expected = new Map<string, boolean>();

  expectedDay(campaign: string, passed: boolean): void {
    this.expected.set(campaign, passed || (this.expected.get(campaign) ?? false));
  }

  /** `detail` is worked out only when it is needed. */
  demand(holds: boolean, law: Law, place: string, detail: () => string): void {
    if (!holds) this.add(law, place, detail());
  }

  overspent(minor: number): void {
    if (minor > this.overspendMinor) this.overspendMinor = minor;
  }
}
