// The allocator on a real broker with a real registry, between a producer and a consumer that have neither our codec nor
// our schemas: kafkajs, avsc and the registry's API.

import avsc from "avsc";
import { Kafka, logLevel, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { openShell, type Background, type Shell } from "../../cli/shell.ts";
import { writeCampaign, writeRelease } from "../../cli/small-campaign.ts";
import { deleteTopics } from "../../kafka/delete-topics.ts";
import { theBroker } from "../../kafka/the-broker.ts";
import { askRegistry, openGate, registerSchema, schemaById, theRegistry, type Gate } from "../the-registry.ts";
import { framed, newPrefix, SHARED } from "./fixture.ts";

const PREFIX = newPrefix();
let registry: string;
let gate: Gate;
let kafka: Kafka;
let producer: Producer;
let shell: Shell;
let running: Background | null = null;

beforeAll(async () => {
  registry = await theRegistry();
  gate = await openGate(registry);
  const { brokers } = await theBroker();
  kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
  producer = kafka.producer();
  await producer.connect();
  shell = openShell({ KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: PREFIX, SCHEMA_REGISTRY_URL: gate.url });
}, 240_000);

afterAll(async () => {
  await running?.stop();
  await producer.disconnect();
  await deleteTopics(PREFIX);
  await gate.close();
  shell.close();
});

interface Latest {
  readonly id: number;
  readonly schema: string;
}

async function latest(topic: string): Promise<Latest> {
  return (await askRegistry(registry, "GET", `/subjects/${PREFIX}${topic}-value/versions/latest`)) as Latest;
}

/** Sends sessions as a service that has its schema from the registry. */
async function sendSessions(id: number, schema: string, names: readonly string[]): Promise<void> {
  const type = avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema);
  const messages = names.map((name) => {
    const session = { sessionId: `s-${name}`, userId: `u-${name}`, atMs: Date.now(), surface: null, campaign: null };
    return { key: `u-${name}`, value: framed(id, type.toBuffer({ ...session, attributes: {} })) };
  });
  await producer.send({ topic: `${PREFIX}sessions`, messages });
}

/** As any consumer: the schema of each record is the one that the registry has under its id. */
async function values(topic: string, seen: (all: readonly Value[]) => boolean): Promise<readonly Value[]> {
  const consumer = kafka.consumer({ groupId: `${PREFIX}${Math.random()}` });
  const types = new Map<number, avsc.Type>();
  const all: Value[] = [];
  const done = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topic: `${PREFIX}${topic}`, fromBeginning: true });
  await consumer.run({
    async eachMessage({ message }) {
      const bytes = must(message.value ?? undefined, "a value");
      const id = bytes.readUInt32BE(1);
      const type = types.get(id) ?? avsc.Type.forSchema((await schemaById(registry, id)) as avsc.Schema);
      types.set(id, type);
      all.push(type.fromBuffer(bytes.subarray(5)) as Value);
      if (seen(all)) done.resolve();
    },
  });
  await done.promise;
  await consumer.disconnect();
  return all;
}

type Value = Readonly<Record<string, unknown>>;

async function decided(count: number): Promise<readonly Value[]> {
  return await values("decisions", (all) => all.length >= count);
}

describe("the commands with SCHEMA_REGISTRY_URL", () => {
  it("topics check says what the registry lacks, topics create registers it, and check is content", async () => {
    const before = await shell.run("topics check --json");
    expect(before.code).toBe(1);
    const found = before.json[0]?.["differences"] as { topic: string; setting: string; fix: string }[];
    const lacking = found.filter(({ setting }) => setting === "schema");
    expect(lacking).toHaveLength(SHARED.length);
    expect(lacking).toContainEqual(
      expect.objectContaining({ topic: `${PREFIX}sessions-value`, found: "missing", fix: "stipend topics create" }),
    );
    const made = await shell.ok("topics create");
    expect(made["registered"]).toHaveLength(SHARED.length);
    expect(await shell.ok("topics check")).toMatchObject({ ok: true, differences: [] });
    expect((await shell.run("topics create")).out).toContain("; 0 schemas registered");
  }, 60_000);

  it("end with 1 while the registry is down, and say what to do", async () => {
    await gate.close();
    for (const line of ["run", "tail decisions", "topics create"]) {
      const { code, out, err } = await shell.run(line);
      expect([line, code, out]).toEqual([line, 1, ""]);
      expect(err).toContain(`schema registry ${gate.url}: connect ECONNREFUSED`);
      expect(err).toMatch(/check that it runs/);
    }
    await gate.open();
  }, 60_000);
});

describe("an allocator", () => {
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, index) => `${letter}${index}`);

  it("decides what another client writes, and another client reads it: each with the registry alone", async () => {
    running = shell.start("run --json");
    await running.said('"serve":[0,1]');
    await shell.ok(`campaign create ${writeCampaign(shell.folder)} --wait`);
    const { folder, release } = writeRelease(shell.folder, "release");
    await shell.ok(`releases publish ${folder} --campaign spring`);
    await shell.ok(`releases promote ${release.hash} --wait`);

    const { id, schema } = await latest("sessions");
    await sendSessions(id, schema, names("a", 20));
    const decisions = await decided(20);
    expect(decisions.map(({ sessionId }) => String(sessionId)).toSorted()).toEqual(
      names("a", 20)
        .map((name) => `s-${name}`)
        .toSorted(),
    );
    for (const { release: by, propensities, arm } of decisions) {
      expect(by).toBe(release.hash);
      expect((propensities as number[])[arm as number]).toBeGreaterThan(0);
    }
    expect(await shell.ok("verify")).toMatchObject({ ok: true });
  }, 90_000);

  it("goes on while the registry is away; holds what it cannot read yet, and gives none of it up", async () => {
    const { id, schema } = await latest("sessions");
    const fields = (JSON.parse(schema) as { fields: { name: string }[] }).fields;
    const older = { ...JSON.parse(schema), fields: fields.filter(({ name }) => name !== "surface") };
    const theirs = await registerSchema(registry, `${PREFIX}sessions-value`, older);
    await gate.close();
    await sendSessions(id, schema, names("b", 10));
    await decided(30);
    await sendSessions(theirs, JSON.stringify(older), ["c0"]);
    // Held: its partition says so, and the record is there.
    await expect.poll(() => running?.err, { timeout: 30_000 }).toMatch(/serve \d: retry: schema registry /);
    await gate.open();
    const all = await decided(31);
    expect(all.map(({ sessionId }) => sessionId)).toContain("s-c0");
    expect((await shell.run("dead-letters list")).err).toBe("no dead letters\n");
    expect(await shell.ok("verify")).toMatchObject({ ok: true });
  }, 90_000);

  it("gives up what the registry does not know, whole and with the reason", async () => {
    const unknown = framed(0x7fff_ff00, Buffer.from("00"));
    await producer.send({ topic: `${PREFIX}sessions`, messages: [{ key: "u-d", value: unknown }] });
    const [letter] = await values("dead-letters", (letters) => letters.length > 0);
    expect(letter).toMatchObject({ topic: "sessions", reason: "undecodable" });
    expect(letter?.["detail"]).toContain(`schema id ${0x7fff_ff00}`);
    expect(letter?.["value"]).toEqual(unknown);
  }, 60_000);
});
