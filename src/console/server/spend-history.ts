// Spend history: what a campaign had spent and reserved before the console began to follow it, read once when its page is first opened.
// Of a long history samples are read: totals are cumulative, so that what lies between them is not lost.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf } from "../../log/partitioner.ts";
import { SpendSeries } from "../views/model/spend-series.ts";
import type { LiveModel } from "../views/model/live-model.ts";
import { offsetAt } from "../../log/reading/offset-at.ts";

const SAMPLES = 100;
const SAMPLE_RECORDS = 400;
const reports = codecFor("shard-reports");

export class SpendHistories {
  readonly #log: EventLog;
  readonly #model: LiveModel;
  readonly #wanted = new Set<string>();

  constructor(log: EventLog, model: LiveModel) {
    this.#log = log;
    this.#model = model;
  }

  /** The next page has it, if it can be read. */
  want(id: string): void {
    const campaign = this.#model.campaign(id);
    if (campaign === null || this.#wanted.has(id)) return;
    this.#wanted.add(id);
    read(this.#log, campaign).then(
      (series) => this.#model.shards.setHistory(id, series.points()),
      () => this.#wanted.delete(id),
    );
  }
}

async function read(log: EventLog, { id, startMs }: Campaign): Promise<SpendSeries> {
  const series = new SpendSeries();
  const ranges = await log.ranges("shard-reports");
  const partition = partitionOf(Buffer.from(id), { partitioner: log.partitioner, partitions: ranges.length });
  const range = ranges[partition];
  if (range === undefined) return series;
  const from = await offsetAt(log, "shard-reports", range, startMs);
  const step = Math.max(SAMPLE_RECORDS, Math.floor((range.end - from) / SAMPLES));
  for (let at = from; at < range.end; at += step)
    for (const report of await reportsFrom(log, partition, at)) if (report.campaign === id) series.take(report);
  return series;
}

async function reportsFrom(log: EventLog, partition: number, from: number) {
  for await (const batch of log.read("shard-reports", partition, from, { maxRecords: SAMPLE_RECORDS }))
    return batch.flatMap(({ value }) => {
      const report = value === null ? null : decodedOrNull(reports, value);
      return report === null ? [] : [report];
    });
  return [];
}
