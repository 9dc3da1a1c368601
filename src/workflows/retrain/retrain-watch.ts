// Retrain watch
// Looks now and then at the training log and says when a campaign is due to learn again (retrain/trigger.ts judges). It
// reads each row once and keeps two numbers a campaign, so it costs a live program next to nothing.
//
// Invariants:
//   1. What was on the training log when a campaign's newest release was published counts as learned, also after a restart
//      and whoever published it. The log itself says it; nothing else is kept.
//   2. One training at a time. One that failed is not tried again before there is a new reason.

import type { TopicValues } from "../../log/codec/codec.ts";
import { readTopic, type ReadRecord } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { isLearnable } from "../../retrain/export.ts";
import { judgeRetrain, type RetrainPolicy } from "../../retrain/trigger.ts";
import { CampaignReading, type CampaignOnLog } from "../control/campaigns.ts";

export interface RetrainWatch {
  readonly log: EventLog;
  readonly policy: RetrainPolicy;
  /** Whether this process answers for the campaign. */
  readonly owns: (campaign: string) => boolean;
  /** One round; rejects when it failed. */
  readonly retrain: (found: CampaignOnLog, reason: string) => Promise<void>;
  readonly onFailure: (campaign: string, error: unknown) => void;
  /** Each time it has looked. */
  readonly onLook?: (counts: ReadonlyMap<string, TrainingRowCounts>) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

export interface TrainingRowCounts {
  /** Learnable rows on the log. */
  rows: number;
  /** Of these, those that the newest release can have learned from. */
  learned: number;
  sinceMs: number;
}

/** Until the signal. */
export async function watchTrainingLog(watch: RetrainWatch): Promise<void> {
  const { log, policy, signal, nowMs } = watch;
  const campaigns = new CampaignReading(log);
  const reading = new TrainingLogReading(log, nowMs());
  while (!signal.aborted) {
    await reading.advance();
    watch.onLook?.(reading.counts);
    for (const found of await campaigns.look()) {
      const { id } = found.campaign;
      const counts = reading.counts.get(id);
      if (counts === undefined || found.release === null || found.state !== "live" || !watch.owns(id)) continue;
      const state = { rows: counts.rows, rowsLearned: counts.learned, sinceMs: counts.sinceMs, commanded: false };
      const verdict = judgeRetrain(policy, state, nowMs());
      if (!verdict.due || signal.aborted) continue;
      // Whatever becomes of it, what is there now has had its turn.
      counts.learned = counts.rows;
      counts.sinceMs = nowMs();
      try {
        await watch.retrain(found, verdict.reason);
      } catch (error) {
        if (!signal.aborted) watch.onFailure(id, error);
      }
    }
    await watch.sleep(watch.everyMs, signal);
  }
}

/** Rows and releases counted as they come. */
class TrainingLogReading {
  readonly counts = new Map<string, TrainingRowCounts>();
  readonly #log: EventLog;
  readonly #beganMs: number;
  readonly #publishedMs = new Map<string, number>();
  readonly #next = new Map<string, number>();

  constructor(log: EventLog, beganMs: number) {
    this.#log = log;
    this.#beganMs = beganMs;
  }

  /** Reads what has come since it was called last. */
  async advance(): Promise<void> {
    // Releases first: a row on the log by the time of a release was there for it.
    await this.#each("releases", ({ value }) => {
      const { campaign, publishedAtMs } = value;
      this.#publishedMs.set(campaign, Math.max(publishedAtMs, this.#publishedMs.get(campaign) ?? 0));
      const counts = this.#countsOf(campaign);
      counts.sinceMs = Math.max(counts.sinceMs, publishedAtMs);
      // What was counted on an earlier look was there before this release.
      counts.learned = counts.rows;
    });
    await this.#each("training-log", ({ value: row, record }) => {
      if (!isLearnable(row)) return;
      const counts = this.#countsOf(row.campaign);
      counts.rows += 1;
      if (record.timestampMs <= (this.#publishedMs.get(row.campaign) ?? 0)) counts.learned += 1;
    });
  }

  #countsOf(campaign: string): TrainingRowCounts {
    let counts = this.counts.get(campaign);
    if (counts === undefined) {
      counts = { rows: 0, learned: 0, sinceMs: this.#publishedMs.get(campaign) ?? this.#beganMs };
      this.counts.set(campaign, counts);
    }
    return counts;
  }

  async #each<N extends keyof TopicValues>(
    topic: N,
    see: (read: ReadRecord<TopicValues[N]> & { readonly value: TopicValues[N] }) => void,
  ): Promise<void> {
    for (const { partition, start } of await this.#log.ranges(topic)) {
      const place = `${topic} ${partition}`;
      const from = Math.max(start, this.#next.get(place) ?? 0);
      for await (const read of readTopic(this.#log, topic, { partition, from })) {
        const { value, record } = read;
        if (value !== null) see({ ...read, value });
        this.#next.set(place, record.offset + 1);
      }
    }
  }
}
