// Settled: waits until a chaos run's sessions are decided.

import { setTimeout as sleep } from "node:timers/promises";
import { codecFor } from "../../../src/log/codec/codec.ts";
import type { EventLog } from "../../../src/log/event-log.ts";

const PATIENCE_MS = 45_000;

/** Until every session has a decision, or none has come for a while; the milliseconds it took. */
export async function settled(log: EventLog, partitions: number, sessions: number): Promise<number> {
  const codec = codecFor("decisions");
  const next = new Map<number, number>();
  const seen = new Set<string>();
  const startedAt = performance.now();
  let lastAt = startedAt;
  while (seen.size < sessions && performance.now() - lastAt < PATIENCE_MS) {
    const before = seen.size;
    for (let partition = 0; partition < partitions; partition += 1)
      for await (const batch of log.read("decisions", partition, next.get(partition) ?? 0))
        for (const { offset, value } of batch) {
          next.set(partition, offset + 1);
          if (value !== null) seen.add(codec.decode(value).sessionId);
        }
    if (seen.size > before) lastAt = performance.now();
    await sleep(100);
  }
  return Math.round(lastAt - startedAt);
}
