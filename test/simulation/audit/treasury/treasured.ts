// Treasured: what a campaign's treasurer has read, granted and been reported, and what may be out by that.

import type { ShardReport } from "../../../../src/domain/campaign/control.ts";
import { Steered } from "./commands.ts";
import type { Law } from "../findings.ts";
import type { ByAccount } from "../serve/money.ts";
import { Periods } from "./periods.ts";
import { Lending } from "./risk.ts";

interface Slice {
  readonly granted: ByAccount<number>;
  readonly target: ByAccount<number>;
  /** The last that was taken. */
  report: ShardReport | null;
}

export class Treasured {
  readonly steered = new Steered();
  readonly slices: readonly Slice[];
  /** What may be in use: the budget, or after a cut what was out then, as it falls. */
  readonly allowed: ByAccount<number> = { plan: 0, exploration: 0 };
  /** The same of what the day or week so far may have. */
  allowedInPeriod = 0;
  /** Of the plan's budgets so far. */
  highestMinor = 0;
  reviewedMs = 0;
  readonly periods = new Periods();
  readonly #lending = new Lending();

  constructor(shards: number) {
    this.slices = Array.from({ length: shards }, () => ({
      granted: { plan: 0, exploration: 0 },
      target: { plan: 0, exploration: 0 },
      report: null,
    }));
  }

  granted(account: "plan" | "exploration"): number {
    return this.slices.reduce((sum, slice) => sum + slice.granted[account], 0);
  }

  /** L2, T7: what may be out. */
  most(account: "plan" | "exploration"): number {
    return account === "plan" ? this.planLimit + this.overbooked() : this.steered.budget.exploration;
  }

  /** Of the plan's budget, what its days or weeks so far may have. */
  get planLimit(): number {
    const { budget, periodBudget } = this.steered;
    return periodBudget === null ? budget.plan : Math.min(budget.plan, this.periods.most(periodBudget));
  }

  /** The law that says what may be out: the one that lets the least. */
  lawOfMost(account: "plan" | "exploration"): Law {
    return account === "plan" && this.planLimit < this.steered.budget.plan ? "T7" : "L2";
  }

  /** Before the treasurer takes in what its review brings and, of a campaign that is new, after. */
  enterPeriod(nowMs: number): void {
    const { campaign, periodBudget } = this.steered;
    if (campaign !== null && periodBudget !== null) this.periods.enter(campaign, periodBudget, nowMs);
  }

  /** Under `expected`, at most so much beyond the budget, by what was seen alone (risk.ts beside this file). */
  overbooked(): number {
    const { campaign } = this.steered;
    return campaign?.reservation.policy === "expected" ? this.#lending.mostOverbooked(campaign) : 0;
  }

  /** The treasurer looks at the campaign. */
  review(nowMs: number): void {
    const { campaign } = this.steered;
    this.enterPeriod(nowMs);
    this.periods.review(this.posted("plan"));
    if (campaign?.reservation.policy !== "expected") return;
    const sum = (field: "reserved" | "settled" | "released"): number =>
      this.#sum("plan", ({ totals }) => Number(totals.plan[field]));
    const atMs = this.slices.reduce((most, { report }) => Math.max(most, report?.atMs ?? 0), 0);
    const [reserved, settled, released] = [sum("reserved"), sum("settled"), sum("released")];
    this.#lending.review(campaign, { atMs: atMs === 0 ? nowMs : atMs, reserved, settled, released });
  }

  held(account: "plan" | "exploration"): number {
    return this.#sum(account, ({ totals }) =>
      Number(totals[account].reserved - totals[account].settled - totals[account].released),
    );
  }

  /** Granted and not reported to be back. */
  out(account: "plan" | "exploration"): number {
    return this.granted(account) - this.#sum(account, (report) => Number(report.totals[account].returned));
  }

  /** Out, and not asked back, nor on its way unasked. */
  notAsked(account: "plan" | "exploration"): number {
    const unasked = this.isExpected && account === "plan";
    const released = unasked ? this.#sum(account, ({ totals }) => Number(totals[account].released)) : 0;
    return this.granted(account) - released - this.slices.reduce((sum, slice) => sum + slice.target[account], 0);
  }

  get isExpected(): boolean {
    return this.steered.campaign?.reservation.policy === "expected";
  }

  posted(account: "plan" | "exploration"): number {
    return this.#sum(account, (report) => Number(report.totals[account].settled + report.totals[account].sent));
  }

  #sum(account: "plan" | "exploration", of: (report: ShardReport) => number): number {
    return this.slices.reduce((sum, { report }) => sum + (report === null ? 0 : of(report)), 0);
  }

  /** The revision that every shard has reported. */
  get everywhere(): number {
    return this.slices.reduce((least, { report }) => Math.min(least, report?.revision ?? 0), Infinity);
  }
}
