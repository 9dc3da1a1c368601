// What the Kafka benchmarks share: topics with a release and money on them, sessions as records, a script as a process.

import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { canonicalJson } from "../../src/domain/canonical.ts";
import type { Session } from "../../src/domain/session/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import type { KafkaLog } from "../../src/log/kafka/log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { benchGrant, benchRelease, CAMPAIGN } from "../serve/serve-world.ts";

/** The topics, the release, and the money in the treasurer's place. */
export async function fillTopics(log: KafkaLog, partitions: number): Promise<void> {
  await log.ensureTopics(topicSpecs({ users: partitions, control: 1 }));
  const { hash, manifest, classifier } = benchRelease();
  const record = { campaign: CAMPAIGN, hash, publishedAtMs: 0, manifest: canonicalJson(manifest), classifier };
  const value = codecFor("releases").encode({ ...record, evidence: "{}" });
  await log.send([{ topic: "releases", key: Buffer.from(`${CAMPAIGN}/${hash}`), value }]);
  for (let partition = 0; partition < partitions; partition += 1) {
    const grant = codecFor("grants").encode(benchGrant(hash, partition, Date.now()));
    await log.send([{ topic: "grants", partition, key: Buffer.from(CAMPAIGN), value: grant }]);
  }
}

export function sessionRecord(session: Session): OutRecord {
  return { topic: "sessions", key: Buffer.from(session.userId), value: codecFor("sessions").encode(session) };
}

export function startNode(file: string, args: readonly string[]): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", "--disable-warning=TimeoutNegativeWarning"];
  const script = path.join(import.meta.dirname, file);
  return spawn(process.execPath, [...flags, script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}
