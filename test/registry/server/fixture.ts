// A simulated log under a registry: what is on the topics (`raw`), and the log that speaks Confluent's wire format (`open`).

import { randomUUID } from "node:crypto";
import avsc from "avsc";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { httpRegistry } from "../../../src/log/codec/registry/http-registry.ts";
import { openRegisteredLog, type RegisteredLog } from "../../../src/log/codec/registry/registered-log.ts";
import { loadSchemas, type SchemaObject } from "../../../src/log/codec/schemas.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../../src/log/topics.ts";
import { readAll } from "../../log/reading.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";
import { openGate, theRegistry, type Gate } from "../the-registry.ts";

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

export const SESSION = loadSchemas("sessions").current as SchemaObject;

/** A session's schema as another has it: without some fields, or with more. */
export function sessionSchema({ without = [], more = [] }: { without?: string[]; more?: object[] }): object {
  const fields = must(SESSION.fields, "fields").filter(({ name }) => !without.includes(name));
  return { ...SESSION, fields: [...fields, ...more] };
}

export function foreign(schema: object): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema);
}

/** A registry behind a gate and a log with it; topics are empty each time, subjects are made once. */
export interface Here {
  readonly url: string;
  readonly gate: Gate;
  readonly world: World;
  readonly log: RegisteredLog;
  /** A value of `sessions` as another client sends it. */
  write(value: Buffer): Promise<void>;
}

export function eachOnEmptyTopics(): Here {
  const prefix = newPrefix();
  let url: string;
  let gate: Gate;
  let world: World;
  let log: RegisteredLog;
  beforeAll(async () => {
    url = await theRegistry();
    gate = await openGate(url);
    await (await createWorld(url, prefix).open()).ensureTopics(SPECS);
  }, 240_000);
  afterAll(() => gate.close());
  beforeEach(async () => {
    world = createWorld(gate.url, prefix);
    await world.raw.ensureTopics(SPECS);
    log = await world.open();
    gate.passed.length = 0;
  });
  return {
    get url() {
      return url;
    },
    get gate() {
      return gate;
    },
    get world() {
      return world;
    },
    get log() {
      return log;
    },
    write: (value) => world.raw.send([{ topic: "sessions", key: KEY, value }]),
  };
}
