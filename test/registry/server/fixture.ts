// A simulated log under a registry: what is on the topics (`raw`), and the log that speaks Confluent's wire format (`open`).

import { randomUUID } from "node:crypto";
import { must } from "../../../src/domain/assert.ts";
import { httpRegistry } from "../../../src/log/codec/registry/http-registry.ts";
import { openRegisteredLog, type RegisteredLog } from "../../../src/log/codec/registry/registered-log.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../../src/log/topics.ts";
import { readAll } from "../../log/reading.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

export const SPECS = topicSpecs({ users: 1, control: 1 });
/** Topics that have a subject: all but the changelogs. */
export const SHARED = SPECS.map(({ name }) => name).filter((name) => name in SAMPLES);

export interface World {
  /** Of this world's subjects. */
  readonly prefix: string;
  /** The topics as others find them. */
  readonly raw: SimulatedLog;
  /** What open logs said. */
  readonly troubles: readonly string[];
  readonly open: (user?: { readonly name: string; readonly password: string }) => Promise<RegisteredLog>;
}

export function newPrefix(): string {
  return `t${randomUUID().slice(0, 8)}.`;
}

export function createWorld(url: string, prefix = newPrefix()): World {
  const cluster = createSimulatedCluster({ now: () => 1_000 });
  const troubles: string[] = [];
  let count = 0;
  return {
    prefix,
    raw: cluster.connect("raw"),
    troubles,
    open: async (user) =>
      await openRegisteredLog({
        log: cluster.connect(`process-${(count += 1)}`),
        registry: httpRegistry({ url, ...(user && { user }) }),
        topicPrefix: prefix,
        onTrouble: (text) => troubles.push(text),
      }),
  };
}

export const KEY = Buffer.from("u-1");

/** The value of the topic's only record. */
export async function only(log: EventLog, topic: string): Promise<Buffer> {
  const records = await readAll(log, topic, 0);
  if (records.length !== 1) throw new Error(`${records.length} records of ${topic}`);
  return Buffer.from(must(records[0]?.value ?? undefined, `a value of ${topic}`));
}

/** Confluent's wire format, spelled out. */
export function framed(id: number, body: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0]);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, body]);
}
