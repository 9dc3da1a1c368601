// What a log holds, for tests.

import type { EventLog, LogRecord, TaskLog } from "../../src/log/event-log.ts";
import { text } from "./recording-member.ts";

export async function readAll(log: EventLog, topic: string, partition: number, from = 0): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, from)) all.push(...batch);
  return all;
}

export async function values(log: EventLog, topic: string, partition: number, from = 0): Promise<string[]> {
  return (await readAll(log, topic, partition, from)).map((record) => text(record.value));
}

export async function restored(task: TaskLog, from = 0): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of task.restore(from)) found.push(...batch.map((record) => text(record.value)));
  return found;
}
