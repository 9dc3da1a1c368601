// What a chaos run is asked for, and what has come of it.

import type { Ending } from "./allocators.ts";
import type { BrokerHarm, Harm } from "./schedule.ts";
import type { Timeline } from "./checks/timeline.ts";

export type Law = "c2" | "c3";

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly ratePerSecond: number;
  /** One, or a cluster of some with harms of its own. */
  readonly brokers: number;
  /** How long a broker of a cluster stands still. */
  readonly frozenMs: number;
  /** Broken on purpose, by the allocators of this run. */
  readonly breaks: Law | null;
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly seconds: number;
  readonly sessions: number;
  readonly decisions: number;
  readonly missing: number;
  readonly doubled: number;
  readonly unsound: number;
  readonly overspend: number;
  /** At the end. */
  readonly budget: { readonly minor: number; readonly spent: number; readonly held: number };
  /** Cuts of the budget, of which so many left less than was out; how long each took until it was applied everywhere. */
  readonly cuts: { readonly count: number; readonly belowOut: number; readonly tookMs: readonly number[] };
  readonly raises: { readonly count: number; readonly tookMs: readonly number[] };
  /** Changes of the budget that some partition never applied. */
  readonly unapplied: number;
  /** Minor units: given to shards beyond the budget, taken beyond what a shard had, taken above an acknowledged cut. */
  readonly over: Pick<Timeline, "grantedOver" | "takenOver" | "takenAboveCut">;
  readonly kills: Readonly<Record<Harm, number>> & { readonly lostDisk: number };
  /**
   * What was done to the brokers of a cluster, and for each time how long it took until every partition had decided a
   * session that was sent since; null: not before the end.
   */
  readonly brokerHarms: readonly { readonly harm: BrokerHarm; readonly recoveredMs: number | null }[];
  /** Sends that had to be made again, so that sessions came twice. */
  readonly sentAgain: number;
  readonly verify: { readonly ok: boolean; readonly violations: number };
  /** Allocators that ended by themselves, other than where they were armed to. */
  readonly ownEndings: readonly Ending[];
  /** Allocators that did not end with 0 when they were told to at the end. */
  readonly badEndings: readonly Ending[];
  /** From the end of the load to the last decision. */
  readonly settleMs: number;
  /** The first few of whatever is wrong. */
  readonly wrong: readonly string[];
}

export function isClean(result: ChaosResult): boolean {
  const { missing, doubled, unsound, overspend, over, unapplied, verify, badEndings } = result;
  const overAll = overspend + over.grantedOver + over.takenOver + over.takenAboveCut;
  return missing + doubled + unsound + overAll + unapplied + badEndings.length === 0 && verify.ok;
}
