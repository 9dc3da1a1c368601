// Plan tally: of the sessions in which a release's plan drew, what it meant for each segment, and what they got.

import { must } from "../../domain/assert.ts";
import type { Reason } from "../../domain/decision/decision.ts";
import { sharesAt } from "../../domain/release/frontier.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import type { PlanPicture } from "../../report/campaign/plan-shares.ts";

/** Sessions in which something else decided. */
const NOT_THE_PLANS: ReadonlySet<Reason> = new Set(["holdout", "explored", "incentive_open", "user_cap"]);

export interface PlannedSession {
  readonly reason: Reason;
  readonly cluster: number;
  readonly planRow: number;
  readonly arm: number;
}

export class PlanTally {
  readonly #manifest: ReleaseManifest;
  readonly #sessions: number[];
  readonly #planned: number[][];
  readonly #given: number[][];
  readonly #shares: number[] = [];

  constructor(manifest: ReleaseManifest) {
    const { clusters, arms } = manifest;
    const table = (): number[][] => Array.from({ length: clusters }, () => arms.map(() => 0));
    this.#manifest = manifest;
    this.#sessions = Array.from({ length: clusters }, () => 0);
    this.#planned = table();
    this.#given = table();
  }

  take({ reason, cluster, planRow, arm }: PlannedSession): void {
    if (cluster < 0 || cluster >= this.#sessions.length || planRow < 0 || NOT_THE_PLANS.has(reason)) return;
    this.#sessions[cluster]! += 1;
    const [planned, given] = [must(this.#planned[cluster], "cluster"), must(this.#given[cluster], "cluster")];
    sharesAt(this.#manifest.frontier, planRow, cluster, this.#shares).forEach((share, each) => {
      planned[each]! += share;
    });
    given[arm]! += 1;
  }

  get sessions(): number {
    return this.#sessions.reduce((sum, each) => sum + each, 0);
  }

  picture(hash: string): PlanPicture {
    const shares = (rows: number[][]): number[][] =>
      rows.map((row, cluster) => row.map((value) => value / Math.max(1, this.#sessions[cluster]!)));
    return {
      release: hash.slice(0, 8),
      arms: this.#manifest.arms,
      sessions: this.#sessions,
      planned: shares(this.#planned),
      given: shares(this.#given),
    };
  }
}
