// Shard: proves one partition. Decisions and settlements are walked side by side, cycle by cycle; each report of the shard is
// held against the rows up to its cycle. Only open reservations are kept; ids.ts keeps what must be one.
//
//   one_decision  a session has one decision row, on the whole log
//   partition     a row is in the partition of its user's key
//   settlement    every settlement has its decision, and its amounts are the decision's
//   L5            there is one of a reservation, and it ends once; late is never money
//   chain         no row altered, removed or doubled
//   totals        reports say what the rows come to
//   L1, L4        held + spent ≤ granted − returned at the end of every cycle; reported totals only grow

import type { ShardReport } from "../../domain/campaign/control.ts";
import type { Account, Decision, Settlement } from "../../domain/decision/decision.ts";
import { ACCOUNTS } from "../../domain/money/totals.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { partitionOf, type Placement } from "../../log/partitioner.ts";
import { Chain } from "./chain.ts";
import { Cursor, skipTo, type PlacedRow } from "./cursor.ts";
import type { Findings, Law, Place } from "./findings.ts";
import type { Ids } from "./ids.ts";
import { checkGrowth, compareAccount } from "./reported.ts";
import { mismatch, type Money, type OpenReservation } from "./reservation.ts";
import { VerifiedSums } from "./sums.ts";

const NAMES = {
  decision: "decision",
  session: "a decision of session",
  reservation: "reservation",
  settlement: "settlement",
} as const;

interface Campaign {
  readonly sums: Readonly<Record<Account, VerifiedSums>>;
  /** The last report taken; null before the first. */
  report: { readonly place: Place; readonly value: ShardReport } | null;
}

/** What the shards of one reading share. */
export interface Common {
  readonly findings: Findings;
  readonly ids: Ids;
  /** Of the topics keyed by user. */
  readonly placement: Placement;
}

export class Shard {
  readonly partition: number;
  readonly #findings: Findings;
  readonly #decisions: Cursor<Decision>;
  readonly #settlements: Cursor<Settlement>;
  readonly #decisionChain: Chain;
  readonly #settlementChain: Chain;
  readonly #ids: Ids;
  readonly #placement: Placement;
  readonly #open = new Map<string, OpenReservation>();
  readonly #campaigns = new Map<string, Campaign>();
  /** Rows of earlier cycles were removed by retention: nothing is proved before a report gives the numbers. */
  #waitsForReport: boolean;
  #beganLate = false;
  #cycle = 0;

  constructor(
    log: EventLog,
    partition: number,
    ranges: { readonly decisions: PartitionRange; readonly settlements: PartitionRange },
    { findings, ids, placement }: Common,
  ) {
    const cursor = <T>(topic: "decisions" | "settlements", codec: ConstructorParameters<typeof Cursor<T>>[3]) =>
      new Cursor(log, { topic, partition }, { from: ranges[topic].start, to: null }, codec, findings);
    this.partition = partition;
    this.#findings = findings;
    this.#ids = ids;
    this.#placement = placement;
    this.#decisions = cursor("decisions", codecFor("decisions"));
    this.#settlements = cursor("settlements", codecFor("settlements"));
    this.#decisionChain = new Chain(findings, "decisions");
    this.#settlementChain = new Chain(findings, "settlements");
    this.#waitsForReport = ranges.decisions.start > 0 || ranges.settlements.start > 0;
  }

  get campaigns(): readonly string[] {
    return [...this.#campaigns.keys()];
  }

  /** Held + spent of a campaign's account by the rows, and granted and returned as last reported. */
  sums(campaign: string, account: Account): VerifiedSums | null {
    return this.#campaigns.get(campaign)?.sums[account] ?? null;
  }

  lastReport(campaign: string): { readonly place: Place; readonly value: ShardReport } | null {
    return this.#campaigns.get(campaign)?.report ?? null;
  }

  async report(place: Place, report: ShardReport): Promise<void> {
    this.#findings.checked.reports += 1;
    const before = this.lastReport(report.campaign);
    if (report.cycle < this.#cycle || (before !== null && report.cycle <= before.value.cycle))
      return this.#findings.violation("L4", place, `report of cycle ${report.cycle} after one of cycle ${this.#cycle}`);
    if (this.#waitsForReport && !(await this.#beginAt(report))) return;
    await this.#walk(report.cycle);
    this.#decisionChain.compare(place, report.decisionRows, report.decisionHead);
    this.#settlementChain.compare(place, report.settlementRows, report.settlementHead);
    const campaign = this.#campaign(report.campaign);
    if (campaign.report !== null) checkGrowth(this.#findings, place, campaign.report.value, report);
    for (const account of ACCOUNTS)
      compareAccount(this.#findings, place, {
        report,
        account,
        sums: campaign.sums[account],
        open: this.#open.values(),
      });
    campaign.report = { place, value: report };
  }

  /** All that is left; afterwards nothing more is read. */
  async finish(): Promise<void> {
    if (!this.#waitsForReport) await this.#walk(Infinity);
    else if ((await this.#decisions.peek()) !== null)
      this.#findings.violation(
        "chain",
        { topic: "decisions", partition: this.partition, offset: 0 },
        "rows were removed by retention, and no report is left from which a proof could begin",
      );
    this.#decisionChain.end();
    this.#settlementChain.end();
    this.#findings.checked.partitions += 1;
  }

  /** True when the rows that are left begin after this report; then its numbers are the beginning. */
  async #beginAt(report: ShardReport): Promise<boolean> {
    const decision = await this.#decisions.peek();
    const settlement = await this.#settlements.peek();
    const firstCycle = Math.max(decision?.value?.cycle ?? 0, settlement?.value?.cycle ?? 0);
    if (report.cycle < firstCycle) return false;
    await skipTo(this.#decisions, report.cycle);
    await skipTo(this.#settlements, report.cycle);
    this.#cycle = report.cycle;
    this.#decisionChain.begin(report.decisionRows, report.decisionHead);
    this.#settlementChain.begin(report.settlementRows, report.settlementHead);
    this.#waitsForReport = false;
    this.#beganLate = true;
    if (!this.#findings.idsOnly) this.#findings.beginsAt.push({ partition: this.partition, cycle: report.cycle });
    return true;
  }

  /** Every row of every cycle up to `cycle`. */
  async #walk(cycle: number): Promise<void> {
    for (;;) {
      const decision = await this.#decisions.peek();
      const settlement = await this.#settlements.peek();
      const next = Math.min(this.#cycleOf(decision), this.#cycleOf(settlement));
      if (next > cycle || next === Infinity) break;
      if (next > this.#cycle) this.#endOfCycle();
      this.#cycle = Math.max(this.#cycle, next);
      if (this.#cycleOf(decision) === next) this.#decision(await this.#decisions.take());
      else this.#settlement(await this.#settlements.take());
    }
    this.#endOfCycle();
    if (cycle !== Infinity) this.#cycle = cycle;
  }

  /** A row that says nothing belongs where it stands. */
  #cycleOf(row: PlacedRow<{ readonly cycle: number }> | null): number {
    if (row === null) return Infinity;
    return row.value?.cycle ?? this.#cycle;
  }

  #endOfCycle(): void {
    for (const { sums } of this.#campaigns.values()) for (const account of ACCOUNTS) sums[account].endOfCycle();
  }

  #decision(row: PlacedRow<Decision> | null): void {
    if (row === null) return;
    const { value } = row;
    this.#findings.checked.decisions += 1;
    if (value !== null && this.#isAgain("decision", "one_decision", row, value.decisionId)) return;
    this.#decisionChain.row(row, row.bytes, value?.previousHash ?? null);
    if (value === null) return;
    if (value.cycle < this.#cycle) this.#findings.violation("chain", row, `cycle ${value.cycle} after ${this.#cycle}`);
    this.#isAgain("session", "one_decision", row, value.sessionId);
    this.#belongs(row, value.userId);
    this.#reserve(row, value);
  }

  #reserve(row: Place, decision: Decision): void {
    const { campaign, account, reservationId, reservedMinor, faceMinor, sendMinor } = decision;
    const holds = reservedMinor !== 0n || (reservationId !== null && decision.reason !== "incentive_open");
    if (!holds) return;
    if (campaign === null || account === null || reservationId === null)
      return this.#findings.violation("L1", row, "money is held without a campaign, an account or a reservation");
    const money = this.#money(campaign);
    if (reservedMinor !== faceMinor + sendMinor || faceMinor < 0n || sendMinor < 0n)
      this.#findings.violation(
        "L1",
        row,
        `holds ${money(reservedMinor)}, its arm costs ${money(faceMinor)} + ${money(sendMinor)}`,
      );
    if (this.#open.has(reservationId))
      return this.#findings.violation("L5", row, `reservation ${reservationId} is open already`);
    this.#isAgain("reservation", "L5", row, reservationId);
    const { decisionId, arm } = decision;
    const heldMinor = reservedMinor - sendMinor;
    this.#findings.checked.reservations += 1;
    this.#open.set(reservationId, { decisionId, campaign, account, heldMinor, arm });
    const sums = this.#campaign(campaign).sums[account];
    sums.reserved += heldMinor;
    sums.sent += sendMinor;
  }

  #settlement(row: PlacedRow<Settlement> | null): void {
    if (row === null) return;
    const { value } = row;
    this.#findings.checked.settlements += 1;
    if (value !== null && this.#isAgain("settlement", "L5", row, value.settlementId)) return;
    this.#settlementChain.row(row, row.bytes, value?.previousHash ?? null);
    if (value === null) return;
    if (value.cycle < this.#cycle) this.#findings.violation("chain", row, `cycle ${value.cycle} after ${this.#cycle}`);
    this.#belongs(row, value.userId);
    if (value.status === "late") this.#late(row, value);
    else this.#end(row, value);
  }

  /** What must be one, and is there a second time: in this partition, or in another one. */
  #isAgain(kind: "decision" | "session" | "reservation" | "settlement", law: Law, row: Place, id: string): boolean {
    const before = this.#ids.meet(kind, id, this.partition);
    if (before === null) return false;
    const where = before === this.partition ? "is there already" : `is in partition ${before} too`;
    this.#findings.ofIds(law, row, `doubled: ${NAMES[kind]} ${id} ${where}`);
    return true;
  }

  #belongs(row: Place, userId: string): void {
    const own = partitionOf(Buffer.from(userId), this.#placement);
    if (own !== this.partition)
      this.#findings.violation(
        "partition",
        row,
        `user ${userId} belongs in partition ${own}, by ${this.#placement.partitioner}`,
      );
  }

  #late(row: Place, settlement: Settlement): void {
    if (settlement.amountMinor !== 0n || settlement.releasedMinor !== 0n)
      this.#findings.violation("L5", row, `late, but it moves ${this.#moved(settlement)}`);
    if (this.#open.get(settlement.reservationId)?.decisionId === settlement.decisionId)
      this.#findings.violation("L5", row, `late, but reservation ${settlement.reservationId} is still open`);
    if (!this.#isKnown(settlement))
      this.#findings.ofIds("settlement", row, `there is no decision ${settlement.decisionId}`);
  }

  #end(row: Place, settlement: Settlement): void {
    const { amountMinor, releasedMinor, status } = settlement;
    const sums = this.#campaign(settlement.campaign).sums[settlement.account];
    const open = this.#open.get(settlement.reservationId);
    if (open === undefined) {
      if (this.#ids.wasMet("decision", settlement.decisionId, this.partition) === true)
        return this.#findings.ofIds("L5", row, `reservation ${settlement.reservationId} has ended, or never was`);
      if (!this.#isKnown(settlement))
        return this.#findings.ofIds("settlement", row, `there is no decision ${settlement.decisionId}`);
      if (sums.beforeBeginning !== null) sums.beforeBeginning -= amountMinor + releasedMinor;
    } else {
      this.#open.delete(settlement.reservationId);
      const fault = mismatch(open, settlement, this.#money(settlement.campaign));
      if (fault !== null) this.#findings.violation("settlement", row, fault);
    }
    if (amountMinor < 0n || releasedMinor < 0n || (status !== "posted" && amountMinor !== 0n))
      this.#findings.violation("L5", row, `${status}, but it moves ${this.#moved(settlement)}`);
    sums.settled += amountMinor;
    sums.released += releasedMinor;
  }

  /** Of a decision that was seen, or, where rows were removed, perhaps of one before: as long as as much was held then. */
  #isKnown(settlement: Settlement): boolean {
    const met = this.#ids.wasMet("decision", settlement.decisionId, this.partition);
    if (met !== false) return true;
    if (!this.#beganLate) return false;
    const { beforeBeginning } = this.#campaign(settlement.campaign).sums[settlement.account];
    return beforeBeginning === null || beforeBeginning >= settlement.amountMinor + settlement.releasedMinor;
  }

  #money(campaign: string): Money {
    return (amount) => this.#findings.money(campaign, amount);
  }

  #moved({ campaign, amountMinor, releasedMinor }: Settlement): string {
    const money = this.#money(campaign);
    return `${money(amountMinor)} and ${money(releasedMinor)}`;
  }

  #campaign(id: string): Campaign {
    let campaign = this.#campaigns.get(id);
    if (campaign === undefined) {
      campaign = { sums: { plan: new VerifiedSums(), exploration: new VerifiedSums() }, report: null };
      if (this.#beganLate) for (const account of ACCOUNTS) campaign.sums[account].beforeBeginning = null;
      this.#campaigns.set(id, campaign);
    }
    return campaign;
  }
}
