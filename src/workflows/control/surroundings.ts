// Surroundings: what is known of campaigns beside their statuses, as far as a command that reads the log once can know it.

import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { Surrounding } from "../../observe/warnings.ts";
import { campaignsOn } from "./campaigns.ts";

/** Of each partition's end: shards that have reported nothing in so many are not counted, and then nothing is said. */
const MOST_READ = 20_000;

/** Of a campaign; `shards`: how many it has. What sessions got is not read: `recent` is not known. */
export async function readSurroundings(
  log: EventLog,
  nowMs: number,
): Promise<(campaign: string, shards: number) => Surrounding> {
  const campaigns = new Map((await campaignsOn(log)).map(({ campaign }) => [campaign.id, campaign]));
  const eligible = new Map<string, Map<number, number>>();
  const codec = codecFor("shard-reports");
  for (const { partition, start, end } of await log.ranges("shard-reports"))
    for await (const batch of log.read("shard-reports", partition, Math.max(start, end - MOST_READ)))
      for (const { value } of batch) {
        const report = value === null ? null : decodedOrNull(codec, value);
        if (report === null) continue;
        const shards = eligible.get(report.campaign) ?? new Map<number, number>();
        eligible.set(report.campaign, shards.set(report.shard, report.eligibleSessions));
      }
  return (id, shards) => {
    const heard = eligible.get(id);
    const eligibleSessions =
      heard === undefined || heard.size < shards ? null : [...heard.values()].reduce((sum, each) => sum + each, 0);
    return { nowMs, campaign: campaigns.get(id) ?? null, eligibleSessions, recent: null };
  };
}
