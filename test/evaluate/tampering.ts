// Tampering: an honest log, and copies of it in which something was changed.

import { must } from "../../src/domain/assert.ts";
import type { BudgetStatus } from "../../src/domain/campaign/control.ts";
import { verify, type VerifyResult } from "../../src/evaluate/verify/verify.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import type { EventLog, LogRecord } from "../../src/log/event-log.ts";
import { copyLog, honestLog, type Tamper } from "./honest-log.ts";

export const honest: EventLog = await honestLog();

export const only =
  (topic: string, index: number, act: (record: LogRecord) => readonly (Uint8Array | null)[]): Tamper =>
  (record) =>
    record.topic === topic && record.partition === 1 && record.offset === index ? act(record) : [record.value];

export function changed<N extends keyof TopicValues>(topic: N, change: (value: TopicValues[N]) => TopicValues[N]) {
  return (record: LogRecord): [Uint8Array] => [
    codecFor(topic).encode(change(codecFor(topic).decode(must(record.value, "value")))),
  ];
}

export async function after(tamper: Tamper): Promise<VerifyResult> {
  return verify(await copyLog(honest, tamper));
}

export async function statusesOf(log: EventLog): Promise<BudgetStatus[]> {
  const found: BudgetStatus[] = [];
  for await (const batch of log.read("budget-status", 0, 0))
    for (const { value } of batch) if (value !== null) found.push(codecFor("budget-status").decode(value));
  return found;
}

export const named = (result: VerifyResult): string[] =>
  result.violations.map(({ law, topic, partition, offset }) => `${law} ${topic}/${partition}@${offset}`);
