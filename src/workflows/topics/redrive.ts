// Redrive: dead letters sent once more to the topic that they came from, byte for byte, to the partition of their key.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { isWhole } from "../../domain/session/dead-letter.ts";
import { erasedUsers } from "../../log/codec/erased-users.ts";
import type { EventLog, OutRecord } from "../../log/event-log.ts";
import type { Placement } from "../../log/partitioner.ts";
import { placementOf } from "../../log/placement.ts";
import { lettersOf, type Choice } from "./dead-letters.ts";
import { homeOf, sendable, type SendableTopic } from "../../log/codec/sending.ts";

/** Records a send. */
const TOGETHER = 500;

export interface Redriven {
  readonly byTopic: ReadonlyMap<string, number>;
  /** They came from topics that the allocator alone writes. */
  readonly leftOut: number;
  /** Only their beginning was kept. */
  readonly tooLarge: number;
  /** Of users who were erased since. */
  readonly erased: number;
}

export async function redrive(
  log: EventLog,
  choice: Choice,
  { dryRun, onProgress }: { readonly dryRun: boolean; readonly onProgress: (count: number) => void },
): Promise<Redriven> {
  const byTopic = new Map<string, number>();
  const placements = new Map<string, Placement>();
  let leftOut = 0;
  let tooLarge = 0;
  const users = await erasedUsers(log);
  let erased = 0;
  let records: OutRecord[] = [];
  const flush = async () => {
    if (!dryRun) await log.send(records);
    records = [];
  };
  for await (const { letter } of lettersOf(log, choice)) {
    const topic = openTopic(letter.topic);
    if (!isWhole(letter)) tooLarge += 1;
    else if (topic === null) leftOut += 1;
    if (!isWhole(letter) || topic === null) continue;
    if (letter.key !== null && users.has(Buffer.from(letter.key).toString("utf8"), letter.atMs)) {
      erased += 1;
      continue;
    }
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + 1);
    const { key, value } = letter;
    let placement = placements.get(topic);
    if (placement === undefined) placements.set(topic, (placement = await placementOf(log, topic)));
    const partition = homeOf(topic, letter, placement);
    records.push({ topic, key, value, ...(partition === undefined ? {} : { partition }) });
    if (records.length >= TOGETHER) await flush();
    onProgress(sumOf(byTopic));
  }
  await flush();
  return { byTopic, leftOut, tooLarge, erased };
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Null where only the allocator writes. */
function openTopic(topic: string): SendableTopic | null {
  try {
    return sendable(topic, false);
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}
