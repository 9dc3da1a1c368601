// Campaigns
// Which campaigns a log has, as their shards know them: a grant carries the whole campaign, and every campaign has one in
// the first partition.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { timeZonesOf, type TimeZoneOf } from "../../domain/campaign/time-zones.ts";
import type { CampaignState } from "../../domain/campaign/control.ts";
import { readTopic } from "../../log/codec/reading.ts";
import { LogUnavailable, type EventLog } from "../../log/event-log.ts";

export interface CampaignOnLog {
  readonly campaign: Campaign;
  readonly state: CampaignState;
  readonly revision: number;
  /** Hash of the release in force; null before the first promotion. */
  readonly release: string | null;
}

/** Follows the grants: each look reads only what has come since. */
export class CampaignReading {
  readonly #log: EventLog;
  readonly #found = new Map<string, CampaignOnLog>();
  #next = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** By id. */
  async look(): Promise<readonly CampaignOnLog[]> {
    const [first] = await this.#log.ranges("grants");
    if (first !== undefined)
      for await (const { record, value } of readTopic(this.#log, "grants", {
        partition: first.partition,
        from: Math.max(first.start, this.#next),
      })) {
        this.#next = record.offset + 1;
        if (value === null) continue;
        const { campaign, state, revision, release } = value;
        this.#found.set(campaign.id, { campaign, state, revision, release });
      }
    return [...this.#found.values()].toSorted((a, b) => (a.campaign.id < b.campaign.id ? -1 : 1));
  }
}

export async function campaignsOn(log: EventLog): Promise<readonly CampaignOnLog[]> {
  return await new CampaignReading(log).look();
}

/** By whose clocks what is on the log is told to people; in UTC, which is noted, for who may not read the campaigns. */
export async function timeZonesOn(log: EventLog, note: (text: string) => void): Promise<TimeZoneOf> {
  try {
    return timeZonesOf((await campaignsOn(log)).map(({ campaign }) => campaign));
  } catch (error) {
    if (!(error instanceof Error) || error instanceof LogUnavailable) throw error;
    note(`times are in UTC, since the campaigns' time zones cannot be read: ${error.message}`);
    return timeZonesOf([]);
  }
}

/** The campaign that is named, or the only one there is. */
export async function findCampaign(log: EventLog, named: string | undefined): Promise<CampaignOnLog> {
  const all = await campaignsOn(log);
  const ids = all.map(({ campaign }) => campaign.id);
  const found = named === undefined && all.length === 1 ? all[0] : all.find(({ campaign }) => campaign.id === named);
  if (found !== undefined) return found;
  if (all.length === 0) throw new InvalidInput("there is no campaign yet: `stipend campaign create FILE` makes one");
  if (named === undefined) throw new InvalidInput(`--campaign: there are several, name one: ${ids.join(", ")}`);
  throw new InvalidInput(`--campaign: there is no campaign ${named}; there are ${ids.join(", ")}`);
}
