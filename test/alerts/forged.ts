// Records that nobody should write, put past every check.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import type { EventLog, OutRecord } from "../../src/log/event-log.ts";

async function withLogOf<T>(folder: string, work: (log: EventLog) => Promise<T>): Promise<T> {
  const log = await openEmbeddedLog({ folder: join(folder, "log"), now: Date.now, newToken: randomUUID });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

export async function put(folder: string, ...records: readonly OutRecord[]): Promise<void> {
  await withLogOf(folder, (log) => log.send(records));
}

/** As who may write the topic, and should not, could do it. */
export async function forgeGrant(folder: string): Promise<void> {
  const codec = codecFor("grants");
  await withLogOf(folder, async (log) => {
    for (const { partition, start } of await log.ranges("grants")) {
      let last: ReturnType<typeof codec.decode> | null = null;
      for await (const batch of log.read("grants", partition, start))
        for (const { value } of batch) if (value !== null) last = codec.decode(value);
      if (last === null) continue;
      const grantedMinor = { ...last.grantedMinor, plan: last.grantedMinor.plan + 50_000n };
      await log.send([
        { topic: "grants", partition, key: Buffer.from("spring"), value: codec.encode({ ...last, grantedMinor }) },
      ]);
    }
  });
}
