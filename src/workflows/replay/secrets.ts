// Secrets of the campaigns, as their shards were told: with them a day that is played again draws as it did.

import type { EventLog } from "../../log/event-log.ts";
import { readTopic } from "../../log/codec/reading.ts";

/** By campaign. */
export async function campaignSecrets(log: EventLog): Promise<ReadonlyMap<string, Uint8Array>> {
  const secrets = new Map<string, Uint8Array>();
  for await (const { value } of readTopic(log, "grants"))
    if (value !== null) secrets.set(value.campaign.id, value.secret);
  return secrets;
}
