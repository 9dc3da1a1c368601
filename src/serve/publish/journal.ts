// Journal: the rows that a cycle writes, in order, each decision and each settlement chained to the one before it in its
// partition by the hash of that one's bytes. Everything a shard writes is in its own partition, said explicitly; only
// reports go to control's partitions, by their key.

import { hash } from "node:crypto";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { ShardReport } from "../../domain/campaign/control.ts";
import { deadLetterOf, type DeadLetter, type DeadLetterReason } from "../../domain/session/dead-letter.ts";
import type { Decision, Settlement } from "../../domain/decision/decision.ts";
import type { Outcome } from "../../domain/session/session.ts";
import { cut } from "../../domain/reading/shown.ts";
import type { TrainingRow } from "../../domain/decision/training-row.ts";
import type { Codec } from "../../log/codec/codec.ts";
import type { Headers, LogRecord, OutRecord } from "../../log/event-log.ts";
import { countOne, NOTES_MOST, type CountKey, type CycleContext, type CycleNote } from "../../task/processor.ts";
import type { RejectedRecord } from "../receive/contract.ts";
import { traceIdOf } from "../receive/trace.ts";
import type { ShardHead } from "../state/campaign/records.ts";

export interface OutputCodecs {
  readonly decisions: Codec<Decision>;
  readonly settlements: Codec<Settlement>;
  readonly "training-log": Codec<TrainingRow>;
  readonly "dead-letters": Codec<DeadLetter>;
  readonly "shard-reports": Codec<ShardReport>;
}

export class Journal {
  readonly records: OutRecord[] = [];
  readonly counts = new Map<CountKey, number>();
  readonly notes: CycleNote[] = [];
  readonly #codecs: OutputCodecs;
  readonly #context: CycleContext;
  #head: ShardHead;

  constructor(codecs: OutputCodecs, context: CycleContext, head: ShardHead) {
    this.#codecs = codecs;
    this.#context = context;
    this.#head = { ...head };
  }

  /** Chains, their lengths, and the campaigns. */
  get head(): ShardHead {
    return this.#head;
  }

  addCampaign(campaign: string): void {
    this.#head = { ...this.#head, campaigns: [...this.#head.campaigns, campaign] };
  }

  removeCampaign(campaign: string): void {
    this.#head = { ...this.#head, campaigns: this.#head.campaigns.filter((id) => id !== campaign) };
  }

  repeatedSession(): void {
    this.#head = { ...this.#head, repeatedSessions: this.#head.repeatedSessions + 1 };
  }

  /** A user, or a session from before its user was erased. */
  erased(what: "users" | "sessions"): void {
    countOne(this.counts, `erasures/${what}`);
  }

  decision(row: Omit<Decision, "previousHash">, key: Uint8Array, headers?: Headers): void {
    const value = this.#codecs.decisions.encode({ ...row, previousHash: this.#head.decisionHead });
    this.#put("decisions", key, value, headers);
    countOne(this.counts, row.degraded ? "decisions/degraded" : "decisions/whole");
    countOne(this.counts, `reasons/${row.campaign ?? ""}/${row.reason}`);
    const { decisionRows } = this.#head;
    this.#head = { ...this.#head, decisionRows: decisionRows + 1, decisionHead: hash("sha256", value, "buffer") };
  }

  settlement(row: Omit<Settlement, "previousHash">, key: Uint8Array): void {
    const value = this.#codecs.settlements.encode({ ...row, previousHash: this.#head.settlementHead });
    this.#put("settlements", key, value);
    const { settlementRows } = this.#head;
    this.#head = { ...this.#head, settlementRows: settlementRows + 1, settlementHead: hash("sha256", value, "buffer") };
  }

  training(row: TrainingRow, key: Uint8Array): void {
    this.#put("training-log", key, this.#codecs["training-log"].encode(row));
  }

  deadLetter({ record, reason, detail }: RejectedRecord): void {
    countOne(this.counts, `dead_letters/${reason}`);
    const letter = deadLetterOf(record, reason, detail, this.#context.nowMs);
    if (this.notes.length < NOTES_MOST) this.notes.push(noteOf(record, reason, letter.detail));
    this.#put("dead-letters", letter.key, this.#codecs["dead-letters"].encode(letter));
  }

  /** An outcome that counts, but brings rewards under names that its campaign does not weigh: most often misspelt. */
  unweighed({ outcomeId, rewards }: Outcome, { id, rewardWeights }: Campaign): void {
    const names = Object.keys(rewards).filter((name) => !Object.hasOwn(rewardWeights, name));
    if (names.length === 0) return;
    countOne(this.counts, "outcomes/unweighed");
    if (this.notes.length >= NOTES_MOST) return;
    const text =
      `outcome ${outcomeId}: ${id} does not weigh ${names.map(cut).join(", ")}, so that it is worth nothing; it weighs ` +
      `${Object.keys(rewardWeights).join(", ")}`;
    this.notes.push({ text, campaign: id });
  }

  overgranted(campaign: string): void {
    countOne(this.counts, "alarms/overgranted");
    const text = `ALARM: ${campaign}: more was granted here than the treasurer says: nothing is drawn until that was looked at`;
    this.notes.unshift({ text, campaign });
  }

  report(report: ShardReport): void {
    const value = this.#codecs["shard-reports"].encode(report);
    this.records.push({ topic: "shard-reports", key: Buffer.from(report.campaign), value });
  }

  #put(topic: string, key: Uint8Array | null, value: Uint8Array, headers?: Headers): void {
    const { partition } = this.#context;
    this.records.push(
      headers === undefined ? { topic, partition, key, value } : { topic, partition, key, value, headers },
    );
  }
}

function noteOf({ topic, partition, offset, headers }: LogRecord, reason: DeadLetterReason, detail: string): CycleNote {
  const text = `dead letter: ${topic} ${partition}@${offset}: ${reason}: ${detail}`;
  const traceId = traceIdOf(headers);
  return traceId === undefined ? { text } : { text, traceId };
}
