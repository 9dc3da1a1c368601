// Treasury: audits one control partition, cycle by cycle: what it answers to commands (T1–T3), what it grants (L2, L4, T4),
// that it acts on time alone (T5), in which day or week it believes to be (T7), and what its statuses say.

import type { ShardReport } from "../../../../src/domain/campaign/control.ts";
import { Undecodable } from "../../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { valueOf, type Transaction } from "../../history.ts";
import { controlOf, CycleOrder } from "../control.ts";
import { homeOf } from "../serve/door.ts";
import type { Findings } from "../findings.ts";
import { checkGrant, checkLimits } from "./granted.ts";
import type { Inputs } from "../inputs.ts";
import { ACCOUNTS, TOTALS, type ByAccount } from "../serve/money.ts";
import { checkStatus } from "./statuses.ts";
import { Treasured } from "./treasured.ts";

const REVIEW_EVERY_MS = 1_000;

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
      this.#campaign(id).review(this.#nowMs);
    }
    this.#grants(of("grants"), touched);
    this.#statuses(of("budget-status"), answered);
    this.#reviews(touched);
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
    this.#findings.demand(touched.has(report.campaign), "T3", place, () => "was read, and the campaign not reviewed");
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
    const granted = new Map<string, Set<number>>();
    for (const record of records) {
      const grant = valueOf("grants", record);
      const { id } = grant.campaign;
      const place = `${this.#place} grant of ${id} to ${grant.shard}`;
      const book = this.#of.granted.get(id) ?? this.partition;
      this.#of.granted.set(id, book);
      this.#findings.demand(book === this.partition, "C9", place, () => `its campaign has a book in partition ${book}`);
      checkGrant(grant, record.partition, this.#campaign(id), place, this.#findings);
      granted.set(id, (granted.get(id) ?? new Set()).add(grant.shard));
    }
    for (const id of touched) {
      const was = before.get(id);
      const campaign = this.#campaign(id);
      if (was === undefined || !campaign.steered.exists) continue;
      if (campaign.steered.revision !== this.#sentRevision.get(id))
        this.#findings.demand(
          granted.get(id)?.size === this.#shards,
          "T4",
          this.#place,
          () => `${id}: revision ${campaign.steered.revision} was not sent to all shards`,
        );
      this.#sentRevision.set(id, campaign.steered.revision);
      for (const account of ACCOUNTS)
        checkLimits(campaign, account, was[account], `${this.#place} ${id} ${account}`, this.#findings);
    }
  }

  readonly #sentRevision = new Map<string, number>();

  #snapshot(id: string): ByAccount<number> {
    const campaign = this.#campaign(id);
    return { plan: campaign.granted("plan"), exploration: campaign.granted("exploration") };
  }

  #statuses(records: readonly LogRecord[], answered: ReadonlySet<string>): void {
    // Of several in one cycle the last says how it ended.
    const last = new Map(records.map((record) => valueOf("budget-status", record)).map((row) => [row.campaign, row]));
    for (const [id, status] of last)
      checkStatus(status, this.#campaign(id), `${this.#place} status of ${id}`, this.#findings);
    for (const id of answered)
      this.#findings.demand(last.has(id), "T1", this.#place, () => `${id}: a command and no status`);
  }

  #reviews(touched: ReadonlySet<string>): void {
    for (const [id, campaign] of this.campaigns) {
      const { exists, state } = campaign.steered;
      if (touched.has(id)) campaign.reviewedMs = this.#nowMs;
      else if (exists && state !== "ended")
        this.#findings.demand(
          this.#nowMs - campaign.reviewedMs < REVIEW_EVERY_MS,
          "T5",
          this.#place,
          () => `${id} was not reviewed`,
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
