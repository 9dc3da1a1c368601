// Erased users: the list as it is now, for whoever reads rows of users.

import { ErasedUsers } from "../../domain/session/erasure.ts";
import { keyIs } from "../../domain/ids.ts";
import type { EventLog } from "../event-log.ts";
import { readTopic } from "./reading.ts";

export async function erasedUsers(log: EventLog): Promise<ErasedUsers> {
  const erased = new ErasedUsers();
  for await (const { record, value } of readTopic(log, "erasures"))
    if (value !== null && keyIs(record.key, value.userId)) erased.add(value);
  return erased;
}
