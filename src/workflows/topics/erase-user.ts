// Erase a user: on the list first, so that nothing between the two can bring anything back; then the profile is deleted from its
// topic. The allocator of the user's partition does the rest (docs/DATA.md).

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { Erasure } from "../../domain/session/erasure.ts";
import { eventBreach } from "../../domain/session/event-contract.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";

/** Of a user that nobody knows too: what is still on its way is then left out. Throws InvalidInput that names the field. */
export async function eraseUser(log: EventLog, erasure: Erasure): Promise<void> {
  const breach = eventBreach(erasure, erasure.atMs);
  if (breach !== null) throw new InvalidInput(breach[1]);
  const key = Buffer.from(erasure.userId);
  await log.send([{ topic: "erasures", key, value: codecFor("erasures").encode(erasure) }]);
  await log.send([{ topic: "profiles", key, value: null }]);
}
