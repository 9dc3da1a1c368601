// Shard: audits one partition of the users' topics, cycle by cycle. From what a cycle has read it works out what must come
// of it: windows, outcomes, dead letters, which sessions get a decision, every unit of money, and holds that against what the
// cycle has written. No code is shared with src/serve.

import type { Decision } from "../../../../src/domain/decision/decision.ts";
import { schemaCodec } from "../../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { valueOf, type Transaction } from "../../history.ts";
import { ShardCampaign } from "./campaign.ts";
import { Chain } from "./chain.ts";
import { controlOf, CycleOrder } from "../control.ts";
import { campaignFor, DecisionRules, DRAWN, holdOf, openOf, REFUSED, type Moment } from "./decision.ts";
import { outcomeOf, profileRefusal, sessionOf } from "./door.ts";
import { Expected } from "./expected.ts";
import type { Findings, Law } from "../findings.ts";
import type { Inputs } from "../inputs.ts";
import { ACCOUNTS } from "./money.ts";
import { checkReports, checkState } from "./reported.ts";
import { User, type Open } from "./user.ts";

/** A shard's head, as far as the audit looks at it. */
const stateCodec = schemaCodec<{ readonly campaigns: readonly string[] }>("state");

/** What the shards have in common. */
export interface Shards {
  readonly partitions: number;
  /** In which partition each session was decided first. */
  readonly decided: Map<string, number>;
}

export class ShardAudit {
  readonly partition: number;
  readonly campaigns = new Map<string, ShardCampaign>();
  readonly #findings: Findings;
  readonly #order: CycleOrder;
  readonly #rules: DecisionRules;
  readonly #users = new Map<string, User>();
  readonly #decisions: Chain;
  readonly #settlements: Chain;
  /** Open windows of users, by when they end. */
  readonly #windows = new Map<string, User>();
  readonly #of: Shards;
  #moment: Moment = { place: "", nowMs: 0, cycle: 0 };
  #expected: Expected;

  constructor(partition: number, of: Shards, inputs: Inputs, findings: Findings) {
    this.partition = partition;
    this.#of = of;
    this.#findings = findings;
    this.#rules = new DecisionRules(findings);
    this.#decisions = new Chain(findings);
    this.#settlements = new Chain(findings);
    this.#expected = new Expected(findings, "", 0, 0);
    const topics = ["grants", "erasures", "profiles", "outcomes", "sessions"];
    this.#order = new CycleOrder({ name: `serve ${partition}`, partition, inputs: topics }, inputs, findings);
  }

  /** One commit of the serve task. */
  cycle({ records }: Transaction): void {
    const control = controlOf(records.filter(({ topic }) => topic === "state"));
    const batch = this.#order.take(control);
    if (control === null || batch === null) return;
    const { cycle, atMs } = control;
    this.#moment = { place: `serve ${this.partition} cycle ${cycle}`, nowMs: atMs, cycle };
    this.#expected = new Expected(this.#findings, this.#moment.place, cycle, atMs);
    const of = (topic: string): LogRecord[] => records.filter((record) => record.topic === topic && !isDeleted(record));
    for (const record of records) this.#leave(record);
    for (const campaign of this.campaigns.values()) campaign.startCycle();
    for (const record of batch) {
      if (record.topic === "grants") this.#grant(record);
      const refused = record.topic === "profiles" ? profileRefusal(record, this.#of.partitions, atMs) : null;
      if (refused !== null) this.#expected.letter(record, refused);
    }
    this.#closeWindows();
    for (const record of batch) if (record.topic === "outcomes") this.#outcome(record);
    this.#giveBack();
    this.#sessions(batch, of("decisions"));
    const settlements = of("settlements");
    for (const row of settlements) this.#settlements.add(row, valueOf("settlements", row).previousHash);
    this.#expected.compareSettlements(settlements);
    this.#expected.compareTraining(of("training-log"));
    this.#expected.compareLetters(of("dead-letters"));
    for (const row of of("state")) checkState(row, this.campaigns, this.#moment.place, this.#findings);
    const chains = { decisions: this.#decisions, settlements: this.#settlements };
    const shard = { partition: this.partition, campaigns: this.campaigns, moment: this.#moment, chains };
    checkReports(of("shard-reports"), shard, this.#findings);
  }

  /** An ended campaign leaves the shard's head when nothing of its money is held or free, until control speaks of it again. */
  #leave({ topic, key, value }: LogRecord): void {
    if (topic !== "state" || value === null || Buffer.from(key ?? []).toString() !== "h") return;
    const head = stateCodec.decode(value);
    for (const [id, campaign] of this.campaigns) {
      if (campaign.left || head.campaigns.includes(id)) continue;
      const isOver = campaign.grant.state === "ended" && ACCOUNTS.every((account) => campaign.money[account].isOver);
      this.#findings.demand(isOver, "totals", `${this.#moment.place} ${id}`, () => "a campaign has left too early");
      campaign.left = true;
    }
  }

  #grant(record: LogRecord): void {
    const grant = valueOf("grants", record);
    const { id } = grant.campaign;
    const known = this.campaigns.get(id);
    const campaign = known ?? new ShardCampaign(grant, record.offset);
    if (known === undefined) this.campaigns.set(id, campaign);
    else campaign.take(grant, record.offset);
    campaign.left = false;
    for (const account of ACCOUNTS) {
      const money = campaign.money[account];
      money.granted = Math.max(money.granted, Number(grant.grantedMinor[account]));
    }
  }

  /** S1, S2, S7: what is over comes back first. */
  #closeWindows(): void {
    for (const [userId, user] of this.#windows) {
      for (const open of user.expired(this.#moment.nowMs)) this.#end(open, "expired", 0, null);
      for (const open of user.takeOver(this.#moment.nowMs)) this.#close(open);
      if (user.open.length === 0) this.#windows.delete(userId);
    }
  }

  /** Before anything is decided, what is asked for and free goes back; under `expected` also, unasked, what was released. */
  #giveBack(): void {
    for (const { grant, money, campaign } of this.campaigns.values())
      for (const account of ACCOUNTS) {
        const own = money[account];
        const unasked = campaign.reservation.policy === "expected" && account === "plan" ? own.released : 0;
        const wanted = Number(grant.returnTargetMinor[account]) + unasked - own.returned;
        if (wanted > 0) own.returned += Math.max(0, Math.min(wanted, own.free));
      }
  }

  #close(open: Open): void {
    if (open.drawn) this.#expected.training(open, "S5");
  }

  #end(open: Open, status: "posted" | "voided" | "expired", amountMinor: number, outcomeId: string | null): void {
    const { hold, decision } = open;
    if (hold === null) return;
    const releasedMinor = hold.faceMinor - amountMinor;
    open.held = false;
    open.settledMinor = amountMinor;
    open.redeemed ||= status === "posted";
    const money = this.campaigns.get(decision.campaign ?? "")?.money[hold.account];
    if (money !== undefined) {
      money.settled += amountMinor;
      money.released += releasedMinor;
    }
    const law: { law?: Law } = status === "expired" && open.validUntilMs < open.untilMs ? { law: "S7" } : {};
    this.#expected.settlement({ open, status, amountMinor, releasedMinor, outcomeId, ...law });
  }

  #outcome(record: LogRecord): void {
    const entered = outcomeOf(record, this.#of.partitions, this.#moment.nowMs);
    if ("refused" in entered) return this.#expected.letter(record, entered.refused);
    const outcome = entered.value;
    const verdict = this.#user(outcome.userId).judge(outcome, this.#moment.nowMs);
    if (verdict.kind === "letter") return this.#expected.letter(record, verdict.reason);
    if (verdict.kind === "repeated") return;
    const { open } = verdict;
    const late = { open, status: "late", amountMinor: 0, releasedMinor: 0, outcomeId: outcome.outcomeId } as const;
    if (verdict.kind === "late") return this.#expected.settlement(late);
    for (const [name, reward] of Object.entries(outcome.rewards))
      open.rewards.set(name, (open.rewards.get(name) ?? 0) + reward);
    if (outcome.kind === "converted" || open.hold === null) return;
    if (!open.held)
      return this.#expected.settlement(open.validUntilMs <= this.#moment.nowMs ? { ...late, law: "S7" } : late);
    if (outcome.kind !== "redeemed") return this.#end(open, "voided", 0, outcome.outcomeId);
    const amount = outcome.amountMinor === null ? open.hold.faceMinor : Number(outcome.amountMinor);
    this.#end(open, "posted", amount, outcome.outcomeId);
  }

  /** C7: each session that can be used gets one decision, once, in the order in which they came. */
  #sessions(batch: readonly LogRecord[], rows: readonly LogRecord[]): void {
    for (const row of rows) this.#once(valueOf("decisions", row));
    let at = 0;
    for (const record of batch) {
      if (record.topic !== "sessions") continue;
      const entered = sessionOf(record, this.#of.partitions, this.#moment.nowMs);
      if ("refused" in entered) {
        this.#expected.letter(record, entered.refused);
        continue;
      }
      const session = entered.value;
      const user = this.#user(session.userId);
      const seen = user.recognise(session, this.#moment.nowMs);
      if (seen === "conflict") this.#expected.letter(record, "session_conflict");
      if (seen === "forgotten") this.#expected.letter(record, "contract");
      if (seen !== "new") continue;
      const row = rows[at];
      at += 1;
      if (row === undefined || valueOf("decisions", row).sessionId !== session.sessionId) {
        this.#findings.add("C7", `${this.#moment.place} ${session.sessionId}`, "has no decision in its turn");
        return;
      }
      this.#decision(row, session, user);
    }
    for (const row of rows.slice(at))
      this.#findings.add(
        "C7",
        this.#moment.place,
        `${valueOf("decisions", row).decisionId} has no session in this cycle`,
      );
  }

  /** C7, and C9 in whichever partition. */
  #once({ sessionId, decisionId }: Decision): void {
    const before = this.#of.decided.get(sessionId) ?? null;
    const law = before === this.partition ? "C7" : "C9";
    const again = (): string => `${decisionId} is there already, in partition ${before}`;
    this.#findings.demand(before === null, law, this.#moment.place, again);
    this.#of.decided.set(sessionId, before ?? this.partition);
  }

  #decision(record: LogRecord, session: Parameters<DecisionRules["check"]>[1], user: User): void {
    const row = valueOf("decisions", record);
    const { nowMs } = this.#moment;
    this.#decisions.add(record, row.previousHash);
    const campaign = campaignFor(session, this.campaigns, nowMs);
    this.#rules.check(row, session, campaign, user, this.#moment);
    if (campaign !== null) this.#count(campaign, row.reason);
    if (row.reason === "incentive_open") {
      const held = user.heldOf(row.campaign ?? "");
      if (held !== undefined) user.again(held, row.decisionId);
      return;
    }
    const open = openOf(row, campaign);
    if (campaign !== null) this.#reserve(open, campaign, user);
    const closed = user.remember(open, nowMs);
    if (closed !== null && closed.drawn) this.#expected.training(closed, "S3");
    this.#windows.set(row.userId, user);
  }

  /** Eligible: what came to the draw, whatever the draw and the money made of it. */
  #count(campaign: ShardCampaign, reason: string): void {
    if (reason === "holdout") campaign.heldOut += 1;
    else if (DRAWN.has(reason) || reason === "downgraded" || REFUSED.has(reason)) campaign.eligible += 1;
  }

  /** L1, at this very row. */
  #reserve({ decision }: Open, campaign: ShardCampaign, user: User): void {
    const hold = holdOf(decision);
    if (hold === null) return;
    const money = campaign.money[hold.account];
    money.reserved += hold.faceMinor;
    money.sent += hold.sendMinor;
    user.receive(campaign.campaign.id, this.#moment.nowMs);
    this.#findings.demand(
      money.free >= 0,
      "L1",
      `${this.#moment.place} ${decision.decisionId}`,
      () => `${hold.account}: ${money.inUse} in use of ${money.granted} granted, ${money.returned} returned`,
    );
  }

  #user(userId: string): User {
    const known = this.#users.get(userId) ?? new User();
    this.#users.set(userId, known);
    return known;
  }

  /** At the end of a day: nothing waits, nothing is held. */
  finish(): void {
    const place = `serve ${this.partition} in the evening`;
    this.#findings.demand(
      this.#order.unread() === 0,
      "alive",
      place,
      () => `${this.#order.unread()} records were never read`,
    );
    const open = [...this.#windows.values()].flatMap((user) => user.open).filter((entry) => entry.held);
    this.#findings.demand(open.length === 0, "S1", place, () => `${open.length} holds have not ended`);
  }
}

function isDeleted(record: LogRecord): boolean {
  return record.value === null;
}
