// Time zones: by whose clocks times are told to people.

import type { Campaign } from "./campaign.ts";

/** The zone of a campaign's times, or of times that belong to no campaign. */
export type TimeZoneOf = (campaign: string | null) => string;

/** Where no campaign is known, the zone that all of them share; UTC where they differ or there are none. */
export function timeZonesOf(campaigns: Iterable<Pick<Campaign, "id" | "timeZone">>): TimeZoneOf {
  const zones = new Map([...campaigns].map(({ id, timeZone = "UTC" }) => [id, timeZone]));
  const [first = "UTC", ...others] = new Set(zones.values());
  const shared = others.length === 0 ? first : "UTC";
  return (campaign) => (campaign === null ? shared : (zones.get(campaign) ?? shared));
}
