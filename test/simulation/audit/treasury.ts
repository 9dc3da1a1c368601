// Treasury: audits one control partition, cycle by cycle: what it answers to commands (T1–T3), what it grants (L2, L4, T4),
// that it acts on time alone (T5), in which day or week it believes to be (T7), and what it tells.

import type { BudgetStatus, Grant, ShardReport } from "../../../src/domain/control.ts";
import { Undecodable } from "../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import { valueOf, type Transaction } from "../history.ts";
import { controlOf, CycleOrder } from "./control.ts";
import { homeOf } from "./door.ts";
import type { Findings, Law } from "./findings.ts";
import type { Inputs } from "./inputs.ts";
import { ACCOUNTS, TOTALS, type ByAccount } from "./money.ts";
import { Treasured } from "./treasured.ts";

const LOOK_EVERY_MS = 1_000;

/** What the treasuries have in common. */
export interface Treasuries {
  readonly partitions: number;
  readonly shards: number;
  /** In which partition each campaign's money was granted first. */
  readonly granted: Map<string, number>;
}

export class TreasuryAudit {
  readonly partition: number;
  readonly campaigns = new Map<string, Treasured>();
  readonly #of: Treasuries;
  readonly #shards: number;
  readonly #findings: Findings;
  readonly #order: CycleOrder;
  #place = "";
  #nowMs = 0;

  constructor(partition: number, of: Treasuries, inputs: Inputs, findings: Findings) {
    this.partition = partition;
    this.#of = of;
    this.#shards = of.shards;
    this.#findings = findings;
    const topics = ["budget-pacing", "releases", "shard-reports"];
    this.#order = new CycleOrder({ name: `treasury ${partition}`, partition, inputs: topics }, inputs, findings);
  }

  /** One commit of the treasury task. */
  cycle({ records }: Transaction): void {
    const changelog = records.filter(({ topic }) => topic === "treasury-state");
    const control = controlOf(changelog);
    const batch = this.#order.take(control);
    if (control === null || batch === null) return;
    this.#place = `treasury ${this.partition} cycle ${control.cycle}`;
    this.#nowMs = control.atMs;
    const of = (topic: string): LogRecord[] => records.filter((record) => record.topic === topic);
    const touched = new Set(
      changelog.map((record) => keyOf(record)).flatMap((key) => (key.startsWith("c/") ? [key.slice(2)] : [])),
    );
    for (const id of touched) this.#campaign(id).enterPeriod(this.#nowMs);
    const answered = this.#read(batch, touched, of("dead-letters"));
    for (const id of touched) {
      this.#campaign(id).steered.passTime(this.#nowMs);
      this.#campaign(id).look(this.#nowMs);
    }
    this.#grants(of("grants"), touched);
    this.#statuses(of("budget-status"), answered);
    this.#looks(touched);
  }

  /** Releases, then commands, then reports; answers the campaigns that were commanded. */
  #read(batch: readonly LogRecord[], touched: Set<string>, letters: readonly LogRecord[]): Set<string> {
    const answered = new Set<string>();
    const refused = new Set(
      letters.map((record) => valueOf("dead-letters", record)).map(({ topic, offset }) => `${topic}@${offset}`),
    );
    for (const record of batch)
      if (record.topic === "releases" && record.value !== null) {
        const release = valueOf("releases", record);
        if (this.#isElsewhere(record, release.campaign, refused)) continue;
        this.#campaign(release.campaign).steered.releases.add(release.hash);
      }
    for (const record of batch) {
      if (record.topic !== "budget-pacing") continue;
      const command = commandOf(record);
      if (command !== null && this.#isElsewhere(record, command.campaign, refused)) continue;
      const place = `${record.topic}@${record.offset}`;
      this.#findings.demand(
        refused.delete(place) === (command === null),
        "C6",
        `${this.#place} ${place}`,
        () => "dead letter or answer",
      );
      if (command === null) continue;
      this.#campaign(command.campaign).steered.take(command);
      answered.add(command.campaign);
    }
    for (const record of batch)
      if (record.topic === "shard-reports") this.#report(valueOf("shard-reports", record), touched);
    for (const name of refused)
      this.#findings.add("L4", `${this.#place} ${name}`, "a dead letter of what the house itself has written");
    return answered;
  }

  /** C9: what is not in its campaign's partition must become a dead letter, and nothing else. */
  #isElsewhere(record: LogRecord, campaign: string, refused: Set<string>): boolean {
    if (homeOf(Buffer.from(campaign), this.#of.partitions) === this.partition) return false;
    const place = `${record.topic}@${record.offset}`;
    this.#findings.demand(refused.delete(place), "C9", `${this.#place} ${place}`, () => `${campaign} is elsewhere`);
    return true;
  }

  #report(report: ShardReport, touched: Set<string>): void {
    const campaign = this.#campaign(report.campaign);
    const slice = campaign.slices[report.shard];
    const place = `${this.#place} report of ${report.campaign} ${report.shard} cycle ${report.cycle}`;
    if (slice === undefined) return this.#findings.add("totals", place, "is of a shard that is not there");
    this.#findings.demand(touched.has(report.campaign), "T3", place, () => "was read, and the campaign not looked at");
    const before = slice.report;
    if (before !== null && report.cycle <= before.cycle) return;
    for (const account of ACCOUNTS)
      for (const field of TOTALS) {
        const [was, is] = [before?.totals[account][field] ?? 0n, report.totals[account][field]];
        this.#findings.demand(is >= was, "L4", place, () => `${account} ${field} fell from ${was} to ${is}`);
      }
    slice.report = report;
  }

  #grants(records: readonly LogRecord[], touched: ReadonlySet<string>): void {
    const before = new Map([...touched].map((id) => [id, this.#snapshot(id)]));
    const told = new Map<string, Set<number>>();
    for (const record of records) {
      const grant = valueOf("grants", record);
      const { id } = grant.campaign;
      this.#grant(record, grant);
      told.set(id, (told.get(id) ?? new Set()).add(grant.shard));
    }
    for (const id of touched) {
      const was = before.get(id);
      const campaign = this.#campaign(id);
      if (was === undefined || !campaign.steered.exists) continue;
      if (campaign.steered.revision !== this.#toldRevision.get(id))
        this.#findings.demand(
          told.get(id)?.size === this.#shards,
          "T4",
          this.#place,
          () => `${id}: revision ${campaign.steered.revision} was not told to all shards`,
        );
      this.#toldRevision.set(id, campaign.steered.revision);
      for (const account of ACCOUNTS) this.#limits(id, campaign, account, was[account]);
    }
  }

  readonly #toldRevision = new Map<string, number>();

  #snapshot(id: string): ByAccount<number> {
    const campaign = this.#campaign(id);
    return { plan: campaign.granted("plan"), exploration: campaign.granted("exploration") };
  }

  #grant(record: LogRecord, grant: Grant): void {
    const { id, budgetMinor, explorationBudgetMinor, currency } = grant.campaign;
    const campaign = this.#campaign(id);
    const { steered } = campaign;
    const place = `${this.#place} grant of ${id} to ${grant.shard}`;
    const demand = (holds: boolean, law: Law, what: () => string): void =>
      this.#findings.demand(holds, law, place, what);
    const book = this.#of.granted.get(id) ?? this.partition;
    this.#of.granted.set(id, book);
    demand(book === this.partition, "C9", () => `its campaign has a book in partition ${book}`);
    const slice = campaign.slices[grant.shard];
    if (slice === undefined || grant.shard !== record.partition)
      return this.#findings.add("T4", place, "is in another partition");
    const budgets =
      Number(budgetMinor) === steered.budget.plan && Number(explorationBudgetMinor) === steered.budget.exploration;
    const { periods = null } = grant.campaign;
    demand(
      (periods === null ? null : Number(periods.budgetMinor)) === steered.periodBudget,
      "T2",
      () => `its period's budget ${periods?.budgetMinor} is not what the commands say, ${steered.periodBudget}`,
    );
    demand(
      budgets && currency === steered.currency,
      "T2",
      () => `its budget ${budgetMinor} is not what the commands say, ${steered.budget.plan}`,
    );
    demand(
      grant.revision === steered.revision && grant.state === steered.state,
      "T2",
      () => `is ${grant.state} at ${grant.revision}, not ${steered.state} at ${steered.revision}`,
    );
    demand(grant.release === steered.release, "T2", () => `has release ${grant.release}, not ${steered.release}`);
    demand(grant.throttle >= 0 && grant.throttle <= 1, "T4", () => `throttle ${grant.throttle}`);
    for (const account of ACCOUNTS) {
      const [granted, target] = [Number(grant.grantedMinor[account]), Number(grant.returnTargetMinor[account])];
      demand(
        granted >= slice.granted[account],
        "L4",
        () => `${account}: granted fell from ${slice.granted[account]} to ${granted}`,
      );
      demand(
        target >= slice.target[account],
        "L4",
        () => `${account}: return target fell from ${slice.target[account]} to ${target}`,
      );
      demand(target <= granted, "L4", () => `${account}: asks ${target} back of ${granted}`);
      slice.granted[account] = granted;
      slice.target[account] = target;
    }
  }

  /** L2 and T7, at this offset. */
  #limits(id: string, campaign: Treasured, account: "plan" | "exploration", grantedBefore: number): void {
    const { state } = campaign.steered;
    const most = campaign.most(account);
    const place = `${this.#place} ${id} ${account}`;
    const out = campaign.out(account);
    const grew = campaign.granted(account) > grantedBefore;
    this.#findings.demand(
      out <= most || !grew,
      campaign.lawOfMost(account),
      place,
      () => `granted ${campaign.granted(account) - grantedBefore} more: ${out} out of ${most}`,
    );
    this.#findings.demand(state === "live" || !grew, "L2", place, () => `granted while ${state}`);
    const notAsked = campaign.notAsked(account);
    // What is held comes back unasked under `expected`, and cannot come sooner.
    const bound = campaign.isExpected && account === "plan" ? campaign.held(account) : 0;
    const least = Math.max(most, campaign.posted(account) + bound);
    const law = campaign.lawOfMost(account);
    this.#findings.demand(notAsked <= least, law, place, () => `${notAsked} out and not asked back, of ${least}`);
  }

  #statuses(records: readonly LogRecord[], answered: ReadonlySet<string>): void {
    // Of several in one cycle the last says how it ended.
    const told = new Map(records.map((record) => valueOf("budget-status", record)).map((row) => [row.campaign, row]));
    for (const status of told.values()) this.#status(status);
    for (const id of answered)
      this.#findings.demand(told.has(id), "T1", this.#place, () => `${id}: a command and no status`);
  }

  #status(status: BudgetStatus): void {
    const campaign = this.#campaign(status.campaign);
    const { steered } = campaign;
    const place = `${this.#place} status of ${status.campaign}`;
    const demand = (holds: boolean, law: Law, what: () => string): void =>
      this.#findings.demand(holds, law, place, what);
    this.#answers(status, campaign, place);
    if (!steered.exists) return demand(status.revision === 0, "T2", () => `revision ${status.revision} of no campaign`);
    const same =
      status.revision === steered.revision && status.state === steered.state && status.release === steered.release;
    demand(
      same,
      "T2",
      () => `${status.state} at ${status.revision}, the commands come to ${steered.state} at ${steered.revision}`,
    );
    demand(
      Number(status.budgetMinor) === steered.budget.plan,
      "T2",
      () => `budget ${status.budgetMinor}, not ${steered.budget.plan}`,
    );
    demand(
      Number(status.targetMinor) <= campaign.most("plan"),
      campaign.lawOfMost("plan"),
      () => `target ${status.targetMinor} above the budget`,
    );
    this.#period(status, campaign, place);
    for (const account of ACCOUNTS) {
      const { granted, returned } = status.totals[account];
      demand(
        Number(granted - returned) === campaign.out(account),
        "totals",
        () => `${account}: ${granted} − ${returned}, ${campaign.out(account)} is out`,
      );
    }
  }

  /** T7: the days and weeks are those of the zone's calendars, and what each has is its budget and what was carried. */
  #period({ period }: BudgetStatus, { steered, periods }: Treasured, place: string): void {
    if (steered.campaign === null) return;
    const budgets = { whole: steered.budget.plan, period: steered.periodBudget ?? 0 };
    const fault = periods.faultOf(period, steered.campaign, budgets);
    this.#findings.demand(fault === null, "T7", place, () => `period: ${fault}`);
  }

  #answers({ answers }: BudgetStatus, campaign: Treasured, place: string): void {
    for (const answer of answers) {
      const wanted = campaign.steered.answers.get(answer.commandId);
      const applied = wanted?.outcome === "accepted" && wanted.revision <= campaign.everywhere;
      const outcome = applied ? "applied" : wanted?.outcome;
      const right = answer.revision === wanted?.revision && (answer.refusal?.split(":")[0] ?? null) === wanted.reason;
      const law = answer.outcome === "applied" || applied ? "T3" : "T1";
      this.#findings.demand(
        answer.outcome === outcome && right,
        law,
        `${place} ${answer.commandId}`,
        () =>
          `${answer.outcome} ${answer.revision} ${answer.refusal}, must be ${outcome} ${wanted?.revision} ${wanted?.reason}`,
      );
    }
    const last = [...campaign.steered.answers.keys()].at(-1);
    const has = last === undefined || answers.some((answer) => answer.commandId === last);
    this.#findings.demand(has, "T1", place, () => `${last} is not answered`);
  }

  #looks(touched: ReadonlySet<string>): void {
    for (const [id, campaign] of this.campaigns) {
      const { exists, state } = campaign.steered;
      if (touched.has(id)) campaign.lookedMs = this.#nowMs;
      else if (exists && state !== "ended")
        this.#findings.demand(
          this.#nowMs - campaign.lookedMs < LOOK_EVERY_MS,
          "T5",
          this.#place,
          () => `${id} was not looked at`,
        );
    }
  }

  #campaign(id: string): Treasured {
    const known = this.campaigns.get(id) ?? new Treasured(this.#shards);
    this.campaigns.set(id, known);
    return known;
  }

  /** At the end of a day. */
  finish(): void {
    const place = `treasury ${this.partition} in the evening`;
    this.#findings.demand(
      this.#order.unread() === 0,
      "alive",
      place,
      () => `${this.#order.unread()} records were never read`,
    );
    for (const [id, campaign] of this.campaigns) {
      const { steered } = campaign;
      if (!steered.exists) continue;
      this.#findings.demand(steered.state === "ended", "T5", place, () => `${id} has not ended`);
      this.#findings.demand(
        campaign.everywhere === steered.revision,
        "T3",
        place,
        () => `${id}: revision ${steered.revision} has not reached every shard`,
      );
      for (const account of ACCOUNTS) {
        const [out, posted] = [campaign.out(account), campaign.posted(account)];
        this.#findings.demand(
          out === posted,
          "L2",
          place,
          () => `${id} ${account}: ${out} is still out, ${posted} was spent`,
        );
      }
    }
  }
}

function commandOf(record: LogRecord): ReturnType<typeof valueOf<"budget-pacing">> | null {
  try {
    return valueOf("budget-pacing", record);
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}

function keyOf(record: LogRecord): string {
  return Buffer.from(record.key ?? []).toString();
}
